"""Fits a projection: from a plan to the positions of all its points.

Values are read in portions, as often as a method must see them, and never lie in memory together;
of the points of t-SNE and UMAP their leading principal components do.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from vl_tb_plugin.analysis.projection import (
    CovarianceAccumulator,
    PrincipalComponents,
    portion_moments,
)
from vl_tb_plugin.analysis.projections.procrustes import matched
from vl_tb_plugin.analysis.projections.reduction import KEPT_COMPONENTS, Progress, carried_on
from vl_tb_plugin.analysis.projections.t_sne import possible_perplexity, t_sne
from vl_tb_plugin.analysis.projections.umap_embedding import umap_embedding
from vl_tb_plugin.example import MODALITIES
from vl_tb_plugin.plugin.chosen_directions import ChosenDirections, chosen_directions
from vl_tb_plugin.plugin.fitted_projection import FittedProjection
from vl_tb_plugin.plugin.planned_points import (
    OpenStore,
    PlannedPoints,
    from_points,
    planned_points,
)
from vl_tb_plugin.plugin.projection_plan import ProjectionPlan, ReadRun
from vl_tb_plugin.plugin.projection_words import alignment_words, axis_titles
from vl_tb_plugin.plugin.request import BadRequest

_FEWEST_POINTS = 4
_READING = 0.3
"""Share of the time of t-SNE and UMAP that reading and reducing takes, about."""
_MOST_THREADS = 4
"""Of passes over the points, and of t-SNE; UMAP's layout depends on how many there are."""

_Made = TypeVar("_Made")


def fit_projection(
    plan: ProjectionPlan, open_store: OpenStore, progress: Progress
) -> FittedProjection:
    """The projection; raises ``BadRequest`` where what is planned has none."""
    return _Fit(plan, open_store, progress).fitted()


class _Fit:
    def __init__(self, plan: ProjectionPlan, open_store: OpenStore, progress: Progress):
        self._plan = plan
        self._request = plan.request
        self._open_store = open_store
        self._progress = progress
        self._points: PlannedPoints = planned_points(plan)
        self._explained: npt.NDArray[np.float32] | None = None
        self._directions: ChosenDirections | None = None
        self._left_over: dict[str, float] = {}

    def fitted(self) -> FittedProjection:
        if self._request.align == "procrustes":
            positions = self._turned()
        else:
            positions = self._fit(list(self._plan.reads), slice(0, self._plan.points))
        points = self._points
        return FittedProjection(
            self._header(positions),
            points.places,
            points.groups,
            positions,
            points.token,
            points.modality,
        )

    def _fit(self, reads: list[ReadRun], window: slice) -> npt.NDArray[np.float32]:
        """One fit of these reads, whose points are those of the window."""
        request = self._request
        if request.method == "axes":
            directions = chosen_directions(
                self._plan, self._points, self._open_store, self._progress
            )
            self._directions = directions
            return self._projected(reads, window, directions.as_basis(), (0.5, 1.0))
        if request.method == "pca":
            basis = self._principal(reads, window, request.components, (0.0, 0.6))
            if self._explained is None:
                self._explained = basis.explained_variance
            return self._projected(reads, window, basis, (0.6, 1.0))
        if window.stop - window.start < _FEWEST_POINTS:
            raise BadRequest(f"{request.title} needs at least {_FEWEST_POINTS} points.")
        kept = min(KEPT_COMPONENTS, self._plan.features)
        basis = self._principal(reads, window, kept, (0.0, 0.6 * _READING))
        values = self._projected(reads, window, basis, (0.6 * _READING, _READING))
        if request.align == "previous":
            return self._step_by_step(values)
        return self._embedded(values, None, (_READING, 1.0), "")

    def _principal(
        self, reads: list[ReadRun], window: slice, components: int, share: tuple[float, float]
    ) -> PrincipalComponents:
        accumulator = CovarianceAccumulator(self._plan.features)
        for moments in self._from_points(reads, portion_moments):
            accumulator.add(moments)
            self._read(accumulator.points, window, share, "finding the main directions")
        return accumulator.principal_components(components)

    def _projected(
        self,
        reads: list[ReadRun],
        window: slice,
        basis: PrincipalComponents,
        share: tuple[float, float],
    ) -> npt.NDArray[np.float32]:
        positions = np.empty((window.stop - window.start, len(basis.axes)), np.float32)
        done = 0
        for projected in self._from_points(reads, basis.project):
            positions[done : done + len(projected)] = projected
            done += len(projected)
            self._read(done, window, share, "projecting")
        return positions

    def _from_points(
        self, reads: list[ReadRun], make: Callable[[npt.NDArray[np.float32]], _Made]
    ) -> Iterator[_Made]:
        """Portion by portion, each by one thread: a product that many share makes them wait."""
        with threadpool_limits(1):
            yield from from_points(self._plan, reads, self._open_store, make, _threads())

    def _embedded(
        self,
        values: npt.NDArray[np.float32],
        initial: npt.NDArray[np.float32] | None,
        share: tuple[float, float],
        what: str,
    ) -> npt.NDArray[np.float32]:
        request = self._request

        def progress(done: float, message: str) -> None:
            self._progress(share[0] + done * (share[1] - share[0]), what + message)

        if request.method == "tsne":
            return t_sne(
                values,
                components=request.components,
                perplexity=request.perplexity,
                seed=request.seed,
                initial=initial,
                progress=progress,
                threads=_threads(),
            )
        return umap_embedding(
            values,
            components=request.components,
            neighbours=request.neighbours,
            min_distance=request.min_distance,
            seed=request.seed,
            initial=initial,
            progress=progress,
        )

    def _step_by_step(self, values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Each step starts where the one before ended, of points of all runs and layers."""
        step = self._points.per_point(self._points.places[:, 2])
        identity = self._identities(("run", "layer"))
        latest = np.full((int(identity.max()) + 1, self._request.components), np.nan, np.float32)
        positions = np.empty((len(values), self._request.components), np.float32)
        steps = np.unique(step)
        for number, one in enumerate(steps):
            here = np.flatnonzero(step == one)
            if len(here) < _FEWEST_POINTS:
                raise BadRequest(f"Step {one} has fewer than {_FEWEST_POINTS} points.")
            before = latest[identity[here]]
            known = not np.isnan(before).all()
            initial = carried_on(before, self._request.seed) if known else None
            width = (1 - _READING) / len(steps)
            share = _READING + number * width, _READING + (number + 1) * width
            positions[here] = self._embedded(values[here], initial, share, f"step {one}, ")
            latest[identity[here]] = positions[here]
        return positions

    def _turned(self) -> npt.NDArray[np.float32]:
        """A fit per run, each turned onto that of the first."""
        positions = np.empty((self._plan.points, self._request.components), np.float32)
        windows = [self._points.of_run(number) for number in range(len(self._request.runs))]
        for number, window in enumerate(windows):
            reads = [read for read in self._plan.reads if read.run == number]
            positions[window] = self._fit(reads, window)
        for number, window in enumerate(windows[1:], 1):
            ours, theirs = self._in_both(windows[0], window)
            try:
                turn = matched(positions[theirs], positions[ours])
            except ValueError:
                first, other = self._request.runs[0], self._request.runs[number]
                raise BadRequest(
                    f"{other} and {first} have no tokens in common that one could be turned onto"
                    " the other by. Log the same examples in both, or show one run at a time."
                ) from None
            positions[window] = turn.apply(positions[window])
            self._left_over[self._request.runs[number]] = turn.left_over
        return positions

    def _in_both(
        self, ours: slice, theirs: slice
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Points of the same token, layer and step in two runs; of their last steps where they
        have no step in common."""
        step = self._points.per_point(self._points.places[:, 2])
        windows = np.arange(ours.start, ours.stop), np.arange(theirs.start, theirs.stop)
        names: tuple[str, ...] = ("layer", "step")
        if not np.intersect1d(step[ours], step[theirs]).size:
            names = ("layer",)
            windows = tuple(  # type: ignore[assignment]
                one[step[one] == step[one].max()] for one in windows if len(one)
            )
            if len(windows) < 2:
                return np.zeros(0, np.int64), np.zeros(0, np.int64)
        identity = self._identities(names)
        _, first, second = np.intersect1d(
            identity[windows[0]], identity[windows[1]], return_indices=True
        )
        return windows[0][first], windows[1][second]

    def _identities(self, names: tuple[str, ...]) -> npt.NDArray[np.int64]:
        """(points,) the same number for the same token of the same example, and the same values of
        these columns of its place."""
        points, columns = self._points, {"run": 0, "layer": 1, "step": 2}
        keys: list[npt.NDArray[Any]] = [
            points.per_point(points.places[:, columns[name]]) for name in names
        ]
        keys += [points.per_group_point(points.groups[:, column]) for column in (0, 1)]
        keys += [points.token, points.modality]
        _, identity = np.unique(np.stack(keys, axis=1), axis=0, return_inverse=True)
        return identity.reshape(-1)

    def _read(self, done: int, window: slice, share: tuple[float, float], message: str) -> None:
        of = max(window.stop - window.start, 1)
        self._progress(share[0] + done / of * (share[1] - share[0]), message)

    def _header(self, positions: npt.NDArray[np.float32]) -> dict[str, Any]:
        plan, request, points = self._plan, self._request, self._points
        parameters = request.parameters
        if request.method == "tsne":
            parameters["perplexity"] = possible_perplexity(request.perplexity, plan.points)
        if self._directions is not None:
            parameters["cosines"] = self._directions.cosines
        explained = None if self._explained is None else self._explained.tolist()
        titles = [one.title for one in plan.axes]
        return {
            "runs": list(request.runs),
            "tags": points.tags,
            "sequences": list(request.sequences),
            "modalities": list(MODALITIES),
            "method": request.method,
            "components": request.components,
            "axes": titles or axis_titles(request.title, request.components, explained),
            "explained_variance": explained,
            "extent": np.stack([positions.min(axis=0), positions.max(axis=0)], axis=1).tolist(),
            "fitted_on": {
                "points": plan.points,
                "of": plan.of,
                "sampled": plan.points < plan.of,
                "steps": len(np.unique(points.places[:, 2])),
                "runs": list(request.runs),
                "layers": list(request.layers),
            },
            "parameters": parameters,
            "alignment": alignment_words(plan, self._left_over),
        }


def _threads() -> int:
    return min(_MOST_THREADS, os.cpu_count() or 1)
