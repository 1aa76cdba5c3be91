"""What the last word looks at: the token from which a decoder goes on.

It is the last text or generated token whose row was kept.

Source: Kang et al., *Your large vision-language model only needs a few attention heads for visual
grounding* (CVPR 2025, arXiv 2503.06287): the heads that localise have a large share on the image
and a low spatial entropy. Their published code differs from the paper: it takes what is above twice
the mean and weighs components by their attention. This follows the paper.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from vl_tb_plugin.analysis.block_axes import FloatArray
from vl_tb_plugin.analysis.connected_boxes import components
from vl_tb_plugin.analysis.head_statistics.registry import statistic
from vl_tb_plugin.analysis.head_sums import HeadSums


@statistic(
    "Localisation, last word",
    "share",
    "Share of the last word's attention that goes to image tokens. Heads that localise have a large"
    " one, and a low spatial entropy.",
)
def localisation(sums: HeadSums) -> FloatArray:
    if not sums.axes.image_keys.any():
        return sums.undefined()
    return _where_seen(sums, sums.last_row @ sums.axes.image_keys.astype(np.float32))


@statistic(
    "Spatial entropy, last word",
    "nats",
    "Into how many separate spots the last word's attention on the image falls: image tokens above"
    " the mean are joined with those that touch them; the entropy is over the spots' shares of"
    " these tokens. 0 is one spot.",
)
def spatial_entropy(sums: HeadSums) -> FloatArray:
    places, touching = sums.axes.placed_image_keys, sums.axes.touching_image_keys
    if not len(places):
        return sums.undefined()
    maps = sums.last_row[:, places]
    above = maps > maps.mean(axis=1, keepdims=True)
    entropy = _entropy_of_shares(components(above, touching), above)
    return _where_seen(sums, np.where(above.any(axis=1), entropy, np.nan))


@statistic(
    "Pointing, last word",
    "0 or 1",
    "1 where the image token that the last word looks at most lies inside the target box (its"
    " centre does), else 0. Defined where the example carries a box.",
)
def pointing(sums: HeadSums) -> FloatArray:
    places, inside = sums.axes.placed_image_keys, sums.axes.inside_target
    if not len(places) or not len(sums.axes.target_boxes):
        return sums.undefined()
    maps = sums.last_row[:, places]
    hit = inside[places][maps.argmax(axis=1)].astype(np.float32)
    return _where_seen(sums, np.where(maps.any(axis=1), hit, np.nan))


def _where_seen(sums: HeadSums, values: FloatArray) -> FloatArray:
    return np.where(sums.last_position >= 0, values, np.nan)


def _entropy_of_shares(
    component: npt.NDArray[np.intp], counted: npt.NDArray[np.bool_]
) -> FloatArray:
    """(heads,): -sum p ln p over the shares of tokens, (heads, tokens) each."""
    heads, tokens = counted.shape
    sizes = np.zeros((heads, tokens))
    head, token = np.nonzero(counted)
    np.add.at(sizes, (head, component[head, token]), 1)
    shares = sizes / np.maximum(sizes.sum(axis=1, keepdims=True), 1)
    logarithms = np.log(shares, out=np.zeros_like(shares), where=shares > 0)
    # one component has an entropy of -0.0
    entropy: FloatArray = np.abs((shares * logarithms).sum(axis=1))
    return entropy
