"""Statistics of attention heads: one number per layer and head of a block.

To add one, write a function ``HeadSums -> (heads,)`` and decorate it with :func:`statistic`; the
plugin offers it with its title, unit and description. NaN says that a statistic has no meaning for
a block (there are no image keys, say).

Sources: Aflalo et al., *VL-InterpreT* (CVPR 2022) for the block means; Hoyer, *Non-negative
matrix factorization with sparseness constraints* (JMLR 2004); Xiao et al., *Efficient streaming
language models with attention sinks* (ICLR 2024).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from vl_tb_plugin.analysis.block_axes import BlockAxes, FloatArray
from vl_tb_plugin.analysis.head_sums import IMAGE, TEXT, HeadSums

SINK_FACTOR = 10.0
"""A key is a sink where it receives more than this many times the uniform weight."""


@dataclass(frozen=True)
class HeadStatistic:
    """A statistic of a head and how to say what it is."""

    name: str
    title: str
    unit: str
    description: str
    compute: Callable[[HeadSums], FloatArray]


STATISTICS: dict[str, HeadStatistic] = {}


def statistic(
    title: str, unit: str, description: str
) -> Callable[[Callable[[HeadSums], FloatArray]], Callable[[HeadSums], FloatArray]]:
    """Register a function as the statistic of its own name."""

    def register(
        compute: Callable[[HeadSums], FloatArray],
    ) -> Callable[[HeadSums], FloatArray]:
        name = compute.__name__
        STATISTICS[name] = HeadStatistic(name, title, unit, description, compute)
        return compute

    return register


def head_statistics(layers: Sequence[HeadSums]) -> FloatArray:
    """Every registered statistic of one block.

    Args:
        layers: the sums of each layer.

    Returns:
        (statistics, layers, heads) float32 in the order of :data:`STATISTICS`; NaN where a
        statistic is not defined.
    """
    result = np.full((len(STATISTICS), len(layers), layers[0].heads), np.nan, np.float32)
    for index, sums in enumerate(layers):
        for position, entry in enumerate(STATISTICS.values()):
            result[position, index] = entry.compute(sums)
    return result


def layer_sums(probabilities: Any, rows: npt.NDArray[np.intp], axes: BlockAxes) -> HeadSums:
    """The sums of one layer that is at hand as a whole.

    Args:
        probabilities: (heads, rows, keys), rows sum to one.
        rows: position in the query sequence of every row.
        axes: what rows and keys are.
    """
    sums = HeadSums(len(probabilities), axes)
    sums.add(probabilities, rows)
    return sums


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
def mass_text_to_image(sums: HeadSums) -> FloatArray:
    return _mass(sums, TEXT, sums.axes.image_keys)


@statistic(
    "Image → text, mass",
    "share",
    "Share of an image token's attention that goes to text tokens, mean over image tokens.",
)
def mass_image_to_text(sums: HeadSums) -> FloatArray:
    return _mass(sums, IMAGE, sums.axes.text_keys)


@statistic(
    "Text → text, mass",
    "share",
    "Share of a text token's attention that goes to text tokens, mean over text tokens.",
)
def mass_text_to_text(sums: HeadSums) -> FloatArray:
    return _mass(sums, TEXT, sums.axes.text_keys)


@statistic(
    "Image → image, mass",
    "share",
    "Share of an image token's attention that goes to image tokens, mean over image tokens.",
)
def mass_image_to_image(sums: HeadSums) -> FloatArray:
    return _mass(sums, IMAGE, sums.axes.image_keys)


@statistic(
    "To special tokens, mass",
    "share",
    "Share of a token's attention that goes to special tokens (class, separator, begin of"
    " sequence ...), mean over text and image tokens.",
)
def mass_special(sums: HeadSums) -> FloatArray:
    if not sums.axes.special_keys.any():
        return sums.undefined()
    return _mean(_received(sums) @ sums.axes.special_keys, sums.content_rows)


@statistic(
    "To sinks, mass",
    "share",
    "Share of attention that goes to the first token and to every token that receives more than"
    " 10 times the uniform weight, mean over text and image tokens.",
)
def mass_sink(sums: HeadSums) -> FloatArray:
    uniform = 1.0 / np.maximum(sums.admitted, 1)
    received = _received(sums)
    mean = received / np.maximum(sums.content_rows, 1)[:, None]
    sinks = (mean > SINK_FACTOR * uniform[:, None]) | sums.axes.first_key
    return _mean((received * sinks).sum(axis=1), sums.content_rows)


@statistic(
    "On the target, share of image attention",
    "share",
    "Of the attention that text tokens give to the image, the share that lies inside the target"
    " box. Defined where the example carries one.",
)
def target_share(sums: HeadSums) -> FloatArray:
    if not sums.axes.target_overlap.any():
        return sums.undefined()
    from_text = sums.received[:, TEXT]
    return _ratio(from_text @ sums.axes.target_overlap, from_text @ sums.axes.image_keys)


# Block means, as VL-InterpreT defines them, except that spans shrink with the special tokens.


def _block_mean(sums: HeadSums, rows: int, keys: npt.NDArray[np.bool_]) -> FloatArray:
    return _mass(sums, rows, keys) / max(int(keys.sum()), 1)


@statistic(
    "Text → image, mean",
    "weight",
    "Mean weight over all pairs of a text query and an image key (VL-InterpreT's img2txt).",
)
def text_to_image(sums: HeadSums) -> FloatArray:
    return _block_mean(sums, TEXT, sums.axes.image_keys)


@statistic(
    "Image → text, mean",
    "weight",
    "Mean weight over all pairs of an image query and a text key (VL-InterpreT's txt2img).",
)
def image_to_text(sums: HeadSums) -> FloatArray:
    return _block_mean(sums, IMAGE, sums.axes.text_keys)


@statistic(
    "Text → text, mean", "weight", "Mean weight over all pairs of a text query and a text key."
)
def text_to_text(sums: HeadSums) -> FloatArray:
    return _block_mean(sums, TEXT, sums.axes.text_keys)


@statistic("Image → image, mean", "weight", "Mean weight over all pairs of an image query and key.")
def image_to_image(sums: HeadSums) -> FloatArray:
    return _block_mean(sums, IMAGE, sums.axes.image_keys)


@statistic(
    "Image → image without self, mean",
    "weight",
    "As image → image, with the weight of a token on itself and its two neighbours in the"
    " sequence counted as zero.",
)
def image_to_image_no_self(sums: HeadSums) -> FloatArray:
    keys = int(sums.axes.image_keys.sum())
    if not sums.axes.same_sequence or not keys:
        return sums.undefined()
    apart = sums.received[:, IMAGE] @ sums.axes.image_keys - sums.beside
    return _mean(apart, sums.rows[:, IMAGE]) / keys


@statistic(
    "Cross-modal, mean", "weight", "Mean of the text → image and the image → text block means."
)
def cross_modal(sums: HeadSums) -> FloatArray:
    return (text_to_image(sums) + image_to_text(sums)) / 2


@statistic(
    "Intra-modal, mean", "weight", "Mean of the text → text and the image → image block means."
)
def intra_modal(sums: HeadSums) -> FloatArray:
    return (text_to_text(sums) + image_to_image(sums)) / 2


# Shape of the rows.


@statistic(
    "Entropy", "nats", "How widely a token spreads its attention, mean over text and image tokens."
)
def entropy(sums: HeadSums) -> FloatArray:
    return _mean(sums.entropy, sums.content_rows)


@statistic(
    "Entropy, normalised",
    "0 to 1",
    "Entropy divided by its maximum, ln(number of keys that the mask admits).",
)
def normalized_entropy(sums: HeadSums) -> FloatArray:
    return _mean(sums.relative_entropy, sums.several)


@statistic("Perplexity", "keys", "exp(entropy): how many keys a token attends to, in effect.")
def perplexity(sums: HeadSums) -> FloatArray:
    return np.exp(entropy(sums))


@statistic(
    "Sparsity (Hoyer)",
    "0 to 1",
    "(√N - |a|₁/|a|₂) / (√N - 1) over the N admitted keys: 0 is uniform, 1 is a single key; mean"
    " over text and image tokens.",
)
def hoyer(sums: HeadSums) -> FloatArray:
    return _mean(sums.hoyer, sums.several)


@statistic("Largest weight", "weight", "A token's largest weight, mean over text and image tokens.")
def max_weight(sums: HeadSums) -> FloatArray:
    return _mean(sums.largest, sums.content_rows)


# Distances.


@statistic(
    "Distance, text",
    "tokens",
    "Mean |query - key| in tokens over the attention that text tokens give to text tokens.",
)
def distance_text(sums: HeadSums) -> FloatArray:
    if not sums.axes.same_sequence:
        return sums.undefined()
    return _ratio(sums.text_distance, sums.received[:, TEXT] @ sums.axes.text_keys)


@statistic(
    "Distance, image",
    "image fraction",
    "Mean Euclidean distance, in fractions of the image, over the attention that image tokens give"
    " to image tokens of the same image.",
)
def distance_image(sums: HeadSums) -> FloatArray:
    return _ratio(sums.image_distance, sums.image_pairs)


def _received(sums: HeadSums) -> FloatArray:
    """(heads, keys): weight that each key received from text and image rows."""
    total: FloatArray = sums.received.sum(axis=1)
    return total


def _mass(sums: HeadSums, rows: int, keys: npt.NDArray[np.bool_]) -> FloatArray:
    """(heads,): mean over the rows of a modality of the sum over ``keys``."""
    if not keys.any():
        return sums.undefined()
    return _mean(sums.received[:, rows] @ keys.astype(np.float32), sums.rows[:, rows])


def _mean(total: FloatArray, count: npt.NDArray[np.int64]) -> FloatArray:
    """(heads,): a sum as a mean; NaN over nothing."""
    return _ratio(total, count.astype(np.float64))


def _ratio(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    defined = denominator > 0
    return np.where(defined, numerator / np.where(defined, denominator, 1), np.nan)
