"""Projections and trails, asked of a real TensorBoard, against the arrays that were logged."""

import os
import signal

import numpy as np
import psutil
import pytest
from scipy.stats import ortho_group
from sklearn.decomposition import PCA

from tests.tensorboard_process import TensorBoardProcess
from tests.waiting import wait_until
from vl_tb_plugin import Example, HiddenStates, SummaryWriter, TokenSequence

STEPS = (0, 5)
TAGS = ("val/0", "val/1", "val/2", "val/3")
LAYERS, FEATURES = 3, 6
TEXT = ["[CLS]", "a", "red", "tile"]
IMAGE = [f"patch{number}" for number in range(5)]
MODALITY = ["special"] + ["text"] * 3 + ["image"] * 5
CODES = np.array([2] + [0] * 3 + [1] * 5)


def states(tag, step):
    """(layers, tokens, features), as they are kept: in sixteen bits. Of val/0 always the same."""
    rng = np.random.default_rng([TAGS.index(tag), 0 if tag == "val/0" else step])
    values = rng.standard_normal((LAYERS, 9, FEATURES)) * np.arange(1, FEATURES + 1)
    values[:, CODES == 1] += 3
    return values.astype(np.float16).astype(np.float32)


ROTATION = ortho_group.rvs(FEATURES, random_state=0)


def example(tag, step, *, turned=False):
    values, number = states(tag, step), TAGS.index(tag)
    return Example(
        TokenSequence(TEXT + IMAGE, MODALITY, name="joint"),
        hidden_states=HiddenStates(2 * values @ ROTATION + 1 if turned else values),
        correct=number % 2 == 0,
        fields={"kind": "one,two" if number < 2 else "three"},
    )


def log(folder, turned):
    with SummaryWriter(folder) as writer:
        for step in STEPS:
            for tag in TAGS:
                writer.add_vl_example(tag, example(tag, step, turned=turned), step)


@pytest.fixture(scope="module")
def logs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("logs")
    log(folder / "a", False)
    log(folder / "b", True)
    with SummaryWriter(folder / "small") as writer:
        writer.add_vl_example("val/0", example("val/0", 0), 0)
    return folder


def started(logs, log):
    process = TensorBoardProcess(["--logdir", str(logs)], log)
    process.__enter__()
    counts = {"a": len(TAGS), "b": len(TAGS), "small": 1}
    wait_until(lambda: {x["run"]: x["tags"] for x in process.get("runs").json["runs"]} == counts)
    return process


@pytest.fixture(scope="module")
def tensorboard(logs, tmp_path_factory):
    process = started(logs, tmp_path_factory.mktemp("tensorboard") / "log.txt")
    yield process
    process.__exit__()


HERE = {"run": "a", "step": 5, "layer": 1}


def finished(tensorboard, **query):
    """The answer of a projection as soon as its job is done."""
    answer = tensorboard.get("projection", **query)
    if answer.status == 202:
        job = answer.json["job"]["id"]

        def state():
            jobs = {one["id"]: one for one in tensorboard.get("jobs").json["jobs"]}
            return jobs[job]["state"] in ("done", "failed")

        wait_until(state, seconds=280)  # of low priority, beside other tests
        answer = tensorboard.get("projection", **query)
    return answer


def every_point(layers):
    return np.concatenate(
        [states(tag, step)[layer] for layer in layers for step in STEPS for tag in TAGS]
    )


def by_tag(answer):
    """Positions of each example's tokens."""
    found, start = {}, 0
    for tag, _, points in answer.array("groups"):
        found[answer.header["tags"][tag]] = answer.array("positions")[start : start + points]
        start += points
    assert start == len(answer.array("positions"))
    return found


class TestPrincipalComponents:
    @pytest.mark.parametrize(("basis", "layers"), [("layer", [1]), ("stream", [0, 1, 2])])
    def test_they_are_those_of_all_steps_and_layers_of_the_basis(self, tensorboard, basis, layers):
        answer = tensorboard.get("projection", **HERE, basis=basis)
        oracle = PCA(3).fit(every_point(layers).astype(np.float64))
        for tag, positions in by_tag(answer).items():
            expected = oracle.transform(states(tag, 5)[1])
            assert np.allclose(np.abs(positions), np.abs(expected), atol=1e-3)
        assert np.allclose(
            answer.header["explained_variance"], oracle.explained_variance_ratio_, atol=1e-5
        )
        share = 100 * oracle.explained_variance_ratio_[0]
        assert answer.header["axes"][0] == f"component 1, {share:.3g} % of the variance"
        assert answer.header["fitted_on"]["points"] == len(every_point(layers))
        assert answer.header["fitted_on"]["layers"] == layers

    def test_a_pooled_point_is_the_mean_of_a_modality_of_an_example(self, tensorboard):
        answer = tensorboard.get("projection", **HERE, points="pooled", components=2)
        assert answer.array("token").tolist() == [-1] * 3 * len(TAGS)
        assert answer.array("modality").tolist() == [0, 1, 2] * len(TAGS)

        def pooled(tag, step):
            return np.stack([states(tag, step)[1][code == CODES].mean(axis=0) for code in range(3)])

        oracle = PCA(2).fit(np.concatenate([pooled(tag, step) for step in STEPS for tag in TAGS]))
        for tag, positions in by_tag(answer).items():
            expected = oracle.transform(pooled(tag, 5))
            assert np.allclose(np.abs(positions), np.abs(expected), atol=1e-3)

    def test_fits_of_two_runs_are_turned_onto_each_other(self, tensorboard):
        query = {"step": 5, "layer": 1, "align": "procrustes"}
        first = tensorboard.get("projection", run=["a", "b"], **query)
        second = tensorboard.get("projection", run=["b", "a"], **query)
        assert np.allclose(first.array("positions"), second.array("positions"), atol=2e-2)
        assert "turned" in first.header["alignment"] and "0 % for b" in first.header["alignment"]
        joint = tensorboard.get("projection", run=["b", "a"], step=5, layer=1)
        assert not np.allclose(joint.array("positions"), first.array("positions"), atol=0.5)

    def test_all_steps_have_one_extent(self, tensorboard):
        answers = [tensorboard.get("projection", **HERE | {"step": step}) for step in STEPS]
        extent = np.array(answers[0].header["extent"])
        assert extent.tolist() == answers[1].header["extent"]
        positions = np.concatenate([answer.array("positions") for answer in answers])
        assert np.allclose(extent, np.stack([positions.min(axis=0), positions.max(axis=0)], axis=1))


class TestChosenAxes:
    def test_a_difference_of_means_and_a_token_are_directions(self, tensorboard):
        answer = tensorboard.get(
            "projection",
            **HERE,
            method="axes",
            x="mean:modality=image,correct=true~field:kind=one%2Ctwo",
            y="token:val/1|joint|2",
        )
        points = every_point([1]).astype(np.float64)
        tags = np.tile(np.repeat(np.arange(len(TAGS)), 9), len(STEPS))
        image = np.tile(CODES, len(STEPS) * len(TAGS)) == 1
        x = points[image & (tags % 2 == 0)].mean(axis=0) - points[tags < 2].mean(axis=0)
        y = states("val/1", 0)[1][2] - points.mean(axis=0)
        axes = np.stack([x / np.linalg.norm(x), y / np.linalg.norm(y)])
        for tag, positions in by_tag(answer).items():
            expected = (states(tag, 5)[1] - points.mean(axis=0)) @ axes.T
            assert np.allclose(positions, expected, atol=1e-4)
        assert answer.header["axes"] == [
            "image, correct minus kind: one,two",
            "towards “red” of val/1",
        ]
        cosine = answer.header["parameters"]["cosines"][0][1]
        assert cosine == pytest.approx(axes[0] @ axes[1], abs=1e-5)

    @pytest.mark.parametrize(
        ("x", "status", "message"),
        [
            ("up", 400, "An axis must be"),
            ("mean:modality=image~loud", 400, "A group is conditions"),
            ("mean:modality=generated~modality=text", 400, "no point to take the mean of"),
            ("mean:modality=text~modality=text", 400, "no difference"),
            ("token:val/9|joint|2", 404, "has no hidden state"),
        ],
    )
    def test_axes_that_are_none_are_refused(self, tensorboard, x, status, message):
        y = "mean:modality=image~modality=text"
        answer = tensorboard.get("projection", **HERE, method="axes", x=x, y=y)
        assert answer.status == status and message in answer.json["error"]


class TestTrails:
    @pytest.mark.parametrize("over", ["steps", "layers"])
    def test_a_trail_follows_a_token_through_the_pictures(self, tensorboard, over):
        query = {"basis": "stream", "method": "pca", "components": 2}
        trail = tensorboard.get(
            "projection_trail",
            **HERE,
            **query,
            tag="val/2",
            token_sequence="joint",
            token="2,6",
            over=over,
        )
        assert trail.header["places"] == list(STEPS if over == "steps" else range(LAYERS))
        for number, place in enumerate(trail.header["places"]):
            there = HERE | {"step" if over == "steps" else "layer": place}
            picture = by_tag(tensorboard.get("projection", **there, **query))["val/2"]
            assert np.array_equal(trail.array("positions")[:, number], picture[[2, 6]])

    def test_a_token_that_has_no_point_has_no_place(self, tensorboard):
        where = {"tag": "val/2", "token_sequence": "joint", "token": "8,9"}
        positions = tensorboard.get("projection_trail", **HERE, **where).array("positions")
        assert np.isnan(positions).all(axis=(1, 2)).tolist() == [False, True]

    def test_a_trail_over_layers_needs_a_common_basis(self, tensorboard):
        where = {"tag": "val/2", "token_sequence": "joint", "token": "2"}
        answer = tensorboard.get("projection_trail", **HERE, **where, over="layers")
        assert answer.status == 400 and "basis=stream" in answer.json["error"]


TSNE = {"method": "tsne", "perplexity": 5}


def working(tensorboard):
    """The processes of its jobs."""
    processes = psutil.Process(tensorboard.process.pid).children(recursive=True)
    return [one for one in processes if any("projection_process" in part for part in one.cmdline())]


@pytest.fixture(scope="module")
def fitted(tensorboard):
    """t-SNE at the first and the last step."""
    begun = tensorboard.get("projection", **HERE, **TSNE)
    assert begun.status == 202
    assert begun.json["job"]["title"] == "t-SNE of layer 1, 72 points"
    again = tensorboard.get("projection", **HERE | {"step": 0}, **TSNE)
    assert again.json["job"]["id"] == begun.json["job"]["id"]
    # others are answered meanwhile
    assert tensorboard.get("manifest", run="a", tag="val/0", step=0).status == 200
    assert tensorboard.get("jobs").json["jobs"][-1]["state"] in ("waiting", "running")
    return [finished(tensorboard, **HERE | {"step": step}, **TSNE) for step in STEPS]


class TestJobs:
    def test_t_sne_is_fitted_in_the_background_on_all_steps_together(self, fitted):
        first, last = fitted
        assert last.header["parameters"]["perplexity"] == 5
        assert (
            last.header["alignment"] == "One fit over 2 steps, so that positions can be compared."
        )
        # val/0 is the same at both steps: its tokens stay closer than any other pair
        distances = np.linalg.norm(
            by_tag(first)["val/0"][:, None] - by_tag(last)["val/0"][None], axis=2
        )
        assert (distances.argmin(axis=1) == np.arange(9)).mean() > 0.8

    def test_a_fit_that_cannot_be_says_why(self, tensorboard):
        query = {"run": "small", "step": 0, "layer": 1, "method": "tsne", "points": "pooled"}
        answer = finished(tensorboard, **query)
        assert answer.status == 202
        assert answer.json["job"]["state"] == "failed"
        assert answer.json["job"]["error"] == "t-SNE needs at least 4 points."

    def test_a_job_is_cancelled_by_post_from_our_own_page_only(self, tensorboard):
        query = {**HERE, "method": "umap"}
        job = tensorboard.get("projection", **query).json["job"]["id"]
        assert tensorboard.get("job_cancel", id=job).status == 405
        foreign = {"Origin": "http://elsewhere.example"}
        refused = tensorboard.get("job_cancel", http_method="POST", headers=foreign, id=job)
        assert refused.status == 403
        own = {"Origin": tensorboard.url}
        answer = tensorboard.get("job_cancel", http_method="POST", headers=own, id=job)
        assert answer.json["job"]["state"] == "cancelled"
        assert tensorboard.get("projection", **query).json["job"]["state"] == "cancelled"
        again = tensorboard.get("projection", **query, again=1).json["job"]
        assert again["state"] in ("waiting", "running")
        tensorboard.get("job_cancel", http_method="POST", id=job)
        unknown = tensorboard.get("job_cancel", http_method="POST", id="unknown")
        assert unknown.status == 404

    def test_what_a_killed_server_left_is_taken_up_by_the_next(self, logs, fitted, tmp_path):
        query = {**HERE, **TSNE, "seed": 3}
        killed = started(logs, tmp_path / "killed.txt")
        job = killed.get("projection", **query).json["job"]["id"]
        children = []
        wait_until(lambda: children.extend(working(killed)) or children)
        os.kill(killed.process.pid, signal.SIGKILL)
        killed.process.wait()
        _, left = psutil.wait_procs(children, timeout=20)
        assert not left
        notes = list((logs / "a/plugins/vl_tb_plugin/projections").glob("*.job.json"))
        assert [note.name for note in notes] == [f"{job}.job.json"]
        following = started(logs, tmp_path / "next.txt")
        try:
            wait_until(lambda: [one["id"] for one in following.get("jobs").json["jobs"]] == [job])
            before = following.get("projection", **HERE, **TSNE)
            assert np.array_equal(before.array("positions"), fitted[1].array("positions"))
            following.get("job_cancel", http_method="POST", id=job)
            wait_until(lambda: not notes[0].exists())
        finally:
            following.__exit__()


@pytest.mark.parametrize(
    ("query", "status", "message"),
    [
        ({"method": "magic"}, 400, "pca, tsne"),
        ({"align": "previous"}, 400, "tsne and umap only"),
        ({"method": "tsne", "perplexity": "1"}, 400, "from 2 to 500"),
        ({"method": "tsne", "perplexity": "many"}, 400, "from 2 to 500"),
        ({"method": "tsne", "seed": -1}, 400, "integer from 0 on"),
        ({"method": "axes", "x": "mean:correct=true~correct=false"}, 400, "'x' and 'y'"),
        ({"components": 4}, 400, "3, 2"),
        ({"sequence": "audio"}, 404, "audio"),
        ({"layer": 9}, 404, "layer 9"),
        ({"step": 4}, 404, "step 4"),
        ({"run": ["a", "c"]}, 404, "'c'"),
    ],
)
def test_what_does_not_fit_is_refused(tensorboard, query, status, message):
    answer = tensorboard.get("projection", **HERE | query)
    assert answer.status == status and message in answer.json["error"]
