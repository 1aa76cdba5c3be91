"""Questions about handwritten digits on coloured tiles, with one right cell each.

A picture is a grid of 4 x 4 cells of 16 pixels over a crop of a photograph. Some cells hold a tile
of one of eight colours with the scan of a handwritten digit. Two kinds of question:

- ``which digit is on the red tile ?``: only one tile is red;
- ``what colour is under the 7 ?``: only one tile holds a 7.

The cell that holds the answer is known, so it can be measured whether a model looks there. Scans
and photographs are those that come with scikit-learn; nothing is downloaded. The scans of the
training pictures and those of the held-out pictures are different ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from sklearn.datasets import load_digits, load_sample_images

GRID = 4
CELLS = GRID * GRID
CELL = 16
"""Side of a cell in pixels."""
TILE = 14
"""Side of a tile in pixels; what is left of the cell is room for jitter."""

COLOURS = {
    "red": (225, 55, 50),
    "orange": (250, 150, 40),
    "yellow": (245, 230, 70),
    "green": (75, 185, 80),
    "cyan": (90, 220, 225),
    "blue": (70, 110, 235),
    "purple": (155, 80, 205),
    "pink": (250, 160, 205),
}
COLOUR_NAMES = tuple(COLOURS)
DIGIT_NAMES = tuple(str(digit) for digit in range(10))
ANSWERS = DIGIT_NAMES + COLOUR_NAMES

NO_DIGIT = len(DIGIT_NAMES)
NO_COLOUR = len(COLOUR_NAMES)
HELD_OUT_SCANS = 360

_INK = np.array((15, 15, 25), np.float32)
_PHOTO_SHARE = 0.25  # the photograph shows through a tile, so that no two tiles are alike
_NOISE = 6.0
_JITTER = CELL - TILE  # from 0 to this many pixels


@dataclass(frozen=True)
class Questions:
    """A batch of pictures with a question each.

    Attributes:
        images: (n, 64, 64, 3) uint8.
        kinds: ``"digit"`` or ``"colour"``: what is asked for.
        keywords: the word by which the tile is named, ``"red"`` or ``"7"``.
        answers: (n,) index into :data:`ANSWERS`.
        cells: (n,) the cell that holds the answer, row-major from the top left.
        digits: (n, 16) digit of each cell, :data:`NO_DIGIT` where there is no tile.
        colours: (n, 16) index of its colour, :data:`NO_COLOUR` where there is no tile.
        scans: (n, 16) number of the scan in scikit-learn's collection, -1 where there is no tile.
    """

    images: npt.NDArray[np.uint8]
    kinds: list[str]
    keywords: list[str]
    answers: npt.NDArray[np.int64]
    cells: npt.NDArray[np.int64]
    digits: npt.NDArray[np.int64]
    colours: npt.NDArray[np.int64]
    scans: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.images)

    @property
    def sentences(self) -> list[str]:
        """The questions in words, separated by blanks."""
        return [
            f"which digit is on the {keyword} tile ?"
            if kind == "digit"
            else f"what colour is under the {keyword} ?"
            for kind, keyword in zip(self.kinds, self.keywords, strict=True)
        ]

    @property
    def prompts(self) -> list[str]:
        """The same in three words, of which the last says what to look for."""
        return [
            f"digit on {keyword}" if kind == "digit" else f"colour under {keyword}"
            for kind, keyword in zip(self.kinds, self.keywords, strict=True)
        ]

    @property
    def answer_words(self) -> list[str]:
        return [ANSWERS[answer] for answer in self.answers]

    @property
    def boxes(self) -> npt.NDArray[np.float32]:
        """(n, 1, 4) the cell that holds the answer: x0, y0, x1, y1 as fractions of the picture."""
        return cell_boxes()[self.cells][:, None]

    @property
    def tiles(self) -> npt.NDArray[np.int64]:
        """(n,) number of tiles in each picture."""
        return (self.digits != NO_DIGIT).sum(axis=1)

    def part(self, start: int, stop: int) -> Questions:
        """The questions from ``start`` on, up to ``stop``."""
        return Questions(**{name: value[start:stop] for name, value in vars(self).items()})


def cell_boxes() -> npt.NDArray[np.float32]:
    """(16, 4) box of every cell: x0, y0, x1, y1 as fractions of the picture."""
    row, column = np.divmod(np.arange(CELLS), GRID)
    boxes = np.stack([column, row, column + 1, row + 1], axis=1) / GRID
    return boxes.astype(np.float32)


class QuestionSource:
    """Draws questions; with the same arguments the same ones in the same order.

    Args:
        held_out: whether to use the held-out scans instead of those for training.
        seed: of the draws. The split of the scans does not depend on it.
    """

    def __init__(self, held_out: bool, seed: int | tuple[int, ...]):
        self._random = np.random.default_rng(seed)
        scans = load_digits()
        # shuffled, as the collection is sorted by writer
        order = np.random.default_rng(0).permutation(len(scans.target))
        chosen = order[-HELD_OUT_SCANS:] if held_out else order[:-HELD_OUT_SCANS]
        chosen = chosen[np.argsort(scans.target[chosen], kind="stable")]
        self._scans = chosen
        self._counts = np.bincount(scans.target[chosen], minlength=len(DIGIT_NAMES))
        self._starts = np.cumsum(self._counts) - self._counts
        self._ink = np.stack([_enlarged(scans.images[number]) for number in chosen])
        photos = np.stack(load_sample_images().images)[:, ::2, ::2]
        side = GRID * CELL
        self._crops = np.lib.stride_tricks.sliding_window_view(photos, (side, side), axis=(1, 2))

    def draw(self, count: int, tiles: tuple[int, int] = (6, 10)) -> Questions:
        """``count`` questions.

        Args:
            count: how many.
            tiles: fewest and most tiles in a picture; few make an easy question.
        """
        random = self._random
        cells = random.permuted(np.tile(np.arange(CELLS), (count, 1)), axis=1)
        number = random.integers(tiles[0], tiles[1] + 1, count)
        filled = np.zeros((count, CELLS), bool)
        np.put_along_axis(filled, cells, np.arange(CELLS) < number[:, None], axis=1)
        target = cells[:, 0]  # the first of the filled ones

        asks_digit = random.random(count) < 0.5
        digits, digit = self._attribute(len(DIGIT_NAMES), target, unique=~asks_digit)
        colours, colour = self._attribute(len(COLOUR_NAMES), target, unique=asks_digit)
        within = (random.random((count, CELLS)) * self._counts[digits]).astype(np.int64)
        scans = self._starts[digits] + within

        images = self._render(filled, scans, colours)
        return Questions(
            images=images,
            kinds=["digit" if one else "colour" for one in asks_digit],
            keywords=[
                COLOUR_NAMES[c] if one else DIGIT_NAMES[d]
                for one, c, d in zip(asks_digit, colour, digit, strict=True)
            ],
            answers=np.where(asks_digit, digit, len(DIGIT_NAMES) + colour),
            cells=target,
            digits=np.where(filled, digits, NO_DIGIT),
            colours=np.where(filled, colours, NO_COLOUR),
            scans=np.where(filled, self._scans[scans], -1),
        )

    def _attribute(
        self, size: int, target: npt.NDArray[np.int64], unique: npt.NDArray[np.bool_]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """A value for each cell and that of the target, which no other cell has if ``unique``."""
        shape = (len(target), CELLS)
        own = self._random.integers(size, size=len(target))
        anything = self._random.integers(size, size=shape)
        others = (own[:, None] + 1 + self._random.integers(size - 1, size=shape)) % size
        values = np.where(unique[:, None], others, anything)
        np.put_along_axis(values, target[:, None], own[:, None], axis=1)
        return values, own

    def _render(
        self,
        filled: npt.NDArray[np.bool_],
        scans: npt.NDArray[np.int64],
        colours: npt.NDArray[np.int64],
    ) -> npt.NDArray[np.uint8]:
        random, count = self._random, len(filled)
        photos, rows, columns = self._crops.shape[:3]
        place = (random.integers(size, size=count) for size in (photos, rows, columns))
        photo = self._crops[tuple(place)].transpose(0, 2, 3, 1).astype(np.float32)
        pictures = _to_cells(photo)

        sample, cell = np.nonzero(filled)
        ink = self._ink[scans[sample, cell]][..., None]
        paper = np.array(list(COLOURS.values()), np.float32)[colours[sample, cell]]
        tile = (1 - ink) * paper[:, None, None] + ink * _INK
        corner = random.integers(_JITTER + 1, size=(2, len(sample), 1)) + np.arange(TILE)
        where = (
            sample[:, None, None],
            cell[:, None, None],
            corner[0][:, :, None],
            corner[1][:, None],
        )
        pictures[where] = _PHOTO_SHARE * pictures[where] + (1 - _PHOTO_SHARE) * tile

        pictures += _NOISE * random.standard_normal(pictures.shape, dtype=np.float32)
        return _from_cells(pictures.clip(0, 255).astype(np.uint8))


def cell_pixels(images: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """(n, 16, 768) the pixels of every cell of (n, 64, 64, 3) images."""
    return _to_cells(images).reshape(len(images), CELLS, -1)


def _enlarged(scan: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    """An 8 x 8 scan with values up to 16, at the size of a tile with values up to 1."""
    picture = Image.fromarray((scan * (255 / 16)).astype(np.uint8))
    resized = picture.resize((TILE, TILE), Image.Resampling.BILINEAR)
    return np.asarray(resized, np.float32) / 255


def _to_cells(images: npt.NDArray[Any]) -> npt.NDArray[Any]:
    split = images.reshape(len(images), GRID, CELL, GRID, CELL, 3)
    return split.transpose(0, 1, 3, 2, 4, 5).reshape(len(images), CELLS, CELL, CELL, 3)


def _from_cells(cells: npt.NDArray[Any]) -> npt.NDArray[Any]:
    split = cells.reshape(len(cells), GRID, GRID, CELL, CELL, 3).transpose(0, 1, 3, 2, 4, 5)
    return np.ascontiguousarray(split.reshape(len(cells), GRID * CELL, GRID * CELL, 3))
