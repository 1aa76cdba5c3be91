"""Statistics of attention heads: one number per layer and head of a block.

To add one, write a function ``AttentionLayer -> (heads,)`` and decorate it with
:func:`statistic`; the plugin offers it with its title, unit and description. NaN says that a
statistic has no meaning for a block (there are no image keys, say).

Sources: Aflalo et al., *VL-InterpreT* (CVPR 2022) for the block means; Hoyer, *Non-negative
matrix factorization with sparseness constraints* (JMLR 2004); Xiao et al., *Efficient streaming
language models with attention sinks* (ICLR 2024).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vl_tb_plugin.analysis.attention_layer import AttentionLayer, BlockAxes, FloatArray

SINK_FACTOR = 10.0
"""A key is a sink where it receives more than this many times the uniform weight."""


@dataclass(frozen=True)
class HeadStatistic:
    """A statistic of a head and how to say what it is."""

    name: str
    title: str
    unit: str
    description: str
    compute: Callable[[AttentionLayer], FloatArray]


STATISTICS: dict[str, HeadStatistic] = {}


def statistic(
    title: str, unit: str, description: str
) -> Callable[[Callable[[AttentionLayer], FloatArray]], Callable[[AttentionLayer], FloatArray]]:
    """Register a function as the statistic of its own name."""

    def register(
        compute: Callable[[AttentionLayer], FloatArray],
    ) -> Callable[[AttentionLayer], FloatArray]:
        name = compute.__name__
        STATISTICS[name] = HeadStatistic(name, title, unit, description, compute)
        return compute

    return register


def head_statistics(probabilities: FloatArray, axes: BlockAxes) -> FloatArray:
    """Every registered statistic of one block.

    Args:
        probabilities: (layers, heads, rows, keys), rows sum to one.
        axes: what rows and keys are.

    Returns:
        (statistics, layers, heads) float32 in the order of :data:`STATISTICS`; NaN where a
        statistic is not defined.
    """
    result = np.full((len(STATISTICS), *probabilities.shape[:2]), np.nan, np.float32)
    for index, layer_probabilities in enumerate(probabilities):
        layer = AttentionLayer(layer_probabilities, axes)
        for position, entry in enumerate(STATISTICS.values()):
            result[position, index] = entry.compute(layer)
    return result


def mean_of_defined(values: FloatArray) -> FloatArray:
    """Mean over the last axis of what is defined; NaN where nothing is."""
    defined = ~np.isnan(values)
    count = defined.sum(axis=-1)
    total = np.where(defined, values, 0).sum(axis=-1, dtype=np.float64)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan).astype(np.float32)


# Attention masses: row-stochastic, comparable between samples of different length.


@statistic(
    "Text → image, mass",
    "share",
    "Share of a text token's attention that goes to image tokens, mean over text tokens.",
)
def mass_text_to_image(layer: AttentionLayer) -> FloatArray:
    return layer.mass(layer.axes.text_rows, layer.axes.image_keys)


@statistic(
    "Image → text, mass",
    "share",
    "Share of an image token's attention that goes to text tokens, mean over image tokens.",
)
def mass_image_to_text(layer: AttentionLayer) -> FloatArray:
    return layer.mass(layer.axes.image_rows, layer.axes.text_keys)


@statistic(
    "Text → text, mass",
    "share",
    "Share of a text token's attention that goes to text tokens, mean over text tokens.",
)
def mass_text_to_text(layer: AttentionLayer) -> FloatArray:
    return layer.mass(layer.axes.text_rows, layer.axes.text_keys)


@statistic(
    "Image → image, mass",
    "share",
    "Share of an image token's attention that goes to image tokens, mean over image tokens.",
)
def mass_image_to_image(layer: AttentionLayer) -> FloatArray:
    return layer.mass(layer.axes.image_rows, layer.axes.image_keys)


@statistic(
    "To special tokens, mass",
    "share",
    "Share of a token's attention that goes to special tokens (class, separator, begin of"
    " sequence ...), mean over text and image tokens.",
)
def mass_special(layer: AttentionLayer) -> FloatArray:
    return layer.mass(layer.axes.content_rows, layer.axes.special_keys)


@statistic(
    "To sinks, mass",
    "share",
    "Share of attention that goes to the first token and to every token that receives more than"
    " 10 times the uniform weight, mean over text and image tokens.",
)
def mass_sink(layer: AttentionLayer) -> FloatArray:
    if not layer.axes.content_rows.any():
        return layer.undefined()
    uniform = 1.0 / np.maximum(layer.admitted.max(axis=1, keepdims=True), 1)
    sinks = (layer.received > SINK_FACTOR * uniform) | layer.axes.first_key
    return (layer.received * sinks).sum(axis=1)


@statistic(
    "On the target, share of image attention",
    "share",
    "Of the attention that text tokens give to the image, the share that lies inside the target"
    " box. Defined where the example carries one.",
)
def target_share(layer: AttentionLayer) -> FloatArray:
    if not layer.axes.target_overlap.any():
        return layer.undefined()
    on_target = layer.mass(layer.axes.text_rows, layer.axes.target_overlap)
    on_image = layer.mass(layer.axes.text_rows, layer.axes.image_keys)
    return _ratio(on_target, on_image)


# Block means, as VL-InterpreT defines them, except that spans shrink with the special tokens.


def _block_mean(
    layer: AttentionLayer, rows: npt.NDArray[np.bool_], keys: npt.NDArray[np.bool_]
) -> FloatArray:
    return layer.mass(rows, keys) / max(int(keys.sum()), 1)


@statistic(
    "Text → image, mean",
    "weight",
    "Mean weight over all pairs of a text query and an image key (VL-InterpreT's img2txt).",
)
def text_to_image(layer: AttentionLayer) -> FloatArray:
    return _block_mean(layer, layer.axes.text_rows, layer.axes.image_keys)


@statistic(
    "Image → text, mean",
    "weight",
    "Mean weight over all pairs of an image query and a text key (VL-InterpreT's txt2img).",
)
def image_to_text(layer: AttentionLayer) -> FloatArray:
    return _block_mean(layer, layer.axes.image_rows, layer.axes.text_keys)


@statistic(
    "Text → text, mean", "weight", "Mean weight over all pairs of a text query and a text key."
)
def text_to_text(layer: AttentionLayer) -> FloatArray:
    return _block_mean(layer, layer.axes.text_rows, layer.axes.text_keys)


@statistic("Image → image, mean", "weight", "Mean weight over all pairs of an image query and key.")
def image_to_image(layer: AttentionLayer) -> FloatArray:
    return _block_mean(layer, layer.axes.image_rows, layer.axes.image_keys)


@statistic(
    "Image → image without self, mean",
    "weight",
    "As image → image, with the weight of a token on itself and its two neighbours in the"
    " sequence counted as zero.",
)
def image_to_image_no_self(layer: AttentionLayer) -> FloatArray:
    axes = layer.axes
    if not axes.same_sequence or not axes.image_rows.any() or not axes.image_keys.any():
        return layer.undefined()
    pairs = axes.image_rows[:, None] & axes.image_keys[None, :] & (axes.token_distance > 1)
    count = int(axes.image_rows.sum()) * int(axes.image_keys.sum())
    return layer.weighted(pairs.astype(np.float32)) / count


@statistic(
    "Cross-modal, mean", "weight", "Mean of the text → image and the image → text block means."
)
def cross_modal(layer: AttentionLayer) -> FloatArray:
    return (text_to_image(layer) + image_to_text(layer)) / 2


@statistic(
    "Intra-modal, mean", "weight", "Mean of the text → text and the image → image block means."
)
def intra_modal(layer: AttentionLayer) -> FloatArray:
    return (text_to_text(layer) + image_to_image(layer)) / 2


# Shape of the rows.


@statistic(
    "Entropy", "nats", "How widely a token spreads its attention, mean over text and image tokens."
)
def entropy(layer: AttentionLayer) -> FloatArray:
    return mean_of_defined(layer.row_entropy)


@statistic(
    "Entropy, normalised",
    "0 to 1",
    "Entropy divided by its maximum, ln(number of keys that the mask admits).",
)
def normalized_entropy(layer: AttentionLayer) -> FloatArray:
    several = layer.admitted > 1
    ceiling = np.log(np.maximum(layer.admitted, 2)).astype(np.float32)
    return mean_of_defined(np.where(several, layer.row_entropy / ceiling, np.nan))


@statistic("Perplexity", "keys", "exp(entropy): how many keys a token attends to, in effect.")
def perplexity(layer: AttentionLayer) -> FloatArray:
    return np.exp(entropy(layer))


@statistic(
    "Sparsity (Hoyer)",
    "0 to 1",
    "(√N - |a|₁/|a|₂) / (√N - 1) over the N admitted keys: 0 is uniform, 1 is a single key; mean"
    " over text and image tokens.",
)
def hoyer(layer: AttentionLayer) -> FloatArray:
    weights = layer.content
    square = np.einsum("hrk,hrk->hr", weights, weights, optimize=False)
    total = weights.sum(axis=2)
    root = np.sqrt(layer.admitted).astype(np.float32)
    several = (layer.admitted > 1) & (square > 0)
    ratio = total / np.sqrt(np.where(several, square, 1))
    return mean_of_defined(
        np.where(several, (root - ratio) / np.where(several, root - 1, 1), np.nan)
    )


@statistic("Largest weight", "weight", "A token's largest weight, mean over text and image tokens.")
def max_weight(layer: AttentionLayer) -> FloatArray:
    if not layer.axes.content_rows.any():
        return layer.undefined()
    return layer.content.max(axis=2).mean(axis=1)


# Distances.


@statistic(
    "Distance, text",
    "tokens",
    "Mean |query - key| in tokens over the attention that text tokens give to text tokens.",
)
def distance_text(layer: AttentionLayer) -> FloatArray:
    axes = layer.axes
    if not axes.same_sequence:
        return layer.undefined()
    pairs = (axes.text_rows[:, None] & axes.text_keys[None, :]).astype(np.float32)
    return _ratio(layer.weighted(pairs * axes.token_distance), layer.weighted(pairs))


@statistic(
    "Distance, image",
    "image fraction",
    "Mean Euclidean distance, in fractions of the image, over the attention that image tokens give"
    " to image tokens of the same image.",
)
def distance_image(layer: AttentionLayer) -> FloatArray:
    axes = layer.axes
    distance = axes.image_distance
    pairs = axes.image_rows[:, None] & axes.image_keys[None, :] & ~np.isnan(distance)
    weights = pairs.astype(np.float32)
    return _ratio(layer.weighted(np.where(pairs, distance, 0)), layer.weighted(weights))


def _ratio(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    defined = denominator > 0
    return np.where(defined, numerator / np.where(defined, denominator, 1), np.nan)
