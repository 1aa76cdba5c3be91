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
    layers = [layer_sums(layer, rows, axes) for layer in probabilities]
    for sums in layers:
        sums.visual_sinks = np.zeros(len(axes.key), bool)
        sums.visual_sinks[visual_sinks_of(axes)] = True
    return head_statistics(layers)


def visual_sinks_of(axes) -> np.ndarray:
    """As if hidden states had told: which they are is ``analysis.visual_sinks``' own matter."""
    return np.flatnonzero(axes.image_keys)[1:3]


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

    def gini(q):
        a = [weights[q, k] for k in admitted[q]]
        return sum(abs(x - y) for x in a for y in a) / (2 * len(a) * sum(a))

    def keys_for_90(q):
        held = 0.0
        for count, weight in enumerate(sorted(weights[q], reverse=True), 1):
            held += weight
            if held >= 0.9 * sum(weights[q]):
                return count / len(admitted[q])

    # 8 rows lie evenly, wherever rows begin and end
    sampled = sorted(content, key=lambda q: q * (1 + math.sqrt(5)) / 2 % 1)[:8]
    last_row = {k: weights[max(text), k] for k in image}

    def share_of_sum(keys):
        return block_mass(content, [k for k in keys if k not in sinks])

    target = [k for k in image if on_target(k)]
    no_self = [(q, k) for q in image for k in image if abs(q - k) > 1]
    return {
        "mass_text_to_image": block_mass(text, image),
        "mass_image_to_text": block_mass(image, text),
        "mass_text_to_text": block_mass(text, text),
        "mass_image_to_image": block_mass(image, image),
        "mass_special": block_mass(content, special),
        "mass_sink": block_mass(content, sinks),
        "mass_visual_sink": block_mass(content, visual_sinks_of(axes)),
        "budget_image": share_of_sum(image),
        "budget_prompt": share_of_sum(text),
        "budget_special": share_of_sum(special),
        "budget_generated": 0.0,
        "budget_sink": block_mass(content, sinks),
        "target_share": block_mass(text, target) / block_mass(text, image)
        if block_mass(text, image)
        else math.nan,
        "received_image": block_mean(content, image),
        "received_image_max": max(block_mean(content, [k]) for k in image),
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
        "gini": mean(gini(q) for q in sampled),
        "keys_for_90": mean(keys_for_90(q) for q in sampled),
        "max_weight": mean(max(weights[q]) for q in content),
        "distance_text": attended_mean(text, text, lambda q, k: abs(q - k)),
        "distance_image": attended_mean(image, image, lambda q, k: math.dist(centre(q), centre(k))),
        "localisation": sum(last_row.values()),
        "spatial_entropy": spot_entropy(list(last_row.values())),
        "pointing": float(on_target(max(last_row, key=last_row.__getitem__)))
        if any(last_row.values())
        else math.nan,
    }


def spot_entropy(cells: list[float]) -> float:
    """Entropy over the sizes of what hangs together, 8 neighbours each, in a square grid."""
    side = math.isqrt(len(cells))
    left = {divmod(i, side) for i, w in enumerate(cells) if w > sum(cells) / len(cells)}
    if not left:
        return math.nan
    count, sizes = len(left), []
    while left:
        spot, size = [left.pop()], 0
        while spot:
            row, column = spot.pop()
            size += 1
            near = {(row + i, column + j) for i in (-1, 0, 1) for j in (-1, 0, 1)} & left
            left -= near
            spot += near
        sizes.append(size)
    return -sum(size / count * math.log(size / count) for size in sizes)


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
    assert values["gini"][0] == pytest.approx([0, 0.75], abs=1e-6)
    assert values["keys_for_90"][0] == pytest.approx([1, 0.25])
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


BUDGETS = ("budget_image", "budget_prompt", "budget_special", "budget_generated", "budget_sink")


def test_the_budget_of_a_head_counts_each_key_once():
    modality = ["special", "image", "image", "text", "special", "text", "generated"]
    boxes = np.full((7, 4), np.nan)
    boxes[1:3] = [[0, 0, 0.5, 1], [0.5, 0, 1, 1]]
    sequence = TokenSequence(list("abcdefg"), modality, boxes=boxes)
    row = [0.30, 0.04, 0.06, 0.10, 0.05, 0.15, 0.30]  # the first key is a sink, not special
    weights = np.tile(np.array(row, np.float32), (1, 1, 7, 1))
    values = by_name(weights, BlockAxes(sequence, sequence, NO_TARGET))
    got = [values[name][0, 0] for name in BUDGETS]
    assert got == pytest.approx([0.10, 0.25, 0.05, 0.30, 0.30])


def test_budgets_sum_to_one_also_with_padding_and_sinks_among_image_tokens():
    rng = np.random.default_rng(4)
    modality = ["special"] + ["image"] * 36 + ["text"] * 9 + ["generated"] * 3 + ["padding"] * 6
    boxes = np.full((len(modality), 4), np.nan)
    boxes[1:37] = grid_boxes(6)
    sequence = TokenSequence(["t"] * len(modality), modality, boxes=boxes)
    weights = softmaxed_noise((2, 3, len(modality), len(modality)), rng)
    weights[..., 20] *= 30  # an image token that everyone looks at
    weights[..., -6:] = 0
    weights /= weights.sum(axis=-1, keepdims=True)
    values = by_name(weights, BlockAxes(sequence, sequence, NO_TARGET))
    assert np.allclose(sum(values[name] for name in BUDGETS), 1, atol=1e-6)
    assert (values["budget_sink"] > 0.25).all()


def test_the_budget_of_a_block_without_some_kind_of_key_is_zero_there():
    example = two_stream_example()
    block = example.attention[2]
    values = by_name(block.probabilities, axes_of(example, block))
    assert np.allclose(values["budget_image"] + values["budget_sink"], 1, atol=1e-6)
    assert not values["budget_prompt"].any()


def test_the_last_word_is_the_last_generated_one():
    modality = ["text", "image", "image", "generated", "generated", "special"]
    boxes = np.full((6, 4), np.nan)
    boxes[1:3] = [[0, 0, 0.5, 1], [0.5, 0, 1, 1]]
    sequence = TokenSequence(list("abcdef"), modality, boxes=boxes)
    weights = np.full((1, 1, 6, 6), 1 / 6, np.float32)
    weights[0, 0, 4] = [0.3, 0.1, 0.5, 0.1, 0, 0]
    target = np.array([[0.5, 0, 1, 1]], np.float32)
    values = by_name(weights, BlockAxes(sequence, sequence, target))
    assert values["localisation"][0, 0] == pytest.approx(0.6)
    assert values["pointing"][0, 0] == 1
    elsewhere = by_name(weights, BlockAxes(sequence, sequence, target - [[0.5, 0, 0.5, 0]]))
    assert elsewhere["pointing"][0, 0] == 0


def test_spatial_entropy_tells_one_spot_from_several_far_apart():
    image = TokenSequence(["p"] * 36, ["image"] * 36, name="image", boxes=grid_boxes(6))
    text = TokenSequence(["a"], ["text"], name="text")
    spots = np.zeros((3, 6, 6), np.float32)
    spots[0, 1:3, 1:3] = 1  # one
    spots[1, 1, 1] = spots[1, 2, 2] = 1  # one: corners touch
    spots[2, 0, 0] = spots[2, 0, 5] = spots[2, 5, 0] = spots[2, 5, 5] = 1  # four
    weights = spots.reshape(3, 36) / spots.sum(axis=(1, 2))[:, None]
    values = by_name(weights[None, :, None], BlockAxes(text, image, NO_TARGET))
    assert values["spatial_entropy"][0] == pytest.approx([0, 0, math.log(4)])
    assert np.allclose(values["localisation"], 1)
    assert np.isnan(values["pointing"]).all()  # there is no target box


def test_what_the_last_word_looks_at_is_undefined_where_no_word_was_kept():
    example = joint_example(seed=8)
    block = example.attention[0]
    rows = np.array([5, 6])  # patches
    values = by_name(block.probabilities[:, :, rows], axes_of(example, block), rows)
    for name in ("localisation", "spatial_entropy", "pointing"):
        assert np.isnan(values[name]).all(), name


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
    got = statistics_of(tensors, axes, rows)
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
