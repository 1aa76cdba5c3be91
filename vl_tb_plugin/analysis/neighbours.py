"""The points nearest to one, in the space they lie in: exact, never in a projection of it.

Two distances: *cosine* is one minus the cosine of the angle between two vectors, *l2* the Euclidean
distance. The search is exhaustive; a portion of the points at a time is compared, so that little
memory is needed beside the points.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

Metric = Literal["cosine", "l2"]

METRICS: tuple[Metric, ...] = get_args(Metric)

_PORTION = 2048
_NEXT_TO_NOTHING = 1e-12


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The nearest points, the nearest first: ``index`` (count,) int64 and ``distance`` (count,)
    float32."""

    index: npt.NDArray[np.int64]
    distance: npt.NDArray[np.float32]


def distances(
    points: npt.NDArray[np.float32], query: npt.NDArray[np.float32], metric: Metric
) -> npt.NDArray[np.float32]:
    """Distance of every point to the query.

    Args:
        points: (points, features).
        query: (features,).
        metric: one of :data:`METRICS`.

    Returns:
        (points,) float32; NaN where it is not defined: for values that are not finite, and for
        the cosine of a vector of no length.
    """
    result = np.empty(len(points), np.float32)
    wanted = query.astype(np.float32)
    length = np.sqrt(wanted @ wanted)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        for start in range(0, len(points), _PORTION):
            portion = points[start : start + _PORTION].astype(np.float32, copy=False)
            if metric == "cosine":
                lengths = np.sqrt(np.einsum("pf,pf->p", portion, portion)) * length
                cosine = portion @ wanted / np.where(lengths > _NEXT_TO_NOTHING, lengths, np.nan)
                found = 1 - np.clip(cosine, -1, 1)
            else:
                # of the differences, not |a|^2 - 2ab + |b|^2: near points would drown in rounding
                apart = portion - wanted
                found = np.sqrt(np.einsum("pf,pf->p", apart, apart))
            result[start : start + _PORTION] = np.where(np.isfinite(found), found, np.nan)
    return result


def nearest(
    points: npt.NDArray[np.float32],
    query: npt.NDArray[np.float32],
    count: int,
    *,
    metric: Metric = "cosine",
    among: npt.NDArray[np.bool_] | None = None,
    labels: npt.NDArray[np.int64] | None = None,
) -> Neighbours:
    """The ``count`` points nearest to the query; of equally near ones the first.

    Args:
        points: (points, features).
        query: (features,).
        count: how many, at most.
        metric: one of :data:`METRICS`.
        among: (points,) which of them may be found; default all.
        labels: (points,) where given, only the nearest of each label is found.

    Returns:
        Fewer than ``count`` where there are no more whose distance is defined.
    """
    distance = distances(points, query, metric)
    found = ~np.isnan(distance) if among is None else among & ~np.isnan(distance)
    candidates = np.flatnonzero(found)
    order = candidates[np.argsort(distance[candidates], kind="stable")]
    if labels is not None:
        _, first = np.unique(labels[order], return_index=True)
        order = order[np.sort(first)]
    order = order[:count]
    return Neighbours(order, distance[order])
