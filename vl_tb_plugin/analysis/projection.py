"""Principal components of more points than fit into memory, exactly.

The covariance is accumulated portion by portion (Chan, Golub, LeVeque 1983) and decomposed once;
unlike an incremental SVD, the result does not depend on the order of portions. The products within
a portion are of float32, about its mean, their sum is of float64: half the time, and as exact as
the states are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from vl_tb_plugin.analysis.half_precision import as_float32


@dataclass(frozen=True, eq=False)
class PrincipalComponents:
    """A fitted basis: ``mean`` (features,), ``axes`` (components, features) with orthonormal rows,
    ``explained_variance`` (components,) as shares of the total, from ``points`` points."""

    mean: npt.NDArray[np.float32]
    axes: npt.NDArray[np.float32]
    explained_variance: npt.NDArray[np.float32]
    points: int

    def project(self, values: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.float32]:
        """(points, features) to (points, components)."""
        origin = self.axes.astype(np.float64) @ self.mean.astype(np.float64)
        # as scikit-learn does: the points are not copied to be centred
        positions = as_float32(values) @ self.axes.T - origin.astype(np.float32)
        return positions.astype(np.float32, copy=False)


@dataclass(frozen=True, eq=False)
class Moments:
    """Of one portion of points.

    Attributes:
        points: how many.
        mean: (features,) float64.
        scatter: (features, features) float32 sum of outer products about ``mean - beside``.
        beside: (features,) float64, what rounding left between the mean and that point.
    """

    points: int
    mean: npt.NDArray[np.float64]
    scatter: npt.NDArray[np.float32]
    beside: npt.NDArray[np.float64]


def portion_moments(values: npt.NDArray[np.floating[Any]]) -> Moments:
    """Those of points (points, features)."""
    portion = as_float32(values)
    count = max(len(portion), 1)
    # the mean but for rounding, several times as fast as one in float64, and then the rest
    ones = np.ones(len(portion), np.float32)
    near = ones @ portion / np.float32(count)
    centred = portion - near
    beside = (ones @ centred).astype(np.float64) / count
    return Moments(len(portion), near + beside, centred.T @ centred, beside)


class CovarianceAccumulator:
    """Mean and covariance of all points added, in float64."""

    def __init__(self, features: int):
        self.features = features
        self.points = 0
        self._mean = np.zeros(features)
        self._scatter = np.zeros((features, features))

    def add(self, portion: Moments) -> None:
        """Add points; equation 1.4 of Chan, Golub, LeVeque for two sets of them."""
        if portion.points == 0:
            return
        shift = portion.mean - self._mean
        total = self.points + portion.points
        self._scatter += portion.scatter
        self._scatter -= np.outer(portion.beside, portion.beside) * portion.points
        self._scatter += np.outer(shift, shift) * (self.points * portion.points / total)
        self._mean += shift * (portion.points / total)
        self.points = total

    def principal_components(self, components: int) -> PrincipalComponents:
        """The leading components; the largest entry of each axis is positive, so that signs stand
        still from fit to fit. With fewer features than components the rest are zero."""
        eigenvalues, eigenvectors = np.linalg.eigh(self._scatter)
        order = np.argsort(eigenvalues)[::-1][:components]
        axes = np.zeros((components, len(self._mean)))
        axes[: len(order)] = eigenvectors[:, order].T
        largest = np.abs(axes).argmax(axis=1)
        axes *= np.where(np.take_along_axis(axes, largest[:, None], axis=1) < 0, -1, 1)
        share = np.zeros(components)
        total = np.trace(self._scatter)
        if total > 0:
            share[: len(order)] = np.clip(eigenvalues[order], 0, None) / total
        return PrincipalComponents(
            mean=self._mean.astype(np.float32),
            axes=axes.astype(np.float32),
            explained_variance=share.astype(np.float32),
            points=self.points,
        )
