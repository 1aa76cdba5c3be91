"""Decoders whose prompt holds the merged patches of views: of whole images, or of their tiles."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from vl_tb_plugin.capture.families.forward_inputs import ForwardInputs
from vl_tb_plugin.capture.families.image_prompt_decoders import (
    ImagePromptDecoder,
    PromptImage,
)
from vl_tb_plugin.capture.sequences.image_crop import uncropped
from vl_tb_plugin.capture.sequences.image_tokens import ImageToken
from vl_tb_plugin.capture.sequences.image_views import OVERVIEW, WHOLE, Box, View, tile_views
from vl_tb_plugin.capture.sequences.patch_grid import PatchGrid


@dataclass(frozen=True)
class Tiling:
    """How an image is divided into tiles, given row by row and followed by the whole image.

    Attributes:
        rows: of the tiles; 0 where the image is shown as a whole only.
        columns: of the tiles.
        canvas: what the tiles together show, as fractions of the image.
    """

    rows: int = 0
    columns: int = 0
    canvas: Box = WHOLE

    @property
    def count(self) -> int:
        """Number of views."""
        return self.rows * self.columns + 1

    def views(self, alone: Box = WHOLE) -> list[View]:
        """All views in order; ``alone`` is what a view shows that is the only one."""
        if not self.rows:
            return [View(alone)]
        return [*tile_views(self.rows, self.columns, self.canvas), OVERVIEW]


Maker = Callable[[View, int, int], tuple[list[ImageToken], list[ImageToken]]]
"""From a view, the number of its image among those of the sample, and its own number in the batch,
to its tokens in the prompt and in the tower."""


class ImageViewDecoder(ImagePromptDecoder):
    """The structure; families fill in the grid of a view and the tilings of images."""

    @abstractmethod
    def grid(self, inputs: ForwardInputs) -> PatchGrid:
        """How a view is divided; all views alike."""

    def tilings(
        self, inputs: ForwardInputs, sample: int, places: Sequence[int], numbers: Sequence[int]
    ) -> list[Tiling]:
        """How each image of a sample is divided into views; see :meth:`images`."""
        return [Tiling()] * len(numbers)

    def count(self, inputs: ForwardInputs) -> int:
        """Number of views in the batch."""
        return len(inputs.batch["pixel_values"])

    def lengths(self, inputs: ForwardInputs) -> Sequence[int]:
        return [self.grid(inputs).prompt_length] * self.count(inputs)

    def images(
        self, inputs: ForwardInputs, sample: int, places: Sequence[int], numbers: Sequence[int]
    ) -> list[PromptImage]:
        rest, make = iter(numbers), self.maker(inputs, numbers)
        images = []
        tilings = self.tilings(inputs, sample, places, numbers)
        if sum(tiling.count for tiling in tilings) != len(numbers):
            inputs.remarks.append("Tiles count as images: the prompt does not tell how they lie.")
            tilings = [Tiling()] * len(numbers)
        for image, tiling in enumerate(tilings):
            views = zip(tiling.views(shown(inputs, sample, image)), rest, strict=False)
            own = [make(view, image, number) for view, number in views]
            images.append(
                PromptImage(
                    [token for prompt, _ in own for token in prompt],
                    [token for _, tower in own for token in tower],
                    len(own),
                )
            )
        return images

    def maker(self, inputs: ForwardInputs, numbers: Sequence[int]) -> Maker:
        """What makes the tokens of the views of a sample, those that ``numbers`` count."""
        grid = self.grid(inputs)
        return lambda view, image, number: (
            grid.prompt_tokens(view, image),
            grid.tower_tokens(view, image),
        )


def shown(inputs: ForwardInputs, sample: int, image: int) -> Box:
    """What of an image the processor shows: all of it, or what its centre crop leaves."""
    whole = np.array([WHOLE], np.float32)
    x0, y0, x1, y1 = uncropped(whole, inputs.original(sample, image), inputs.image_processor)[0]
    return (float(x0), float(y0), float(x1), float(y1))


def merge_side(share: float) -> int:
    """Side of the squares of patches that a pixel shuffle by this share of a side merges."""
    return round(1 / share)
