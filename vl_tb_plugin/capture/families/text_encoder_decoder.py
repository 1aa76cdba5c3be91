"""BART, T5, mT5: text in, text out.

Sequences ``text`` (what the encoder reads) and ``decoder`` (what the decoder has said so far). Each
numbers its own layers:

=======================  ====================  =================
block                    query -> key          layers
=======================  ====================  =================
``encoder``              text -> text          of the encoder
``decoder``              decoder -> decoder    of the decoder
``decoder_to_encoder``   decoder -> text       of the decoder
=======================  ====================  =================

The decoder's tokens are ``decoder_input_ids``, else ``labels`` moved one token to the right, else
the start token, after which BART repeats the text moved one token to the right.
"""

from __future__ import annotations

from typing import Any

from vl_tb_plugin.capture.families.forward_inputs import ForwardInputs
from vl_tb_plugin.capture.families.layer_stack import (
    BART_DECODER,
    BART_ENCODER,
    T5_DECODER,
    T5_ENCODER,
)
from vl_tb_plugin.capture.families.registry import register
from vl_tb_plugin.capture.families.structure import Structure
from vl_tb_plugin.capture.sequences.decoder_sequence import decoder_sequence
from vl_tb_plugin.capture.sequences.text_sequence import text_sequence
from vl_tb_plugin.example import TokenSequence

STACKS = {
    "bart": (BART_ENCODER, BART_DECODER),
    "t5": (T5_ENCODER, T5_DECODER),
    "mt5": (T5_ENCODER, T5_DECODER),
}
"""Encoder and decoder, by model type."""


@register(*STACKS)
class TextEncoderDecoder:
    def structure(self, model: Any) -> Structure:
        encoder, decoder = STACKS[model.config.model_type]
        return Structure(
            attention=(
                encoder.attention("encoder", "text"),
                decoder.attention("decoder", "decoder"),
                decoder.cross("decoder_to_encoder", "decoder", "text"),
            ),
            hidden_states=(
                *encoder.hidden_states(model, "text"),
                *decoder.hidden_states(model, "decoder"),
            ),
            generated="decoder",
        )

    def sequences(self, inputs: ForwardInputs) -> list[list[TokenSequence]]:
        encoder, decoder = STACKS[inputs.model.config.model_type]
        encodes = encoder.is_part_of(inputs.model)
        decodes = decoder.is_part_of(inputs.model)
        ids = inputs.batch.get("input_ids")
        prompts = inputs.batch["inputs_embeds"] if ids is None else ids
        samples = []
        for sample in range(len(prompts)):
            if not encodes:  # the decoder alone, as a language model
                samples.append([text_sequence(inputs, sample, "decoder")])
                continue
            samples.append([text_sequence(inputs, sample)])
            if decodes:
                config = inputs.model.config
                samples[-1].append(decoder_sequence(inputs, sample, config, otherwise=ids))
        return samples
