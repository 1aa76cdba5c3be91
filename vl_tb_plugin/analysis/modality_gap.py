"""How far apart the tokens of two modalities lie: their centres, and their distributions.

Sources: Liang et al., *Mind the gap* (NeurIPS 2022), for the distance of the centres; Székely and
Rizzo, *Energy statistics: a class of statistics based on distances* (Journal of Statistical
Planning and Inference 2013), and Rizzo and Székely, *Energy distance* (WIREs Computational
Statistics 2016), for the energy coefficient.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.floating[Any]]


def centroid_gap(text_mean: FloatArray, image_mean: FloatArray) -> float:
    """Euclidean distance between the means of the unit vectors of two modalities, from 0 to 2.

    Args:
        text_mean: (features,) mean of the unit vectors of the text tokens.
        image_mean: (features,) of the image tokens.
    """
    return float(np.linalg.norm(image_mean.astype(np.float64) - text_mean.astype(np.float64)))


def energy_coefficient(first: FloatArray, second: FloatArray) -> float:
    """How differently two sets of points are distributed, from 0 (alike) to 1.

    The energy distance ``2 E|x - y| - E|x - x'| - E|y - y'|`` as a share of ``2 E|x - y|``: zero if
    and only if the two distributions are equal, whereas two clouds may share a centre and still not
    mix. A point is never paired with itself, so that the estimate of the distance has no bias; of
    equal distributions it varies about 0.

    Args:
        first: (points, features).
        second: (other points, features).

    Returns:
        NaN below two points of either, and where all points are one.
    """
    if min(len(first), len(second)) < 2:
        return float("nan")
    between = float(_distances(first, second).mean())
    within = sum(
        float(_distances(points, points).sum()) / (len(points) * (len(points) - 1))
        for points in (first, second)
    )
    return (2 * between - within) / (2 * between) if between > 0 else float("nan")


def _distances(first: FloatArray, second: FloatArray) -> npt.NDArray[np.float64]:
    """(points, other points) Euclidean distances; of a set to itself the diagonal is zero."""
    x, y = (points.astype(np.float64) for points in (first, second))
    squared = -2 * (x @ y.T)
    squared += np.einsum("pf,pf->p", x, x)[:, None]
    squared += np.einsum("pf,pf->p", y, y)
    distances: npt.NDArray[np.float64] = np.sqrt(np.maximum(squared, 0, out=squared), out=squared)
    if first is second:
        np.fill_diagonal(distances, 0)
    return distances
