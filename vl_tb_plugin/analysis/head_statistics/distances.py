"""How far attention reaches."""

from __future__ import annotations

from vl_tb_plugin.analysis.block_axes import FloatArray
from vl_tb_plugin.analysis.head_statistics.means import ratio
from vl_tb_plugin.analysis.head_statistics.registry import statistic
from vl_tb_plugin.analysis.head_sums import TEXT, HeadSums


@statistic(
    "Distance, text",
    "tokens",
    "Mean |query - key| in tokens over the attention that text tokens give to text tokens.",
)
def distance_text(sums: HeadSums) -> FloatArray:
    if not sums.axes.same_sequence:
        return sums.undefined()
    return ratio(sums.text_distance, sums.received[:, TEXT] @ sums.axes.text_keys)


@statistic(
    "Distance, image",
    "image fraction",
    "Mean Euclidean distance, in fractions of the image, over the attention that image tokens give"
    " to image tokens of the same image.",
)
def distance_image(sums: HeadSums) -> FloatArray:
    return ratio(sums.image_distance, sums.image_pairs)
