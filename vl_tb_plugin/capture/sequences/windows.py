"""Windows of a grid, shifted or not, that a model computes as entries of the batch axis."""

from __future__ import annotations

import numpy as np

from vl_tb_plugin.capture.families.forward_inputs import Part


def padded_size(rows: int, columns: int, window: int) -> tuple[int, int]:
    """Rows and columns of a grid extended to the right and below to whole windows."""
    return -(-rows // window) * window, -(-columns // window) * window


def window_parts(rows: int, columns: int, window: int, shift: int, sample: int) -> list[Part]:
    """Where each window of a sample lies in its grid.

    The sequence holds the cells of the grid row by row, then those that extend it to whole
    windows, row by row, too. Windows follow one another row by row within a sample.

    Args:
        rows: of the grid.
        columns: of the grid.
        window: cells along each side of a window.
        shift: by how many cells the windows are moved to the right and down; what leaves at one
            side enters at the other.
        sample: number of the sample.
    """
    height, width = padded_size(rows, columns, window)
    row, column = np.indices((height, width))
    inside = (row < rows) & (column < columns)
    position = np.empty((height, width), int)
    position[inside] = np.arange(rows * columns)
    position[~inside] = np.arange(rows * columns, height * width)
    first = sample * (height // window) * (width // window)
    corners = [(r, c) for r in range(0, height, window) for c in range(0, width, window)]
    cells = np.arange(window) + shift
    parts = []
    for number, (r, c) in enumerate(corners):
        covered = position[np.ix_((r + cells) % height, (c + cells) % width)]
        parts.append(Part(first + number, covered.ravel().tolist()))
    return parts
