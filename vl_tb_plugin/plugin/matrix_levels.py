"""The matrix of one head as it is stored, and its coarser levels, the latest used in memory."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vl_tb_plugin.analysis.matrix_tiles import TILE, PooledMatrix, Tile, cells, stacked
from vl_tb_plugin.example.encoded_probabilities import EncodedProbabilities, encode
from vl_tb_plugin.storage.tensor_store import TensorStore

CACHED_BYTES = 64 << 20
_WEIGHTS_PER_READ = 1 << 20


@dataclass(frozen=True, eq=False)
class StoredMatrix:
    """One head's weights, read some rows at a time.

    Attributes:
        name: what the weights are, by file, path in it, layer and head; equal names, equal weights.
        store: where they are.
        path: of the block's weights in the store.
        layer: index of the layer among those kept.
        head: index of the head among those kept; None for the mean over all.
        rows: query positions kept, ascending.
        keys: key positions kept, ascending.
        shape: (queries, keys) of the whole matrix.
    """

    name: tuple[str, str, int, int | None]
    store: TensorStore
    path: str
    layer: int
    head: int | None
    rows: npt.NDArray[np.intp]
    keys: npt.NDArray[np.intp]
    shape: tuple[int, int]

    def between(self, start: int, stop: int) -> PooledMatrix:
        """What was logged of the queries from ``start`` on and before ``stop``."""
        first, last = (int(place) for place in np.searchsorted(self.rows, [start, stop]))
        if first == last:
            codes = np.zeros((0, len(self.keys)), np.uint8)
        else:
            encoded = self.store.attention(self.path, self.layer, self.head, slice(first, last))
            codes = _square_root_codes(encoded)
            if len(self.keys) < codes.shape[1]:
                codes = codes[:, self.keys]
        return PooledMatrix.unpooled(codes, self.rows[first:last], self.keys)

    def pooled_once(self, rows: bool, keys: bool) -> PooledMatrix:
        """Level 1 of the axes asked for; the matrix itself is never in memory as a whole."""
        step = max(2, _WEIGHTS_PER_READ // self.shape[1] // 2 * 2)
        starts = range(0, self.shape[0], step)
        return stacked([self.between(at, at + step).pooled(rows, keys) for at in starts])


class MatrixLevels:
    """Tiles at any level; threads may share it."""

    def __init__(self, capacity: int = CACHED_BYTES) -> None:
        self._capacity = capacity
        self._levels: OrderedDict[tuple[object, ...], PooledMatrix] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def tile(
        self, matrix: StoredMatrix, levels: tuple[int, int], row: int, column: int
    ) -> tuple[Tile, npt.NDArray[np.int64]]:
        """A tile, and how many of the weights that were read for it have each code: of the whole
        matrix, except at level 0 of both axes.

        Args:
            matrix: whose.
            levels: of the query and of the key axis.
            row: number of the tile along the queries.
            column: number of the tile along the keys.
        """
        if levels == (0, 0):
            pooled = matrix.between(TILE * row, TILE * (row + 1))
        else:
            with self._lock:
                pooled = self._level(matrix, *levels)
        queries, keys = (cells(*axis) for axis in zip(matrix.shape, levels, strict=True))
        return pooled.tile((queries, keys), row, column), pooled.counts

    def _level(self, matrix: StoredMatrix, rows: int, keys: int) -> PooledMatrix:
        key = (*matrix.name, rows, keys)
        level = self._levels.get(key)
        if level is None:
            if max(rows, keys) == 1:
                level = matrix.pooled_once(rows == 1, keys == 1)
            else:
                finer = self._level(matrix, max(0, rows - 1), max(0, keys - 1))
                level = finer.pooled(rows > 0, keys > 0)
            self._levels[key] = level
            self._bytes += level.values.nbytes
        self._levels.move_to_end(key)
        while self._bytes > self._capacity and len(self._levels) > 1:
            _, dropped = self._levels.popitem(last=False)
            self._bytes -= dropped.values.nbytes
        return level


def _square_root_codes(encoded: EncodedProbabilities) -> npt.NDArray[np.uint8]:
    """``round(255 sqrt(p))``, whatever the precision in which the weights are stored."""
    if encoded.precision != "uint8":
        encoded = encode(encoded.decoded(), "uint8")
    values: npt.NDArray[np.uint8] = encoded.values
    return values
