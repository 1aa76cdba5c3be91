"""The nearest neighbours of many points at once, in the space they lie in: exact.

The distances are those of :mod:`vl_tb_plugin.analysis.neighbours`. A product of matrices finds the
candidates, a portion of the queries at a time; their distances are then worked out from the
differences of the vectors, where near points do not drown in rounding. The cosine distance is half
the squared Euclidean distance between vectors of length one, so that one search serves both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vl_tb_plugin.analysis.leading_components import Metric

_CELLS_AT_ONCE = 8_000_000
_SPARE = 8
"""Candidates beyond those wanted: the product of matrices may mistake the order of near ones."""

_NEXT_TO_NOTHING = 1e-12


@dataclass(frozen=True, eq=False)
class Neighbourhoods:
    """The nearest of each query, the nearest first.

    Attributes:
        index: (queries, count) int64, which points; -1 where there are no more.
        distance: (queries, count) float32; NaN there.
    """

    index: npt.NDArray[np.int64]
    distance: npt.NDArray[np.float32]

    @property
    def complete(self) -> npt.NDArray[np.bool_]:
        """(queries,) whether as many were found as asked for."""
        return np.all(self.index >= 0, axis=1)

    def only(self, queries: npt.NDArray[np.bool_]) -> Neighbourhoods:
        """Those of some of the queries: (queries,)."""
        return Neighbourhoods(self.index[queries], self.distance[queries])


def neighbourhoods(
    points: npt.NDArray[np.float32],
    queries: npt.NDArray[np.int64],
    among: Sequence[npt.NDArray[np.bool_]],
    count: int,
    *,
    metric: Metric = "cosine",
) -> list[Neighbourhoods]:
    """The ``count`` points nearest to each query, among several choices of points.

    A query is not its own neighbour. Of equally near points those come first that follow the query
    in the order of the points, the first following the last: so ties (equal words in the layer of
    embeddings) are spread evenly, and broken the same way wherever the same points are compared.

    Args:
        points: (points, features).
        queries: (queries,) which points ask.
        among: a (points,) mask for each choice of points that may be found.
        count: how many.
        metric: as of ``neighbours``.

    Returns:
        One per choice. Points without a distance (values that are not finite; no length, for the
        cosine) are not found, and find nothing.
    """
    placed, defined = _placed(points, metric)
    squares = np.einsum("pf,pf->p", placed, placed)
    twin = _first_equal(placed)
    ties = len(np.unique(twin)) < len(twin)
    columns = [np.flatnonzero(mask & defined) for mask in among]
    wanted = [min(count + _SPARE, len(one)) for one in columns]
    found = [
        Neighbourhoods(
            np.full((len(queries), count), -1, np.int64),
            np.full((len(queries), count), np.nan, np.float32),
        )
        for _ in among
    ]
    features = points.shape[1]
    portion = max(1, _CELLS_AT_ONCE // max(len(points), max(wanted, default=1) * features))
    for start in range(0, len(queries), portion):
        asking = queries[start : start + portion]
        rows = np.flatnonzero(defined[asking])
        asking = asking[rows]
        apart = placed[asking] @ placed.T
        apart *= -2
        apart += squares
        apart += squares[asking][:, None]
        for choice, most, answer in zip(columns, wanted, found, strict=True):
            if not len(choice):
                continue
            after = _places_after(asking, choice, len(points))
            # equal points have one column: whatever its rounding, their distances are equal
            rough = np.maximum(apart[:, twin[choice]], 0)
            rough[after == 0] = np.inf  # the query itself
            ranked = _ranked(rough, after) if ties else rough
            near = np.argpartition(ranked, most - 1, axis=1)[:, :most]
            index = choice[near]
            exact = _distances(placed, asking, index, metric)
            exact[index == asking[:, None]] = np.inf
            order = np.lexsort((np.take_along_axis(after, near, axis=1), exact))[:, :count]
            distance = np.take_along_axis(exact, order, axis=1)
            known = np.isfinite(distance)
            index = np.take_along_axis(index, order, axis=1)
            width = index.shape[1]
            answer.index[start + rows, :width] = np.where(known, index, -1)
            answer.distance[start + rows, :width] = np.where(known, distance, np.nan)
    return found


def distances_to(
    points: npt.NDArray[np.float32],
    queries: npt.NDArray[np.int64],
    index: npt.NDArray[np.int64],
    *,
    metric: Metric = "cosine",
) -> npt.NDArray[np.float32]:
    """Distance of each query to points of its own.

    Args:
        points: (points, features).
        queries: (queries,).
        index: (queries, count) which points; -1 for none.
        metric: as of ``neighbours``.

    Returns:
        (queries, count) float32; NaN where it is not defined.
    """
    placed, defined = _placed(points, metric)
    result = np.empty(index.shape, np.float32)
    portion = max(1, _CELLS_AT_ONCE // max(1, index.shape[1] * points.shape[1]))
    for start in range(0, len(queries), portion):
        part = slice(start, start + portion)
        result[part] = _distances(placed, queries[part], index[part], metric)
    known = (index >= 0) & defined[index] & defined[queries][:, None]
    return np.where(known, result, np.float32(np.nan))


def _placed(
    points: npt.NDArray[np.float32], metric: Metric
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    """Points whose Euclidean distances have the order asked for, around their mean, where the
    product of matrices is most precise; and which of them have a distance at all (others: zero).
    """
    with np.errstate(invalid="ignore", over="ignore"):
        squares = np.einsum("pf,pf->p", points, points)
    defined = np.isfinite(squares)
    if metric == "cosine":
        defined &= np.sqrt(np.where(defined, squares, 0)) > _NEXT_TO_NOTHING
    placed = np.where(defined[:, None], points, np.float32(0))
    if metric == "cosine":
        placed /= np.sqrt(np.where(defined, squares, 1))[:, None]
    if defined.any():
        centre = placed.sum(axis=0, dtype=np.float64) / defined.sum()
        placed -= centre.astype(np.float32)
    placed[~defined] = 0
    return placed, defined


def _first_equal(points: npt.NDArray[np.float32]) -> npt.NDArray[np.int64]:
    """(points,) for each the first that is equal to it."""
    whole = np.ascontiguousarray(points).view(np.dtype((np.void, points.strides[0]))).ravel()
    _, first, which = np.unique(whole, return_index=True, return_inverse=True)
    return first[which]


def _places_after(
    asking: npt.NDArray[np.int64], choice: npt.NDArray[np.int64], points: int
) -> npt.NDArray[np.int32]:
    """(queries, choice) how many places each point comes after the query, in a circle."""
    after = choice.astype(np.int32) - asking.astype(np.int32)[:, None]
    after[after < 0] += points
    return after


def _ranked(
    distance: npt.NDArray[np.float32], after: npt.NDArray[np.int32]
) -> npt.NDArray[np.int64]:
    """Numbers in the order of the distances, equal ones in that of the places.

    The bits of floats that are not negative, read as integers, have the order of the floats.
    """
    ranked = distance.view(np.int32).astype(np.int64)
    ranked <<= 32
    ranked |= after
    return ranked


def _distances(
    placed: npt.NDArray[np.float32],
    queries: npt.NDArray[np.int64],
    index: npt.NDArray[np.int64],
    metric: Metric,
) -> npt.NDArray[np.float32]:
    apart = placed[index] - placed[queries][:, None]
    squares = np.einsum("qcf,qcf->qc", apart, apart)
    return squares / 2 if metric == "cosine" else np.sqrt(squares)
