"""Hidden states of the examples of a run, and which of them share a space."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vl_tb_plugin.example import MODALITIES
from vl_tb_plugin.plugin.request import NotFound
from vl_tb_plugin.plugin.run_folders import RunFolders
from vl_tb_plugin.plugin.run_index import LoggedSeries, RunIndex
from vl_tb_plugin.plugin.store_cache import StoreCache
from vl_tb_plugin.storage import manifest_pb2
from vl_tb_plugin.storage.manifest import UnreadableManifest, parse_manifest
from vl_tb_plugin.storage.run_folder import store_path

_PADDING = MODALITIES.index("padding")


@dataclass(frozen=True, eq=False)
class TokenStates:
    """Hidden states of one sequence of one example: (points, features), padding left out."""

    tag: str
    sequence: str
    token: npt.NDArray[np.int32]
    modality: npt.NDArray[np.uint8]
    values: npt.NDArray[np.float32]
    manifest: manifest_pb2.Manifest


class HiddenStateReading:
    """Reads hidden states of one layer, example by example."""

    def __init__(self, index: RunIndex, folders: RunFolders, stores: StoreCache):
        self._index = index
        self._folders = folders
        self._stores = stores

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
                    yield TokenStates(
                        tag, states.sequence, token, codes[token], values[token], manifest
                    )

    def sequences_of(self, experiment: str, run: str, layer: int) -> tuple[str, ...]:
        """The first sequence that has the layer, and those that meet it in attention there."""
        tags = sorted(self._index.tags(experiment, run))[:1]
        for series in self._index.series(experiment, run, tags).values():
            for manifest in _manifests(series, None):
                sequences = sequences_sharing_space(manifest, layer)
                if sequences:
                    return sequences
        raise NotFound(f"Run {run!r} has no hidden states of layer {layer}.")


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


def _manifests(series: LoggedSeries, step: int | None) -> Iterator[manifest_pb2.Manifest]:
    for logged in series.manifests:
        if step is None or logged.step == step:
            try:
                yield parse_manifest(logged.payload)
            except UnreadableManifest:
                continue  # the picker says so of the example
