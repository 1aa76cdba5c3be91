"""A matrix of attention at several magnifications, in tiles of a size to send and to paint.

Where a screen has fewer pixels than the matrix has cells, a cell shows the *largest* of its
weights: a mean would hide the few tokens that get most of the attention. Level *n* of an axis joins
``2 ** n`` tokens; the two axes have levels of their own: a prompt may be short and an image long.

Weights are codes ``round(255 sqrt(p))``. They grow with the weight, so the code of the largest is
the largest code. Rows and columns that were not logged are not held, and never count as zero.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

TILE = 256
"""Cells of a tile along each axis; tiles at the end of an axis have fewer."""

CODES = 256

Codes = npt.NDArray[np.uint8]
Positions = npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class PooledMatrix:
    """What was logged of a matrix, at one level of each axis.

    Attributes:
        values: (rows, keys) uint8, codes of the largest weights.
        rows: (rows,) positions on the pooled query axis, ascending.
        keys: (keys,) positions on the pooled key axis, ascending.
        counts: (256,) int64, how many logged weights of the matrix itself have each code.
    """

    values: Codes
    rows: Positions
    keys: Positions
    counts: npt.NDArray[np.int64]

    @classmethod
    def unpooled(cls, values: Codes, rows: Positions, keys: Positions) -> PooledMatrix:
        """Level 0 of both axes."""
        return cls(values, rows, keys, np.bincount(values.reshape(-1), minlength=CODES))

    def pooled(self, rows: bool, keys: bool) -> PooledMatrix:
        """The next level, of the axes asked for."""
        values, row_positions, key_positions = self.values, self.rows, self.keys
        if rows:
            values, row_positions = _joined(values, row_positions, axis=0)
        if keys:
            values, key_positions = _joined(values, key_positions, axis=1)
        return PooledMatrix(values, row_positions, key_positions, self.counts)

    def tile(self, shape: tuple[int, int], row: int, column: int) -> Tile:
        """The tile in that row and column of tiles; ``shape``: cells of both pooled axes."""
        (top, height), (left, width) = (
            (TILE * number, min(TILE, cells - TILE * number))
            for number, cells in zip((row, column), shape, strict=True)
        )
        first, last = np.searchsorted(self.rows, [top, top + height])
        start, stop = np.searchsorted(self.keys, [left, left + width])
        rows, keys = self.rows[first:last] - top, self.keys[start:stop] - left
        weights = np.zeros((height, width), np.uint8)
        weights[np.ix_(rows, keys)] = self.values[first:last, start:stop]
        logged, logged_keys = np.zeros(height, np.uint8), np.zeros(width, np.uint8)
        logged[rows] = logged_keys[keys] = 1
        return Tile(weights, logged, logged_keys)


@dataclass(frozen=True, eq=False)
class Tile:
    """A part of a pooled matrix.

    Attributes:
        weights: (rows, keys) uint8 codes, at most 256 x 256; 0 where nothing was logged.
        logged: (rows,) uint8, 1 where at least one of the row's queries was logged.
        logged_keys: (keys,) uint8, 1 where at least one of the column's keys was logged.
    """

    weights: Codes
    logged: Codes
    logged_keys: Codes


def stacked(parts: list[PooledMatrix]) -> PooledMatrix:
    """Parts of one matrix, one below the other; no row may be in two of them."""
    return PooledMatrix(
        np.concatenate([part.values for part in parts]),
        np.concatenate([part.rows for part in parts]),
        parts[0].keys,
        np.sum([part.counts for part in parts], axis=0),
    )


def cells(tokens: int, level: int) -> int:
    """Length of a pooled axis."""
    return -(-tokens >> level)


def coarsest_level(tokens: int) -> int:
    """The level at which an axis fits into one tile."""
    level = 0
    while cells(tokens, level) > TILE:
        level += 1
    return level


def _joined(values: Codes, positions: Positions, axis: int) -> tuple[Codes, Positions]:
    """Largest of each pair of neighbours, and where the pairs are on the shorter axis."""
    pairs = positions // 2
    if len(positions) == 0:
        return values, pairs
    whole = positions[0] % 2 == 0 and positions[-1] - positions[0] == len(positions) - 1
    if not whole:
        starts = np.flatnonzero(np.diff(pairs, prepend=-1))
        return np.maximum.reduceat(values, starts, axis=axis), pairs[starts]
    # the same without a list of starts: many times faster along keys
    every: tuple[slice, ...] = (slice(None),) * axis
    even, odd = values[(*every, slice(0, None, 2))], values[(*every, slice(1, None, 2))]
    joined = even.copy()
    paired = joined[(*every, slice(0, odd.shape[axis]))]
    np.maximum(paired, odd, out=paired)
    return joined, pairs[::2]
