"""From which checkpoint on a head does what it does at the last."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

RULE = (
    "A head emerges at the first step from which on its mean stays on the last step's side of the"
    " midpoint between its first and its last mean; only where the change from first to last is"
    " beyond chance."
)
"""The rule in a sentence."""


def emergence(
    means: npt.NDArray[np.floating[Any]], changed: npt.NDArray[np.bool_]
) -> npt.NDArray[np.int32]:
    """Index of the step at which each cell emerges, by :data:`RULE`.

    Args:
        means: (steps, ...) of the same samples at every step; a step that is NaN has no say, a cell
            that is NaN at the first or the last step does not emerge.
        changed: (...) whether the change from first to last is beyond chance.

    Returns:
        (...) int32, -1 where a cell does not emerge.
    """
    known = ~np.isnan(means)
    first, last = means[0].astype(np.float64), means[-1].astype(np.float64)
    beyond = (means - (first + last) / 2) * np.sign(last - first) > 0
    stays = np.flip(np.logical_and.accumulate(np.flip(beyond | ~known, axis=0), axis=0), axis=0)
    index = np.argmax(stays & known, axis=0)
    emerges = changed & known[0] & known[-1] & (first != last)
    return np.where(emerges, index, -1).astype(np.int32)
