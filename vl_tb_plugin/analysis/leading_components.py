"""What the leading components of points tell of the distance between them, and of its bounds.

Let the rows of an orthonormal basis span a subspace, let ``a`` be a point's coordinates in it and
``r`` the length of the rest. For two points the product ``x.y`` lies within ``r_x r_y`` of
``a_x.a_y`` (Cauchy and Schwarz), and with it lie their cosine and their distance. Hidden states
have most of their variance in few directions, so a scan of these few coordinates rules out nearly
all points. Any basis gives right bounds; that of the principal components gives narrow ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from vl_tb_plugin.analysis.half_precision import as_float32

Metric = Literal["cosine", "l2"]

COMPONENTS = 64

# of a product: what rounding in single precision may do to the coordinates of two vectors
_ROUNDING = 2e-5
_ROUNDING_OF_SUMS = 1e-6
_BLOCK = 1 << 14
"""Points whose numbers stay in the processor's cache from one operation to the next."""


@dataclass(frozen=True, eq=False)
class LeadingComponents:
    """The leading components of points, all of them float32.

    Attributes:
        axes: (components, features) rows of an orthonormal basis.
        coordinates: (points, components).
        squared: (points,) squared length of each point.
        rest: (points,) length of what lies outside of the subspace, rounding allowed for.
    """

    axes: npt.NDArray[np.float32]
    coordinates: npt.NDArray[np.float32]
    squared: npt.NDArray[np.float32]
    rest: npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class DistanceBounds:
    """Of every point to a query, both up to one rising function of the metric.

    Attributes:
        guess: (points,) what its order would be if the rests were orthogonal; NaN if undefined.
        least: (points,) never above the true one.
    """

    guess: npt.NDArray[np.float32]
    least: npt.NDArray[np.float32]


def leading_axes(
    sample: npt.NDArray[np.floating[Any]], components: int = COMPONENTS
) -> npt.NDArray[np.float32]:
    """(components, features) orthonormal rows that keep most of a sample (points, features).

    Not centred: the rest of what they keep is least, wherever the points lie.
    """
    values = as_float32(sample).astype(np.float64)
    _, vectors = np.linalg.eigh(values.T @ values)
    return np.ascontiguousarray(vectors[:, ::-1][:, :components].T, np.float32)


def leading_components(
    values: npt.NDArray[np.floating[Any]], axes: npt.NDArray[np.float32]
) -> LeadingComponents:
    """Those of points (points, features)."""
    points = as_float32(values)
    coordinates = points @ axes.T
    squared = np.einsum("pf,pf->p", points, points)
    kept = np.einsum("pc,pc->p", coordinates, coordinates)
    # sqrt((A + e a)(B + e b)) >= sqrt(A B) + e sqrt(a b): so added, it bounds the rounding, too
    rest = np.sqrt(np.maximum(squared - kept, 0) + np.float32(_ROUNDING) * squared)
    return LeadingComponents(axes, coordinates, squared, rest)


def distance_bounds(
    points: LeadingComponents, query: npt.NDArray[np.floating[Any]], metric: Metric
) -> DistanceBounds:
    """Bounds of the distance of every point to a query (features,).

    For *l2* they are of the squared distance, for *cosine* of the distance itself.
    """
    one = leading_components(query[None], points.axes)
    guess = np.empty(len(points.squared), np.float32)
    least = np.empty_like(guess)
    for start in range(0, len(guess), _BLOCK):
        part = slice(start, start + _BLOCK)
        product = points.coordinates[part] @ one.coordinates[0]
        most = points.rest[part] * one.rest[0]
        most += product
        if metric == "l2":
            sums = points.squared[part] + one.squared[0]
            np.subtract(sums, 2 * product, out=guess[part])
            np.subtract(sums * np.float32(1 - _ROUNDING_OF_SUMS), 2 * most, out=least[part])
            continue
        with np.errstate(divide="ignore", invalid="ignore"):
            scale = 1 / np.sqrt(points.squared[part] * one.squared[0])
            np.subtract(1, product * scale, out=guess[part])
            np.subtract(1 - np.float32(_ROUNDING_OF_SUMS), most * scale, out=least[part])
    return DistanceBounds(guess, least)
