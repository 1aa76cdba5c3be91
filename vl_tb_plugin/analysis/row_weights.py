"""Reductions of attention rows, in the array library that holds them.

Weights may be arrays of numpy or tensors of torch, on any device: every formula is written once,
in what both have in common, and its result is a small array of numpy.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from vl_tb_plugin.analysis.block_axes import FloatArray
from vl_tb_plugin.example.array_library import as_numpy, library_of

_TINY = float(np.finfo(np.float32).tiny)


class RowWeights:
    """Attention of some rows, (heads, rows, keys), float32."""

    def __init__(self, weights: Any):
        self._weights = weights
        self._library = library_of(weights)

    def received(self, kinds: npt.NDArray[np.bool_]) -> FloatArray:
        """(heads, kinds, keys): sum over the rows of each kind, (kinds, rows)."""
        return as_numpy(self._like(kinds.astype(np.float32)) @ self._weights)

    @cached_property
    def entropy(self) -> FloatArray:
        """(heads, rows): -sum A ln A in nats."""
        # 0 ln 0 = 0: the smallest normal number is lost in any weight, but not in zero
        scratch = self._library.add(self._weights, _TINY, out=self._scratch)
        self._library.log(scratch, out=scratch)
        scratch *= self._weights
        return -as_numpy(scratch.sum(-1))

    @cached_property
    def admitted(self) -> npt.NDArray[np.int64]:
        """(heads, rows): number of keys with a weight, as the mask admits them."""
        count: npt.NDArray[np.int64] = as_numpy(
            self._library.sign(self._weights, out=self._scratch).sum(-1)
        )
        return count.astype(np.int64)

    @cached_property
    def length(self) -> FloatArray:
        """(heads, rows): Euclidean norm of the weights."""
        return as_numpy(self._library.linalg.norm(self._weights, axis=-1))

    @cached_property
    def total(self) -> FloatArray:
        """(heads, rows): sum of weights, one but for rounding."""
        return as_numpy(self._weights @ self._like(np.ones(self._weights.shape[2], np.float32)))

    @cached_property
    def largest(self) -> FloatArray:
        """(heads, rows): largest weight."""
        return as_numpy(self._library.amax(self._weights, -1))

    def inequality(self, rows: npt.NDArray[np.intp]) -> tuple[FloatArray, FloatArray]:
        """Two measures of some rows, (heads, rows) each, NaN where a row has less than two keys.

        The Gini index of the weights over the N admitted keys, ``2 sum_i i a_i / (N sum_i a_i) -
        (N + 1) / N`` with the weights ascending (Hurley and Rickard, *Comparing measures of
        sparsity*, IEEE Transactions on Information Theory 2009); and the fewest keys that hold 90 %
        of the weight, as a share of N.
        """
        weights = self._ascending(rows)
        count = weights.shape[-1]
        below = weights.cumsum(-1)
        # 1e-6: what is exactly a tenth may be rounded up
        spare = as_numpy((below <= below[..., -1:] * (0.1 + 1e-6)).sum(-1))
        several = self.admitted[:, rows] > 1
        kept = np.where(several, self.admitted[:, rows], 2)
        # sum_i i a_i is (count + 1) sum_i a_i less the sum of the partial sums; keys that the mask
        # does not admit come first and shift the ranks
        partial = as_numpy(below.sum(-1)).astype(np.float64)
        mean_rank = kept + 1 - partial / np.where(several, self.total[:, rows], 1)
        gini = np.where(several, (2 * mean_rank - (kept + 1)) / kept, np.nan)
        share = np.where(several, (count - spare) / kept, np.nan)
        return gini.astype(np.float32), share.astype(np.float32)

    def _ascending(self, rows: npt.NDArray[np.intp]) -> Any:
        """(heads, rows, keys): some rows, their weights in ascending order."""
        if self._library is np:
            return np.sort(self._weights[:, rows], axis=-1)
        if self._weights.device.type == "cpu":  # numpy sorts in a fraction of the time
            return self._library.as_tensor(np.sort(self._weights.numpy()[:, rows], axis=-1))
        return self._weights[:, rows].sort(-1).values

    def row(self, number: int) -> FloatArray:
        """(heads, keys): one row."""
        return as_numpy(self._weights[:, number])

    def part(self, rows: Any, columns: Any) -> RowWeights:
        """Those of some rows and columns, each positions or a slice."""
        return RowWeights(self._weights[:, rows][:, :, columns])

    def picked(self, rows: npt.NDArray[np.intp], columns: npt.NDArray[np.intp]) -> FloatArray:
        """(heads,): sum of the weights at some pairs of row and column."""
        return as_numpy(self._weights[:, rows, columns]).sum(axis=1, dtype=np.float64)

    def weighted(self, pairs: npt.NDArray[np.float32]) -> FloatArray:
        """(heads,): sum over all pairs of weight times ``pairs`` (rows, keys)."""
        flat = self._weights.reshape(len(self._weights), -1)
        return as_numpy(flat @ self._like(pairs.reshape(-1))).astype(np.float64)

    @cached_property
    def _scratch(self) -> Any:
        """Room for one number per weight: new memory for every sum would be slower to write."""
        return self._library.empty_like(self._weights)

    def _like(self, array: npt.NDArray[np.float32]) -> Any:
        """An array of numpy where the weights are."""
        if self._library is np:
            return array
        return self._library.as_tensor(array, device=self._weights.device)
