"""Weights of chosen tokens read from a store: rows or columns, averaged over the tokens."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vl_tb_plugin.analysis.block_axes import BlockAxes, FloatArray
from vl_tb_plugin.example import EncodedProbabilities
from vl_tb_plugin.plugin.request import NotFound
from vl_tb_plugin.storage import manifest_pb2
from vl_tb_plugin.storage.tensor_store import TensorStore

_GAP = 64
"""Rows less than this apart are read together."""

_ROWS_AT_ONCE = 512

_LARGE_HEAD = 1 << 20
"""Weights of a head from which on heads are read one by one."""

_REMEMBERED_HEADS = 256


@dataclass(frozen=True)
class ChosenTokens:
    """Tokens of one axis of a block.

    Attributes:
        direction: ``"query"`` where they look, ``"key"`` where they are looked at.
        positions: in their sequence, those of which weights were logged.
        queries, keys: lengths of the block's axes.
    """

    direction: str
    positions: tuple[int, ...]
    queries: int
    keys: int


@dataclass(frozen=True, eq=False)
class Weights:
    """One row per head.

    Attributes:
        values: (heads, tokens of the other axis) float32, NaN where a weight was not logged.
        bound: of the same shape: largest error of each, from storing it in fewer bits.
    """

    values: FloatArray
    bound: FloatArray


class TokenAttention:
    """Reads one block of one example.

    Args:
        store: where its weights are.
        block: as its manifest has it.
    """

    def __init__(self, store: TensorStore, block: manifest_pb2.AttentionBlock):
        self._store = store
        self._block = block

    def weights(self, layer: int, heads: Sequence[int] | None, tokens: ChosenTokens) -> Weights:
        """What the tokens look at (or who looks at them), averaged over the tokens.

        Args:
            layer: its number.
            heads: their numbers; ``None`` for the mean over all heads, kept by itself.
            tokens: at least one.
        """
        layer = self._layer_index(layer)
        if heads is None:
            parts = [self._averaged(layer, None, tokens)]
        else:
            indices = [self._head_index(head) for head in heads]
            # a head this large is cut into chunks of its own: nothing is gained by reading several
            whole = len(self._rows(tokens.queries)) * tokens.keys > _LARGE_HEAD
            stretches = [slice(one, one + 1) for one in sorted(indices)] if whole else None
            parts = [
                self._averaged(layer, part, tokens) for part in stretches or _stretches(indices, 1)
            ]
            # stretches ascend; the answer is in the order that was asked for
            places = np.argsort(np.argsort(indices, kind="stable"), kind="stable")
            values = np.concatenate([part.values for part in parts])[places]
            return Weights(values, np.concatenate([part.bound for part in parts])[places])
        return parts[0]

    def received(self, layer: int, head: int | None, axes: BlockAxes) -> FloatArray:
        """(keys,) mean weight that each key receives from the kept text and image rows.

        NaN where no row or not the key was kept.
        """
        layer = self._layer_index(layer)
        index = None if head is None else self._head_index(head)
        rows = np.array(self._rows(len(axes.query)))
        content = (axes.text_queries | axes.image_queries)[rows]
        total = np.zeros(len(axes.key))
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            stretch = slice(start, start + _ROWS_AT_ONCE)
            some = self._store.attention(self._block.weights, layer, index, stretch).decoded()
            total += content[stretch] @ some
        received = total / content.sum() if content.any() else np.full(len(total), np.nan)
        if self._block.keys:
            received[np.setdiff1d(np.arange(len(received)), self._block.keys)] = np.nan
        return received

    def _averaged(self, layer: int, heads: slice | None, tokens: ChosenTokens) -> Weights:
        by_query = tokens.direction == "query"
        rows = self._rows(tokens.queries)
        positions = list(tokens.positions)
        asked = [rows.index(row) for row in positions] if by_query else list(range(len(rows)))
        values: list[FloatArray] = []
        bounds: list[FloatArray] = []
        for stretch in _in_steps(_stretches(asked, _GAP)):
            encoded = self._store.attention(self._block.weights, layer, heads, stretch)
            picked = _rows_of(encoded, [row - stretch.start for row in asked], stretch)
            if not by_query:
                picked = EncodedProbabilities(
                    picked.values[..., positions], picked.precision, picked.row_maximum
                )
            values.append(_with_heads(picked.decoded()))
            bounds.append(_with_heads(picked.error_bound()))
        axis = 1 if by_query else 2
        value = np.concatenate(values, axis=1).mean(axis=axis, dtype=np.float32)
        bound = np.concatenate(bounds, axis=1).mean(axis=axis, dtype=np.float32)
        if by_query:
            if self._block.keys:
                value[:, np.setdiff1d(np.arange(tokens.keys), self._block.keys)] = np.nan
            return Weights(value, bound)
        every = np.full((len(value), tokens.queries), np.nan, np.float32)
        every[:, rows] = value
        return Weights(every, bound)

    def _rows(self, queries: int) -> list[int]:
        return list(self._block.rows) or list(range(queries))

    def _layer_index(self, layer: int) -> int:
        return kept_index(self._block.weight_layers, layer, f"layer {layer}", self._block.name)

    def _head_index(self, head: int) -> int:
        return kept_index(self._block.weight_heads, head, f"head {head}", self._block.name)


class ReceivedWeights:
    """Remembers what the keys of a head receive: a click on another token needs it again."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, str, int, int | None], FloatArray] = OrderedDict()
        self._lock = threading.Lock()

    def mean(
        self,
        reading: TokenAttention,
        path: tuple[str, str],
        layers: Sequence[int],
        heads: Sequence[int] | None,
        axes: BlockAxes,
    ) -> FloatArray:
        """(keys,) mean over layers and heads; ``path`` names the store and the weights in it."""
        every = [(layer, head) for layer in layers for head in ([None] if heads is None else heads)]
        return np.mean([self._of_head(reading, path, *one, axes) for one in every], axis=0)

    def _of_head(
        self,
        reading: TokenAttention,
        path: tuple[str, str],
        layer: int,
        head: int | None,
        axes: BlockAxes,
    ) -> FloatArray:
        key = (*path, layer, head)
        with self._lock:
            known = self._known.get(key)
        if known is None:
            known = reading.received(layer, head, axes)
            with self._lock:
                self._known[key] = known
                if len(self._known) > _REMEMBERED_HEADS:
                    self._known.popitem(last=False)
        return known


def kept_index(kept: Sequence[int], number: int, what: str, block: str) -> int:
    """Index of a layer or head among those whose weights were kept; raises ``NotFound``."""
    if number not in kept:
        raise NotFound(
            f"Of {what} of block {block!r} only the statistics were logged, not its weights."
        )
    return list(kept).index(number)


def _stretches(positions: Sequence[int], gap: int) -> Iterator[slice]:
    """Slices, ascending, that cover the positions and leave out gaps of more than that."""
    ordered = np.unique(positions)
    for part in np.split(ordered, np.flatnonzero(np.diff(ordered) > gap) + 1):
        yield slice(int(part[0]), int(part[-1]) + 1)


def _in_steps(stretches: Iterator[slice]) -> Iterator[slice]:
    for stretch in stretches:
        for start in range(stretch.start, stretch.stop, _ROWS_AT_ONCE):
            yield slice(start, min(stretch.stop, start + _ROWS_AT_ONCE))


def _rows_of(
    encoded: EncodedProbabilities, rows: Sequence[int], stretch: slice
) -> EncodedProbabilities:
    """The rows that lie in the stretch, counted from its start."""
    inside = [row for row in rows if 0 <= row < stretch.stop - stretch.start]
    if len(inside) == encoded.values.shape[-2]:
        return encoded
    return encoded[inside] if encoded.values.ndim == 2 else encoded[:, inside]


def _with_heads(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """(heads, rows, keys), also of the mean over heads."""
    return values if values.ndim == 3 else values[None]
