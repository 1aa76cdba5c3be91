"""Where the patches of a grid lie in their image."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def grid_boxes(rows: int, columns: int) -> npt.NDArray[np.float32]:
    """Boxes of a grid in row-major order, row 0 on top, as fractions of the whole grid.

    Returns:
        (rows * columns, 4) array of ``x0, y0, x1, y1``.
    """
    row, column = np.divmod(np.arange(rows * columns), columns)
    boxes = np.stack(
        [column / columns, row / rows, (column + 1) / columns, (row + 1) / rows], axis=1
    )
    return boxes.astype(np.float32)


def patch_names(rows: int, columns: int) -> list[str]:
    """Display string of every patch of a grid, row-major: ``patch row,column`` from 0."""
    return [f"patch {row},{column}" for row in range(rows) for column in range(columns)]
