"""LLaVA-NeXT and LLaVA-OneVision: an overview of the image, then its tiles as one large grid.

Blocks and sequences as in :mod:`vl_tb_plugin.capture.families.image_prompt_decoders`; in ``vision``
the overview comes first, too. The image lies, scaled and with a margin, on a canvas of tiles; the
prompt leaves out the margin, and a row-end token (special) ends each row. LLaVA-OneVision scales
down what is too large, and shows images without tiles where a sample has several.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from vl_tb_plugin.capture.families.forward_inputs import ForwardInputs
from vl_tb_plugin.capture.families.image_prompt_decoders import ImagePromptDecoder, PromptImage
from vl_tb_plugin.capture.families.llava import class_token, rows_and_columns
from vl_tb_plugin.capture.families.registry import register
from vl_tb_plugin.capture.sequences.image_tokens import ImageToken
from vl_tb_plugin.capture.sequences.image_views import (
    OVERVIEW,
    Box,
    View,
    tile_views,
    view_tokens,
)
from vl_tb_plugin.capture.sequences.patch_grid import PatchGrid

_ROW_END = ImageToken("row end")


@register("llava_next", "llava_onevision")
class LlavaNext(ImagePromptDecoder):
    def lengths(self, inputs: ForwardInputs) -> Sequence[int]:
        return [one.prompt_length for one in _pictures(inputs)]

    def images(
        self, inputs: ForwardInputs, sample: int, places: Sequence[int], numbers: Sequence[int]
    ) -> list[PromptImage]:
        pictures = _pictures(inputs)
        tower = PatchGrid(*rows_and_columns(inputs), class_token=class_token(inputs.model))
        images = []
        for image, number in enumerate(numbers):
            views = pictures[number].views
            tokens = [token for view in views for token in tower.tower_tokens(view, image)]
            images.append(PromptImage(pictures[number].prompt_tokens(image), tokens, len(views)))
        return images


@dataclass(frozen=True)
class _Picture:
    """An image on its canvas of tiles.

    Attributes:
        canvas: what the canvas shows, as fractions of the image.
        tiles: rows and columns of tiles; 0 where the canvas is all that the tower sees.
        side: patches of a tile in a row and in a column.
        kept: rows and columns of the canvas's patches that stand in the prompt.
        scaled: how many rows and columns these become.
    """

    canvas: Box
    tiles: tuple[int, int]
    side: int
    kept: tuple[range, range]
    scaled: tuple[int, int]

    @property
    def views(self) -> list[View]:
        """What the tower sees, in order."""
        if not self.tiles[0]:
            return [View(self.canvas)]
        return [OVERVIEW, *tile_views(*self.tiles, self.canvas)]

    @property
    def prompt_length(self) -> int:
        if not self.tiles[0]:
            return self.side**2 + 1
        return self.side**2 + self.scaled[0] * (self.scaled[1] + 1)

    def prompt_tokens(self, image: int) -> list[ImageToken]:
        """Row by row over all tiles of a row."""
        first = view_tokens(self.views[0], image, self.side, self.side)
        if not self.tiles[0]:
            return [*first, _ROW_END]
        rows = [[*row, _ROW_END] for row in self._rows(image)]
        return [*first, *(token for row in rows for token in row)]

    def _rows(self, image: int) -> list[list[ImageToken]]:
        rows, columns = self.kept
        if self.scaled != (len(rows), len(columns)):
            tokens = view_tokens(self._kept_view(), image, *self.scaled)
            width = self.scaled[1]
            return [tokens[start : start + width] for start in range(0, len(tokens), width)]
        tiles = [view_tokens(view, image, self.side, self.side) for view in self.views[1:]]
        return [
            [
                tiles[row // self.side * self.tiles[1] + column // self.side][
                    row % self.side * self.side + column % self.side
                ]
                for column in columns
            ]
            for row in rows
        ]

    def _kept_view(self) -> View:
        x0, y0, x1, y1 = self.canvas
        down, right = (count * self.side for count in self.tiles)
        rows, columns = self.kept
        return View(
            (
                x0 + (x1 - x0) * columns.start / right,
                y0 + (y1 - y0) * rows.start / down,
                x0 + (x1 - x0) * columns.stop / right,
                y0 + (y1 - y0) * rows.stop / down,
            ),
            "tiles",
        )


def _pictures(inputs: ForwardInputs) -> list[_Picture]:
    """Every image of the batch, in order."""
    config, sizes = inputs.model.config, inputs.batch["image_sizes"].tolist()
    counts = inputs.batch.get("batch_num_images")
    together = [1] * len(sizes)
    if counts is not None:
        together = [count for count in counts.tolist() for _ in range(count)]
    return [
        _tiled(config, height, width) if count == 1 else _square(config, height, width)
        for (height, width), count in zip(sizes, together, strict=True)
    ]


def _side(config: Any) -> int:
    side: int = config.vision_config.image_size // config.vision_config.patch_size
    return side


def _square(config: Any, height: int, width: int) -> _Picture:
    """Made square by margins, without tiles."""
    longest, side = max(height, width), _side(config)
    canvas = _around(height, width, longest, longest)
    return _Picture(canvas, (0, 0), side, (range(side), range(side)), (side, side))


def _tiled(config: Any, height: int, width: int) -> _Picture:
    """Scaled to fit the best of the canvases that the configuration offers."""
    from transformers.image_processing_utils import select_best_resolution

    below, right = select_best_resolution((height, width), config.image_grid_pinpoints)
    tile, side = config.vision_config.image_size, _side(config)
    if right / width < below / height:
        scaled = min(math.ceil(height * (right / width)), below), right
    else:
        scaled = below, min(math.ceil(width * (below / height)), right)
    tiles = (math.ceil(below / tile), math.ceil(right / tile))
    kept = _without_margin(tiles[0] * side, tiles[1] * side, height, width)
    return _Picture(
        _around(*scaled, below, right), tiles, side, kept, _scaled_down(config, kept, side)
    )


def _around(height: int, width: int, below: int, right: int) -> Box:
    """A canvas around an image in its middle, as fractions of the image."""
    left, above = (right - width) // 2, (below - height) // 2
    return (-left / width, -above / height, (right - left) / width, (below - above) / height)


def _without_margin(rows: int, columns: int, height: int, width: int) -> tuple[range, range]:
    """Which rows and columns of a grid an image in its middle reaches, as the models count them."""
    if width / height > columns / rows:
        reached = int(round(height * (columns / width), 7))
        margin = (rows - reached) // 2
        return range(margin, rows - margin), range(columns)
    reached = int(round(width * (rows / height), 7))
    margin = (columns - reached) // 2
    return range(rows), range(margin, columns - margin)


def _scaled_down(config: Any, kept: tuple[range, range], side: int) -> tuple[int, int]:
    rows, columns = map(len, kept)
    limit = getattr(config, "vision_aspect_ratio", "")  # "anyres_max_9": as many as in 9 tiles
    if not limit.rpartition("_")[2].isdigit():
        return rows, columns
    ratio = math.sqrt(rows * columns / (int(limit.rpartition("_")[2]) * side**2))
    return (int(rows // ratio), int(columns // ratio)) if ratio > 1.1 else (rows, columns)
