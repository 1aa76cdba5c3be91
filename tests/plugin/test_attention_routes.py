"""Attention of tokens, in heads one by one, combined, or all at a glance, against plain numpy."""

import numpy as np
import pytest

from tests.logged_examples import grid_boxes, joint_example, softmaxed_noise, two_stream_example
from tests.tensorboard_process import TensorBoardProcess
from vl_tb_plugin import Attention, Example, SummaryWriter, TokenSequence

LAYERS, HEADS, TOKENS = 3, 4, 30
ROWS = [0, 1, 2, 3, 28, 29]
HERE = {"run": "run", "step": 0}
EXACT = {"rtol": 0, "atol": 1e-6}


@pytest.fixture(scope="module")
def joint():
    return joint_example(layers=LAYERS, heads=HEADS, text_tokens=4, grid=5)


@pytest.fixture(scope="module")
def sinking():
    """Word 3 gets nearly all attention of every word; only some rows were kept."""
    weights = softmaxed_noise((1, 2, len(ROWS), TOKENS), np.random.default_rng(4)) * 0.5
    weights[..., 3] += 0.5
    boxes = np.full((TOKENS, 4), np.nan)
    boxes[5:] = grid_boxes(5)
    sequence = TokenSequence(
        ["[CLS]", "a", "b", "c", "d"] + [str(patch) for patch in range(25)],
        ["special"] + ["text"] * 4 + ["image"] * 25,
        boxes=boxes,
    )
    return Example(sequence, Attention(weights, rows=ROWS, precision="float32"))


@pytest.fixture(scope="module")
def tensorboard(tmp_path_factory, joint, sinking):
    folder = tmp_path_factory.mktemp("logs")
    with SummaryWriter(folder / "run") as writer:
        writer.add_vl_example("joint", joint, 0)
        writer.add_vl_example("sinking", sinking, 0)
        writer.add_vl_example("streams", two_stream_example(), 0)
    log = tmp_path_factory.mktemp("tensorboard") / "log.txt"
    with TensorBoardProcess(["--logdir", str(folder)], log) as process:
        process.wait_for_runs(1)
        yield process


def test_several_tokens_are_averaged(tensorboard, joint):
    answer = ask(tensorboard, layer=1, head=2, query="1,3-4")
    expected = probabilities(joint)[1, 2, [1, 3, 4]].mean(axis=0)
    close(answer, expected)
    assert answer.header["query"] == [1, 3, 4]


def test_what_looks_at_several_tokens_is_averaged_too(tensorboard, joint):
    answer = ask(tensorboard, layer=1, head=2, key="5-6")
    close(answer, probabilities(joint)[1, 2, :, [5, 6]].mean(axis=0))


@pytest.mark.parametrize("reduce", ["mean", "max"])
def test_heads_and_layers_are_combined(tensorboard, joint, reduce):
    answer = ask(tensorboard, layer="0,2", head="0,3", query="1,2", reduce=reduce)
    chosen = probabilities(joint)[[0, 2]][:, [0, 3]][:, :, [1, 2]].mean(axis=2)
    close(answer, getattr(chosen, reduce)(axis=(0, 1)))


def test_the_mean_of_heads_is_combined_over_layers(tensorboard, joint):
    answer = ask(tensorboard, layer="0-2", head="mean", query=7, reduce="max")
    close(answer, probabilities(joint).mean(axis=1)[:, 7].max(axis=0))


@pytest.mark.parametrize("asked", [{"query": "1,2"}, {"key": "6"}])
def test_a_gallery_holds_every_head_of_the_layer(tensorboard, joint, asked):
    gallery = ask(tensorboard, "attention_gallery", over="heads", layer=2, **asked)
    assert gallery.header["items"] == [0, 1, 2, 3]
    one_by_one = [ask(tensorboard, layer=2, head=head, **asked) for head in range(HEADS)]
    for row, single in zip(gallery.array("weights"), one_by_one, strict=True):
        assert np.array_equal(row, single.array("weights"))
    errors = [bound(single) for single in one_by_one]
    assert np.allclose(gallery.array("quantisation_error"), errors, rtol=1e-6)


def test_a_gallery_holds_a_head_in_every_layer(tensorboard, joint):
    gallery = ask(tensorboard, "attention_gallery", over="layers", head="mean", query=3)
    assert gallery.header["items"] == [0, 1, 2]
    assert np.allclose(
        gallery.array("weights"), probabilities(joint).mean(axis=1)[:, 3], atol=bound(gallery)
    )


def test_a_gallery_says_how_much_lies_on_the_image_and_on_the_target(tensorboard, joint):
    gallery = ask(tensorboard, "attention_gallery", over="heads", layer=0, query=2)
    weights = probabilities(joint)[0, :, 2]
    assert np.allclose(gallery.array("image_mass"), weights[:, 5:].sum(axis=1), atol=1e-2)
    # the target box of the example is its first patch
    assert np.allclose(gallery.array("target_mass"), weights[:, 5], atol=bound(gallery))


def test_masses_are_not_defined_where_no_image_is_looked_at(tensorboard):
    gallery = ask(
        tensorboard,
        "attention_gallery",
        tag="streams",
        block="language",
        over="heads",
        layer=0,
        query=1,
    )
    assert np.isnan(gallery.array("image_mass")).all()


def test_sinks_are_the_first_token_and_those_that_receive_ten_times_the_uniform(
    tensorboard, sinking
):
    answer = ask(tensorboard, tag="sinking", layer=0, head="0-1", query=2, sinks=1)
    received = sinking.attention[0].probabilities[0][:, 1:].mean(axis=(0, 1))  # without [CLS]'s row
    expected = {0, *np.flatnonzero(received > 10 / TOKENS).tolist()}
    assert expected == {0, 3}
    assert answer.header["sinks"] == sorted(expected)
    assert "sinks" not in ask(tensorboard, tag="sinking", layer=0, head=0, query=2).header


def test_tokens_whose_rows_were_not_kept_are_left_out_of_the_mean(tensorboard, sinking):
    answer = ask(tensorboard, tag="sinking", layer=0, head=1, query="2-9,28")
    assert answer.header["query"] == [2, 3, 28]
    rows = [ROWS.index(row) for row in (2, 3, 28)]
    expected = sinking.attention[0].probabilities[0, 1, rows].mean(axis=0)
    assert np.allclose(answer.array("weights"), expected, **EXACT)


def test_a_column_has_no_weights_where_rows_were_not_kept(tensorboard, sinking):
    weights = ask(tensorboard, tag="sinking", layer=0, head=1, key=4).array("weights")
    assert np.flatnonzero(~np.isnan(weights)).tolist() == ROWS


@pytest.mark.parametrize(
    ("asked", "status", "says"),
    [
        ({"layer": 0, "head": 0, "query": "3-"}, 400, "as in 3 or 3-6,9"),
        ({"layer": 0, "head": 0, "query": "3;4"}, 400, "as in 3 or 3-6,9"),
        ({"layer": 0, "head": 0, "query": "0-99999999"}, 400, "as in 3 or 3-6,9"),
        ({"layer": 0, "head": 0, "query": "0-9999999"}, 400, "65,536 numbers at most"),
        ({"layer": 0, "head": "0,9", "query": 1}, 404, "heads 0 to 3"),
        ({"layer": "0,7", "head": 0, "query": 1}, 404, "no layer 7"),
        ({"layer": 0, "head": 0, "query": 1, "reduce": "sum"}, 400, "mean, max"),
        ({"layer": 0, "head": 0, "query": 6, "tag": "sinking"}, 404, "query 6 was not logged"),
    ],
)
def test_what_does_not_fit_is_answered_in_words(tensorboard, asked, status, says):
    here = {"tag": "joint", **asked}
    answer = tensorboard.get("attention", block="self", **HERE, **here)
    assert answer.status == status
    assert says in answer.json["error"]


def ask(tensorboard, route="attention", tag="joint", block="self", **asked):
    answer = tensorboard.get(route, tag=tag, block=block, **HERE, **asked)
    assert answer.status == 200, answer.json
    return answer


def probabilities(example):
    return example.attention[0].probabilities


def bound(answer):
    """Of the one answer, or of each item of a gallery."""
    if "items" in answer.header:
        return answer.array("quantisation_error")[:, None]
    return answer.header["quantisation_error"]


def close(answer, expected):
    assert (np.abs(answer.array("weights") - expected) <= bound(answer)).all()
