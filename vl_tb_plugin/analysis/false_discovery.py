"""Which of many p values count, when a share of false ones among them is tolerated."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

FALSE_DISCOVERY_RATE = 0.05


def benjamini_hochberg(
    p: npt.NDArray[np.floating[Any]], rate: float = FALSE_DISCOVERY_RATE
) -> npt.NDArray[np.bool_]:
    """Of each family, the hypotheses rejected at a false discovery rate.

    The ``k`` smallest p values are rejected, ``k`` the largest rank whose p value is at most
    ``rate * k / m`` (Benjamini and Hochberg, Journal of the Royal Statistical Society B 1995).

    Args:
        p: (families, hypotheses) p values; NaN where nothing was tested, which counts not in ``m``.
        rate: expected share of false ones among the rejected.

    Returns:
        (families, hypotheses) bool.
    """
    tested = (~np.isnan(p)).sum(axis=1, keepdims=True)
    ascending = np.sort(p, axis=1)  # NaN last
    rank = np.arange(1, p.shape[1] + 1)
    passed = ascending <= rate * rank / np.maximum(tested, 1)
    rejected = np.where(passed, rank, 0).max(axis=1, initial=0)
    largest = np.take_along_axis(ascending, np.maximum(rejected - 1, 0)[:, None], axis=1)
    return (rejected > 0)[:, None] & (p <= largest)
