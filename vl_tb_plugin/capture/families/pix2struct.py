"""Pix2Struct: an encoder of patches at any aspect ratio, and a text decoder that attends to it.

Sequences ``image`` (the patches, each with its own row and column) and ``decoder``. Each numbers
its own layers:

=====================  ====================  =================
block                  query -> key          layers
=====================  ====================  =================
``decoder``            decoder -> decoder    of the decoder
``decoder_to_image``   decoder -> image      of the decoder
``vision``             image -> image        of the encoder
=====================  ====================  =================
"""

from __future__ import annotations

from typing import Any

from vl_tb_plugin.capture.families.forward_inputs import ForwardInputs
from vl_tb_plugin.capture.families.layer_stack import LayerStack
from vl_tb_plugin.capture.families.registry import register
from vl_tb_plugin.capture.families.structure import Structure
from vl_tb_plugin.capture.sequences.decoder_sequence import decoder_sequence
from vl_tb_plugin.capture.sequences.image_tokens import ImageToken, image_sequence
from vl_tb_plugin.example import TokenSequence

_ENCODER = LayerStack("encoder.layer.{layer}", "attention")
_DECODER = LayerStack(
    "decoder.layer.{layer}",
    "self_attention.attention",
    "encoder_decoder_attention.attention",
    "decoder.final_layer_norm",
)


@register("pix2struct")
class Pix2Struct:
    def structure(self, model: Any) -> Structure:
        return Structure(
            attention=(
                _DECODER.attention("decoder", "decoder"),
                _DECODER.cross("decoder_to_image", "decoder", "image"),
                _ENCODER.attention("vision", "image"),
            ),
            hidden_states=(
                *_DECODER.hidden_states(model, "decoder"),
                *_ENCODER.hidden_states(model, "image"),
            ),
            generated="decoder",
        )

    def sequences(self, inputs: ForwardInputs) -> list[list[TokenSequence]]:
        config = inputs.model.config
        return [
            [decoder_sequence(inputs, sample, config), _image_sequence(inputs, sample)]
            for sample in range(len(inputs.batch["flattened_patches"]))
        ]


def _image_sequence(inputs: ForwardInputs, sample: int) -> TokenSequence:
    patches = inputs.batch["flattened_patches"][sample]
    mask = inputs.batch.get("attention_mask")
    # the model looks for empty patches itself where it is given no mask
    admitted = patches.sum(dim=-1) != 0 if mask is None else mask[sample].bool()
    # each patch begins with its row and column, counted from 1; the image fills the grid exactly
    places = patches[:, :2].long().tolist()
    real = [place for place, one in zip(places, admitted.tolist(), strict=True) if one]
    rows, columns = (max((place[axis] for place in real), default=1) for axis in (0, 1))
    tokens = []
    for (row, column), one in zip(places, admitted.tolist(), strict=True):
        if not one or row < 1 or column < 1:
            tokens.append(ImageToken("[PAD]", "special" if one else "padding"))
            continue
        box = ((column - 1) / columns, (row - 1) / rows, column / columns, row / rows)
        tokens.append(ImageToken(f"patch {row - 1},{column - 1}", "image", box, 0))
    return image_sequence(tokens, "image")
