"""A finished projection: the position of every point, and which points are whose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

PLACE_COLUMNS = ("run", "layer", "step", "group", "last_group", "point", "last_point")
GROUP_COLUMNS = ("tag", "sequence", "points")


@dataclass(frozen=True, eq=False)
class Shown:
    """The points of one run, layer and step; see http_api.md, *projection*."""

    groups: npt.NDArray[np.int32]
    positions: npt.NDArray[np.float32]
    token: npt.NDArray[np.int32]
    modality: npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class FittedProjection:
    """All points that a projection was fitted on, in memory or in a file.

    Attributes:
        header: of the answer: names and titles, what was fitted and how.
        places: (places, 7) int64, see ``PLACE_COLUMNS``: the points of one run, layer and step lie
            together, from ``point`` up to ``last_point`` (left out), and so do their groups.
            ``run`` is an index into the header's ``runs``.
        groups: (groups, 3) int32, see ``GROUP_COLUMNS``: one example's sequence each, by index into
            the header's ``tags`` and ``sequences``.
        positions: (points, components) float32; an array of NumPy or of Zarr, as the next two.
        token: (points,) int32, position in its sequence, -1 for pooled points.
        modality: (points,) uint8, index into ``MODALITIES``.
    """

    header: Mapping[str, Any]
    places: npt.NDArray[np.int64]
    groups: npt.NDArray[np.int32]
    positions: Any
    token: Any
    modality: Any

    def shown(self, run: str, layer: int, step: int) -> Shown | None:
        """The points there; None where there are none."""
        place = self._place(run, layer, step)
        if place is None:
            return None
        _, _, _, group, last_group, point, last_point = place
        return Shown(
            self.groups[group:last_group],
            np.asarray(self.positions[point:last_point]),
            np.asarray(self.token[point:last_point]),
            np.asarray(self.modality[point:last_point]),
        )

    def steps(self, run: str) -> list[int]:
        """Every step of a run, ascending."""
        return sorted({int(step) for step in self._of(run)[:, 2]})

    def layers(self, run: str) -> list[int]:
        """Every layer of a run, ascending."""
        return sorted({int(layer) for layer in self._of(run)[:, 1]})

    def trail(
        self,
        run: str,
        layers_and_steps: Sequence[tuple[int, int]],
        tag: str,
        sequence: str,
        tokens: Sequence[int],
    ) -> npt.NDArray[np.float32]:
        """Where tokens of one sequence are, layer and step by layer and step.

        Args:
            run: name of the run.
            layers_and_steps: the places, in the order wanted.
            tag: of the example.
            sequence: its sequence.
            tokens: positions in it; of pooled points modalities, by index.

        Returns:
            (tokens, places, components), NaN where a token has no point.
        """
        trail = np.full(
            (len(tokens), len(layers_and_steps), self.positions.shape[1]), np.nan, np.float32
        )
        names = self.header["tags"], self.header["sequences"]
        if tag not in names[0] or sequence not in names[1]:
            return trail
        wanted = names[0].index(tag), names[1].index(sequence)
        for number, (layer, step) in enumerate(layers_and_steps):
            place = self._place(run, layer, step)
            if place is None:
                continue
            _, _, _, group, last_group, point, _ = place
            groups = self.groups[group:last_group]
            found = np.flatnonzero((groups[:, 0] == wanted[0]) & (groups[:, 1] == wanted[1]))
            if not len(found):
                continue
            start = point + int(groups[: found[0], 2].sum())
            window = slice(start, start + int(groups[found[0], 2]))
            known = np.asarray(self.token[window])
            if len(known) and known[0] < 0:
                known = np.asarray(self.modality[window])
            positions = np.asarray(self.positions[window])
            for row, token in enumerate(tokens):
                here = np.flatnonzero(known == token)
                if len(here):
                    trail[row, number] = positions[here[0]]
        return trail

    def _of(self, run: str) -> npt.NDArray[np.int64]:
        runs = self.header["runs"]
        return self.places[self.places[:, 0] == (runs.index(run) if run in runs else -1)]

    def _place(self, run: str, layer: int, step: int) -> list[int] | None:
        places = self._of(run)
        found = places[(places[:, 1] == layer) & (places[:, 2] == step)]
        return [int(value) for value in found[0]] if len(found) else None
