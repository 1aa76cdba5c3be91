"""BLIP: a vision tower that a text encoder, a text decoder, or both attend to.

Sequences ``vision`` (class token and patches), ``text`` (question or caption, where there is a text
encoder) and ``decoder`` (answer or caption, where there is a text decoder). Each numbers its own
layers:

=======================  ====================  ==========================================
block                    query -> key          layers
=======================  ====================  ==========================================
``language``             text -> text          of the text encoder
``text_to_image``        text -> vision        the same; not for contrastive retrieval
``decoder``              decoder -> decoder    of the text decoder
``decoder_to_image``     decoder -> vision     the same; captioning
``decoder_to_encoder``   decoder -> text       the same; question answering
``vision``               vision -> vision      of the vision tower
=======================  ====================  ==========================================

Where a batch has another number of texts than of images, a single image or text belongs to all
samples; else they are paired in order, as far as there are any.
"""

from __future__ import annotations

from typing import Any

from vl_tb_plugin.capture.families.forward_inputs import ForwardInputs, SampleSequence
from vl_tb_plugin.capture.families.layer_stack import BERT, LayerStack
from vl_tb_plugin.capture.families.registry import register
from vl_tb_plugin.capture.families.structure import OutputHead, Structure
from vl_tb_plugin.capture.sequences.class_and_patches import class_and_patches
from vl_tb_plugin.capture.sequences.decoder_sequence import decoder_tokens
from vl_tb_plugin.capture.sequences.image_tokens import image_sequence
from vl_tb_plugin.capture.sequences.text_sequence import text_sequence
from vl_tb_plugin.example import TokenSequence

_TOWER = LayerStack("vision_model.encoder.layers.{layer}", "self_attn")
_ENCODERS = tuple(BERT.within(path) for path in ("text_encoder", "text_model"))
_DECODER = BERT.within("text_decoder")


@register("blip")
class Blip:
    def structure(self, model: Any) -> Structure:
        text, vision, decoder = "text", "vision", "decoder"
        answers = any(encoder.is_part_of(model) for encoder in _ENCODERS)
        looks = ("decoder_to_encoder", decoder, text)
        return Structure(
            attention=(
                *(encoder.attention("language", text) for encoder in _ENCODERS),
                *(encoder.cross("text_to_image", text, vision) for encoder in _ENCODERS),
                _DECODER.attention("decoder", decoder),
                _DECODER.cross(*(looks if answers else ("decoder_to_image", decoder, vision))),
                _TOWER.attention("vision", vision),
            ),
            hidden_states=(
                *(site for one in _ENCODERS for site in one.hidden_states(model, text)),
                *_DECODER.hidden_states(model, decoder),
                *_TOWER.hidden_states(model, vision),
            ),
            generated=decoder,
            heads=(OutputHead(decoder, ("text_decoder.cls",)),),
        )

    def sequences(self, inputs: ForwardInputs) -> list[list[TokenSequence | SampleSequence]]:
        model, images = inputs.model, len(inputs.batch["pixel_values"])
        encodes = any(encoder.is_part_of(model) for encoder in _ENCODERS)
        decodes = _DECODER.is_part_of(model)
        ids = inputs.batch.get("input_ids")
        texts = images if ids is None else len(ids)
        samples: list[list[TokenSequence | SampleSequence]] = []
        for sample in range(max(texts, images)):
            text, image = (sample if count > 1 else 0 for count in (texts, images))
            samples.append([])
            if encodes and text < texts:
                samples[-1].append(SampleSequence(text_sequence(inputs, text), [text]))
            if decodes:
                answer = _answer(inputs, sample) if encodes else _caption(inputs, sample)
                samples[-1].append(answer)
            if image < images:
                patch = model.config.vision_config.patch_size
                tower = image_sequence(class_and_patches(inputs, sample, patch), "vision")
                samples[-1].append(SampleSequence(tower, [image]))
        return samples


def _caption(inputs: ForwardInputs, sample: int) -> TokenSequence:
    if inputs.batch.get("input_ids") is None:
        return _start(inputs, sample)
    return text_sequence(inputs, sample, "decoder")


def _answer(inputs: ForwardInputs, sample: int) -> TokenSequence:
    # labels serve as they are, without being moved
    given = inputs.batch.get("decoder_input_ids")
    given = inputs.batch.get("labels") if given is None else given
    if given is None:
        return _start(inputs, sample)
    config = inputs.model.config.text_config
    ids = given[sample].tolist()
    start, padding = config.bos_token_id, config.pad_token_id
    return decoder_tokens(inputs, ids, sample, "decoder", start, padding)


def _start(inputs: ForwardInputs, sample: int) -> TokenSequence:
    """What the decoder begins with under ``generate()``."""
    start = inputs.model.config.text_config.bos_token_id
    return decoder_tokens(inputs, [start], sample, "decoder", start, None)
