"""All tokens of a run at a step, in the space of one layer's hidden states."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from vl_tb_plugin.analysis.leading_components import Metric
from vl_tb_plugin.analysis.neighbours import Neighbours, nearest
from vl_tb_plugin.example import MODALITIES
from vl_tb_plugin.plugin.cache_folder import cache_folder
from vl_tb_plugin.plugin.hidden_state_catalogue import LoggedStates
from vl_tb_plugin.plugin.hidden_state_reading import HiddenStateReading
from vl_tb_plugin.plugin.jobs import Job, JobQueue
from vl_tb_plugin.plugin.mapped_space import MappedSpace, MappedSpaces, space_name
from vl_tb_plugin.plugin.request import NotFound
from vl_tb_plugin.plugin.run_folders import RunFolders
from vl_tb_plugin.plugin.run_index import RunIndex
from vl_tb_plugin.plugin.space_process import MODULE, space_task
from vl_tb_plugin.storage.manifest import parse_manifest

_IMAGE = MODALITIES.index("image")
_CACHED_BYTES = 64 << 20
_MAPPED_FROM_BYTES = 32 << 20
_CACHED_WORDS = 4
_TAGS_PER_READ = 32


@dataclass(frozen=True)
class SpaceRequest:
    """Which tokens: those of ``sequences`` in every example of the run at the step."""

    experiment: str
    run: str
    step: int
    layer: int
    sequences: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class TokenSpace:
    """The points of all tokens.

    Attributes:
        request: what was asked for.
        groups: the tokens of one example's sequence each.
        values: (points, features) of all groups in turn, float16 or float32 as stored.
        modality: (points,) index into ``MODALITIES``.
        mapped: the same values and more, where they are many and lie in a file.
    """

    request: SpaceRequest
    groups: tuple[LoggedStates, ...]
    values: npt.NDArray[np.floating]
    modality: npt.NDArray[np.uint8]
    mapped: MappedSpace | None = None

    @property
    def nbytes(self) -> int:
        """Bytes in memory of its own."""
        return self.values.nbytes if self.mapped is None else self.modality.nbytes

    @cached_property
    def starts(self) -> npt.NDArray[np.int64]:
        """(groups + 1,) where each group begins."""
        return np.cumsum([0, *(len(group.places.token) for group in self.groups)])

    def place(self, point: int) -> tuple[LoggedStates, int]:
        """The group that a point is of, and which of its tokens it is."""
        group = int(np.searchsorted(self.starts, point, side="right")) - 1
        states = self.groups[group]
        return states, int(states.places.token[point - self.starts[group]])

    def point(self, tag: str, sequence: str, token: int) -> int:
        """The point of a token; raises :class:`NotFound`."""
        for group, start in zip(self.groups, self.starts, strict=False):
            if (group.tag, group.sequence) == (tag, sequence):
                found = np.flatnonzero(group.places.token == token)
                if len(found):
                    return int(start + found[0])
        raise NotFound(f"Token {token} of {sequence!r} in {tag!r} has no hidden state here.")

    def nearest(
        self,
        point: int,
        count: int,
        metric: Metric,
        among: npt.NDArray[np.bool_],
        labels: npt.NDArray[np.int64] | None,
    ) -> Neighbours:
        """The points nearest to one of them; see ``analysis/neighbours.py``."""
        leading = None if self.mapped is None else self.mapped.leading
        found = nearest(
            self.values,
            self.values[point],
            count,
            metric=metric,
            among=among,
            labels=labels,
            leading=leading,
        )
        if self.mapped is not None:
            self.mapped.release()
        return found


class Copying(Exception):
    """So many points are copied before they are searched; ``job`` says how far that is."""

    def __init__(self, job: dict[str, Any]):
        super().__init__()
        self.job = job


class TokenSpaces:
    """Reads the points of a layer and keeps the latest used, within a bound."""

    def __init__(
        self, index: RunIndex, folders: RunFolders, reading: HiddenStateReading, jobs: JobQueue
    ):
        self._index = index
        self._folders = folders
        self._reading = reading
        self._jobs = jobs
        self._mapped = MappedSpaces(cache_folder() / "spaces")
        self._lock = threading.Lock()
        self._spaces: OrderedDict[tuple[SpaceRequest, str], TokenSpace] = OrderedDict()
        self._words: OrderedDict[tuple[str, ...], npt.NDArray[np.int64]] = OrderedDict()

    def space(self, request: SpaceRequest, *, again: bool = False) -> TokenSpace:
        """All points of what is logged now.

        Args:
            request: which.
            again: start a copy once more that failed or was cancelled.

        Raises:
            Copying: where there are so many that it takes a while.
        """
        key = request, self._index.version(request.experiment, [request.run])
        with self._lock:
            if key in self._spaces:
                self._spaces.move_to_end(key)
                return self._spaces[key]
        space = self._read(request, again)
        with self._lock:
            self._spaces[key] = space
            while sum(one.nbytes for one in self._spaces.values()) > _CACHED_BYTES:
                self._spaces.popitem(last=False)
        return space

    def words(self, space: TokenSpace) -> npt.NDArray[np.int64]:
        """(points,) the same number for the same words; image tokens have one each."""
        request = space.request
        version = self._index.version(request.experiment, [request.run])
        # the same at every layer
        key = (request.experiment, request.run, str(request.step), *request.sequences, version)
        with self._lock:
            known = self._words.get(key)
        if known is None or len(known) != len(space.modality):
            known = self._read_words(space)
        with self._lock:
            self._words[key] = known
            self._words.move_to_end(key)
            if len(self._words) > _CACHED_WORDS:
                self._words.popitem(last=False)
        return known

    def _read_words(self, space: TokenSpace) -> npt.NDArray[np.int64]:
        known: dict[tuple[str, int], int] = {}
        numbers = -1 - np.arange(len(space.modality))
        by_tag: dict[str, list[int]] = {}
        for index, group in enumerate(space.groups):
            by_tag.setdefault(group.tag, []).append(index)
        tags, request = sorted(by_tag), space.request
        for start in range(0, len(tags), _TAGS_PER_READ):
            portion = tags[start : start + _TAGS_PER_READ]
            for tag, series in self._index.series(request.experiment, request.run, portion).items():
                logged = next(one for one in series.manifests if one.step == request.step)
                sequences = parse_manifest(logged.payload).sequences
                tokens = {item.name: item.tokens for item in sequences}
                for index in by_tag[tag]:
                    group, first = space.groups[index], space.starts[index]
                    words = tokens[group.sequence]
                    for place in np.flatnonzero(group.places.modality != _IMAGE):
                        word = words[group.places.token[place]], int(group.places.modality[place])
                        numbers[first + place] = known.setdefault(word, len(known))
        return numbers

    def _read(self, request: SpaceRequest, again: bool) -> TokenSpace:
        groups = self._reading.catalogue.states(
            request.experiment, request.run, request.layer, request.sequences, step=request.step
        )
        if not groups:
            raise NotFound(
                f"Run {request.run!r} has no hidden states of layer {request.layer}"
                f" at step {request.step}."
            )
        # examples of another width (another model under the same tag) lie in another space
        width = groups[0].features
        groups = [group for group in groups if group.features == width]
        modality = np.concatenate([group.places.modality for group in groups])

        if 2 * width * len(modality) >= _MAPPED_FROM_BYTES:
            mapped = self._copied(request, groups, again)
            return TokenSpace(request, tuple(groups), mapped.values, modality, mapped)
        portions = self._reading.read(request.run, groups, request.layer)
        values = np.concatenate([portion.values for portion in portions])
        return TokenSpace(request, tuple(groups), values, modality)

    def _copied(
        self, request: SpaceRequest, groups: list[LoggedStates], again: bool
    ) -> MappedSpace:
        layer, folder = request.layer, self._folders.folder(request.run)
        name = space_name(folder, groups, layer)
        known = self._jobs.known(name)  # first: a job may end before the next line
        mapped = self._mapped.find(folder, groups, layer)
        if mapped is not None:
            return mapped
        if known is None or known["state"] == "done" or again:
            points = sum(len(group.places.token) for group in groups)
            job = Job(
                id=name,
                title=f"Neighbours in layer {layer}, {points:,} tokens",
                module=MODULE,
                task=lambda: space_task(self._mapped.folder, folder, groups, layer),
                subject=repr(request),
            )
            known = self._jobs.submit(job, again=again)
        raise Copying(known)
