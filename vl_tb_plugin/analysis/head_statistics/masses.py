"""Attention masses: row-stochastic, comparable between samples of different length."""

from __future__ import annotations

import numpy as np

from vl_tb_plugin.analysis.block_axes import FloatArray
from vl_tb_plugin.analysis.head_statistics.means import mass, mean, ratio, received, sinks
from vl_tb_plugin.analysis.head_statistics.registry import statistic
from vl_tb_plugin.analysis.head_sums import IMAGE, TEXT, HeadSums


@statistic(
    "Text → image, mass",
    "share",
    "Share of a text token's attention that goes to image tokens, mean over text tokens.",
)
def mass_text_to_image(sums: HeadSums) -> FloatArray:
    return mass(sums, TEXT, sums.axes.image_keys)


@statistic(
    "Image → text, mass",
    "share",
    "Share of an image token's attention that goes to text tokens, mean over image tokens.",
)
def mass_image_to_text(sums: HeadSums) -> FloatArray:
    return mass(sums, IMAGE, sums.axes.text_keys)


@statistic(
    "Text → text, mass",
    "share",
    "Share of a text token's attention that goes to text tokens, mean over text tokens.",
)
def mass_text_to_text(sums: HeadSums) -> FloatArray:
    return mass(sums, TEXT, sums.axes.text_keys)


@statistic(
    "Image → image, mass",
    "share",
    "Share of an image token's attention that goes to image tokens, mean over image tokens.",
)
def mass_image_to_image(sums: HeadSums) -> FloatArray:
    return mass(sums, IMAGE, sums.axes.image_keys)


@statistic(
    "To special tokens, mass",
    "share",
    "Share of a token's attention that goes to special tokens (class, separator, begin of"
    " sequence ...), mean over text and image tokens.",
)
def mass_special(sums: HeadSums) -> FloatArray:
    if not sums.axes.special_keys.any():
        return sums.undefined()
    return mean(received(sums) @ sums.axes.special_keys, sums.content_rows)


@statistic(
    "To sinks, mass",
    "share",
    "Share of attention that goes to the first token and to every token that receives more than"
    " 10 times the uniform weight, mean over text and image tokens.",
)
def mass_sink(sums: HeadSums) -> FloatArray:
    return mean((received(sums) * sinks(sums)).sum(axis=1), sums.content_rows)


@statistic(
    "To visual sinks, mass",
    "share",
    "Share of attention that goes to image tokens with massive activations in the dimensions in"
    " which the first token has them, mean over text and image tokens. Defined for decoders whose"
    " hidden states were logged.",
)
def mass_visual_sink(sums: HeadSums) -> FloatArray:
    if sums.visual_sinks is None:
        return sums.undefined()
    return mean(received(sums) @ sums.visual_sinks, sums.content_rows)


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
    return ratio(from_text @ sums.axes.target_overlap, from_text @ sums.axes.image_keys)


# What image tokens receive: the ranking by which Chen et al., *An image is worth 1/2 tokens after
# layer 2* (FastV, ECCV 2024) drops tokens, per head.


@statistic(
    "Received by image tokens, mean",
    "weight",
    "What an image token receives from text and image tokens, mean over them all.",
)
def received_image(sums: HeadSums) -> FloatArray:
    return _received_by_image(sums).mean(axis=1)


@statistic(
    "Received by image tokens, largest",
    "weight",
    "What the image token that receives most gets from text and image tokens, mean over them.",
)
def received_image_max(sums: HeadSums) -> FloatArray:
    return _received_by_image(sums).max(axis=1)


def _received_by_image(sums: HeadSums) -> FloatArray:
    """(heads, image tokens), one NaN each where there is none."""
    if not sums.axes.image_keys.any():
        return sums.undefined()[:, None]
    rows = sums.content_rows.astype(np.float64)[:, None]
    return ratio(received(sums)[:, sums.axes.image_keys], np.broadcast_to(rows, (sums.heads, 1)))
