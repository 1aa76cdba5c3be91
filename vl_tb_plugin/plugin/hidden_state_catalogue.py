"""Which hidden states a run has and where they lie: of each manifest the little that reading needs.

Thousands of examples at tens of checkpoints are tens of thousands of manifests. Each is parsed
once; what is kept of it is some two hundred bytes, for sequences of equal modalities share one
:class:`TokenPlaces`.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vl_tb_plugin.example import MODALITIES
from vl_tb_plugin.plugin.run_index import LoggedManifest, RunIndex
from vl_tb_plugin.storage.manifest import UnreadableManifest, parse_manifest

_PADDING = MODALITIES.index("padding")
_CACHED_STATES = 1 << 18
_TAGS_PER_READ = 32


@dataclass(frozen=True, eq=False, slots=True)
class TokenPlaces:
    """The tokens of a sequence that are no padding.

    Attributes:
        length: of the sequence, padding included.
        token: (points,) positions of the others, ascending.
        modality: (points,) of each, index into ``MODALITIES``.
    """

    length: int
    token: npt.NDArray[np.int32]
    modality: npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False, slots=True)
class LoggedStates:
    """The hidden states of one sequence of one example at one step: who they are, where they lie.

    They are the entries ``offset`` to ``offset + places.length`` of the stacked array ``path`` in
    the tensor store ``store``, of every layer in ``layers``. Can be pickled.
    """

    tag: str
    step: int
    sequence: str
    layers: tuple[int, ...]
    features: int
    store: str
    path: str
    offset: int
    places: TokenPlaces


_Steps = dict[tuple[int, float], tuple[LoggedStates, ...]]
"""Of one tag, by step and time of writing."""


class _Alike:
    """One object for all that are equal."""

    def __init__(self) -> None:
        self._places: dict[bytes, TokenPlaces] = {}
        self._texts: dict[str, str] = {}
        self._numbers: dict[tuple[int, ...], tuple[int, ...]] = {}

    def text(self, value: str) -> str:
        return self._texts.setdefault(value, value)

    def numbers(self, values: tuple[int, ...]) -> tuple[int, ...]:
        return self._numbers.setdefault(values, values)

    def places(self, modality: bytes) -> TokenPlaces:
        found = self._places.get(modality)
        if found is None:
            codes = np.frombuffer(modality, np.uint8)
            token = np.flatnonzero(codes != _PADDING).astype(np.int32)
            found = self._places[modality] = TokenPlaces(len(codes), token, codes[token])
        return found


@dataclass(frozen=True)
class _Run:
    version: str
    tags: dict[str, _Steps]
    alike: _Alike

    def __len__(self) -> int:
        return sum(len(states) for steps in self.tags.values() for states in steps.values())


class HiddenStateCatalogue:
    """Reads it from manifests and keeps that of the latest used runs. Threads may share it."""

    def __init__(self, index: RunIndex):
        self._index = index
        self._runs: OrderedDict[tuple[str, str], _Run] = OrderedDict()
        self._lock = threading.Lock()
        self._reading = threading.Lock()

    def states(
        self,
        experiment: str,
        run: str,
        layer: int | None,
        sequences: Sequence[str],
        *,
        step: int | None = None,
        tags: Collection[str] | None = None,
    ) -> list[LoggedStates]:
        """What a run has of one layer, in the order in which it is read best.

        Args:
            experiment: TensorBoard's.
            run: name of the run.
            layer: which must have been logged; ``None`` for any.
            sequences: names of the sequences wanted.
            step: of one step, default of every.
            tags: of these examples, default of all.

        Returns:
            By step, then by sequence as asked for, then in the order of the files.
        """
        found = [
            states
            for tag, steps in self._run(experiment, run).tags.items()
            if tags is None or tag in tags
            for logged in steps.values()
            for states in logged
            if step in (None, states.step)
            and states.sequence in sequences
            and (layer is None or layer in states.layers)
        ]
        turn = {name: number for number, name in enumerate(sequences)}
        return sorted(
            found,
            key=lambda one: (one.step, turn[one.sequence], one.store, one.path, one.offset),
        )

    def _run(self, experiment: str, run: str) -> _Run:
        """The run as it is now."""
        key, version = (experiment, run), self._index.version(experiment, [run])
        known = self._known(key)
        if known is not None and known.version == version:
            return known
        with self._reading:  # whoever asks meanwhile waits, and finds it
            known = self._known(key)
            if known is not None and known.version == version:
                return known
            found = self._read(experiment, run, known or _Run("", {}, _Alike()), version)
        with self._lock:
            self._runs[key] = found
            self._runs.move_to_end(key)
            while len(self._runs) > 1 and sum(map(len, self._runs.values())) > _CACHED_STATES:
                self._runs.popitem(last=False)
        return found

    def _known(self, key: tuple[str, str]) -> _Run | None:
        with self._lock:
            if key in self._runs:
                self._runs.move_to_end(key)
            return self._runs.get(key)

    def _read(self, experiment: str, run: str, before: _Run, version: str) -> _Run:
        found: dict[str, _Steps] = {}
        tags = sorted(self._index.tags(experiment, run))
        # in portions: the manifests of a whole run need not lie in memory together
        for start in range(0, len(tags), _TAGS_PER_READ):
            portion = tags[start : start + _TAGS_PER_READ]
            for tag, series in self._index.series(experiment, run, portion).items():
                known = before.tags.get(tag, {})
                found[tag] = {
                    (one.step, one.wall_time): known[one.step, one.wall_time]
                    if (one.step, one.wall_time) in known
                    else tuple(_states(tag, one, before.alike))
                    for one in series.manifests
                }
        return _Run(version, found, before.alike)


def _states(tag: str, logged: LoggedManifest, alike: _Alike) -> Iterator[LoggedStates]:
    try:
        manifest = parse_manifest(logged.payload)
    except UnreadableManifest:
        return  # the picker says so of the example
    modality = {item.name: item.modality for item in manifest.sequences}
    for states in manifest.hidden_states:
        yield LoggedStates(
            tag,
            logged.step,
            alike.text(states.sequence),
            alike.numbers(tuple(states.layers)),
            states.features,
            alike.text(manifest.store),
            alike.text(states.values.path),
            states.values.offset,
            alike.places(modality[states.sequence]),
        )
