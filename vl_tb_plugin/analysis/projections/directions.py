"""Axes that a person chose: points along the difference of two means, or along one state.

Every axis is a unit vector and a coordinate the plain product with it, in the unit of the states,
from the mean of all points. Axes are *not* made orthogonal: each then says the same whichever
stands beside it. How far they are from it, :func:`cosines` tells.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


class RunningMean:
    """Mean of points that come in portions."""

    def __init__(self, features: int):
        self.points = 0
        self._sum = np.zeros(features)

    def add(self, values: npt.NDArray[np.float32]) -> None:
        """Add points (points, features)."""
        self._sum += values.sum(axis=0, dtype=np.float64)
        self.points += len(values)

    @property
    def mean(self) -> npt.NDArray[np.float64]:
        """(features,); raises ValueError where no point came."""
        if not self.points:
            raise ValueError("there is no point to take the mean of")
        return self._sum / self.points


def unit(direction: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The direction with length 1; raises ValueError where it has none."""
    length = float(np.linalg.norm(direction))
    if length == 0:
        raise ValueError("there is no difference, so no direction")
    return direction / length


def cosines(axes: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """(axes, axes) between unit vectors (axes, features): 0 where they are orthogonal."""
    return axes @ axes.T
