"""All tokens of a run at a step, in the space of one layer's hidden states."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from vl_tb_plugin.example import MODALITIES
from vl_tb_plugin.plugin.hidden_state_reading import HiddenStateReading, TokenStates
from vl_tb_plugin.plugin.request import NotFound
from vl_tb_plugin.plugin.run_index import RunIndex

_IMAGE = MODALITIES.index("image")
_CACHED_BYTES = 64 << 20


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
        groups: the tokens of one example's sequence each.
        values: (points, features) of all groups in turn.
        modality: (points,) index into ``MODALITIES``.
    """

    groups: tuple[TokenStates, ...]
    values: npt.NDArray[np.float32]
    modality: npt.NDArray[np.uint8]

    @cached_property
    def starts(self) -> npt.NDArray[np.int64]:
        """(groups + 1,) where each group begins."""
        return np.cumsum([0, *(len(group.token) for group in self.groups)])

    @cached_property
    def words(self) -> npt.NDArray[np.int64]:
        """(points,) the same number for the same words; image tokens have one each."""
        known: dict[tuple[object, int], int] = {}
        numbers = []
        for group in self.groups:
            tokens = next(
                item.tokens for item in group.manifest.sequences if item.name == group.sequence
            )
            for token, modality in zip(group.token, group.modality, strict=True):
                word = len(known) if modality == _IMAGE else tokens[token]
                numbers.append(known.setdefault((word, int(modality)), len(known)))
        return np.array(numbers, np.int64)

    def place(self, point: int) -> tuple[TokenStates, int]:
        """The group that a point is of, and which of its tokens it is."""
        group = int(np.searchsorted(self.starts, point, side="right")) - 1
        states = self.groups[group]
        return states, int(states.token[point - self.starts[group]])

    def point(self, tag: str, sequence: str, token: int) -> int:
        """The point of a token; raises :class:`NotFound`."""
        for group, start in zip(self.groups, self.starts, strict=False):
            if (group.tag, group.sequence) == (tag, sequence):
                found = np.flatnonzero(group.token == token)
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

    def _read(self, request: SpaceRequest) -> TokenSpace:
        groups = list(
            self._reading.states(
                request.experiment, request.run, request.step, request.layer, request.sequences
            )
        )
        if not groups:
            raise NotFound(
                f"Run {request.run!r} has no hidden states of layer {request.layer}"
                f" at step {request.step}."
            )
        # examples of another width (another model under the same tag) lie in another space
        width = groups[0].values.shape[1]
        groups = [group for group in groups if group.values.shape[1] == width]
        values = np.concatenate([group.values for group in groups])
        starts = np.cumsum([len(group.token) for group in groups])[:-1]
        modality = np.concatenate([group.modality for group in groups])
        parts = np.split(values, starts)  # views: each point lies in memory once
        return TokenSpace(
            tuple(
                TokenStates(
                    group.tag, group.sequence, group.token, group.modality, part, group.manifest
                )
                for group, part in zip(groups, parts, strict=True)
            ),
            values,
            modality,
        )
