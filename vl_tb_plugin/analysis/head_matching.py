"""Which head of another checkpoint or run does what a head does here."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


def match_heads(
    divergence: npt.NDArray[np.floating[Any]],
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Pairs of heads, each head at most once, with the least sum of divergences.

    The assignment problem (Kuhn, *The Hungarian method*, Naval Research Logistics 1955), solved by
    scipy.

    Args:
        divergence: (heads, other heads), finite.

    Returns:
        index of the head, ascending, and index of the other head, for each of the
        ``min(heads, other heads)`` pairs.
    """
    from scipy.optimize import linear_sum_assignment  # slow to import: not before it is needed

    heads, others = linear_sum_assignment(divergence)
    return heads, others
