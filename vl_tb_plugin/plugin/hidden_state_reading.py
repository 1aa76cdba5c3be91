"""Hidden states of the examples of a run in portions, and which sequences share a space."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from vl_tb_plugin.plugin.hidden_state_catalogue import HiddenStateCatalogue, LoggedStates
from vl_tb_plugin.plugin.request import NotFound
from vl_tb_plugin.plugin.run_folders import RunFolders
from vl_tb_plugin.plugin.run_index import RunIndex
from vl_tb_plugin.plugin.store_cache import StoreCache
from vl_tb_plugin.storage import manifest_pb2
from vl_tb_plugin.storage.manifest import UnreadableManifest, parse_manifest
from vl_tb_plugin.storage.run_folder import store_path
from vl_tb_plugin.storage.tensor_store import TensorStore

PORTION_BYTES = 8 << 20
"""About as many bytes of states as stored make a portion: enough for a matrix product to be worth
its start, little beside anything else."""

_Made = TypeVar("_Made")


@dataclass(frozen=True, eq=False)
class StatesPortion:
    """Hidden states of one layer, of some sequences of one step.

    Attributes:
        groups: whose they are; padding is left out.
        values: (points, features) of all groups in turn, float16 or float32 as stored.
    """

    groups: tuple[LoggedStates, ...]
    values: npt.NDArray[np.floating[Any]]

    @property
    def modality(self) -> npt.NDArray[np.uint8]:
        """(points,) index into ``MODALITIES``."""
        return np.concatenate([group.places.modality for group in self.groups])

    @property
    def token(self) -> npt.NDArray[np.int32]:
        """(points,) position in its sequence."""
        return np.concatenate([group.places.token for group in self.groups])


class HiddenStateReading:
    """Reads hidden states of one layer, portion by portion."""

    def __init__(self, index: RunIndex, folders: RunFolders, stores: StoreCache):
        self._index = index
        self._folders = folders
        self._stores = stores
        self.catalogue = HiddenStateCatalogue(index)

    def portions(
        self,
        experiment: str,
        run: str,
        layer: int,
        sequences: Sequence[str],
        *,
        step: int | None = None,
        tags: Collection[str] | None = None,
    ) -> Iterator[StatesPortion]:
        """Hidden states of the examples of a run, at one step or at all; see
        :meth:`HiddenStateCatalogue.states`."""
        states = self.catalogue.states(experiment, run, layer, sequences, step=step, tags=tags)
        return self.read(run, states, layer)

    def read(self, run: str, states: Sequence[LoggedStates], layer: int) -> Iterator[StatesPortion]:
        """The values of what the catalogue said, in its order."""
        folder = self._folders.folder(run)
        return read_portions(
            states, layer, lambda store: self._stores.open(store_path(folder, store))
        )

    def sequences_of(self, experiment: str, run: str, layer: int) -> tuple[str, ...]:
        """The first sequence that has the layer, and those that meet it in attention there."""
        tags = sorted(self._index.tags(experiment, run))[:1]
        for series in self._index.series(experiment, run, tags).values():
            for logged in series.manifests:
                try:
                    sequences = sequences_sharing_space(parse_manifest(logged.payload), layer)
                except UnreadableManifest:
                    continue  # the picker says so of the example
                if sequences:
                    return sequences
        raise NotFound(f"Run {run!r} has no hidden states of layer {layer}.")

    def stream_of(
        self, experiment: str, run: str, layer: int | None = None
    ) -> dict[str, list[int]]:
        """The same over all layers: the sequences that meet the first one (with that layer)
        anywhere, with the layers that each has."""
        first = None if layer is None else self.sequences_of(experiment, run, layer)[0]
        tags = sorted(self._index.tags(experiment, run))[:1]
        for series in self._index.series(experiment, run, tags).values():
            for logged in series.manifests:
                try:
                    manifest = parse_manifest(logged.payload)
                except UnreadableManifest:
                    continue
                had = {one.sequence: list(one.layers) for one in manifest.hidden_states}
                together = {
                    name
                    for begin in ([first] if first is not None else [*had][:1])
                    for one in had.get(begin, ())
                    for name in sequences_sharing_space(manifest, one, begin)
                }
                if together:
                    return {name: layers for name, layers in had.items() if name in together}
        of = "" if first is None else f" of {first!r}"
        raise NotFound(f"Run {run!r} has no hidden states{of}.")


def read_portions(
    states: Iterable[LoggedStates], layer: int, open_store: Callable[[str], TensorStore]
) -> Iterator[StatesPortion]:
    """The values of one layer, each chunk of the store decoded once; see :func:`from_portions`."""
    return from_portions(states, layer, open_store, lambda portion: portion)


def from_portions(
    states: Iterable[LoggedStates],
    layer: int,
    open_store: Callable[[str], TensorStore],
    make: Callable[[StatesPortion], _Made],
    threads: int = 1,
) -> Iterator[_Made]:
    """What is made of the values of one layer, each chunk of the store decoded once.

    The next portions are read, and made something of, in threads meanwhile: decompression and
    matrix products release the interpreter's lock, so that all processors have work.

    Args:
        states: in the order of :meth:`HiddenStateCatalogue.states`.
        layer: number of the layer.
        open_store: the store of that name.
        make: called in the threads, each on one portion after the other.
        threads: how many; answers come in the order of the portions.
    """
    portions = _portions(states)
    # portions come store by store, and to find one takes as long as to read a part of it
    open_latest = lru_cache(maxsize=1)(open_store)
    ahead: deque[Future[_Made]] = deque()
    with ThreadPoolExecutor(threads, "hidden states") as pool:
        try:
            for portion in portions:
                ahead.append(pool.submit(lambda one: make(_read(one, layer, open_latest)), portion))
                if len(ahead) > threads + 1:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
        finally:
            for waiting in ahead:
                waiting.cancel()


def sequences_sharing_space(
    manifest: manifest_pb2.Manifest, layer: int, sequence: str | None = None
) -> tuple[str, ...]:
    """Sequences of one width that attend to each other, in the order logged.

    Streams that never meet (a vision tower and the decoder behind it) have spaces of their own,
    even where these happen to be of one width.

    Args:
        manifest: of the example.
        layer: which must have been logged.
        sequence: one of them; default the first that has the layer. None at all where it has not.
    """
    widths = {
        states.sequence: states.features
        for states in manifest.hidden_states
        if layer in states.layers
    }
    first = next(iter(widths), None) if sequence is None else sequence
    if first not in widths:
        return ()
    met = {first}
    for _ in manifest.attention:  # as often as a chain of streams can be long
        for block in manifest.attention:
            if met & {block.query, block.key}:
                met |= {block.query, block.key}
    return tuple(name for name, width in widths.items() if name in met and width == widths[first])


_Part = tuple[LoggedStates, ...]
"""Sequences whose states lie in one array and have the same layers, by offset."""


def _portions(states: Iterable[LoggedStates]) -> Iterator[list[_Part]]:
    """Whole parts, as many as make a portion; of one step and of one width."""
    portion: list[_Part] = []
    kind, size = None, 0
    for _, grouped in groupby(states, key=lambda one: (one.step, one.store, one.path, one.layers)):
        part = tuple(grouped)
        this = part[0].step, part[0].features
        if portion and (this != kind or size >= PORTION_BYTES):
            yield portion
            portion, size = [], 0
        portion.append(part)
        kind = this
        size += 2 * part[0].features * sum(one.places.length for one in part)
    if portion:
        yield portion


def _read(
    portion: list[_Part], layer: int, open_store: Callable[[str], TensorStore]
) -> StatesPortion:
    values = [_read_part(part, layer, open_store(part[0].store)) for part in portion]
    groups = tuple(one for part in portion for one in part)
    return StatesPortion(groups, values[0] if len(values) == 1 else np.concatenate(values))


def _read_part(part: _Part, layer: int, store: TensorStore) -> npt.NDArray[np.floating[Any]]:
    first, last = part[0], part[-1]
    stop = last.offset + last.places.length
    values = store.stacked_hidden_states(first.path, first.layers.index(layer), first.offset, stop)
    kept = np.concatenate([one.offset - first.offset + one.places.token for one in part])
    return values if len(kept) == len(values) else values[kept]
