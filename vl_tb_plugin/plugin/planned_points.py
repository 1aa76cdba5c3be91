"""Where every point of a projection lies in its arrays, and their values in turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from vl_tb_plugin.analysis.half_precision import as_float32
from vl_tb_plugin.plugin.hidden_state_reading import StatesPortion, from_portions
from vl_tb_plugin.plugin.projection_plan import ProjectionPlan, ReadRun, points_of, steps_of
from vl_tb_plugin.storage.run_folder import store_path
from vl_tb_plugin.storage.tensor_store import TensorStore

OpenStore = Callable[[Path], TensorStore]
_Made = TypeVar("_Made")


@dataclass(frozen=True, eq=False)
class PlannedPoints:
    """The points of a plan in the order in which they are read.

    Attributes:
        tags: names of the examples, ascending.
        places: as in ``FittedProjection``; (places, 7) int64.
        groups: as there; (groups, 3) int32.
        token: as there; (points,) int32.
        modality: as there; (points,) uint8.
        examples: run, step and tag of each group.
        starts: (groups + 1,) the first point of each group.
    """

    tags: list[str]
    places: npt.NDArray[np.int64]
    groups: npt.NDArray[np.int32]
    token: npt.NDArray[np.int32]
    modality: npt.NDArray[np.uint8]
    examples: list[tuple[int, int, str]]
    starts: npt.NDArray[np.int64]

    def of_run(self, run: int) -> slice:
        """The points of one run, by index."""
        places = self.places[self.places[:, 0] == run]
        return slice(int(places[0, 5]), int(places[-1, 6])) if len(places) else slice(0, 0)

    def per_point(self, per_place: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """One number per point from one per place."""
        return np.repeat(per_place, self.places[:, 6] - self.places[:, 5])

    def per_group_point(self, per_group: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """One value per point from one per group."""
        return np.repeat(per_group, self.groups[:, 2])


def planned_points(plan: ProjectionPlan) -> PlannedPoints:
    """The layout, without reading any values."""
    request = plan.request
    tags = sorted({one.tag for read in plan.reads for one in read.states})
    numbers = {tag: number for number, tag in enumerate(tags)}
    places: list[tuple[int, ...]] = []
    groups: list[tuple[int, int, int]] = []
    examples: list[tuple[int, int, str]] = []
    tokens: list[npt.NDArray[np.int32]] = []
    modalities: list[npt.NDArray[np.uint8]] = []
    point = 0
    for read in plan.reads:
        for step, states in steps_of(read):
            first_group, first_point = len(groups), point
            for one in states:
                count = points_of(one, request)
                sequence = request.sequences.index(one.sequence)
                groups.append((numbers[one.tag], sequence, count))
                examples.append((read.run, step, one.tag))
                if request.points == "tokens":
                    tokens.append(one.places.token)
                    modalities.append(one.places.modality)
                else:
                    tokens.append(np.full(count, -1, np.int32))
                    modalities.append(np.unique(one.places.modality))
                point += count
            places.append(
                (read.run, read.layer, step, first_group, len(groups), first_point, point)
            )
    table = np.array(groups, np.int32).reshape(-1, 3)
    return PlannedPoints(
        tags,
        np.array(places, np.int64).reshape(-1, 7),
        table,
        np.concatenate([np.zeros(0, np.int32), *tokens]),
        np.concatenate([np.zeros(0, np.uint8), *modalities]),
        examples,
        np.concatenate([[0], np.cumsum(table[:, 2], dtype=np.int64)]),
    )


def from_points(
    plan: ProjectionPlan,
    reads: list[ReadRun],
    open_store: OpenStore,
    make: Callable[[npt.NDArray[np.float32]], _Made],
    threads: int = 1,
) -> Iterator[_Made]:
    """What is made of portions (points, features) of these parts of a plan, in its order.

    See :func:`from_portions`.
    """
    values = _pooled if plan.request.points == "pooled" else _every
    for read in reads:

        def opened(store: str, folder: str = read.folder) -> TensorStore:
            return open_store(store_path(folder, store))

        yield from from_portions(
            read.states, read.layer, opened, lambda portion: make(values(portion)), threads
        )


def _every(portion: StatesPortion) -> npt.NDArray[np.float32]:
    return as_float32(portion.values)


def _pooled(portion: StatesPortion) -> npt.NDArray[np.float32]:
    """Mean over the tokens of each modality of each group, in that order."""
    sizes = [len(group.places.token) for group in portion.groups]
    key = np.repeat(np.arange(len(sizes)), sizes) * 256 + portion.modality
    order = np.argsort(key, kind="stable")
    _, first, counts = np.unique(key[order], return_index=True, return_counts=True)
    if not len(first):
        return np.zeros((0, portion.values.shape[1]), np.float32)
    ordered = as_float32(portion.values[order])
    return np.add.reduceat(ordered, first, axis=0) / counts[:, None].astype(np.float32)
