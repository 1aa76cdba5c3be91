"""Mistral 3, and Pixtral: a tower that reads all images packed, row ends in the prompt.

Blocks and sequences as in :mod:`vl_tb_plugin.capture.families.image_prompt_decoders`. Images keep
their size: one token per patch (Pixtral) or square of merged patches (Mistral 3). A token ends each
row in the prompt, and another one the image: they are special.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from vl_tb_plugin.capture.families.forward_inputs import ForwardInputs
from vl_tb_plugin.capture.families.image_prompt_decoders import (
    ImagePromptDecoder,
    Paths,
    PromptImage,
)
from vl_tb_plugin.capture.families.registry import register
from vl_tb_plugin.capture.sequences.image_views import View
from vl_tb_plugin.capture.sequences.patch_grid import PatchGrid


@register("mistral3")
class PackedImageDecoder(ImagePromptDecoder):
    """Images of any size, in the upper left corner of their entry of ``pixel_values``."""

    paths = Paths(layer="vision_tower*.transformer.layers.{layer}", attention="attention")
    packed = True

    def lengths(self, inputs: ForwardInputs) -> Sequence[int]:
        return [grid.prompt_length for grid, _ in _grids(inputs)]

    def images(
        self, inputs: ForwardInputs, sample: int, places: Sequence[int], numbers: Sequence[int]
    ) -> list[PromptImage]:
        grids = _grids(inputs)
        own = [grids[number] for number in numbers]
        return [
            PromptImage(grid.prompt_tokens(view, image), grid.tower_tokens(view, image))
            for image, (grid, view) in enumerate(own)
        ]

    def structural(
        self, inputs: ForwardInputs, sample: int, places: Sequence[int]
    ) -> Iterable[int]:
        last = len(inputs.batch["input_ids"][sample]) - 1
        return range(places[0], min(places[-1] + 1, last) + 1)


def _grids(inputs: ForwardInputs) -> list[tuple[PatchGrid, View]]:
    """Of every image of the batch, its patches and what they show of it."""
    config = inputs.model.config
    patch, merge = config.vision_config.patch_size, getattr(config, "spatial_merge_size", 1)
    pixels, sizes = inputs.batch["pixel_values"], inputs.batch.get("image_sizes")
    if sizes is None:
        sizes = [pixels.shape[-2:]] * len(pixels)
    grids = []
    for height, width in [(int(one[0]), int(one[1])) for one in sizes]:
        rows, columns = height // patch, width // patch
        view = View((0, 0, columns * patch / width, rows * patch / height))
        grids.append((PatchGrid(rows, columns, merge), view))
    return grids
