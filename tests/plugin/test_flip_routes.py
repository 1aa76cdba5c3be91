"""What the Examples view asks, of a real TensorBoard: the examples' table, and flips."""

import math

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon

from tests.logged_examples import grid_boxes, joint_example, softmaxed_noise
from tests.tensorboard_process import TensorBoardProcess
from tests.waiting import wait_until
from vl_tb_plugin import Attention, Example, Relevancy, SummaryWriter, TokenSequence
from vl_tb_plugin.storage.run_folder import asset_folder

HERE = {"run": "first", "step": 0, "other_run": "second", "other_step": 10}


def scores(seed: int) -> np.ndarray:
    """(9,) scores of a joint example's tokens; another one is without a score in each map."""
    values = np.random.default_rng(seed).random(9, np.float32)
    values[seed % 9] = np.nan
    return values


def answered(prediction, correct, *maps, **values) -> Example:
    return joint_example(
        prediction=prediction,
        correct=correct,
        relevancy=[Relevancy(values_, method, target="x") for method, values_ in maps],
        **values,
    )


FIRST = {
    "val/kept": answered("cat", True, ("relevancy", scores(1))),
    "val/little": answered("cat", True, ("mine", scores(7)), ("relevancy", scores(2))),
    "val/lost": answered("cat", True, ("mine", scores(3))),
    "val/much": answered("cat", False, ("relevancy", np.eye(9, dtype=np.float32)[0])),
    "val/said": answered("cat", None, ("relevancy", scores(4))),
    "val/unsaid": answered(None, None, ("relevancy", scores(5))),
    "val/wrong": answered("cat", False, ("relevancy", scores(6))),
}
SECOND = {
    "val/kept": answered("cat", True, ("relevancy", scores(11))),
    "val/little": answered("dog", False, ("relevancy", scores(2) * 3 + scores(12) / 9)),
    "val/lost": answered("dog", False, ("relevancy", scores(13))),
    "val/much": answered("dog", True, ("relevancy", np.eye(9, dtype=np.float32)[1])),
    "val/new": answered("dog", True, ("relevancy", scores(14))),
    "val/said": answered("dog", True, ("relevancy", scores(15))),
    "val/unsaid": answered("dog", None, ("relevancy", scores(16))),
    "val/wrong": answered("dog", False, ("relevancy", scores(17))),
}


def generating_example(answer: str, seed: int, **values) -> Example:
    """Two words and four patches, then the answer's letters; no relevancy."""
    count = 6 + len(answer)
    boxes = np.full((count, 4), np.nan)
    boxes[2:6] = grid_boxes(2)
    tokens = ["which", "tile", "0", "1", "2", "3", *answer]
    modality = ["text"] * 2 + ["image"] * 4 + ["generated"] * len(answer)
    sequence = TokenSequence(tokens, modality, boxes=boxes)
    weights = softmaxed_noise((2, 3, count, count), np.random.default_rng(seed))
    attention = Attention(weights)
    return Example(sequence, attention, text="which tile ?", prediction=answer, **values)


GENERATED = {
    step: generating_example(answer, step) for step, answer in {0: "ab", 10: "acd"}.items()
}


@pytest.fixture(scope="module")
def logdir(tmp_path_factory):
    folder = tmp_path_factory.mktemp("logs")
    for run, step, examples in (("first", 0, FIRST), ("second", 10, SECOND)):
        with SummaryWriter(folder / run) as writer:
            for tag, example in examples.items():
                writer.add_vl_example(tag, example, step)
    with SummaryWriter(folder / "generated") as writer:
        for step, example in GENERATED.items():
            writer.add_vl_example("val/0", example, step)
    with SummaryWriter(folder / "fields") as writer:
        for step, fields in {
            0: {"loss": 2.5, "kind": "digit"},
            5: {"loss": math.nan},
            9: {},
        }.items():
            writer.add_vl_example("val/0", joint_example(fields=fields), step)
    with SummaryWriter(folder / "gone") as writer:
        writer.add_vl_example("val/0", answered("cat", None, ("relevancy", scores(1))), 0)
        writer.add_vl_example("val/0", answered("dog", None, ("relevancy", scores(2))), 1)
    for store in asset_folder(folder / "gone").glob("step_*1.rank*"):
        store.unlink()
    return folder


@pytest.fixture(scope="module")
def tensorboard(logdir, tmp_path_factory):
    log = tmp_path_factory.mktemp("tensorboard") / "log.txt"
    with TensorBoardProcess(["--logdir", str(logdir)], log) as process:
        expected = {"fields": (1, 9), "first": (7, 0), "generated": (1, 10), "gone": (1, 1)}
        expected["second"] = (8, 10)
        wait_until(
            lambda: (
                {
                    one["run"]: (one["tags"], one["last_step"])
                    for one in process.get("runs").json["runs"]
                }
                == expected
            )
        )
        yield process


def test_the_table_has_fields_per_step_and_the_boxes_of_the_evidence(tensorboard):
    (example,) = tensorboard.get("examples", run="fields").json["examples"]
    assert example["steps"] == [0, 5, 9]
    assert example["fields"] == {"kind": ["digit", None, None], "loss": [2.5, "nan", None]}
    assert example["target_boxes"] == [[0, 0, 0.5, 0.5]]


def test_flips_are_the_examples_that_two_checkpoints_disagree_on(tensorboard):
    flips = tensorboard.get("flips", **HERE).json["flips"]
    assert {flip["tag"] for flip in flips} == {"val/little", "val/lost", "val/much", "val/said"}
    said = next(flip for flip in flips if flip["tag"] == "val/said")
    assert (said["prediction"], said["other_prediction"]) == ("cat", "dog")
    assert (said["correct"], said["other_correct"]) == (None, True)
    assert said["text"] == FIRST["val/said"].text


def test_flips_are_ranked_by_how_much_the_map_moved_those_without_last(tensorboard):
    answer = tensorboard.get("flips", **HERE).json
    changes = {flip["tag"]: flip["change"] for flip in answer["flips"]}
    # "mine" comes first at the first checkpoint alone: the first method that both have counts
    maps = (of["val/little"].relevancy[-1].scores["joint"] for of in (FIRST, SECOND))
    a, b = (scores.astype(float) for scores in maps)
    both = ~(np.isnan(a) | np.isnan(b))
    assert changes["val/little"] == pytest.approx(jensenshannon(a[both], b[both]) ** 2)
    assert changes["val/much"] == pytest.approx(math.log(2))
    assert list(changes) == ["val/much", "val/said", "val/little", "val/lost"]
    assert changes["val/lost"] is None
    assert "maps of Relevancy" in answer["measure"]


def test_without_relevancy_the_attention_from_words_to_the_image_is_compared(tensorboard):
    answer = tensorboard.get(
        "flips", run="generated", step=0, other_run="generated", other_step=10
    ).json
    # the words that both have: two of the question, the answer's first letter
    words, patches = [0, 1, 6], slice(2, 6)
    a, b = (
        GENERATED[step].attention[0].probabilities[-1].mean(axis=0)[words, patches]
        for step in (0, 10)
    )
    expected = np.mean([jensenshannon(one, other) ** 2 for one, other in zip(a, b, strict=True)])
    (flip,) = answer["flips"]
    assert flip["change"] == pytest.approx(expected, abs=2e-3)  # eight bits
    assert flip["change"] > 0.01
    assert "last layer" in answer["measure"]


def test_what_is_the_same_at_both_checkpoints_is_no_flip(tensorboard):
    answer = tensorboard.get("flips", run="first", step=0, other_run="first", other_step=0).json
    assert answer["flips"] == [] and "No maps" in answer["measure"]


def test_a_flip_whose_arrays_are_gone_is_listed_all_the_same(tensorboard):
    answer = tensorboard.get("flips", run="gone", step=0, other_run="gone", other_step=1).json
    assert [(flip["tag"], flip["change"]) for flip in answer["flips"]] == [("val/0", None)]


@pytest.mark.parametrize(
    ("change", "status"), [({"other_run": "third"}, 404), ({"other_step": "x"}, 400)]
)
def test_what_does_not_fit_is_refused(tensorboard, change, status):
    answer = tensorboard.get("flips", **(HERE | change))
    assert answer.status == status and answer.json["error"]
