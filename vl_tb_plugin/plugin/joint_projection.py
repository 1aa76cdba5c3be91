"""Hidden states of many examples, steps and runs in one basis, so that they can be compared."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vl_tb_plugin.analysis.projection import CovarianceAccumulator, PrincipalComponents
from vl_tb_plugin.example import MODALITIES
from vl_tb_plugin.plugin.request import BadRequest, NotFound
from vl_tb_plugin.plugin.run_folders import RunFolders
from vl_tb_plugin.plugin.run_index import LoggedSeries, RunIndex
from vl_tb_plugin.plugin.store_cache import StoreCache
from vl_tb_plugin.storage import manifest_pb2
from vl_tb_plugin.storage.manifest import UnreadableManifest, parse_manifest
from vl_tb_plugin.storage.run_folder import store_path

COMPONENTS = 3
_CACHED_BASES = 16
_PADDING = MODALITIES.index("padding")


@dataclass(frozen=True)
class ProjectionRequest:
    """Which hidden states the basis is fitted on."""

    experiment: str
    runs: tuple[str, ...]
    layer: int
    sequences: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class FittedBasis:
    """The components, and the extent (components, 2) of all points they were fitted on."""

    components: PrincipalComponents
    extent: npt.NDArray[np.float32]
    steps: int


@dataclass(frozen=True, eq=False)
class TokenStates:
    """Hidden states of one sequence of one example: (points, features), padding left out."""

    tag: str
    sequence: str
    token: npt.NDArray[np.int32]
    modality: npt.NDArray[np.uint8]
    values: npt.NDArray[np.float32]


class JointProjection:
    """Fits bases and keeps the latest used."""

    def __init__(self, index: RunIndex, folders: RunFolders, stores: StoreCache):
        self._index = index
        self._folders = folders
        self._stores = stores
        self._bases: OrderedDict[tuple[ProjectionRequest, str], FittedBasis] = OrderedDict()
        self._lock = threading.Lock()
        self._fitting: dict[tuple[ProjectionRequest, str], threading.Lock] = {}

    def basis(self, request: ProjectionRequest) -> FittedBasis:
        """The basis for what is logged now; fitted once, whoever asks meanwhile waits."""
        key = request, self._index.version(request.experiment, list(request.runs))
        with self._lock:
            turn = self._fitting.setdefault(key, threading.Lock())
        with turn:
            with self._lock:
                if key in self._bases:
                    self._bases.move_to_end(key)
                    return self._bases[key]
            fitted = self._fit(request)
            with self._lock:
                self._bases[key] = fitted
                self._fitting.pop(key, None)
                if len(self._bases) > _CACHED_BASES:
                    self._bases.popitem(last=False)
            return fitted

    def states(
        self, experiment: str, run: str, step: int | None, layer: int, sequences: tuple[str, ...]
    ) -> Iterator[TokenStates]:
        """Hidden states of every example of a run, at one step or at all."""
        folder = self._folders.folder(run)
        for tag, series in self._index.all_series(experiment, run).items():
            for manifest in _manifests(series, step):
                store = self._stores.open(store_path(folder, manifest.store))
                modality = {item.name: item.modality for item in manifest.sequences}
                for states in manifest.hidden_states:
                    if states.sequence not in sequences or layer not in states.layers:
                        continue
                    codes = np.frombuffer(modality[states.sequence], np.uint8)
                    values = store.hidden_states(
                        states.values, list(states.layers).index(layer), len(codes)
                    )
                    token = np.flatnonzero(codes != _PADDING).astype(np.int32)
                    yield TokenStates(tag, states.sequence, token, codes[token], values[token])

    def sequences_of(self, experiment: str, run: str, layer: int) -> tuple[str, ...]:
        """The first sequence that has the layer, and those that meet it in attention there."""
        tags = sorted(self._index.tags(experiment, run))[:1]
        for series in self._index.series(experiment, run, tags).values():
            for manifest in _manifests(series, None):
                widths = {
                    states.sequence: states.features
                    for states in manifest.hidden_states
                    if layer in states.layers
                }
                if widths:
                    return _comparable(manifest, widths)
        raise NotFound(f"Run {run!r} has no hidden states of layer {layer}.")

    def _fit(self, request: ProjectionRequest) -> FittedBasis:
        accumulator: CovarianceAccumulator | None = None
        for states in self._all(request):
            if accumulator is None:
                accumulator = CovarianceAccumulator(states.values.shape[1])
            if states.values.shape[1] != accumulator.features:
                raise BadRequest(
                    f"Hidden states of {states.sequence!r} have {states.values.shape[1]} features,"
                    f" others {accumulator.features}: they have no basis in common."
                    " Show one sequence or one run at a time."
                )
            accumulator.add(states.values)
        if accumulator is None or accumulator.points == 0:
            names = ", ".join(request.sequences)
            raise NotFound(f"No hidden states of layer {request.layer} were logged for {names}.")
        components = accumulator.principal_components(COMPONENTS)
        low = np.full(COMPONENTS, np.inf, np.float32)
        high = -low
        for states in self._all(request):
            positions = components.project(states.values)
            low = np.minimum(low, positions.min(axis=0, initial=np.inf))
            high = np.maximum(high, positions.max(axis=0, initial=-np.inf))
        steps = {
            logged.step
            for run in request.runs
            for series in self._index.all_series(request.experiment, run).values()
            for logged in series.manifests
        }
        extent = np.stack([low, high], axis=1)
        return FittedBasis(components, extent, len(steps))

    def _all(self, request: ProjectionRequest) -> Iterator[TokenStates]:
        for run in request.runs:
            yield from self.states(request.experiment, run, None, request.layer, request.sequences)


def _manifests(series: LoggedSeries, step: int | None) -> Iterator[manifest_pb2.Manifest]:
    for logged in series.manifests:
        if step is None or logged.step == step:
            try:
                yield parse_manifest(logged.payload)
            except UnreadableManifest:
                continue  # the picker says so of the example


def _comparable(manifest: manifest_pb2.Manifest, widths: dict[str, int]) -> tuple[str, ...]:
    """Sequences of one width that attend to each other, in the order logged.

    Streams that never meet (a vision tower and the decoder behind it) have spaces of their own,
    even where these happen to be of one width.
    """
    first = next(iter(widths))
    met = {first}
    for _ in manifest.attention:  # as often as a chain of streams can be long
        for block in manifest.attention:
            if met & {block.query, block.key}:
                met |= {block.query, block.key}
    return tuple(name for name, width in widths.items() if name in met and width == widths[first])
