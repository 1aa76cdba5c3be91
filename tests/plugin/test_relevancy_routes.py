"""The routes of relevancy and evaluations, asked of a real TensorBoard in both loading modes."""

import math

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon
from scipy.stats import spearmanr

from tests.logged_examples import joint_example, noise_evaluation, two_stream_example
from tests.tensorboard_process import TensorBoardProcess
from tests.waiting import wait_until
from vl_tb_plugin import (
    Evaluation,
    Measure,
    PerturbationCurve,
    Relevancy,
    SummaryWriter,
)

STEPS = [0, 50, 100]
HERE = {"run": "run", "tag": "val/0", "step": 50}
RED = "red"
BLUE = "blue"


def map_at(step: int) -> np.ndarray:
    """(9,) scores of ``val/0`` for "red"; another token is without a score at each step."""
    scores = np.random.default_rng(step).random(9, np.float32)
    scores[step // 50] = np.nan
    return scores


def curve(mean, fractions=(0.0, 0.5, 1.0)) -> PerturbationCurve:
    errors = [0.1] * len(mean)
    return PerturbationCurve("relevancy", "positive", "image", fractions, mean, errors, 64)


EVALUATIONS = {
    0: Evaluation([curve((1, 0.5, 0))], [Measure("pointing_game", 0.25, "relevancy", 0.125, 16)]),
    50: Evaluation(
        [curve((1, math.nan, 0))],
        [Measure("pointing_game", math.nan, "relevancy", samples=0), Measure("my_number", 3)],
    ),
    100: Evaluation([curve((1, 0), fractions=(0.0, 1.0))], [Measure("my_number", math.inf)]),
}


@pytest.fixture(scope="module")
def example():
    return two_stream_example()


@pytest.fixture(scope="module")
def logdir(tmp_path_factory, example):
    folder = tmp_path_factory.mktemp("logs")
    with SummaryWriter(folder / "run") as writer:
        for step in STEPS:
            red = Relevancy(map_at(step), target=RED)
            blue = Relevancy(-map_at(step), target=BLUE)
            # the first step's maps come in another order; the last lacks one
            maps = {0: [blue, red], 50: [red, blue], 100: [red]}[step]
            writer.add_vl_example("val/0", joint_example(relevancy=maps), step)
            words = {0: 4, 50: 4, 100: 5}[step]
            grown = joint_example(text_tokens=words)
            writer.add_vl_example("val/grown", grown, step)
        writer.add_vl_example("val/bare", joint_example(relevancy=[]), 50)
        writer.add_vl_example("val/streams", example, 50)
        for step, evaluation in EVALUATIONS.items():
            writer.add_vl_evaluation("val", evaluation, step)
        writer.add_vl_evaluation("val/hard", noise_evaluation(), 200)
    with SummaryWriter(folder / "measured") as writer:
        writer.add_vl_evaluation("test", noise_evaluation(), 7)
    return folder


@pytest.fixture(scope="module", params=["true", "false"], ids=["fast", "slow"])
def tensorboard(request, logdir, tmp_path_factory):
    log = tmp_path_factory.mktemp("tensorboard") / "log.txt"
    arguments = ["--logdir", str(logdir), f"--load_fast={request.param}"]
    with TensorBoardProcess(arguments, log) as process:
        runs = [
            {"run": "measured", "tags": 0, "last_step": 7},
            {"run": "run", "tags": 4, "last_step": 200},
        ]
        wait_until(lambda: process.get("runs").json["runs"] == runs)
        wait_until(
            lambda: (
                [len(one["steps"]) for one in process.get("examples", run="run").json["examples"]]
                == [3, 1, 3, 1]
            )
        )
        yield process


def test_evaluations_are_no_examples(tensorboard):
    answer = tensorboard.get("examples", run="run").json
    assert [one["tag"] for one in answer["examples"]] == [
        "val/0",
        "val/bare",
        "val/grown",
        "val/streams",
    ]
    assert answer["steps"] == STEPS
    assert tensorboard.get("examples", run="measured").json["examples"] == []
    refused = tensorboard.get("manifest", run="run", tag="val/evaluation", step=0)
    assert refused.status == 404 and "no example 'val/evaluation'" in refused.json["error"]


def test_the_manifest_lists_maps_and_says_what_their_methods_are(tensorboard):
    answer = tensorboard.get("manifest", run="run", tag="val/streams", step=50).json
    first, second = answer["relevancy"]
    assert (first["number"], second["number"]) == (0, 1)
    assert (first["method"], first["title"]) == ("relevancy", "Relevancy")
    assert (second["method"], second["title"]) == ("raw_attention", "Raw attention")
    assert "ICCV 2021" in first["description"]
    assert (first["target"], first["position"]) == ("1", None)
    assert first["sequences"] == ["text", "image"]


def test_the_manifest_holds_the_perturbation_tests(tensorboard):
    answer = tensorboard.get("manifest", run="run", tag="val/streams", step=50).json
    assert answer["perturbation"] == [
        {
            "number": 0,
            "method": "relevancy",
            "title": "Relevancy",
            "order": "positive",
            "sequence": "image",
            "metric": "accuracy",
            "target": "1",
            "fractions": [0, 0.5, 0.8, 1],
            "values": [1, 1, 0, None],
            "removal": [2, 0, 3, 1],
            "removed": [0, 2, 3, 4],
            "answers": ["1", "1", "0", "3"],
        }
    ]


def test_relevancy_gives_the_scores_of_all_maps_and_where_each_lies(tensorboard, example):
    answer = tensorboard.get("relevancy", run="run", tag="val/streams", step=50)
    values = answer.array("values")
    assert values.dtype == np.float32
    maps = answer.header["maps"]
    assert [one["number"] for one in maps] == [0, 1]
    for one, logged in zip(maps, example.relevancy, strict=True):
        assert [stretch["name"] for stretch in one["sequences"]] == ["text", "image"]
        for stretch in one["sequences"]:
            own = values[stretch["start"] :][: stretch["length"]]
            assert np.array_equal(own, logged.scores[stretch["name"]], equal_nan=True)
    assert len(values) == 2 * (3 + 4)


def test_an_example_without_maps_has_no_scores(tensorboard):
    answer = tensorboard.get("relevancy", run="run", tag="val/bare", step=50)
    assert answer.array("values").shape == (0,) and answer.header["maps"] == []
    described = tensorboard.get("manifest", run="run", tag="val/bare", step=50).json
    assert described["relevancy"] == [] and described["perturbation"] == []


def scored(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The scores of the tokens that have one in both maps."""
    both = ~np.isnan(first) & ~np.isnan(second)
    return first[both].astype(float), second[both].astype(float)


def test_drift_compares_every_step_with_the_one_before_and_with_the_last(tensorboard):
    answer = tensorboard.get("drift", run="run", tag="val/0", method="relevancy", target=RED).json
    assert answer["steps"] == STEPS
    measures = {one["name"]: one for one in answer["measures"]}
    assert list(measures) == ["spearman", "jensen_shannon", "top_overlap"]
    assert all(one["title"] and one["description"] for one in measures.values())
    first, second, last = (map_at(step) for step in STEPS)
    oracles = {
        "spearman": lambda a, b: spearmanr(a, b).statistic,
        # SciPy gives the square root
        "jensen_shannon": lambda a, b: jensenshannon(a, b) ** 2,
        "top_overlap": lambda a, b: float(a.argmax() == b.argmax()),  # a tenth of them is one
    }
    for name, oracle in oracles.items():
        previous = [oracle(*scored(first, second)), oracle(*scored(second, last))]
        to_last = [oracle(*scored(first, last)), oracle(*scored(second, last))]
        assert measures[name]["previous"] == [None, *(pytest.approx(one) for one in previous)]
        assert measures[name]["last"] == [*(pytest.approx(one) for one in to_last), None]


def test_drift_without_a_target_takes_the_first_map_of_each_step(tensorboard):
    answer = tensorboard.get("drift", run="run", tag="val/0", method="relevancy").json
    measures = {one["name"]: one for one in answer["measures"]}
    # blue at step 0, the negative of red
    blue, red = -map_at(0), map_at(50)
    expected = spearmanr(*scored(blue, red)).statistic
    assert answer["steps"] == STEPS
    assert measures["spearman"]["previous"][1] == pytest.approx(expected)


def test_drift_leaves_out_steps_without_the_map_and_what_a_measure_does_not_define(tensorboard):
    answer = tensorboard.get("drift", run="run", tag="val/0", method="relevancy", target=BLUE).json
    measures = {one["name"]: one for one in answer["measures"]}
    assert answer["steps"] == [0, 50]
    # no score of blue is positive: no shares to compare
    assert measures["jensen_shannon"]["previous"] == [None, None]
    assert measures["spearman"]["previous"][1] is not None


def test_drift_does_not_compare_maps_of_other_tokens(tensorboard):
    answer = tensorboard.get("drift", run="run", tag="val/grown", method="relevancy").json
    spearman = answer["measures"][0]
    assert answer["steps"] == STEPS
    assert spearman["previous"] == [None, pytest.approx(1), None]
    assert spearman["last"] == [None, None, None]


def test_evaluations_come_over_the_steps(tensorboard):
    answer = tensorboard.get("evaluation", run="run").json
    assert answer["run"] == "run" and answer["version"]
    first, second = answer["evaluations"]
    assert (first["tag"], first["steps"], first["problem"]) == ("val", STEPS, None)
    assert (second["tag"], second["steps"]) == ("val/hard", [200])
    pointing, own = first["measures"]
    assert pointing["title"] == "Pointing game" and pointing["description"] and pointing["unit"]
    assert (pointing["method"], pointing["method_title"]) == ("relevancy", "Relevancy")
    assert pointing["values"] == [0.25, None, None]
    assert pointing["standard_errors"] == [0.125, None, None]
    assert pointing["samples"] == [16, 0, 0]
    assert (own["name"], own["title"], own["description"]) == ("my_number", "my number", "")
    assert (own["method"], own["method_title"]) == ("", "")
    assert own["values"] == [None, 3, None]


def test_a_curve_has_a_row_a_step_and_one_whose_fractions_changed_is_two(tensorboard):
    first = tensorboard.get("evaluation", run="run").json["evaluations"][0]
    whole, coarse = first["curves"]
    assert {key: whole[key] for key in ("method", "order", "modality", "metric")} == {
        "method": "relevancy",
        "order": "positive",
        "modality": "image",
        "metric": "accuracy",
    }
    assert whole["fractions"] == [0, 0.5, 1]
    assert whole["means"] == [[1, 0.5, 0], [1, None, 0], None]
    assert whole["standard_errors"] == [[0.1] * 3, [0.1] * 3, None]
    assert whole["areas"] == [0.5, None, None]
    assert whole["samples"] == [64, 64, 0]
    assert coarse["fractions"] == [0, 1]
    assert coarse["means"] == [None, None, [1, 0]]
    assert coarse["areas"] == [None, None, 0.5]


def test_a_run_may_have_evaluations_alone(tensorboard):
    (only,) = tensorboard.get("evaluation", run="measured").json["evaluations"]
    assert (only["tag"], only["steps"]) == ("test", [7])
    assert len(only["curves"]) == 4


@pytest.mark.parametrize(
    ("route", "query", "status", "says"),
    [
        ("relevancy", HERE | {"step": 51}, 404, "no step 51"),
        ("relevancy", {"run": "run", "step": 50}, 400, "'tag' is missing"),
        ("drift", {"run": "run", "tag": "val/0"}, 400, "'method' is missing"),
        ("drift", {"run": "run", "tag": "val/9", "method": "relevancy"}, 404, "no example 'val/9'"),
        (
            "drift",
            {"run": "run", "tag": "val/0", "method": "rollout"},
            404,
            "no relevancy map of method 'rollout', only [('relevancy', 'blue')",
        ),
        (
            "drift",
            {"run": "run", "tag": "val/0", "method": "relevancy", "target": "green"},
            404,
            "target 'green'",
        ),
        ("evaluation", {"run": "nowhere"}, 404, "no run 'nowhere'"),
    ],
)
def test_what_does_not_fit_is_answered_in_words(tensorboard, route, query, status, says):
    answer = tensorboard.get(route, **query)
    assert answer.status == status
    assert says in answer.json["error"]


def test_an_evaluation_of_a_newer_version_is_explained(tmp_path, monkeypatch):
    from vl_tb_plugin.storage import evaluation_manifest

    newer = evaluation_manifest.EVALUATION_SCHEMA_VERSION + 1
    with SummaryWriter(tmp_path / "logs") as writer:
        writer.add_vl_evaluation("val", EVALUATIONS[0], 0)
        monkeypatch.setattr(evaluation_manifest, "EVALUATION_SCHEMA_VERSION", newer)
        writer.add_vl_evaluation("val", EVALUATIONS[0], 50)
    with TensorBoardProcess(["--logdir", str(tmp_path / "logs")], tmp_path / "out") as tensorboard:
        tensorboard.wait_for_runs(1, last_step=50)
        (val,) = tensorboard.get("evaluation", run=".").json["evaluations"]
        assert val["steps"] == [0]
        assert "pip install --upgrade" in val["problem"]
