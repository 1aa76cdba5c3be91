"""Chosen axes as directions in the space of the hidden states."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from vl_tb_plugin.analysis.projection import PrincipalComponents
from vl_tb_plugin.analysis.projections.directions import RunningMean, cosines, unit
from vl_tb_plugin.analysis.projections.reduction import Progress
from vl_tb_plugin.plugin.chosen_axes import Group
from vl_tb_plugin.plugin.hidden_state_reading import read_portions
from vl_tb_plugin.plugin.planned_points import OpenStore, PlannedPoints, from_points
from vl_tb_plugin.plugin.projection_plan import PlannedAxis, ProjectionPlan
from vl_tb_plugin.plugin.request import BadRequest
from vl_tb_plugin.storage.run_folder import store_path


@dataclass(frozen=True, eq=False)
class ChosenDirections:
    """Unit vectors ``axes`` (axes, features), and the ``mean`` (features,) of all points."""

    mean: npt.NDArray[np.float64]
    axes: npt.NDArray[np.float64]
    points: int

    @property
    def cosines(self) -> list[list[float]]:
        """Between the axes."""
        return [[round(float(value), 6) for value in row] for row in cosines(self.axes)]

    def as_basis(self) -> PrincipalComponents:
        """Something to project on; nothing is known of the variance."""
        none = np.full(len(self.axes), np.nan, np.float32)
        return PrincipalComponents(
            self.mean.astype(np.float32), self.axes.astype(np.float32), none, self.points
        )


def chosen_directions(
    plan: ProjectionPlan, points: PlannedPoints, open_store: OpenStore, progress: Progress
) -> ChosenDirections:
    """The directions, by one pass over the values; raises ``BadRequest`` for one that is none."""
    every = RunningMean(plan.features)
    groups = [
        [(_members(group, who, points), RunningMean(plan.features)) for group, who in axis.groups]
        for axis in plan.axes
    ]
    done = 0
    for values in from_points(plan, list(plan.reads), open_store, lambda values: values):
        window = slice(done, done + len(values))
        every.add(values)
        for pair in groups:
            for takes, mean in pair:
                mean.add(values[takes[window]])
        done = window.stop
        progress(0.5 * done / max(plan.points, 1), "averaging")
    axes = []
    for axis, pair in zip(plan.axes, groups, strict=True):
        try:
            if axis.token is not None:
                direction = _token_state(plan, axis, open_store) - every.mean
            else:
                direction = pair[0][1].mean - pair[1][1].mean
            axes.append(unit(direction))
        except ValueError as error:
            raise BadRequest(f"The axis “{axis.title}” has no direction: {error}.") from None
    return ChosenDirections(every.mean, np.array(axes), every.points)


def _members(
    group: Group, who: frozenset[tuple[int, int, str]] | None, points: PlannedPoints
) -> npt.NDArray[np.bool_]:
    """(points,) which of them belong to a group."""
    takes = np.ones(len(points.token), np.bool_)
    if group.modality is not None:
        takes &= points.modality == group.modality
    if who is not None:
        takes &= points.per_group_point(np.array([one in who for one in points.examples]))
    return takes


def _token_state(
    plan: ProjectionPlan, axis: PlannedAxis, open_store: OpenStore
) -> npt.NDArray[np.float64]:
    assert axis.token is not None
    number, states, position = axis.token
    read = plan.reads[number]
    folder = Path(read.folder)
    portions = read_portions(
        [states], read.layer, lambda store: open_store(store_path(folder, store))
    )
    values = next(iter(portions)).values
    row = int(np.flatnonzero(states.places.token == position)[0])
    return values[row].astype(np.float64)
