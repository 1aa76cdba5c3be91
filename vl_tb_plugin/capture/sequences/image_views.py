"""Views of an image: the whole of it, tiles of it, or a canvas on which it lies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vl_tb_plugin.capture.sequences.image_grid import grid_boxes, patch_names
from vl_tb_plugin.capture.sequences.image_tokens import ImageToken

Box = tuple[float, float, float, float]

WHOLE: Box = (0.0, 0.0, 1.0, 1.0)
"""All of an image."""


@dataclass(frozen=True)
class View:
    """A picture that a vision tower is shown, made of an image.

    Attributes:
        box: what it shows, as fractions of the image; beyond 0 or 1 where it has a margin.
        label: what its tokens are called before their own name; empty for a whole image.
    """

    box: Box = WHOLE
    label: str = ""


def view_tokens(view: View, image: int, rows: int, columns: int) -> list[ImageToken]:
    """One token per patch of a grid over a view, row by row.

    Patches that lie wholly on a margin show nothing of the image: they are ``special``.

    Args:
        view: of the image.
        image: number of the image among those of the sample.
        rows: of the grid.
        columns: of the grid.
    """
    boxes = np.clip(_within(grid_boxes(rows, columns).astype(np.float64), view.box), 0, 1)
    tokens = []
    for name, box in zip(patch_names(rows, columns), boxes.astype(np.float32), strict=True):
        title = f"{view.label} {name}".lstrip()
        shows = box[0] < box[2] and box[1] < box[3]
        tokens.append(ImageToken(title, "image", box, image) if shows else ImageToken(title))
    return tokens


def tile_views(rows: int, columns: int, canvas: Box = WHOLE) -> list[View]:
    """The tiles of a canvas, row by row.

    Args:
        rows: of the tiles.
        columns: of the tiles.
        canvas: what the tiles together show, as fractions of the image.
    """
    boxes = _within(grid_boxes(rows, columns).astype(np.float64), canvas)
    return [
        View((x0, y0, x1, y1), f"tile {number // columns},{number % columns}")
        for number, (x0, y0, x1, y1) in enumerate(boxes.tolist())
    ]


OVERVIEW = View(WHOLE, "overview")
"""The whole image beside its tiles."""


def _within(boxes: npt.NDArray[np.float64], frame: Box) -> npt.NDArray[np.float64]:
    start, stop = np.array(frame[:2]), np.array(frame[2:])
    return np.tile(start, 2) + boxes * np.tile(stop - start, 2)
