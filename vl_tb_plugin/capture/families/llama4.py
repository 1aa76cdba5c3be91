"""Llama 4: tiles of an image and an overview of it, squares of patches merged by pixel shuffle.

Blocks and sequences as in :mod:`vl_tb_plugin.capture.families.image_prompt_decoders`; the class
token of the tower comes last. Separators in the prompt tell how the tiles lie. The processor fills
what the image leaves of its tiles at the right and lower edge: those patches are special.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from vl_tb_plugin.capture.families.forward_inputs import ForwardInputs
from vl_tb_plugin.capture.families.image_prompt_decoders import Paths
from vl_tb_plugin.capture.families.image_view_decoders import (
    ImageViewDecoder,
    Tiling,
    merge_side,
)
from vl_tb_plugin.capture.families.llava import rows_and_columns
from vl_tb_plugin.capture.families.registry import register
from vl_tb_plugin.capture.sequences.image_views import Box
from vl_tb_plugin.capture.sequences.patch_grid import PatchGrid
from vl_tb_plugin.capture.sequences.prompt_runs import gaps_of, runs_of
from vl_tb_plugin.capture.sequences.tile_match import put_together


@register("llama4")
class Llama4(ImageViewDecoder):
    paths = Paths(
        layer="vision_model.model.layers.{layer}", embeddings="vision_model.layernorm_pre"
    )
    markers = ("boi", "eoi")

    def grid(self, inputs: ForwardInputs) -> PatchGrid:
        rows, columns = rows_and_columns(inputs)
        merge = merge_side(inputs.model.config.vision_config.pixel_shuffle_ratio)
        return PatchGrid(rows, columns, merge, "last")

    def structural(
        self, inputs: ForwardInputs, sample: int, places: Sequence[int]
    ) -> Iterable[int]:
        # the separators of tiles, and the token before a whole image
        return range(max(0, places[0] - 1), places[-1] + 1)

    def tilings(
        self, inputs: ForwardInputs, sample: int, places: Sequence[int], numbers: Sequence[int]
    ) -> list[Tiling]:
        views = iter(numbers)
        tilings = []
        for gaps in self._images(inputs, sample, places):
            own = [next(views) for _ in range(len(gaps) + 1)]
            if not gaps:
                tilings.append(Tiling())
                continue
            # the last gap begins with the separator that ends every row of tiles
            rows = [gap[:1] for gap in gaps].count(gaps[-1][:1])
            columns = len(gaps) // rows
            tiles = inputs.batch["pixel_values"][own[:-1]]
            canvas = _canvas(inputs, put_together(tiles, rows, columns))
            tilings.append(Tiling(rows, columns, canvas))
        return tilings

    def _images(
        self, inputs: ForwardInputs, sample: int, places: Sequence[int]
    ) -> list[list[list[int]]]:
        """Of each image of a sample, what stands between its views in the prompt."""
        ids = inputs.batch["input_ids"][sample].tolist()
        runs = runs_of(places, self.grid(inputs).prompt_length)
        images: list[list[list[int]]] = [[] for _ in runs[:1]]
        for gap in gaps_of(ids, runs):
            if not gap or inputs.model.config.eoi_token_id in gap:
                images.append([])
            else:
                images[-1].append(gap)
        return images


def _canvas(inputs: ForwardInputs, picture: Tensor) -> Box:
    """What all tiles together show: more than the image where they end in a filling."""
    mean = getattr(inputs.image_processor, "image_mean", None) or [0.5] * 3
    deviation = getattr(inputs.image_processor, "image_std", None) or [0.5] * 3
    filling = -torch.tensor(mean) / torch.tensor(deviation)
    shows = ((picture.cpu() - filling[:, None, None]).abs() > 0.01).any(dim=0)
    if not shows.any():
        return (0.0, 0.0, 1.0, 1.0)
    height, width = shows.shape
    below, right = (int(shows.any(dim=axis).nonzero().max()) + 1 for axis in (1, 0))
    return (0.0, 0.0, width / right, height / below)
