"""Tiles of the token matrix, asked of a real TensorBoard, against the weights that were logged."""

import numpy as np
import pytest

from tests.logged_examples import softmaxed_noise
from tests.tensorboard_process import TensorBoardProcess
from vl_tb_plugin import Attention, Example, SummaryWriter, TokenSequence
from vl_tb_plugin.analysis.matrix_tiles import PooledMatrix
from vl_tb_plugin.plugin.matrix_levels import MatrixLevels, StoredMatrix

WORDS, PATCHES = 9, 700
ROWS = (*range(20, 300), 601, 699)
PRECISIONS = ("uint8", "uint8_row_maximum", "float16", "float32")


def block(name, query, key, rng, **options):
    lengths = {"text": WORDS, "image": PATCHES}
    count = len(options["rows"]) if "rows" in options else lengths[query]
    weights = softmaxed_noise((1, 2, count, lengths[key]), rng)
    return Attention(weights, name=name, query=query, key=key, layers=[3], **options)


@pytest.fixture(scope="module")
def example():
    rng = np.random.default_rng(0)
    return Example(
        [
            TokenSequence([f"word{n}" for n in range(WORDS)], ["text"] * WORDS, name="text"),
            TokenSequence([str(n) for n in range(PATCHES)], ["image"] * PATCHES, name="image"),
        ],
        [
            *(block(name, "image", "image", rng, precision=name) for name in PRECISIONS),
            block("some_rows", "image", "image", rng, rows=ROWS),
            block("text_to_image", "text", "image", rng),
        ],
    )


@pytest.fixture(scope="module")
def tensorboard(example, tmp_path_factory):
    folder = tmp_path_factory.mktemp("logs")
    with SummaryWriter(folder / "run") as writer:
        writer.add_vl_example("val/0", example, 3)
    with TensorBoardProcess(["--logdir", str(folder)], folder / "log.txt") as process:
        process.wait_for_runs(1, last_step=3)
        yield process


def ask(tensorboard, name, **asked):
    given = {"layer": 3, "head": 1, "level": 0, "row": 0, "column": 0} | asked
    return tensorboard.get("matrix", run="run", tag="val/0", step=3, block=name, **given)


def decoded(answer):
    weights = np.square(answer.array("weights") / 255)
    weights[answer.array("logged") == 0] = np.nan
    weights[:, answer.array("logged_keys") == 0] = np.nan
    return weights


def bound(weights):
    return np.sqrt(weights) / 255 + 4e-6


@pytest.mark.parametrize("name", PRECISIONS)
@pytest.mark.parametrize("head", [1, "mean"])
def test_level_0_is_the_logged_weights_at_any_precision(tensorboard, example, name, head):
    exact = example.block(name).probabilities[0]
    exact = exact.mean(axis=0) if head == "mean" else exact[1]
    for row, column in [(0, 0), (2, 1)]:
        answer = ask(tensorboard, name, head=head, row=row, column=column)
        expected = exact[256 * row : 256 * row + 256, 256 * column : 256 * column + 256]
        assert answer.array("weights").shape == expected.shape
        # stored in eight bits and written in eight bits once more: twice the bound
        assert (np.abs(decoded(answer) - expected) <= 2 * bound(expected)).all()


def test_a_coarse_cell_is_the_largest_weight(tensorboard, example):
    exact = example.block("uint8").probabilities[0, 1]
    padded = np.pad(exact, ((0, 4), (0, 4)))
    expected = padded.reshape(176, 4, 176, 4).max(axis=(1, 3))[:175, :175]
    answer = ask(tensorboard, "uint8", level=2)
    assert (np.abs(decoded(answer) - expected) <= bound(expected)).all()
    assert answer.header["levels"] == [3, 3]
    assert (answer.header["queries"], answer.header["keys"]) == (PATCHES, PATCHES)
    counts = answer.array("counts")
    codes = np.round(255 * np.sqrt(exact)).astype(int)
    assert np.abs(counts - np.bincount(codes.ravel(), minlength=256)).max() <= 4  # ties round
    assert counts.sum() == PATCHES**2


def test_rows_that_were_not_kept_are_reported_not_zero(tensorboard, example):
    exact = np.full((PATCHES, PATCHES), np.nan, np.float32)
    exact[list(ROWS)] = example.block("some_rows").probabilities[0, 1]
    for row in range(3):
        answer = ask(tensorboard, "some_rows", row=row, column=1)
        expected = exact[256 * row : 256 * row + 256, 256:512]
        shown = decoded(answer)
        assert np.array_equal(np.isnan(shown), np.isnan(expected))
        assert (np.abs(shown - expected) <= bound(expected))[~np.isnan(expected)].all()
    coarse = ask(tensorboard, "some_rows", level=2)
    rows = np.flatnonzero(coarse.array("logged"))
    assert rows.tolist() == sorted({position // 4 for position in ROWS})
    assert coarse.array("counts").sum() == len(ROWS) * PATCHES


def test_each_axis_has_a_level_of_its_own(tensorboard, example):
    exact = example.block("text_to_image").probabilities[0, 1]
    answer = ask(tensorboard, "text_to_image", level=0, key_level=2)
    expected = np.pad(exact, ((0, 0), (0, 4))).reshape(WORDS, 176, 4).max(axis=2)[:, :175]
    assert (np.abs(decoded(answer) - expected) <= bound(expected)).all()
    assert answer.header["levels"] == [1, 3]
    assert answer.array("counts").sum() == exact.size


@pytest.mark.parametrize(
    "asked, status, message",
    [
        ({"level": 3}, 404, "'level' goes up to 2"),
        ({"level": 1, "row": 2}, 404, "'row' goes up to 1"),
        ({"column": 3}, 404, "'column' goes up to 2"),
        ({"head": 2}, 404, "has heads 0 to 1"),
        ({"layer": 0}, 404, "has no layer 0"),
        ({"row": "-1"}, 400, "must be an integer"),
        ({"head": ""}, 400, "'head' is missing"),
    ],
)
def test_what_there_is_not_is_told(tensorboard, asked, status, message):
    answer = ask(tensorboard, "uint8", **asked)
    assert answer.status == status
    assert message in answer.json["error"]


def test_memory_for_levels_is_bounded_and_answers_stay_the_same():
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 256, (2, 600, 600), dtype=np.uint8)
    reads = []

    class Matrix(StoredMatrix):
        def between(self, start, stop):
            reads.append(self.head)
            rows = np.arange(start, min(stop, 600))
            return PooledMatrix.unpooled(codes[self.head, rows], rows, self.keys)

    def head(number):
        every = np.arange(600)
        name = ("file", "path", 0, number)
        return Matrix(name, None, "path", 0, number, every, every, (600, 600))

    room_for_one = 300 * 300 + 150 * 150
    levels = MatrixLevels(room_for_one)
    first, _ = levels.tile(head(0), (2, 2), 0, 0)
    levels.tile(head(0), (1, 1), 1, 0)
    assert reads == [0]  # the finer level was made on the way
    levels.tile(head(1), (2, 2), 0, 0)
    again, _ = levels.tile(head(0), (1, 1), 0, 0)
    assert reads == [0, 1, 0]
    assert np.array_equal(first.weights, codes[0].reshape(150, 4, 150, 4).max(axis=(1, 3)))
    assert np.array_equal(
        again.weights, codes[0].reshape(300, 2, 300, 2).max(axis=(1, 3))[:256, :256]
    )
