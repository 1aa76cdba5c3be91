"""VisionEncoderDecoder (TrOCR, Donut, ViT-GPT2 ...): an image encoder, and a decoder of text.

Sequences ``image`` (class token and patches) and ``decoder``. A Swin as encoder (Donut) has the
stages ``vision_stage_1``, ``vision_stage_2`` ... instead of ``image``; the decoder reads the last
one. Encoder and decoder number their own layers:

=====================  ====================  ===================================
block                  query -> key          layers
=====================  ====================  ===================================
``decoder``            decoder -> decoder    of the decoder
``decoder_to_image``   decoder -> image      of the decoder
``vision``             image -> image        of the encoder; ``vision_stage_1``
                                             ... of a Swin
=====================  ====================  ===================================
"""

from __future__ import annotations

from typing import Any

from vl_tb_plugin.capture.families.forward_inputs import ForwardInputs, SampleSequence
from vl_tb_plugin.capture.families.layer_stack import BART_DECODER, BERT, GPT2, LayerStack
from vl_tb_plugin.capture.families.registry import register
from vl_tb_plugin.capture.families.structure import Structure
from vl_tb_plugin.capture.families.swin import swin_attention, swin_hidden_states, swin_sequences
from vl_tb_plugin.capture.families.vision_transformer import FIRST_TOKENS, LAYERS
from vl_tb_plugin.capture.sequences.class_and_patches import class_and_patches
from vl_tb_plugin.capture.sequences.decoder_sequence import decoder_sequence
from vl_tb_plugin.capture.sequences.image_tokens import image_sequence
from vl_tb_plugin.example import TokenSequence

DECODERS = {
    "trocr": BART_DECODER,
    "bart": BART_DECODER,
    "mbart": BART_DECODER,
    "bert": BERT,
    "roberta": BERT,
    "gpt2": GPT2,
}
"""The layers of a decoder, by its model type."""

_PATCHES = tuple(LayerStack(f"encoder.{layer}", "attention") for layer in LAYERS)
_SWIN = ("swin", "donut-swin")


@register("vision-encoder-decoder")
class VisionEncoderDecoder:
    def structure(self, model: Any) -> Structure:
        encoder, decoder = model.config.encoder, DECODERS.get(model.config.decoder.model_type)
        written = [] if decoder is None else [decoder.within("decoder")]
        if encoder.model_type in _SWIN:
            seen, states = swin_attention(encoder), swin_hidden_states(encoder)
        else:
            seen = tuple(one.attention("vision", "image") for one in _PATCHES)
            states = tuple(site for one in _PATCHES for site in one.hidden_states(model, "image"))
        return Structure(
            attention=(
                *(one.attention("decoder", "decoder") for one in written),
                *(one.cross("decoder_to_image", "decoder", _read(encoder)) for one in written),
                *seen,
            ),
            hidden_states=(
                *(site for one in written for site in one.hidden_states(model, "decoder")),
                *states,
            ),
            generated="decoder",
        )

    def sequences(self, inputs: ForwardInputs) -> list[list[TokenSequence | SampleSequence]]:
        config = inputs.model.config
        if config.decoder.model_type not in DECODERS:
            inputs.remarks.append(
                f"Attention of a decoder of type {config.decoder.model_type!r}: its layers are"
                " unknown."
            )
        return [
            [decoder_sequence(inputs, sample, config), *_seen(inputs, sample)]
            for sample in range(len(inputs.batch["pixel_values"]))
        ]


def _read(encoder: Any) -> str:
    """Name of the sequence that the decoder attends to."""
    if encoder.model_type in _SWIN:
        return swin_attention(encoder)[-1].query
    return "image"


def _seen(inputs: ForwardInputs, sample: int) -> list[TokenSequence | SampleSequence]:
    encoder = inputs.model.config.encoder
    if encoder.model_type in _SWIN:
        return list(swin_sequences(inputs, encoder, sample))
    first = FIRST_TOKENS.get(encoder.model_type, ("[CLS]",))
    tokens = class_and_patches(inputs, sample, encoder.patch_size, first=first)
    return [image_sequence(tokens, "image")]
