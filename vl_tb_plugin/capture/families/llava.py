"""LLaVA: a vision tower whose patches take the place of image tokens in a decoder's prompt.

Blocks and sequences as in :mod:`vl_tb_plugin.capture.families.image_prompt_decoders`; the class
token of a tower that has one comes first. Pixtral 12B is a LLaVA with another tower, see
:mod:`vl_tb_plugin.capture.families.mistral3`.
"""

from __future__ import annotations

from typing import Any, Literal

from vl_tb_plugin.capture.families.forward_inputs import ForwardInputs, SampleSequence
from vl_tb_plugin.capture.families.image_prompt_decoders import ImagePromptDecoder
from vl_tb_plugin.capture.families.image_view_decoders import ImageViewDecoder
from vl_tb_plugin.capture.families.mistral3 import PackedImageDecoder
from vl_tb_plugin.capture.families.registry import register
from vl_tb_plugin.capture.families.structure import Structure
from vl_tb_plugin.capture.sequences.patch_grid import PatchGrid
from vl_tb_plugin.example import TokenSequence


class PatchDecoder(ImageViewDecoder):
    """One token per patch of a whole image."""

    def grid(self, inputs: ForwardInputs) -> PatchGrid:
        config = inputs.model.config
        rows, columns = rows_and_columns(inputs)
        # "full" keeps the tower's class token in the prompt, "default" drops it
        strategy = inputs.batch.get("vision_feature_select_strategy")
        strategy = strategy or config.vision_feature_select_strategy
        keeps = strategy == "full"
        return PatchGrid(rows, columns, class_token=class_token(inputs.model), keeps_class=keeps)


@register("llava")
class Llava:
    """LLaVA with any of the towers."""

    def structure(self, model: Any) -> Structure:
        return _decoder(model).structure(model)

    def sequences(self, inputs: ForwardInputs) -> list[list[TokenSequence | SampleSequence]]:
        return _decoder(inputs.model).sequences(inputs)


def rows_and_columns(inputs: ForwardInputs) -> tuple[int, int]:
    """How many patches the tower makes of a picture of ``pixel_values``."""
    height, width = inputs.batch["pixel_values"].shape[-2:]
    patch = inputs.model.config.vision_config.patch_size
    down, right = (patch, patch) if isinstance(patch, int) else patch
    return height // down, width // right


def class_token(model: Any) -> Literal["", "first"]:
    """Where in the vision tower's sequence the class token is, if it has one."""
    names = ("class_embedding", "cls_token")
    return "first" if any(one.endswith(names) for one, _ in model.named_parameters()) else ""


_TOWERS: dict[str, ImagePromptDecoder] = {"pixtral": PackedImageDecoder()}


def _decoder(model: Any) -> ImagePromptDecoder:
    return _TOWERS.get(model.config.vision_config.model_type) or _PATCHES


_PATCHES = PatchDecoder()
