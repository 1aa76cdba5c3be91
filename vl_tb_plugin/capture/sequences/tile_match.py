"""How tiles lie in an image, told from the pixels."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional


def grid_of_tiles(tiles: Tensor, overview: Tensor) -> tuple[int, int]:
    """Rows and columns of the grid of tiles that looks most like the overview.

    Args:
        tiles: (tiles, channels, height, width), row by row.
        overview: (channels, height, width): the whole image.
    """
    count = len(tiles)
    grids = [(rows, count // rows) for rows in range(1, count + 1) if count % rows == 0]
    wanted = overview.float()

    def difference(grid: tuple[int, int]) -> float:
        seen = functional.adaptive_avg_pool2d(put_together(tiles, *grid), wanted.shape[-2:])
        return float((seen - wanted).square().mean())

    return min(grids, key=difference)


def put_together(tiles: Tensor, rows: int, columns: int) -> Tensor:
    """The tiles as one picture (channels, height, width)."""
    picture = tiles.float().unflatten(0, (rows, columns)).permute(2, 0, 3, 1, 4)
    return picture.flatten(3, 4).flatten(1, 2)
