"""What one token receives and gives in an attention matrix (rows are queries)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def received_attention(weights: npt.NDArray[np.float32], token: int) -> float:
    """Mean over the rows of the weight on one key (FastV, arXiv 2403.06764, per token).

    Args:
        weights: (rows, keys).
        token: position among the keys.

    Returns:
        A share; NaN without rows.
    """
    if len(weights) == 0:
        return float("nan")
    return float(weights[:, token].mean(dtype=np.float64))


def row_entropy(row: npt.NDArray[np.float32]) -> float:
    """``-sum p ln p`` of one row (keys,), scaled to sum to one first, in nats.

    Stored weights sum to one only within their error. NaN where nothing is left to scale.
    """
    total = row.sum(dtype=np.float64)
    if not total > 0:
        return float("nan")
    shares = row[row > 0].astype(np.float64) / total
    return float(-(shares * np.log(shares)).sum())
