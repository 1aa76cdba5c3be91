"""The weights of one sample's attention block, as far as they were kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from vl_tb_plugin.example import MODALITIES
from vl_tb_plugin.storage import manifest_pb2
from vl_tb_plugin.storage.tensor_store import TensorStore

Positions: TypeAlias = npt.NDArray[np.intp]

_PADDING = MODALITIES.index("padding")
_WEIGHTS_AT_ONCE = 32 << 20


@dataclass(frozen=True, eq=False)
class KeptBlock:
    """What of a block can be read, by the numbers and positions of the manifest."""

    store: TensorStore
    block: manifest_pb2.AttentionBlock
    query: manifest_pb2.Sequence
    key: manifest_pb2.Sequence

    @classmethod
    def of(cls, store: TensorStore, manifest: manifest_pb2.Manifest, name: str) -> KeptBlock:
        """The block of that name, which the manifest must have."""
        block = next(one for one in manifest.attention if one.name == name)
        sequences = {one.name: one for one in manifest.sequences}
        return cls(store, block, sequences[block.query], sequences[block.key])

    @property
    def layers(self) -> tuple[int, ...]:
        """Layers whose weights are kept."""
        return tuple(self.block.weight_layers)

    @property
    def heads(self) -> tuple[int, ...]:
        """Heads whose weights are kept."""
        return tuple(self.block.weight_heads)

    @cached_property
    def kept_rows(self) -> Positions:
        """Query positions kept."""
        return np.array(self.block.rows or range(len(self.query.tokens)), np.intp)

    @cached_property
    def content_rows(self) -> Positions:
        """Query positions kept that are not padding."""
        modality = np.frombuffer(self.query.modality, np.uint8)
        return self.kept_rows[modality[self.kept_rows] != _PADDING]

    @cached_property
    def kept_keys(self) -> Positions:
        """Key positions kept."""
        return np.array(self.block.keys or range(len(self.key.tokens)), np.intp)

    @property
    def weights_of_a_head(self) -> int:
        """How many weights a head has in the store."""
        return len(self.kept_rows) * len(self.key.tokens)

    def weights(
        self, layers: Sequence[int], heads: Sequence[int], rows: Positions, keys: Positions
    ) -> npt.NDArray[np.float32]:
        """Probabilities of chosen rows and keys of layers x heads, layer by layer.

        Args:
            layers: numbers of layers, each kept.
            heads: numbers of heads, each kept.
            rows: query positions, each kept.
            keys: key positions.

        Returns:
            (layers * heads, rows, keys).
        """
        places = np.searchsorted(self.kept_rows, rows)
        chosen = [self.heads.index(head) for head in heads]
        at_once = max(1, _WEIGHTS_AT_ONCE // self.weights_of_a_head)
        read = []
        for layer in layers:
            number = self.layers.index(layer)
            parts = [
                self.store.attention(
                    self.block.weights, number, slice(start, start + at_once), slice(None)
                )[:, places].decoded()
                for start in range(0, len(self.heads), at_once)
            ]
            read.append(np.concatenate(parts)[chosen][..., keys])
        return np.concatenate(read)
