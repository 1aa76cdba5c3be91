"""Levels and tiles against a naive oracle that looks at every cell."""

from itertools import pairwise

import numpy as np
import pytest

from vl_tb_plugin.analysis.matrix_tiles import (
    TILE,
    PooledMatrix,
    cells,
    coarsest_level,
    stacked,
)

AXES = {
    "all": (300, np.arange(300)),
    "odd length": (301, np.arange(301)),
    "a run from an odd position": (300, np.arange(7, 290)),
    "gaps": (300, np.array([0, 3, 4, 5, 120, 121, 255, 256, 257, 298])),
    "one": (300, np.array([131])),
    "none": (300, np.array([], np.intp)),
    "short": (5, np.arange(5)),
}


def matrix_of(queries, keys, seed=0):
    rng = np.random.default_rng(seed)
    (_, rows), (_, columns) = queries, keys
    values = rng.integers(0, 256, (len(rows), len(columns)), dtype=np.uint8)
    return PooledMatrix.unpooled(values, rows, columns)


def naive_cell(matrix, levels, row, key):
    """Largest code of a cell, None where nothing in it was logged."""
    in_cell = [
        positions >> level == place
        for positions, level, place in zip(
            (matrix.rows, matrix.keys), levels, (row, key), strict=True
        )
    ]
    held = matrix.values[np.ix_(*in_cell)]
    return held.max() if held.size else None


def pooled_to(matrix, levels):
    for step in range(max(levels)):
        matrix = matrix.pooled(step < levels[0], step < levels[1])
    return matrix


@pytest.mark.parametrize("levels", [(0, 0), (1, 1), (3, 3), (0, 4), (2, 0)])
@pytest.mark.parametrize("queries", AXES)
@pytest.mark.parametrize("keys", ["all", "gaps", "short"])
def test_a_cell_is_the_largest_weight_in_it(queries, keys, levels):
    matrix = matrix_of(AXES[queries], AXES[keys])
    shape = tuple(
        cells(AXES[name][0], level) for name, level in zip((queries, keys), levels, strict=True)
    )
    pooled = pooled_to(matrix, levels)
    rng = np.random.default_rng(1)
    for row in range(-(-shape[0] // TILE)):
        for column in range(-(-shape[1] // TILE)):
            tile = pooled.tile(shape, row, column)
            height, width = tile.weights.shape
            assert (height, width) == tuple(
                min(TILE, size - TILE * at) for size, at in zip(shape, (row, column), strict=True)
            )
            for y, x in zip(rng.integers(0, height, 60), rng.integers(0, width, 60), strict=True):
                expected = naive_cell(matrix, levels, TILE * row + y, TILE * column + x)
                logged = bool(tile.logged[y] and tile.logged_keys[x])
                assert logged == (expected is not None)
                assert tile.weights[y, x] == (expected or 0)


def test_levels_that_are_made_slice_by_slice_are_the_same():
    matrix = matrix_of(AXES["gaps"], AXES["all"])
    cuts = np.searchsorted(matrix.rows, [0, 120, 256, 300])  # at even positions
    parts = [
        PooledMatrix.unpooled(matrix.values[start:stop], matrix.rows[start:stop], matrix.keys)
        for start, stop in pairwise(cuts)
    ]
    together = stacked([part.pooled(True, True) for part in parts])
    whole = matrix.pooled(True, True)
    assert np.array_equal(together.values, whole.values)
    assert np.array_equal(together.rows, whole.rows)
    assert np.array_equal(together.counts, whole.counts)


def test_counts_are_those_of_the_matrix_itself_at_every_level():
    matrix = matrix_of(AXES["all"], AXES["gaps"])
    counts = [int((matrix.values == code).sum()) for code in range(256)]
    assert pooled_to(matrix, (3, 3)).counts.tolist() == counts


@pytest.mark.parametrize(
    "tokens, level", [(1, 0), (256, 0), (257, 1), (512, 1), (513, 2), (4096, 4)]
)
def test_the_coarsest_level_fits_into_one_tile(tokens, level):
    assert coarsest_level(tokens) == level
