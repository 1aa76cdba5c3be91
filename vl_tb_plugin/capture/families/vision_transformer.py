"""ViT, DeiT: patches of one image behind a class token; DeiT adds a distillation token.

Sequence ``image``:

===========  ================  ================
block        query -> key      layers
===========  ================  ================
``vision``   image -> image    of the encoder
===========  ================  ================
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from vl_tb_plugin.capture.families.forward_inputs import ForwardInputs
from vl_tb_plugin.capture.families.registry import register
from vl_tb_plugin.capture.families.structure import (
    AttentionSite,
    HiddenStateSite,
    OutputHead,
    Structure,
)
from vl_tb_plugin.capture.sequences.framed_grid import framed_grid_tokens
from vl_tb_plugin.capture.sequences.image_tokens import ImageToken, image_sequence
from vl_tb_plugin.example import TokenSequence

FIRST_TOKENS = {"vit": ("[CLS]",), "deit": ("[CLS]", "[DISTILLATION]")}
"""What stands before the patches, by model type."""

LAYERS = ("layers.{layer}", "encoder.layer.{layer}")
"""Where the layers are, in newer and in older versions of transformers."""


@register(*FIRST_TOKENS)
class VisionTransformer:
    def structure(self, model: Any) -> Structure:
        return Structure(
            attention=tuple(
                AttentionSite(f"{layer}.attention", "vision", "image", "image") for layer in LAYERS
            ),
            hidden_states=(
                HiddenStateSite("embeddings", "image"),
                *(HiddenStateSite(layer, "image", first_layer=1) for layer in LAYERS),
            ),
            heads=(OutputHead("image", ("layernorm", "classifier"), "first"),),
        )

    def sequences(self, inputs: ForwardInputs) -> list[list[TokenSequence]]:
        config = inputs.model.config
        height, width = inputs.batch["pixel_values"].shape[-2:]
        patch = config.patch_size
        patch_height, patch_width = patch if isinstance(patch, Iterable) else (patch, patch)
        rows, columns = height // patch_height, width // patch_width
        # what is left at the right and lower edges enters no patch
        frame = (0, 0, width / (columns * patch_width), height / (rows * patch_height))
        first = [ImageToken(name) for name in FIRST_TOKENS[config.model_type]]
        return [
            [
                image_sequence(
                    [*first, *framed_grid_tokens(inputs, sample, rows, columns, frame)], "image"
                )
            ]
            for sample in range(len(inputs.batch["pixel_values"]))
        ]
