"""Block means, as VL-InterpreT defines them, except that spans shrink with the special tokens.

Source: Aflalo et al., *VL-InterpreT* (CVPR 2022).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from vl_tb_plugin.analysis.block_axes import FloatArray
from vl_tb_plugin.analysis.head_statistics.means import mass, mean
from vl_tb_plugin.analysis.head_statistics.registry import statistic
from vl_tb_plugin.analysis.head_sums import IMAGE, TEXT, HeadSums


def _block_mean(sums: HeadSums, rows: int, keys: npt.NDArray[np.bool_]) -> FloatArray:
    return mass(sums, rows, keys) / max(int(keys.sum()), 1)


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
    return mean(apart, sums.rows[:, IMAGE]) / keys


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
