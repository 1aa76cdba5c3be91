"""How alike two maps of relevancy over the same tokens are.

Every function takes two arrays (tokens,) of finite numbers and computes in float64. A comparison
that means nothing for a map (see each function) is NaN.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


def spearman(a: npt.ArrayLike, b: npt.ArrayLike) -> float:
    """Rank correlation of two maps, between -1 and 1.

    Pearson's correlation of the ranks, ties sharing their mean rank (Spearman, 1904). NaN where a
    map is constant or has one token.

    Raises:
        ValueError: if the maps differ in length, have another axis, or hold NaN or infinity.
    """
    first, second = (_centred_ranks(one) for one in _checked(a, b))
    length = np.sqrt((first @ first) * (second @ second))
    return float(np.clip(first @ second / length, -1, 1)) if length else float("nan")


def jensen_shannon(a: npt.ArrayLike, b: npt.ArrayLike) -> float:
    """Jensen-Shannon divergence of two maps in nats: 0 where equal, ln 2 where disjoint.

    Negative scores count as 0 and each map is divided by its sum; then
    ``JS = H((p + q) / 2) - (H(p) + H(q)) / 2`` (Lin, IEEE Transactions on Information Theory 1991,
    equation 4.1). NaN where a map has no positive score.

    Raises:
        ValueError: see :func:`spearman`.
    """
    first, second = _checked(a, b)
    return float(jensen_shannon_of_rows(first[None], second[None])[0])


def jensen_shannon_of_rows(a: npt.ArrayLike, b: npt.ArrayLike) -> FloatArray:
    """(rows,) :func:`jensen_shannon` of each row of two arrays (rows, tokens) of finite numbers."""
    first, second = (_shares(np.asarray(one, np.float64).clip(0)) for one in (a, b))
    mixed = _entropy((first + second) / 2)
    divergence: FloatArray = mixed - (_entropy(first) + _entropy(second)) / 2
    return divergence.clip(0, np.log(2))


def top_overlap(a: npt.ArrayLike, b: npt.ArrayLike, share: float = 0.1) -> float:
    """Intersection over union of the tokens with the highest scores, between 0 and 1.

    The ``max(1, round(share * tokens))`` highest of each map; of equal scores, those of earlier
    tokens are taken. NaN where a map is constant: then nothing but this rule would choose.

    Raises:
        ValueError: see :func:`spearman`; or if ``share`` is not above 0 and at most 1.
    """
    if not 0 < share <= 1:
        raise ValueError(f"share is above 0 and at most 1, not {share}.")
    first, second = _checked(a, b)
    if not np.ptp(first) or not np.ptp(second):
        return float("nan")
    count = max(1, round(share * len(first)))
    tops = [set(np.argsort(-one, kind="stable")[:count].tolist()) for one in (first, second)]
    return len(tops[0] & tops[1]) / len(tops[0] | tops[1])


def _checked(a: npt.ArrayLike, b: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    first, second = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if first.ndim != 1 or first.shape != second.shape or not len(first):
        raise ValueError(
            f"Maps to compare have one score a token, not {first.shape} and {second.shape}."
        )
    if not (np.isfinite(first).all() and np.isfinite(second).all()):
        raise ValueError("Maps to compare hold finite numbers only: leave NaN out of both.")
    return first, second


def _centred_ranks(values: FloatArray) -> FloatArray:
    """(tokens,) ranks less their mean; equal values share the mean of their ranks."""
    _, group, count = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    ranks: FloatArray = (last - (count - 1) / 2)[group]
    return ranks - (len(values) + 1) / 2


def _shares(rows: FloatArray) -> FloatArray:
    """Each row (rows, tokens) divided by its sum, NaN where that is zero."""
    with np.errstate(invalid="ignore"):
        # by the largest first: sums of huge scores could overflow
        scaled = rows / rows.max(axis=1, keepdims=True)
        shares: FloatArray = scaled / scaled.sum(axis=1, keepdims=True)
    return shares


def _entropy(shares: FloatArray) -> FloatArray:
    """(rows,) -sum p ln p in nats, 0 ln 0 = 0."""
    logarithms = np.log(shares, out=np.zeros_like(shares), where=shares != 0)
    entropy: FloatArray = -(shares * logarithms).sum(axis=1)
    return entropy
