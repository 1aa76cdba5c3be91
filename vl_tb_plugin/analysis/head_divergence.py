"""How differently heads look: divergences of the rows of attention of all pairs of heads."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

_ELEMENTS_AT_ONCE = 1 << 16
_TINY = np.float32(1e-30)

Weights = npt.NDArray[np.floating[Any]]


def divergence_sum(first: Weights, second: Weights | None = None) -> npt.NDArray[np.float64]:
    """Jensen-Shannon divergence in nats of every pair of heads, summed over rows.

    Rows are divided by their sum; then ``JS = H((p + q) / 2) - (H(p) + H(q)) / 2`` (Lin, IEEE
    Transactions on Information Theory 1991, equation 4.1): 0 where equal, ln 2 where disjoint.

    Args:
        first: (heads, rows, keys) weights, none negative, no row all zero.
        second: (other heads, rows, keys) of the same rows and keys; default: ``first`` itself.

    Returns:
        (heads, other heads) float64.
    """
    here = _shares(first)
    there = here if second is None else _shares(second)
    rows = first.shape[1]
    information = _information(here)
    other_information = information if second is None else _information(there)
    joint = np.zeros((len(here), len(there)))
    at_once = max(1, _ELEMENTS_AT_ONCE // here.shape[1])
    total = np.empty((at_once, here.shape[1]), np.float32)
    logarithm = np.empty_like(total)
    for head, row in enumerate(here):
        start = head + 1 if second is None else 0
        for begin in range(start, len(there), at_once):
            part = there[begin : begin + at_once]
            pair, logs = total[: len(part)], logarithm[: len(part)]
            np.add(row, part, out=pair)
            np.log(pair, out=logs)
            joint[head, begin : begin + len(part)] = np.einsum("hk,hk->h", pair, logs)
    # with s = p + q: H(s / 2) = ln 2 - (sum s ln s) / 2, as s sums to 2
    divergence = rows * np.log(2) + (information[:, None] + other_information[None] - joint) / 2
    if second is None:
        divergence = np.triu(divergence, 1)
        divergence += divergence.T
    return np.clip(divergence, 0, rows * np.log(2))


def _shares(weights: Weights) -> npt.NDArray[np.float32]:
    """(heads, rows * keys): each row divided by its sum, nothing quite zero (0 ln 0 = 0)."""
    values = np.asarray(weights, np.float32)
    shares = values / values.sum(axis=-1, keepdims=True) + _TINY
    return np.ascontiguousarray(shares.reshape(len(values), -1))


def _information(shares: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """(heads,) sum of p ln p."""
    return np.einsum("hk,hk->h", shares, np.log(shares)).astype(np.float64)
