"""The attention budget: what a token's attention is spent on, each key counted once.

The five shares of a head sum to one. A key that is a sink counts as a sink, whatever else it is; a
share is 0 where there are no such keys, so that the budgets of all blocks can be stacked. (Padding
that a model does not mask is the one thing that would be missing from the sum.)
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from vl_tb_plugin.analysis.block_axes import FloatArray
from vl_tb_plugin.analysis.head_statistics.masses import mass_sink
from vl_tb_plugin.analysis.head_statistics.means import mean, received, sinks
from vl_tb_plugin.analysis.head_statistics.registry import statistic
from vl_tb_plugin.analysis.head_sums import HeadSums

_OF = "Share of a token's attention that goes to"
_MEAN = "mean over text, generated and image tokens. The five budgets of a head sum to 1."


@statistic("Budget: image", "share", f"{_OF} image tokens which are no sinks, {_MEAN}")
def budget_image(sums: HeadSums) -> FloatArray:
    return _spent_on(sums, sums.axes.image_keys)


@statistic(
    "Budget: prompt", "share", f"{_OF} text tokens of the prompt which are no sinks, {_MEAN}"
)
def budget_prompt(sums: HeadSums) -> FloatArray:
    return _spent_on(sums, sums.axes.prompt_keys)


@statistic("Budget: special", "share", f"{_OF} special tokens which are no sinks, {_MEAN}")
def budget_special(sums: HeadSums) -> FloatArray:
    return _spent_on(sums, sums.axes.special_keys)


@statistic("Budget: generated", "share", f"{_OF} generated tokens which are no sinks, {_MEAN}")
def budget_generated(sums: HeadSums) -> FloatArray:
    return _spent_on(sums, sums.axes.generated_keys)


@statistic(
    "Budget: sinks",
    "share",
    f"{_OF} sinks, of whatever kind: the first token, and every token that receives more than 10"
    f" times the uniform weight; {_MEAN}",
)
def budget_sink(sums: HeadSums) -> FloatArray:
    return mass_sink(sums)


def _spent_on(sums: HeadSums, keys: npt.NDArray[np.bool_]) -> FloatArray:
    return mean((received(sums) * (keys & ~sinks(sums))).sum(axis=1), sums.content_rows)
