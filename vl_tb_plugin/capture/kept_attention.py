"""What is kept of one layer of one block of one sample: sums for statistics, encoded weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from vl_tb_plugin.analysis.block_axes import BlockAxes
from vl_tb_plugin.analysis.head_sums import HeadSums
from vl_tb_plugin.capture.packed_probabilities import PackedProbabilities
from vl_tb_plugin.capture.seen_attention import SeenAttention, own_arithmetic
from vl_tb_plugin.example import EncodedProbabilities, encode
from vl_tb_plugin.example.array_library import as_numpy

CHUNK_BYTES = 4 << 20
"""Size of the probabilities that exist at one time, in single precision."""


class KeptLayer:
    """One layer, filled by the calls that compute parts of it.

    Args:
        heads: number of heads.
        weight_heads: numbers of the heads whose weights are kept.
        axes: what rows and keys are.
        precision: of the weights; empty where only the sums are wanted.
    """

    def __init__(self, heads: int, weight_heads: Sequence[int], axes: BlockAxes, precision: str):
        self.sums = HeadSums(heads, axes)
        self._weight_heads = np.asarray(weight_heads, dtype=np.intp)
        self._precision = precision
        self._pieces: list[_Piece] = []

    @property
    def heads(self) -> int:
        """Number of heads."""
        return self.sums.heads

    @property
    def has_weights(self) -> bool:
        """Whether weights are kept, and not only the sums."""
        return bool(self._precision)

    def add_seen(
        self,
        seen: SeenAttention,
        entry: int,
        rows: npt.NDArray[np.intp],
        queries: npt.NDArray[np.intp],
        columns: npt.NDArray[np.intp],
        keys: npt.NDArray[np.intp],
    ) -> None:
        """Add some rows of one entry of the batch axis.

        Args:
            seen: the attention of a batch.
            entry: number on its batch axis.
            rows: numbers of the rows to add.
            queries: position of each in the query sequence.
            columns: numbers of the keys that belong to the sample.
            keys: position of each in the key sequence.
        """
        every = len(columns) == seen.shape[3]
        whole = len(rows) == seen.shape[2]
        chosen = slice(None) if whole else torch.from_numpy(rows)
        piece = self._new_piece(queries, keys)
        at_once = max(1, CHUNK_BYTES // (4 * len(rows) * seen.shape[3]))
        for first in range(0, self.heads, at_once):
            heads = slice(first, min(first + at_once, self.heads))
            with own_arithmetic(seen.device_type):
                part = seen.probabilities(entry, heads, chosen)
                if not every:
                    part = part[:, :, torch.from_numpy(columns)]
                self._add(part, piece, first)
        piece.finish()

    def add_rows(
        self,
        weights: npt.NDArray[np.float32],
        queries: npt.NDArray[np.intp],
        keys: npt.NDArray[np.intp],
    ) -> None:
        """Add rows that are at hand, (heads, rows, keys), at those positions."""
        piece = self._new_piece(queries, keys)
        self._add(weights, piece, 0)
        piece.finish()

    def _new_piece(self, queries: npt.NDArray[np.intp], keys: npt.NDArray[np.intp]) -> _Piece:
        heads = self._weight_heads if self._precision else self._weight_heads[:0]
        piece = _Piece(queries, keys, heads, self.heads, self._precision)
        if self._precision:
            self._pieces.append(piece)
        return piece

    def _add(self, weights: Any, piece: _Piece, first: int) -> None:
        every = len(piece.keys) == len(self.sums.axes.key)
        self.sums.add(weights, piece.queries, slice(None) if every else piece.keys, first)
        if self._precision:
            piece.take(weights, first)

    def weights(
        self, rows: npt.NDArray[np.intp], keys: int
    ) -> tuple[EncodedProbabilities, EncodedProbabilities]:
        """(heads, rows, keys) and their mean over all heads, (rows, keys), encoded.

        Args:
            rows: positions in the query sequence, ascending.
            keys: length of the key sequence.
        """
        if len(self._pieces) == 1 and self._pieces[0].covers(rows, keys):
            return self._pieces[0].unpacked()
        shape = (len(self._weight_heads), len(rows), keys)
        heads = EncodedProbabilities.empty(shape, self._precision)
        mean = EncodedProbabilities.empty(shape[1:], self._precision)
        for piece in self._pieces:
            piece.place(heads, mean, rows)
        return heads, mean


class _Piece:
    """Encoded weights of some rows and keys, at their positions in the sequences."""

    def __init__(
        self,
        queries: npt.NDArray[np.intp],
        keys: npt.NDArray[np.intp],
        weight_heads: npt.NDArray[np.intp],
        head_count: int,
        precision: str,
    ):
        self.queries, self.keys = queries, keys
        self._weight_heads, self._head_count = weight_heads, head_count
        self._precision = precision
        shape = (len(weight_heads), len(queries), len(keys))
        self._heads = EncodedProbabilities.empty(shape, precision or "uint8")
        self._total = np.zeros(shape[1:] if precision else (0, 0), np.float32)
        self._packed: tuple[PackedProbabilities, ...] = ()

    def take(self, weights: Any, first: int) -> None:
        """Encode those of the heads from ``first`` on that are kept; the mean is over all."""
        self._total += as_numpy(weights.sum(0))
        last = first + len(weights)
        inside = np.flatnonzero((self._weight_heads >= first) & (self._weight_heads < last))
        if len(inside):
            own = self._weight_heads[inside] - first
            chosen = weights if len(own) == len(weights) else weights[own]
            if isinstance(chosen, torch.Tensor) and chosen.device.type == "cpu":
                chosen = chosen.numpy()  # encodes in half the time
            encoded = encode(chosen, self._precision)
            self._heads.values[inside[0] : inside[-1] + 1] = encoded.values
            if self._heads.row_maximum is not None:
                self._heads.row_maximum[inside] = encoded.row_maximum

    def finish(self) -> None:
        """Encode the mean over heads, and keep both in few bytes."""
        if self._precision:
            self._total /= self._head_count
            mean = encode(self._total, self._precision)
            self._packed = PackedProbabilities(self._heads), PackedProbabilities(mean)
        del self._heads, self._total

    def unpacked(self) -> tuple[EncodedProbabilities, EncodedProbabilities]:
        """(heads, rows, keys) and their mean over all heads."""
        heads, mean = self._packed
        return heads.unpacked(), mean.unpacked()

    def covers(self, rows: npt.NDArray[np.intp], keys: int) -> bool:
        """Whether this piece is all of the wanted rows, in order, and all keys, in order."""
        return np.array_equal(self.queries, rows) and np.array_equal(self.keys, np.arange(keys))

    def place(
        self,
        heads: EncodedProbabilities,
        mean: EncodedProbabilities,
        rows: npt.NDArray[np.intp],
    ) -> None:
        """Write this piece where it belongs among the rows and keys of the sample."""
        places = np.searchsorted(rows, self.queries)
        for target, own in zip((heads, mean), self.unpacked(), strict=True):
            target.values[..., places[:, None], self.keys[None, :]] = own.values
            if target.row_maximum is not None and own.row_maximum is not None:
                # several pieces of one row (images that it looks at) share one scale: the largest
                _rescale(target, own, places, self.keys)


def _rescale(
    target: EncodedProbabilities,
    own: EncodedProbabilities,
    places: npt.NDArray[np.intp],
    keys: npt.NDArray[np.intp],
) -> None:
    assert target.row_maximum is not None and own.row_maximum is not None
    before = target.row_maximum[..., places]
    if not before.any():
        target.row_maximum[..., places] = own.row_maximum
        return
    rows = EncodedProbabilities(target.values[..., places, :], target.precision, before).decoded()
    rows[..., keys] = own.decoded()
    again = encode(rows, target.precision)
    target.values[..., places, :] = again.values
    target.row_maximum[..., places] = again.row_maximum
