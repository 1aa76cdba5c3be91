"""All tokens of a run at a step, in the space of one layer's hidden states."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from vl_tb_plugin.example import MODALITIES
from vl_tb_plugin.plugin.hidden_state_catalogue import LoggedStates
from vl_tb_plugin.plugin.hidden_state_reading import HiddenStateReading
from vl_tb_plugin.plugin.request import NotFound
from vl_tb_plugin.plugin.run_index import RunIndex
from vl_tb_plugin.storage.manifest import parse_manifest

_IMAGE = MODALITIES.index("image")
_CACHED_BYTES = 64 << 20
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
    """

    request: SpaceRequest
    groups: tuple[LoggedStates, ...]
    values: npt.NDArray[np.floating]
    modality: npt.NDArray[np.uint8]

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


class TokenSpaces:
    """Reads the points of a layer and keeps the latest used, within a bound."""

    def __init__(self, index: RunIndex, reading: HiddenStateReading):
        self._index = index
        self._reading = reading
        self._lock = threading.Lock()
        self._spaces: OrderedDict[tuple[SpaceRequest, str], TokenSpace] = OrderedDict()

    def space(self, request: SpaceRequest) -> TokenSpace:
        """All points of what is logged now."""
        key = request, self._index.version(request.experiment, [request.run])
        with self._lock:
            if key in self._spaces:
                self._spaces.move_to_end(key)
                return self._spaces[key]
        space = self._read(request)
        with self._lock:
            self._spaces[key] = space
            while sum(one.values.nbytes for one in self._spaces.values()) > _CACHED_BYTES:
                self._spaces.popitem(last=False)
        return space

    def words(self, space: TokenSpace) -> npt.NDArray[np.int64]:
        """(points,) the same number for the same words; image tokens have one each."""
        known: dict[tuple[str, int], int] = {}
        numbers = -1 - np.arange(len(space.modality))
        by_tag: dict[str, list[int]] = {}
        for index, group in enumerate(space.groups):
            by_tag.setdefault(group.tag, []).append(index)
        tags = sorted(by_tag)
        request = space.request
        for start in range(0, len(tags), _TAGS_PER_READ):
            series = self._index.series(
                request.experiment, request.run, tags[start : start + _TAGS_PER_READ]
            )
            for tag, one in series.items():
                payload = next(x.payload for x in one.manifests if x.step == request.step)
                sequences = parse_manifest(payload).sequences
                tokens = {item.name: item.tokens for item in sequences}
                for index in by_tag[tag]:
                    group, first = space.groups[index], space.starts[index]
                    words = tokens[group.sequence]
                    for place in np.flatnonzero(group.places.modality != _IMAGE):
                        word = words[group.places.token[place]], int(group.places.modality[place])
                        numbers[first + place] = known.setdefault(word, len(known))
        return numbers

    def _read(self, request: SpaceRequest) -> TokenSpace:
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
        portions = list(self._reading.read(request.run, groups, request.layer))
        return TokenSpace(
            request,
            tuple(groups),
            np.concatenate([portion.values for portion in portions]),
            np.concatenate([portion.modality for portion in portions]),
        )
