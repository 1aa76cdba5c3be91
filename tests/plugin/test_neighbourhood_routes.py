"""Churn of neighbours and hubs, asked of a real TensorBoard, against loops over what was logged."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from tensorboard.backend.event_processing.data_provider import MultiplexerDataProvider
from tensorboard.backend.event_processing.plugin_event_multiplexer import EventMultiplexer

from tests.logged_examples import grid_boxes, softmaxed_noise
from tests.tensorboard_process import TensorBoardProcess
from tests.waiting import wait_until
from vl_tb_plugin import Attention, Example, HiddenStates, SummaryWriter, TokenSequence
from vl_tb_plugin.plugin.hidden_state_reading import HiddenStateReading
from vl_tb_plugin.plugin.request import NotFound
from vl_tb_plugin.plugin.run_folders import RunFolders
from vl_tb_plugin.plugin.run_index import RunIndex
from vl_tb_plugin.plugin.store_cache import StoreCache
from vl_tb_plugin.plugin.token_sample import Checkpoint, LayerChoice, TokenSampling
from vl_tb_plugin.storage.run_folder import PLUGIN_NAME

COUNT = 4
LAYER = 1
WORDS = ["[CLS]", "which", "digit", "?", "[PAD]"]
KINDS = ["special", "text", "text", "text", "padding", "image", "image", "image", "image"]
TAGS = [f"val/{number}" for number in range(8)]
ROTATION, _ = np.linalg.qr(np.random.default_rng(0).standard_normal((8, 8)))


def example(states: np.ndarray, words: list[str] = WORDS) -> Example:
    """Words, one of them padding, then four patches; states of (tokens, features) in layer 1."""
    boxes = np.full((9, 4), np.nan)
    boxes[5:] = grid_boxes(2)
    sequence = TokenSequence([*words, "0", "1", "2", "3"], KINDS, boxes=boxes, name="joint")
    weights = softmaxed_noise((1, 2, 9, 9), np.random.default_rng(1))
    both = np.stack([np.roll(states, 1, axis=1), states]).astype(np.float32)
    picture = np.zeros((8, 8, 3), np.uint8)
    return Example(
        sequence,
        Attention(weights, query="joint", key="joint"),
        HiddenStates(both),
        images=[picture],
    )


def noise(tag: str, seed: int, features: int = 8) -> np.ndarray:
    return np.random.default_rng([seed, int(tag[-1])]).standard_normal((9, features))


LOGGED = {
    ("first", 0): {tag: noise(tag, 0) for tag in TAGS},
    # turned and stretched: the neighbours are the same
    ("first", 50): {tag: 2 * noise(tag, 0) @ ROTATION for tag in TAGS},
    ("first", 100): {tag: noise(tag, 0) + noise(tag, 1) / 2 for tag in TAGS},
    ("second", 0): {tag: noise(tag, 2, features=16) for tag in TAGS[:6]},
}


@pytest.fixture(scope="module")
def logdir(tmp_path_factory):
    folder = tmp_path_factory.mktemp("logs")
    for run in ("first", "second"):
        with SummaryWriter(folder / run) as writer:
            for (name, step), states in LOGGED.items():
                for tag, values in states.items() if name == run else ():
                    # one example is asked something else in the second run
                    words = (
                        [*WORDS[:2], "tile", *WORDS[3:]]
                        if run == "second" and tag == "val/3"
                        else WORDS
                    )
                    writer.add_vl_example(tag, example(values, words), step)
    return folder


@pytest.fixture(scope="module")
def tensorboard(logdir, tmp_path_factory):
    log = tmp_path_factory.mktemp("tensorboard") / "log.txt"
    with TensorBoardProcess(["--logdir", str(logdir)], log) as process:
        complete = {"first": (8, 100), "second": (6, 0)}
        wait_until(
            lambda: (
                {
                    run["run"]: (run["tags"], run["last_step"])
                    for run in process.get("runs").json["runs"]
                }
                == complete
            )
        )
        yield process


def points(run: str, step: int, names: list[tuple[str, int]]) -> np.ndarray:
    """(tokens, features) as they are kept: in sixteen bits."""
    states = LOGGED[run, step]
    return np.array([states[tag][token].astype(np.float16) for tag, token in names], np.float64)


def tokens(tags=TAGS) -> list[tuple[str, int]]:
    return [(tag, token) for tag in tags for token in range(9) if KINDS[token] != "padding"]


def nearest(values, names, kind, metric="cosine") -> dict[tuple[str, int], set[tuple[str, int]]]:
    """The nearest tokens of a kind ("all" for any) of every token."""
    distance = cdist(values, values, metric)
    found = {}
    for row, name in enumerate(names):
        others = [
            other
            for other, (_, token) in enumerate(names)
            if other != row and kind in ("all", KINDS[token])
        ]
        others.sort(key=lambda other: distance[row, other])
        found[name] = {names[other] for other in others[:COUNT]}
    return found


def expected_churn(first, second, source, target, tags=TAGS, metric="cosine") -> float:
    """Mean over examples of the mean over their tokens."""
    names = tokens(tags)
    before = nearest(points(*first, names), names, target, metric)
    after = nearest(points(*second, names), names, target, metric)
    means = []
    for tag in tags:
        own = [name for name in names if name[0] == tag and source in ("all", KINDS[name[1]])]
        means.append(np.mean([1 - len(before[name] & after[name]) / COUNT for name in own]))
    return float(np.mean(means))


def of(pairs, source, target):
    return next(pair for pair in pairs if (pair["from"], pair["to"]) == (source, target))


HERE = {"run": "first", "step": 0, "layer": LAYER, "count": COUNT}


class TestChurn:
    @pytest.mark.parametrize("metric", ["cosine", "euclidean"])
    @pytest.mark.parametrize(("source", "target"), [("all", "all"), ("text", "image")])
    def test_it_is_the_share_of_neighbours_that_a_loop_finds_gone(
        self, tensorboard, metric, source, target
    ):
        name = {"euclidean": "l2"}.get(metric, metric)
        answer = tensorboard.get("churn", **HERE, other_step=100, metric=name).json
        pair = of(answer["pairs"], source, target)
        expected = expected_churn(("first", 0), ("first", 100), source, target, metric=metric)
        assert pair["churn"] == pytest.approx(expected, abs=1e-5)
        assert pair["low"] < pair["churn"] < pair["high"]
        assert (answer["metric"], pair["examples"]) == (name, 8)

    def test_pairs_say_how_many_tokens_and_what_chance_would_be(self, tensorboard):
        answer = tensorboard.get("churn", **HERE, other_step=100).json
        told = {
            (pair["from"], pair["to"]): (pair["tokens"], pair["unrelated"])
            for pair in answer["pairs"]
        }
        assert told == {
            ("all", "all"): (64, pytest.approx(1 - COUNT / 63)),
            ("text", "text"): (24, pytest.approx(1 - COUNT / 23)),
            ("text", "image"): (24, pytest.approx(1 - COUNT / 32)),
            ("image", "image"): (32, pytest.approx(1 - COUNT / 31)),
            ("image", "text"): (32, pytest.approx(1 - COUNT / 24)),
        }
        assert (
            not answer["sampled"] and answer["note"] == "Neighbours among 64 tokens of 8 examples."
        )

    def test_a_turned_space_has_none(self, tensorboard):
        answer = tensorboard.get("churn", **HERE, other_step=50).json
        # but for near ties that sixteen bits decide
        assert all(pair["churn"] < 0.02 for pair in answer["pairs"])

    def test_spaces_of_another_width_are_compared_over_the_tokens_in_common(self, tensorboard):
        answer = tensorboard.get("churn", **HERE, other_run="second", other_step=0).json
        # one word of val/3 is another one
        assert (answer["points"], answer["examples"]) == (6 * 8 - 1, 6)
        assert of(answer["pairs"], "image", "image")["churn"] > 0.6
        assert ("val/3", 2) not in {(one["tag"], one["token"]) for one in answer["changed"]}

    def test_the_most_changed_come_first_and_say_what_they_are(self, tensorboard):
        changed = tensorboard.get("churn", **HERE, other_step=100).json["changed"]
        shares = [one["churn"]["all"] for one in changed]
        assert shares[:10] == sorted(shares, reverse=True)[:10]
        names = tokens()
        before = nearest(points("first", 0, names), names, "all")
        after = nearest(points("first", 100, names), names, "all")
        for one in changed:
            name = one["tag"], one["token"]
            assert one["churn"]["all"] == 1 - len(before[name] & after[name]) / COUNT
            assert one["text"] == [*WORDS, *"0123"][one["token"]]
            assert one["farther"]["all"] >= 0.999
            assert (one["box"] is None) == (one["modality"] != "image")

    def test_every_token_of_an_example_is_told_where_asked(self, tensorboard):
        query = HERE | {"other_step": 100}
        answer = tensorboard.get("churn", **query, tag="val/5").json
        assert [one["token"] for one in answer["example"]] == [0, 1, 2, 3, 5, 6, 7, 8]
        told = {(one["tag"], one["token"]): one["churn"] for one in answer["changed"]}
        for one in answer["example"]:
            assert told.get((one["tag"], one["token"]), one["churn"]) == one["churn"]
        assert answer["pairs"] == tensorboard.get("churn", **query).json["pairs"]


class TestChurnHistory:
    def test_each_step_is_compared_with_the_one_before_the_first_and_the_last(self, tensorboard):
        answer = tensorboard.get("churn_history", run="first", layer=LAYER, count=COUNT).json
        assert answer["steps"] == [0, 50, 100]
        curves = of(answer["pairs"], "image", "image")
        expected = {
            "previous": [None, (0, 50), (50, 100)],
            "first": [None, (0, 50), (0, 100)],
            "last": [(0, 100), (50, 100), None],
        }
        for against, both in expected.items():
            for value, steps in zip(curves[against]["churn"], both, strict=True):
                if steps is None:
                    assert value is None
                    continue
                query = {"run": "first", "layer": LAYER, "count": COUNT}
                single = tensorboard.get("churn", **query, step=steps[0], other_step=steps[1])
                assert value == of(single.json["pairs"], "image", "image")["churn"]

    def test_a_single_step_has_no_history(self, tensorboard):
        answer = tensorboard.get("churn_history", run="second", layer=LAYER).json
        assert (answer["steps"], answer["pairs"]) == ([0], [])


class TestHubness:
    def test_hubs_are_in_as_many_neighbourhoods_as_a_loop_finds(self, tensorboard):
        answer = tensorboard.get("hubness", **HERE).json
        names = tokens()
        found = nearest(points("first", 0, names), names, "image")
        times = {
            name: sum(name in found[other] for other in names if KINDS[other[1]] == "text")
            for name in names
            if KINDS[name[1]] == "image"
        }
        pair = of(answer["pairs"], "text", "image")
        assert pair["hubs"]
        for hub in pair["hubs"]:
            assert hub["times"] == times[hub["tag"], hub["token"]]
        assert [hub["times"] for hub in pair["hubs"]] == sorted(times.values())[::-1][:20]
        assert pair["orphans"] == pytest.approx(np.mean([one == 0 for one in times.values()]))
        assert pair["mean"] == pytest.approx(np.mean(list(times.values())))

    def test_all_layers_come_at_once(self, tensorboard):
        every = tensorboard.get("hubness", **(HERE | {"layer": "all"})).json["layers"]
        assert [one["layer"] for one in every] == [0, 1]
        assert every[1] == tensorboard.get("hubness", **HERE).json


@pytest.mark.parametrize(
    ("route", "query", "status", "says"),
    [
        ("churn", {"other_step": 100, "metric": "l1"}, 400, "cosine, l2"),
        ("churn", {"other_step": 100, "count": 0}, 400, "from 1 to 100"),
        ("churn", {}, 400, "'other_step' is missing"),
        ("churn", {"other_step": 7}, 404, "step 7"),
        ("churn", {"other_step": 100, "layer": 9}, 404, "layer 9"),
        ("churn", {"other_step": 100, "sequence": "audio"}, 404, "layer 1"),
        ("churn", {"other_run": "second", "other_step": 0, "tag": "val/7"}, 404, "'val/7'"),
        ("hubness", {"step": 3}, 404, "step 3"),
        ("hubness", {"step": 3, "layer": "all"}, 404, "step 3"),
        ("churn_history", {"run": "third"}, 404, "no run 'third'"),
    ],
)
def test_what_does_not_fit_is_answered_in_words(tensorboard, route, query, status, says):
    answer = tensorboard.get(route, **(HERE | query))
    assert answer.status == status
    assert says in answer.json["error"]


@pytest.fixture(scope="module")
def sampling(logdir):
    multiplexer = EventMultiplexer(tensor_size_guidance={PLUGIN_NAME: 0})
    multiplexer.AddRunsFromDirectory(str(logdir)).Reload()
    index = RunIndex(MultiplexerDataProvider(multiplexer, str(logdir)))
    folders, stores = RunFolders(str(logdir), ""), StoreCache()
    return TokenSampling(index, HiddenStateReading(index, folders, stores))


class TestTokenSampling:
    CHOICE = LayerChoice("", LAYER)
    FIRST = Checkpoint("first", 0)

    def test_whole_examples_are_drawn_until_there_are_enough_tokens(self, sampling):
        sample = sampling.sample(self.CHOICE, [self.FIRST], 20)
        assert (len(sample), sample.examples, sample.of) == (24, 3, 8) and sample.sampled
        again = sampling.sample(self.CHOICE, [Checkpoint("first", 100)], 20)
        assert again.tags == sample.tags

    def test_an_example_that_is_asked_for_is_among_them(self, sampling):
        for tag in TAGS:
            assert sampling.sample(self.CHOICE, [self.FIRST], 8, first=tag).tags == [tag]

    def test_values_are_those_logged(self, sampling):
        sample = sampling.sample(self.CHOICE, [self.FIRST], 20)
        names = [(group.tag, token) for group in sample.groups for token in group.token.tolist()]
        assert names == [
            (group.tag, token) for group, token in map(sample.place, range(len(sample)))
        ]
        values = sampling.values(self.CHOICE, self.FIRST, sample)
        np.testing.assert_array_equal(values, points("first", 0, names))

    def test_fewer_tokens_ask_where_there_are_many(self, sampling):
        sample = sampling.sample(self.CHOICE, [self.FIRST], 10**6)
        drawn = sample.drawn(10)
        assert len(set(drawn.tolist())) == 10 and (np.diff(drawn) > 0).all()
        np.testing.assert_array_equal(sample.drawn(10), drawn)
        assert len(sample.drawn(64)) == 64

    def test_nothing_in_common_is_said(self, sampling):
        with pytest.raises(NotFound, match="layer 5"):
            sampling.sample(LayerChoice("", 5), [self.FIRST], 10)
