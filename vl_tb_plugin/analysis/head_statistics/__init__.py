"""Statistics of attention heads: one number per layer and head of a block.

To add one, write a function ``HeadSums -> (heads,)`` in the file of its subject and decorate it
with :func:`~vl_tb_plugin.analysis.head_statistics.registry.statistic`; the plugin offers it with
its title, unit and description. NaN says that a statistic has no meaning for a block (there are no
image keys, say).

Not among them: attention that each image token receives (it has no number per head; who looks at a
token is asked of the weights).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from vl_tb_plugin.analysis.block_axes import BlockAxes, FloatArray

# The order of these is the order in which statistics are stored and offered.
# isort: off
from vl_tb_plugin.analysis.head_statistics import masses, budget, block_means  # noqa: F401
from vl_tb_plugin.analysis.head_statistics import row_shapes, distances, last_word  # noqa: F401

# isort: on
from vl_tb_plugin.analysis.head_statistics.means import mean_of_defined
from vl_tb_plugin.analysis.head_statistics.registry import STATISTICS, HeadStatistic, statistic
from vl_tb_plugin.analysis.head_sums import HeadSums

__all__ = [
    "STATISTICS",
    "HeadStatistic",
    "head_statistics",
    "layer_sums",
    "mean_of_defined",
    "statistic",
]


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
