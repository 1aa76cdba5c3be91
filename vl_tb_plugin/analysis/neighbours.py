"""The points nearest to one, in the space they lie in: exact, never in a projection of it.

Two distances: *cosine* is one minus the cosine of the angle between two vectors, *l2* the Euclidean
distance. All points are compared, a portion at a time, so that little memory is needed beside them;
where their leading components are known, only those that these do not rule out
(:mod:`vl_tb_plugin.analysis.leading_components`). The nearest few are compared once more in double
precision, so that either way gives the same answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, get_args

import numpy as np
import numpy.typing as npt

from vl_tb_plugin.analysis.half_precision import as_float32
from vl_tb_plugin.analysis.leading_components import LeadingComponents, Metric, distance_bounds

__all__ = ["METRICS", "Metric", "Neighbours", "distances", "nearest"]

METRICS: tuple[Metric, ...] = get_args(Metric)

_PORTION = 1024
_NEXT_TO_NOTHING = 1e-12
_FIRST_COMPARED = 512
"""Points that look nearest and set the bound that others must pass."""

_Points = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The nearest points, the nearest first: ``index`` (count,) int64 and ``distance`` (count,)
    float32."""

    index: npt.NDArray[np.int64]
    distance: npt.NDArray[np.float32]


def distances(
    points: _Points,
    query: _Points,
    metric: Metric,
    chosen: npt.NDArray[np.int64] | None = None,
) -> npt.NDArray[np.float32]:
    """Distance of points to the query.

    Args:
        points: (points, features).
        query: (features,).
        metric: one of :data:`METRICS`.
        chosen: which points, default all.

    Returns:
        (points,) or (chosen,) float32; NaN where it is not defined: for values that are not
        finite, and for the cosine of a vector of no length.
    """
    wanted = as_float32(query)
    result = np.empty(len(points) if chosen is None else len(chosen), np.float32)
    for start in range(0, len(result), _PORTION):
        part = slice(start, start + _PORTION)
        portion = points[part] if chosen is None else points[chosen[part]]
        result[part] = _distances(as_float32(portion), wanted, metric)
    return result


def nearest(
    points: _Points,
    query: _Points,
    count: int,
    *,
    metric: Metric = "cosine",
    among: npt.NDArray[np.bool_] | None = None,
    labels: npt.NDArray[np.int64] | None = None,
    leading: LeadingComponents | None = None,
) -> Neighbours:
    """The ``count`` points nearest to the query; of equally near ones the first.

    Args:
        points: (points, features), float32 or float16; may be mapped from a file.
        query: (features,).
        count: how many, at most.
        metric: one of :data:`METRICS`.
        among: (points,) which of them may be found; default all.
        labels: (points,) where given, only the nearest of each label is found.
        leading: of the same points, where known: spares reading most of them.

    Returns:
        Fewer than ``count`` where there are no more whose distance is defined.
    """
    if count < 1:
        return Neighbours(np.zeros(0, np.int64), np.zeros(0, np.float32))
    if leading is None:
        candidates = np.arange(len(points)) if among is None else np.flatnonzero(among)
    else:
        candidates = _not_ruled_out(points, query, count, metric, among, labels, leading)
    everything = len(candidates) == len(points)
    rough = distances(points, query, metric, None if everything else candidates)
    defined = ~np.isnan(rough)
    candidates, rough = candidates[defined], rough[defined]
    # single precision may have changed the order of the last ones
    margin = _rounding(points)
    last = _last_of(rough, count, None if labels is None else labels[candidates])
    near = rough <= last + margin * (last if metric == "l2" else 1)
    index, rough = candidates[near], rough[near]
    if labels is not None:
        _, best, number = _best_of_each(labels[index], rough)
        best = best[number]
        index = index[rough <= best + 2 * margin * (best if metric == "l2" else 1)]
    distance = _precisely(points, query, metric, index)
    order = np.lexsort((index, distance))
    if labels is not None:
        _, first = np.unique(labels[index[order]], return_index=True)
        order = order[np.sort(first)]
    order = order[:count]
    return Neighbours(index[order], distance[order])


def _distances(
    points: npt.NDArray[np.floating[Any]], wanted: npt.NDArray[np.floating[Any]], metric: Metric
) -> npt.NDArray[np.floating[Any]]:
    """In the precision of the points; NaN where it is not defined."""
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        if metric == "cosine":
            lengths = np.sqrt(np.einsum("pf,pf->p", points, points)) * np.sqrt(wanted @ wanted)
            lengths[~(lengths > _NEXT_TO_NOTHING)] = np.nan
            found = 1 - np.clip(points @ wanted / lengths, -1, 1)
        else:
            # of the differences, not |a|^2 - 2ab + |b|^2: near points would drown in rounding
            apart = points - wanted
            found = np.sqrt(np.einsum("pf,pf->p", apart, apart))
        found[~np.isfinite(found)] = np.nan
    return found


def _rounding(points: _Points) -> float:
    """What single precision may change a distance by: a cosine at most, a length relatively.

    Sums over features are kept in eight lanes or more, each of which rounds so often.
    """
    return float((points.shape[1] / 8 + 8) * np.finfo(np.float32).eps)


def _precisely(
    points: _Points, query: _Points, metric: Metric, chosen: npt.NDArray[np.int64]
) -> npt.NDArray[np.float32]:
    """Computed in double precision: equal points are equally near, wherever they stand."""
    wanted = as_float32(query).astype(np.float64)
    result = np.empty(len(chosen), np.float32)
    for start in range(0, len(chosen), _PORTION):
        part = slice(start, start + _PORTION)
        portion = as_float32(points[chosen[part]]).astype(np.float64)
        result[part] = _distances(portion, wanted, metric)
    return result


def _last_of(
    distance: npt.NDArray[np.floating[Any]],
    count: int,
    labels: npt.NDArray[np.int64] | None,
) -> float:
    """The distance of the last that is found; infinity where all are."""
    if labels is not None:
        order = np.argsort(distance, kind="stable")
        _, first = np.unique(labels[order], return_index=True)
        distance = distance[order[np.sort(first)]]
    if len(distance) <= count:
        return np.inf
    return float(np.partition(distance, count - 1)[count - 1])


def _best_of_each(
    labels: npt.NDArray[np.int64], values: npt.NDArray[np.floating[Any]]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.floating[Any]], npt.NDArray[np.intp]]:
    """The labels, ascending, the least value of each, and which of them each value is of."""
    known, number = np.unique(labels, return_inverse=True)
    best = np.full(len(known), np.inf, values.dtype)
    np.minimum.at(best, number, values)
    return known, best, number


def _not_ruled_out(
    points: _Points,
    query: _Points,
    count: int,
    metric: Metric,
    among: npt.NDArray[np.bool_] | None,
    labels: npt.NDArray[np.int64] | None,
    leading: LeadingComponents,
) -> npt.NDArray[np.int64]:
    """Indices, ascending, of all points that may be found."""
    bounds = distance_bounds(leading, query, metric)
    guess, least = bounds.guess, bounds.least
    guess[np.isnan(guess)] = np.inf
    if among is not None:
        guess[~among] = np.inf
        least[~among] = np.inf
    first = np.zeros(0, np.int64)
    rough = np.zeros(0, np.float32)
    compared = max(_FIRST_COMPARED, 4 * count)
    limit = np.inf
    while limit == np.inf:
        if labels is not None and len(first):  # a word that is everywhere would leave no room
            guess[np.isin(labels, labels[first])] = np.inf
        some = _smallest(guess, compared)
        if not len(some):
            return np.arange(len(guess)) if among is None else np.flatnonzero(among)
        found = distances(points, query, metric, some)
        defined = ~np.isnan(found)
        first = np.concatenate([first, some[defined]])
        rough = np.concatenate([rough, found[defined]])
        limit = _last_of(rough, count, None if labels is None else labels[first])
        guess[some] = np.inf
        compared *= 2
    near = np.flatnonzero(least <= _reach(limit, points, metric))
    if labels is None:
        return near
    # of each label only the nearest is wanted
    known, best, _ = _best_of_each(labels[first], rough)
    number = np.minimum(np.searchsorted(known, labels[near]), len(known) - 1)
    within = least[near] <= _reach(best, points, metric)[number]
    return near[within | (known[number] != labels[near])]


def _smallest(values: npt.NDArray[np.floating[Any]], count: int) -> npt.NDArray[np.int64]:
    """Indices, ascending, of so many of the smallest, but of infinite ones."""
    if count >= len(values):
        return np.flatnonzero(np.isfinite(values))
    index = np.sort(np.argpartition(values, count)[:count])
    return index[np.isfinite(values[index])]


def _reach(distance: Any, points: _Points, metric: Metric) -> Any:
    """What a bound must not exceed for its point to be as near, rounding allowed for."""
    margin = _rounding(points)
    return (distance * (1 + margin)) ** 2 if metric == "l2" else distance + margin
