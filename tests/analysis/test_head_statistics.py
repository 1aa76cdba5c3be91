"""Head statistics against loops that follow the formulas word by word."""

import math

import numpy as np
import pytest
import torch

from tests.logged_examples import grid_boxes, joint_example, softmaxed_noise, two_stream_example
from vl_tb_plugin import TokenSequence
from vl_tb_plugin.analysis.block_axes import BlockAxes
from vl_tb_plugin.analysis.head_statistics import (
    STATISTICS,
    head_statistics,
    layer_sums,
    mean_of_defined,
)
from vl_tb_plugin.analysis.head_sums import HeadSums

NO_TARGET = np.zeros((0, 4), np.float32)


def statistics_of(probabilities, axes, rows=None) -> np.ndarray:
    rows = np.arange(len(axes.query)) if rows is None else rows
    return head_statistics([layer_sums(layer, rows, axes) for layer in probabilities])


def by_name(probabilities, axes, rows=None) -> dict[str, np.ndarray]:
    return dict(zip(STATISTICS, statistics_of(probabilities, axes, rows), strict=True))


def axes_of(example, block) -> BlockAxes:
    return BlockAxes(
        example.sequence(block.query), example.sequence(block.key), example.target_boxes
    )


@pytest.fixture(scope="module")
def causal():
    """A single-stream example with a causal mask, so that rows admit different numbers of keys."""
    example = joint_example(text_tokens=5, grid=3, layers=2, heads=2, seed=3)
    block = example.attention[0]
    weights = np.tril(block.probabilities)
    weights /= weights.sum(axis=-1, keepdims=True)
    return weights, axes_of(example, block)


def loops(weights: np.ndarray, axes: BlockAxes) -> dict[str, float]:
    """Every statistic of one head (queries, keys), by its definition."""
    query, key = axes.query, axes.key
    text = [i for i, m in enumerate(query.modality) if m in ("text", "generated")]
    image = [i for i, m in enumerate(query.modality) if m == "image"]
    content = sorted(text + image)
    special = [i for i, m in enumerate(key.modality) if m == "special"]

    def mean(values):
        values = list(values)
        return sum(values) / len(values)

    def block_mean(rows, keys):
        return mean(weights[q, k] for q in rows for k in keys)

    def block_mass(rows, keys):
        return mean(sum(weights[q, k] for k in keys) for q in rows)

    def centre(position):
        x0, y0, x1, y1 = key.boxes[position]
        return (x0 + x1) / 2, (y0 + y1) / 2

    admitted = {q: [k for k in range(len(key)) if weights[q, k] > 0] for q in content}
    row_entropy = {
        q: -sum(weights[q, k] * math.log(weights[q, k]) for k in admitted[q]) for q in content
    }
    received = [mean(weights[q, k] for q in content) for k in range(len(key))]
    uniform = 1 / max(len(keys) for keys in admitted.values())
    sinks = [k for k in range(len(key)) if k == 0 or received[k] > 10 * uniform]

    def hoyer(q):
        count = len(admitted[q])
        l1, l2 = sum(weights[q]), math.sqrt(sum(w * w for w in weights[q]))
        return (math.sqrt(count) - l1 / l2) / (math.sqrt(count) - 1)

    def attended_mean(rows, keys, distance):
        total = sum(weights[q, k] for q in rows for k in keys)
        return sum(weights[q, k] * distance(q, k) for q in rows for k in keys) / total

    def on_target(k):
        return all(
            abs(a - b) < 1e-6 for a, b in zip(key.boxes[k], axes.target_boxes[0], strict=True)
        )

    target = [k for k in image if on_target(k)]
    no_self = [(q, k) for q in image for k in image if abs(q - k) > 1]
    return {
        "mass_text_to_image": block_mass(text, image),
        "mass_image_to_text": block_mass(image, text),
        "mass_text_to_text": block_mass(text, text),
        "mass_image_to_image": block_mass(image, image),
        "mass_special": block_mass(content, special),
        "mass_sink": block_mass(content, sinks),
        "target_share": block_mass(text, target) / block_mass(text, image)
        if block_mass(text, image)
        else math.nan,
        "text_to_image": block_mean(text, image),
        "image_to_text": block_mean(image, text),
        "text_to_text": block_mean(text, text),
        "image_to_image": block_mean(image, image),
        "image_to_image_no_self": sum(weights[q, k] for q, k in no_self) / len(image) ** 2,
        "cross_modal": (block_mean(text, image) + block_mean(image, text)) / 2,
        "intra_modal": (block_mean(text, text) + block_mean(image, image)) / 2,
        "entropy": mean(row_entropy.values()),
        "normalized_entropy": mean(row_entropy[q] / math.log(len(admitted[q])) for q in content),
        "perplexity": math.exp(mean(row_entropy.values())),
        "hoyer": mean(hoyer(q) for q in content),
        "max_weight": mean(max(weights[q]) for q in content),
        "distance_text": attended_mean(text, text, lambda q, k: abs(q - k)),
        "distance_image": attended_mean(image, image, lambda q, k: math.dist(centre(q), centre(k))),
    }


def test_the_oracle_covers_every_statistic(causal):
    weights, axes = causal
    assert loops(weights[0, 0], axes).keys() == STATISTICS.keys()


@pytest.mark.parametrize("name", STATISTICS)
def test_a_statistic_follows_its_definition(name, causal):
    weights, axes = causal
    values = by_name(weights, axes)[name]
    for layer in range(2):
        for head in range(2):
            expected = loops(weights[layer, head].astype(np.float64), axes)[name]
            assert values[layer, head] == pytest.approx(expected, rel=1e-5, nan_ok=True)


@pytest.mark.parametrize("name", STATISTICS)
def test_a_statistic_follows_its_definition_without_a_mask(name):
    example = joint_example(seed=5)
    block = example.attention[0]
    axes = axes_of(example, block)
    values = by_name(block.probabilities, axes)[name]
    expected = loops(block.probabilities[1, 2].astype(np.float64), axes)[name]
    assert values[1, 2] == pytest.approx(expected, rel=1e-5)


def test_spans_shrink_with_special_tokens():
    """Weights on a special token change no block mean between text and image."""
    sequence = TokenSequence(
        ["[CLS]", "a", "0"], ["special", "text", "image"], boxes=[[np.nan] * 4] * 2 + [[0, 0, 1, 1]]
    )
    weights = np.array([[[[0.2, 0.3, 0.5], [0.6, 0.1, 0.3], [0.8, 0.1, 0.1]]]], np.float32)
    values = by_name(weights, BlockAxes(sequence, sequence, NO_TARGET))
    assert values["text_to_image"][0, 0] == pytest.approx(0.3)
    assert values["image_to_text"][0, 0] == pytest.approx(0.1)
    assert values["mass_special"][0, 0] == pytest.approx(0.7)


def test_uniform_and_one_hot_rows_bound_the_shape_statistics():
    sequence = TokenSequence(["a"] * 4, ["text"] * 4)
    axes = BlockAxes(sequence, sequence, NO_TARGET)
    # one-hot rows keep a vanishing weight elsewhere: the mask admits all four keys
    one_hot = np.eye(4, dtype=np.float32) * (1 - 4e-30) + 1e-30
    weights = np.stack([np.full((4, 4), 0.25, np.float32), one_hot])[None]
    values = by_name(weights, axes)
    assert values["entropy"][0] == pytest.approx([math.log(4), 0], abs=1e-6)
    assert values["normalized_entropy"][0] == pytest.approx([1, 0], abs=1e-6)
    assert values["perplexity"][0] == pytest.approx([4, 1])
    assert values["hoyer"][0] == pytest.approx([0, 1], abs=1e-6)
    assert values["max_weight"][0] == pytest.approx([0.25, 1])
    assert values["distance_text"][0] == pytest.approx([1.25, 0], abs=1e-6)


def test_a_key_that_everyone_looks_at_is_a_sink():
    sequence = TokenSequence(["a"] * 30, ["text"] * 30)
    weights = np.full((1, 1, 30, 30), 0.4 / 29, np.float32)
    weights[..., 7] = 0.6
    values = by_name(weights, BlockAxes(sequence, sequence, NO_TARGET))
    assert values["mass_sink"][0, 0] == pytest.approx(0.6 + 0.4 / 29)


def test_a_cross_block_defines_only_its_own_direction():
    example = two_stream_example()
    block = example.attention[2]
    values = by_name(block.probabilities, axes_of(example, block))
    assert np.allclose(values["mass_text_to_image"], 1)
    for name in ("image_to_text", "text_to_text", "cross_modal", "distance_text", "mass_special"):
        assert np.isnan(values[name]).all(), name


def test_only_rows_that_were_kept_count():
    example = joint_example(seed=8)
    block = example.attention[0]
    rows = np.array([1, 2])
    kept = by_name(block.probabilities[:, :, rows], axes_of(example, block), rows)
    weights = block.probabilities[0, 0, 1:3]
    assert kept["text_to_image"][0, 0] == pytest.approx(weights[:, 5:].mean(), rel=1e-5)
    assert np.isnan(kept["image_to_text"]).all()


def test_target_share_counts_a_token_by_its_overlap_with_the_box():
    image = TokenSequence(["0", "1", "2", "3"], ["image"] * 4, name="image", boxes=grid_boxes(2))
    text = TokenSequence(["a"], ["text"], name="text")
    axes = BlockAxes(text, image, np.array([[0, 0, 0.75, 0.5]], np.float32))
    weights = np.array([[[[0.4, 0.2, 0.3, 0.1]]]], np.float32)
    assert by_name(weights, axes)["target_share"][0, 0] == pytest.approx(0.4 + 0.1)


def test_padding_changes_nothing():
    example = joint_example(seed=9)
    block, sequence = example.attention[0], example.sequences[0]
    count = len(sequence)
    padded = TokenSequence(
        [*sequence.tokens, "[PAD]"],
        [*sequence.modality, "padding"],
        boxes=np.vstack([sequence.boxes, [[np.nan] * 4]]),
    )
    weights = np.zeros((2, 3, count + 1, count + 1), np.float32)
    weights[:, :, :count, :count] = block.probabilities
    weights[:, :, count, 0] = 1
    axes = BlockAxes(padded, padded, example.target_boxes)
    plain = statistics_of(block.probabilities, axes_of(example, block))
    assert np.allclose(statistics_of(weights, axes), plain, rtol=1e-5, equal_nan=True)


def test_rows_heads_and_keys_may_come_in_stretches(causal):
    """Chunks of a long sequence, groups of heads, keys that a sliding window leaves out."""
    weights, axes = causal
    layer, count = weights[0], len(axes.query)
    parts = HeadSums(len(layer), axes)
    for head in range(len(layer)):
        for start in range(0, count, 4):
            rows = np.arange(start, min(start + 4, count))
            keys = np.arange(rows[-1] + 1)  # causal: none later has a weight
            parts.add(layer[head : head + 1, rows][:, :, keys], rows, keys, first_head=head)
    whole = head_statistics([layer_sums(layer, np.arange(count), axes)])
    assert np.allclose(head_statistics([parts]), whole, rtol=1e-5, equal_nan=True)


def test_tensors_of_torch_give_the_same_numbers(causal):
    weights, axes = causal
    rows = np.arange(len(axes.query))
    tensors = [torch.from_numpy(layer) for layer in weights]
    got = head_statistics([layer_sums(layer, rows, axes) for layer in tensors])
    assert np.allclose(got, statistics_of(weights, axes), rtol=1e-5, equal_nan=True)


def test_a_layer_mean_leaves_out_what_is_undefined():
    values = np.array([[1.0, np.nan, 3.0], [np.nan, np.nan, np.nan]], np.float32)
    assert np.array_equal(mean_of_defined(values), [2.0, np.nan], equal_nan=True)


def test_large_blocks_stay_accurate_in_single_precision():
    rng = np.random.default_rng(0)
    sequence = TokenSequence(["a"] * 300, ["text"] * 300)
    weights = softmaxed_noise((1, 1, 300, 300), rng)
    values = by_name(weights, BlockAxes(sequence, sequence, NO_TARGET))
    exact = weights[0, 0].astype(np.float64)
    assert values["entropy"][0, 0] == pytest.approx(
        -(exact * np.log(exact)).sum(1).mean(), rel=1e-6
    )
