"""A policy decides what is kept; what is not is named."""

import numpy as np
import pytest
import torch

from tests.capture.tiny_models import EXACT, TinyTokenizer, llava, llava_batch, lxmert, lxmert_batch
from vl_tb_plugin import CapturePolicy, InvalidExample, trace
from vl_tb_plugin.capture.packed_probabilities import PackedProbabilities
from vl_tb_plugin.example import EncodedProbabilities
from vl_tb_plugin.example.encoded_probabilities import PRECISIONS

BYTES_OF_ALL = 3 * (4 + 1) * 21 * 21 + 2 * (4 + 1) * 17 * 17
"""Of the weights of a sample of the tiny LLaVA: layers x (heads and their mean) x rows x keys."""


@torch.no_grad()
def examples_of(policy, model=None, batch=None):
    model, batch = model or llava(), batch or llava_batch(side="right")
    with trace(model, TinyTokenizer(), policy=policy) as t:
        model(**batch)
    return t.examples(batch)


@pytest.fixture(scope="module")
def exact():
    return examples_of(EXACT)


def positions(example, *modalities):
    return tuple(example.sequence("joint").positions(*modalities).tolist())


def test_by_default_a_small_example_keeps_everything(exact):
    for example, expected in zip(examples_of(CapturePolicy()), exact, strict=True):
        assert example.left_out == ()
        for block in example.attention:
            reference = expected.block(block.name).probabilities
            assert block.rows is None
            bound = np.sqrt(reference) / 255 + 4e-6
            assert (np.abs(block.probabilities - reference) <= bound).all()


def test_text_rows_are_those_of_text_and_special_tokens(exact):
    for example, expected in zip(examples_of(CapturePolicy(rows="text")), exact, strict=True):
        block = example.block("language")
        assert block.rows == positions(example, "text", "special")
        reference = expected.block("language").probabilities[:, :, list(block.rows)]
        assert np.abs(block.probabilities - reference).max() < 4e-3
        real = len(example.sequence("joint").tokens) - len(positions(example, "padding"))
        kept = f"{len(block.rows)} of {real} query rows kept (rows='text')"
        assert f"Block language: {kept}; statistics are over these." in example.left_out


def test_rows_may_be_positions_and_differ_from_block_to_block():
    policy = CapturePolicy(rows={"language": [3, 5], "vision": "all"})
    example = examples_of(policy)[0]
    assert example.block("language").rows == (3, 5)
    assert example.block("vision").rows is None


def test_statistics_of_the_rows_kept_are_exact(exact):
    from vl_tb_plugin.analysis.block_axes import BlockAxes
    from vl_tb_plugin.analysis.head_statistics import head_statistics, layer_sums
    from vl_tb_plugin.analysis.visual_sinks import visual_sinks

    example = examples_of(CapturePolicy(rows="text"))[0]
    block, tokens = example.block("language"), example.sequence("joint")
    axes = BlockAxes(tokens, tokens, np.zeros((0, 4)))
    rows = np.array(block.rows)
    weights = exact[0].block("language").probabilities[:, :, rows]
    layers = [layer_sums(layer, rows, axes) for layer in weights]
    (read,) = [states.values for states in example.hidden_states if states.sequence == "joint"]
    for sums, states in zip(layers, read, strict=False):  # a layer reads the state of its number
        sums.visual_sinks = visual_sinks(states, axes)
    assert np.allclose(block.statistics, head_statistics(layers), rtol=1e-5, equal_nan=True)


def test_layers_and_heads_concern_the_weights_statistics_cover_all(exact):
    policy = CapturePolicy(layers={"language": [0, 2]}, heads=[1, 3], precision="float32")
    example = examples_of(policy)[0]
    block, reference = example.block("language"), exact[0].block("language").probabilities
    assert block.layers == (0, 1, 2) and block.heads == 4
    assert block.weights.layers == (0, 2) and block.weights.heads == (1, 3)
    assert np.array_equal(block.probabilities, reference[[0, 2]][:, [1, 3]])
    assert np.allclose(block.weights.mean.decoded(), reference[[0, 2]].mean(axis=1), atol=1e-7)
    assert block.statistics.shape[1:] == (3, 4)
    assert "Block language: weights of layers [0, 2] of 3 and heads [1, 3] of 4 kept." in (
        example.left_out
    )


def test_no_layer_at_all_leaves_the_statistics():
    example = examples_of(CapturePolicy(layers=[]))[0]
    block = example.block("vision")
    assert block.weights.layers == () and block.shape[0] == 0
    assert not np.isnan(block.statistics).all()


@pytest.mark.parametrize("keys", ["image", "text", [2, 4]])
def test_keys_that_are_not_kept_read_zero_and_are_told(exact, keys):
    example = examples_of(CapturePolicy(keys=keys, precision="float32"))[0]
    block, reference = example.block("language"), exact[0].block("language").probabilities
    kept = {
        "image": positions(example, "image"),
        "text": positions(example, "text", "special"),
    }.get(str(keys), (2, 4))
    assert block.weights.keys == kept
    assert np.array_equal(block.probabilities[..., list(kept)], reference[..., list(kept)])
    assert block.probabilities.sum() == pytest.approx(reference[..., list(kept)].sum(), rel=1e-5)
    assert f"Block language: weights on {len(kept)} of 21 keys kept." in example.left_out


@pytest.mark.parametrize("precision", PRECISIONS)
def test_the_precision_is_that_of_the_policy(exact, precision):
    block = examples_of(CapturePolicy(precision=precision))[0].block("language")
    encoded = block.weights.probabilities
    assert encoded.precision == block.precision == precision
    error = np.abs(block.probabilities - exact[0].block("language").probabilities)
    assert (error <= encoded.error_bound() + 1e-7).all()


def test_a_small_budget_keeps_text_rows_then_the_last_of_them():
    whole = examples_of(CapturePolicy(hidden_states=False, max_bytes=BYTES_OF_ALL))[0]
    assert whole.left_out == ()
    text = examples_of(CapturePolicy(hidden_states=False, max_bytes=BYTES_OF_ALL // 2))[0]
    assert text.block("language").rows == positions(text, "text", "special")
    few = examples_of(CapturePolicy(hidden_states=False, max_bytes=1500))[0]  # 820 after vision
    assert few.block("language").rows == positions(few, "text")[-2:]
    assert any("max_bytes=1500" in sentence for sentence in few.left_out)


@pytest.mark.parametrize("size", [1, 300, 1500, 4000, 20_000])
@pytest.mark.parametrize("rows", ["auto", "all", "text"])
def test_no_example_exceeds_its_bytes(size, rows):
    for example in examples_of(CapturePolicy(rows=rows, max_bytes=size)):
        weights = sum(block.weights.nbytes for block in example.attention)
        states = sum(one.values.nbytes for one in example.hidden_states)
        assert weights + states <= size
        assert example.left_out or size == 20_000


def test_a_tower_over_budget_keeps_patches_spread_over_the_image():
    example = examples_of(CapturePolicy(hidden_states=False, max_bytes=2000))[0]
    rows = example.block("vision").rows
    assert rows[0] == 0  # the class token
    assert 1 < len(rows) < 17
    assert max(np.diff(rows)) <= 17 // (len(rows) - 1) + 2


def test_weights_are_compressed_until_the_end_of_the_pass():
    values = np.zeros((48, 300, 300), np.uint8)
    values[:, 5] = np.arange(300) % 256
    encoded = EncodedProbabilities(values, "uint8_row_maximum", np.ones((48, 300), np.float32))
    packed = PackedProbabilities(encoded)
    assert len(packed._bytes) < values.nbytes / 100
    again = packed.unpacked()
    assert np.array_equal(again.decoded(), encoded.decoded())


def test_hidden_states_of_chosen_layers_and_dtype(exact):
    policy = CapturePolicy(hidden_states=[0, 2], hidden_states_dtype="float16")
    for states in examples_of(policy)[0].hidden_states:
        assert states.layers == (0, 2) and states.values.dtype == np.float16
        whole = next(one for one in exact[0].hidden_states if one.sequence == states.sequence)
        assert np.allclose(states.values, whole.values[[0, 2]], rtol=1e-3, atol=1e-3)


def test_hidden_states_over_budget_keep_layers_from_first_to_last():
    states = examples_of(CapturePolicy(max_bytes=12_000))[0].hidden_states
    (joint,) = [one for one in states if one.sequence == "joint"]
    assert joint.layers == (0, 3)


def test_states_beyond_half_precision_stay_single():
    model = llava()
    with torch.no_grad():
        model.model.language_model.embed_tokens.weight[5] = 1e6
    states = examples_of(CapturePolicy(), model)[0].hidden_states
    (joint,) = [one for one in states if one.sequence == "joint"]
    assert joint.values.dtype == np.float32 and joint.values[0].max() == 1e6


@torch.no_grad()
def test_only_the_first_samples_of_an_evaluation_are_recorded():
    model, batch = llava(), llava_batch()
    with trace(model, policy=CapturePolicy(samples=3)) as t:
        counts = []
        for _ in range(3):
            model(**batch)
            counts.append(len(t.examples(batch, predictions=["a", "b"])))
    assert counts == [2, 1, 0]
    with t:  # the next evaluation
        model(**batch)
        assert len(t.examples(batch)) == 2


def test_several_streams_share_the_budget():
    policy = CapturePolicy(hidden_states=False, max_bytes=600)
    example = examples_of(policy, lxmert(), lxmert_batch())[0]
    assert sum(block.weights.nbytes for block in example.attention) <= 600


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"rows": "some"}, "rows: expected one of auto, all, text, generated, or positions"),
        ({"rows": {"language": "most"}}, "rows: expected one of"),
        ({"keys": "words"}, "keys: expected one of all, text, image"),
        ({"precision": "int4"}, "precision: expected one of uint8"),
        ({"hidden_states_dtype": "int8"}, "hidden_states_dtype"),
        ({"max_bytes": 0}, "max_bytes: expected a positive number or None"),
        ({"samples": -1}, "samples: expected a positive number or None"),
    ],
)
def test_what_no_policy_is_is_refused(settings, message):
    with pytest.raises(InvalidExample, match=message):
        CapturePolicy(**settings)
