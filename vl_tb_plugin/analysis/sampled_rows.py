"""What is too dear for every row: a few rows per head, sorted.

Which rows they are depends on their positions alone: those with the smallest fractional parts of
``position * golden ratio``, which lie evenly wherever rows begin and end. So the choice is the same
whatever way rows arrive, and a sequence may grow.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from vl_tb_plugin.analysis.row_weights import RowWeights

SAMPLED_ROWS = 8
"""How many rows per head."""

_GOLDEN_RATIO = (1 + 5**0.5) / 2


class SampledRows:
    """Measures of a few rows of the heads of one layer of one block of one sample.

    Attributes:
        gini: (heads, sampled rows) Gini index; NaN where there is no row, or one with a single key.
        keys_for_90: (heads, sampled rows) share of the keys that hold 90 % of the weight; likewise.
    """

    def __init__(self, heads: int):
        shape = heads, SAMPLED_ROWS
        self._priority = np.full(shape, np.inf)
        self.gini = np.full(shape, np.nan, np.float32)
        self.keys_for_90 = np.full(shape, np.nan, np.float32)

    def add(
        self,
        heads: slice,
        weights: RowWeights,
        rows: npt.NDArray[np.intp],
        positions: npt.NDArray[np.intp],
    ) -> None:
        """Take of some rows those that belong to the choice.

        Args:
            heads: which these are.
            weights: of those heads.
            rows: numbers of the rows that count.
            positions: of each in the query sequence.
        """
        priority = positions * _GOLDEN_RATIO % 1
        first = np.argsort(priority, kind="stable")[:SAMPLED_ROWS]
        first = first[priority[first] < self._priority[heads].max()]
        if not len(first):
            return
        gini, keys = weights.inequality(rows[first])
        new = np.broadcast_to(priority[first], gini.shape)
        every = np.concatenate([self._priority[heads], new], axis=1)
        kept = np.argsort(every, axis=1, kind="stable")[:, :SAMPLED_ROWS]
        for own, more in ((self._priority, new), (self.gini, gini), (self.keys_for_90, keys)):
            both = np.concatenate([own[heads], more], axis=1)
            own[heads] = np.take_along_axis(both, kept, axis=1)
