"""An image divided along the edges of boxes: areas and maps without choosing a resolution."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


class ImageCells:
    """The rectangles into which the edges of boxes divide an image.

    Whatever is constant inside each of the boxes is constant inside each cell, so sums over cells
    weighted by their area are exact.

    Args:
        boxes: (n, 4) ``x0, y0, x1, y1`` as fractions of the image.
        pixels: height and width of a mask whose pixels are to be told apart, too.

    Attributes:
        area: (rows, columns) of each cell, as a share of the image.
    """

    area: FloatArray

    def __init__(self, boxes: npt.ArrayLike, pixels: tuple[int, int] | None = None):
        corners = np.asarray(boxes, np.float64).reshape(-1, 4).clip(0, 1)
        height, width = pixels or (1, 1)
        self._x = np.unique([*np.arange(width + 1) / width, *corners[:, [0, 2]].ravel()])
        self._y = np.unique([*np.arange(height + 1) / height, *corners[:, [1, 3]].ravel()])
        self.area = np.outer(np.diff(self._y), np.diff(self._x))

    def within(self, box: npt.ArrayLike) -> tuple[slice, slice]:
        """Rows and columns of the cells of one of the boxes."""
        x0, y0, x1, y1 = np.asarray(box, np.float64).clip(0, 1)
        rows = slice(*np.searchsorted(self._y, [y0, y1]).tolist())
        return rows, slice(*np.searchsorted(self._x, [x0, x1]).tolist())

    def covered(self, boxes: npt.ArrayLike) -> BoolArray:
        """(rows, columns): which cells lie in any of the boxes."""
        cells = np.zeros(self.area.shape, bool)
        for box in np.asarray(boxes, np.float64).reshape(-1, 4):
            cells[self.within(box)] = True
        return cells

    def of_mask(self, mask: BoolArray) -> BoolArray:
        """(rows, columns): the pixel of a mask (height, width) that each cell lies in."""
        row, column = (
            ((edges[:-1] + edges[1:]) / 2 * count).astype(int)
            for edges, count in zip((self._y, self._x), mask.shape, strict=True)
        )
        return mask[np.ix_(row, column)]

    def highest(self, scores: npt.ArrayLike, boxes: npt.ArrayLike) -> FloatArray:
        """(rows, columns): highest score (tokens,) of the boxes (tokens, 4) that cover each cell;
        NaN where none does."""
        cells = np.full(self.area.shape, np.nan)
        for score, box in zip(np.asarray(scores), np.asarray(boxes), strict=True):
            place = self.within(box)
            cells[place] = np.fmax(cells[place], score)
        return cells
