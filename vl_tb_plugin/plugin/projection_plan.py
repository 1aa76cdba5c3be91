"""What a projection reads: which states of which files, told so that another process can read them.

Everything here can be pickled; the process that fits knows neither TensorBoard nor its events.
"""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from vl_tb_plugin.plugin.chosen_axes import Group, MeanDifference, chosen_axis
from vl_tb_plugin.plugin.hidden_state_catalogue import LoggedStates
from vl_tb_plugin.plugin.hidden_state_reading import HiddenStateReading
from vl_tb_plugin.plugin.logged_samples import LoggedSamples
from vl_tb_plugin.plugin.projection_request import NEIGHBOUR_METHODS, ProjectionRequest
from vl_tb_plugin.plugin.request import BadRequest, NotFound
from vl_tb_plugin.plugin.run_folders import RunFolders
from vl_tb_plugin.plugin.run_index import RunIndex


@dataclass(frozen=True, eq=False)
class ReadRun:
    """One layer of one run: every step, in the order in which it is read best."""

    run: int
    folder: str
    layer: int
    states: tuple[LoggedStates, ...]


@dataclass(frozen=True, eq=False)
class PlannedAxis:
    """A chosen axis.

    Attributes:
        title: for a person.
        groups: of a difference of means, each with the examples (run, step, tag) that are in it;
            None for all of them.
        token: of a token's direction: where it is read, by index into ``reads``, and its states.
    """

    title: str
    groups: tuple[tuple[Group, frozenset[tuple[int, int, str]] | None], ...] = ()
    token: tuple[int, LoggedStates, int] | None = None


@dataclass(frozen=True, eq=False)
class ProjectionPlan:
    """Everything that a fit needs but the values.

    Attributes:
        request: what is asked for.
        reads: runs in order, layers within.
        features: width of the space.
        points: how many are fitted.
        of: how many there were before examples were sampled.
        axes: where they are chosen.
    """

    request: ProjectionRequest
    reads: tuple[ReadRun, ...]
    features: int
    points: int
    of: int
    axes: tuple[PlannedAxis, ...]

    @property
    def stored_bytes(self) -> int:
        """About how many bytes of states are read in one go over all."""
        tokens = sum(one.places.length for read in self.reads for one in read.states)
        return 2 * self.features * tokens


class ProjectionPlanner:
    """Makes plans from what TensorBoard knows."""

    def __init__(self, index: RunIndex, folders: RunFolders, reading: HiddenStateReading):
        self._index = index
        self._folders = folders
        self._reading = reading
        self._samples = LoggedSamples(index)

    def plan(self, experiment: str, request: ProjectionRequest) -> ProjectionPlan:
        """The plan for what is logged now; raises ``BadRequest``."""
        reads = []
        for number, run in enumerate(request.runs):
            folder = str(self._folders.folder(run))
            for layer in request.layers:
                states = self._reading.catalogue.states(experiment, run, layer, request.sequences)
                reads.append(ReadRun(number, folder, layer, tuple(states)))
        widths = {one.features for read in reads for one in read.states}
        if not widths:
            names, layers = ", ".join(request.sequences), ", ".join(map(str, request.layers))
            raise NotFound(f"No hidden states of layer {layers} were logged for {names}.")
        if len(widths) > 1:
            raise BadRequest(
                f"These hidden states have {' and '.join(map(str, sorted(widths)))} features: they"
                " have no basis in common. Show one sequence or one run at a time."
            )
        of = sum(points_of(one, request) for read in reads for one in read.states)
        if request.method in NEIGHBOUR_METHODS:
            reads = _sampled(reads, request)
        points = sum(points_of(one, request) for read in reads for one in read.states)
        axes = tuple(self._axis(experiment, request, one, reads) for one in request.axes)
        return ProjectionPlan(request, tuple(reads), widths.pop(), points, of, axes)

    def _axis(
        self, experiment: str, request: ProjectionRequest, description: str, reads: list[ReadRun]
    ) -> PlannedAxis:
        axis = chosen_axis(description)
        if isinstance(axis, MeanDifference):
            groups = tuple(
                (group, self._members(experiment, request, group)) for group in axis.groups
            )
            return PlannedAxis(axis.title, groups=groups)
        for number, read in reversed(list(enumerate(reads))):
            if read.run == 0:
                for states in read.states:  # by step
                    if (states.tag, states.sequence) == (axis.tag, axis.sequence):
                        if axis.position not in states.places.token:
                            break
                        _, manifest = self._index.manifest(
                            experiment, request.runs[0], axis.tag, states.step
                        )
                        word = next(
                            one.tokens[axis.position]
                            for one in manifest.sequences
                            if one.name == axis.sequence
                        )
                        return PlannedAxis(
                            f"towards “{word}” of {axis.tag}",
                            token=(number, states, axis.position),
                        )
        raise NotFound(
            f"Token {axis.position} of {axis.sequence!r} in {axis.tag!r} has no hidden state here."
        )

    def _members(
        self, experiment: str, request: ProjectionRequest, group: Group
    ) -> frozenset[tuple[int, int, str]] | None:
        if group.correct is None and not group.fields:
            return None
        return frozenset(
            (number, step, tag)
            for number, run in enumerate(request.runs)
            for step, samples in self._samples.at_every_step(experiment, run).items()
            for tag, sample in samples.items()
            if group.takes(sample)
        )


def points_of(states: LoggedStates, request: ProjectionRequest) -> int:
    """How many points a sequence is."""
    if request.points == "tokens":
        return len(states.places.token)
    return len(np.unique(states.places.modality))


def _sampled(reads: list[ReadRun], request: ProjectionRequest) -> list[ReadRun]:
    """Of no more points than the limit: whole examples, the same at every step and layer."""
    sizes: defaultdict[str, int] = defaultdict(int)
    for read in reads:
        for states in read.states:
            sizes[states.tag] += points_of(states, request)
    if sum(sizes.values()) <= request.limit:
        return reads
    order = sorted(sizes)
    random.Random(request.seed).shuffle(order)
    chosen: set[str] = set()
    room = request.limit
    for tag in order:
        if chosen and sizes[tag] > room:
            break
        chosen.add(tag)
        room -= sizes[tag]
    return [
        ReadRun(
            read.run,
            read.folder,
            read.layer,
            tuple(one for one in read.states if one.tag in chosen),
        )
        for read in reads
    ]


def steps_of(read: ReadRun) -> list[tuple[int, list[LoggedStates]]]:
    """The states of each step, ascending."""
    return [(step, list(found)) for step, found in groupby(read.states, lambda one: one.step)]
