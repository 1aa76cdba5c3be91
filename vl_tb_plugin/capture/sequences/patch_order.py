"""The order in which a vision tower reads the patches of an image, where that is not row by row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def nested_order(rows: int, columns: int, sides: Sequence[int] = ()) -> list[int]:
    """Patches of a grid, square by square: each square row by row, and so its squares inside.

    Args:
        rows: of the grid.
        columns: of the grid.
        sides: of the nested squares in patches, largest first; those at the right and lower edge
            are cut off where the grid ends.

    Returns:
        for each place in the order, the row-major number of its patch.

    Example:
        >>> nested_order(2, 4, [2])
        [0, 1, 4, 5, 2, 3, 6, 7]
    """
    row, column = np.divmod(np.arange(rows * columns), columns)
    keys = [place // side for side in (*sides, 1) for place in (row, column)]
    order: list[int] = np.lexsort(keys[::-1]).tolist()  # the last key decides first
    return order
