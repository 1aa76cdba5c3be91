"""The attention block that a request is about, its axes, and the store that holds its arrays."""

from __future__ import annotations

import threading
from collections import OrderedDict

import numpy as np
from werkzeug.wrappers import Request

from vl_tb_plugin.analysis.block_axes import BlockAxes
from vl_tb_plugin.example import MODALITIES, TokenSequence
from vl_tb_plugin.plugin.request import NotFound, experiment_of, number, text
from vl_tb_plugin.plugin.run_folders import RunFolders
from vl_tb_plugin.plugin.run_index import RunIndex
from vl_tb_plugin.plugin.store_cache import StoreCache
from vl_tb_plugin.storage import manifest_pb2
from vl_tb_plugin.storage.manifest import sequence_boxes, sequence_modality
from vl_tb_plugin.storage.run_folder import store_path
from vl_tb_plugin.storage.tensor_store import TensorStore

_REMEMBERED_AXES = 64


class BlockReading:
    """Finds what ``run``, ``tag``, ``step`` and ``block`` of a request name."""

    def __init__(self, index: RunIndex, folders: RunFolders, stores: StoreCache):
        self._index = index
        self._folders = folders
        self._stores = stores
        self._axes: OrderedDict[tuple[str, str, str], BlockAxes] = OrderedDict()
        self._lock = threading.Lock()

    def block(self, request: Request) -> tuple[manifest_pb2.Manifest, manifest_pb2.AttentionBlock]:
        """The example's manifest and the block; raises ``NotFound``."""
        run, tag, name = text(request, "run"), text(request, "tag"), text(request, "block")
        step = number(request, "step")
        _, manifest = self._index.manifest(experiment_of(request), run, tag, step)
        for block in manifest.attention:
            if block.name == name:
                return manifest, block
        names = [block.name for block in manifest.attention]
        raise NotFound(f"Example {tag!r} has no attention block {name!r}, only {names}.")

    def store(self, request: Request, manifest: manifest_pb2.Manifest) -> TensorStore:
        """The store of the example's step; raises FileNotFoundError."""
        folder = self._folders.folder(text(request, "run"))
        return self._stores.open(store_path(folder, manifest.store))

    def axes(
        self,
        request: Request,
        manifest: manifest_pb2.Manifest,
        block: manifest_pb2.AttentionBlock,
    ) -> BlockAxes:
        """What the rows and columns of a block are; remembered, as many clicks ask for the same."""
        key = text(request, "run"), manifest.store, block.weights
        with self._lock:
            known = self._axes.get(key)
        if known is None:
            known = _block_axes(manifest, block)
            with self._lock:
                self._axes[key] = known
                if len(self._axes) > _REMEMBERED_AXES:
                    self._axes.popitem(last=False)
        return known


def check_layer(layer: int, block: manifest_pb2.AttentionBlock) -> None:
    """Raise ``NotFound`` unless the block has the layer."""
    if layer not in block.layers:
        raise NotFound(f"Block {block.name!r} has no layer {layer}, only {list(block.layers)}.")


def check_head(head: int, block: manifest_pb2.AttentionBlock) -> None:
    """Raise ``NotFound`` unless the block has the head."""
    if head >= block.heads:
        raise NotFound(f"Block {block.name!r} has heads 0 to {block.heads - 1}, not {head}.")


def _block_axes(manifest: manifest_pb2.Manifest, block: manifest_pb2.AttentionBlock) -> BlockAxes:
    named = {one.name: one for one in manifest.sequences if one.name in (block.query, block.key)}
    sequences = {name: _sequence(one) for name, one in named.items()}
    boxes = np.asarray(manifest.target_boxes, np.float32).reshape(-1, 4)
    return BlockAxes(sequences[block.query], sequences[block.key], boxes)


def _sequence(sequence: manifest_pb2.Sequence) -> TokenSequence:
    # a modality of a newer version is neither text nor image to this one
    modality = [name if name in MODALITIES else "special" for name in sequence_modality(sequence)]
    return TokenSequence(
        sequence.tokens,
        modality,
        sequence.name,
        sequence_boxes(sequence),
        np.maximum(np.asarray(sequence.image_index, np.int32), 0),
    )
