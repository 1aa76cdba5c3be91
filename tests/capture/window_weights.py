"""An oracle for attention within windows: every cell finds its window by its coordinates."""

from __future__ import annotations

import torch
from torch import Tensor


def weights_on_grid(weights: Tensor, grid: tuple[int, int], window: int, shift: int) -> Tensor:
    """(samples, heads, cells, cells) from (samples x windows, heads, cells, cells) of windows.

    Args:
        weights: of every window.
        grid: rows and columns, multiples of the window.
        window: cells along each side of a window.
        shift: by how many cells the windows are moved to the right and down.
    """
    rows, columns = grid
    cells = [divmod(number, columns) for number in range(rows * columns)]
    moved = [((row - shift) % rows, (column - shift) % columns) for row, column in cells]
    across = columns // window
    own = torch.tensor([row // window * across + column // window for row, column in moved])
    inside = torch.tensor([row % window * window + column % window for row, column in moved])
    by_sample = weights.unflatten(0, (-1, rows // window * across))
    of_cells = by_sample[:, own, :, inside]  # (cells, samples, heads, cells of a window)
    together = own[:, None] == own[None, :]
    return of_cells[..., inside].permute(1, 2, 0, 3) * together
