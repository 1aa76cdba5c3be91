"""InternVL: tiles of an image and a thumbnail of it, squares of patches merged by pixel shuffle.

Blocks and sequences as in :mod:`vl_tb_plugin.capture.families.image_prompt_decoders`; the class
token of the tower comes first. The tokens of one image follow each other in the prompt without a
gap; how its tiles lie is told by comparing them with the thumbnail.
"""

from __future__ import annotations

from collections.abc import Sequence

from vl_tb_plugin.capture.families.forward_inputs import ForwardInputs
from vl_tb_plugin.capture.families.image_prompt_decoders import Paths
from vl_tb_plugin.capture.families.image_view_decoders import (
    ImageViewDecoder,
    Tiling,
    merge_side,
)
from vl_tb_plugin.capture.families.llava import class_token, rows_and_columns
from vl_tb_plugin.capture.families.registry import register
from vl_tb_plugin.capture.sequences.patch_grid import PatchGrid
from vl_tb_plugin.capture.sequences.prompt_runs import runs_of
from vl_tb_plugin.capture.sequences.tile_match import grid_of_tiles


@register("internvl")
class InternVL(ImageViewDecoder):
    paths = Paths(layer="vision_tower*.encoder.layer.{layer}", attention="attention")

    def grid(self, inputs: ForwardInputs) -> PatchGrid:
        rows, columns = rows_and_columns(inputs)
        merge = merge_side(inputs.model.config.downsample_ratio)
        return PatchGrid(rows, columns, merge, class_token(inputs.model))

    def tilings(
        self, inputs: ForwardInputs, sample: int, places: Sequence[int], numbers: Sequence[int]
    ) -> list[Tiling]:
        views = iter(numbers)
        tilings = []
        for run in runs_of(places):
            own = [next(views) for _ in range(len(run) // self.grid(inputs).prompt_length)]
            pixels = inputs.batch["pixel_values"][own]
            tilings.append(Tiling(*grid_of_tiles(pixels[:-1], pixels[-1])) if own[1:] else Tiling())
        return tilings
