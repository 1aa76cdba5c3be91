"""LXMERT: a language stream and a region stream that meet in cross-modality layers.

Sequences ``text`` and ``image`` (the regions). With L language, R vision and X cross layers, the
cross layers are numbered from ``max(L, R)`` on for both streams:

====================  ================  ===========================================
block                 query -> key      layers
====================  ================  ===========================================
``language``          text -> text      ``0 .. L - 1``
``vision``            image -> image    ``0 .. R - 1``
``text_to_image``     text -> image     ``max(L, R) .. max(L, R) + X - 1``
``image_to_text``     image -> text     the same
``cross_language``    text -> text      the same; runs after the two cross blocks
``cross_vision``      image -> image    the same; runs after the two cross blocks
====================  ================  ===========================================
"""

from __future__ import annotations

from typing import Any

from vl_tb_plugin.analysis.relevancy_schedule import AttentionLayer, CrossAttention, Schedule
from vl_tb_plugin.capture.families.forward_inputs import ForwardInputs
from vl_tb_plugin.capture.families.registry import register
from vl_tb_plugin.capture.families.structure import (
    AttentionSite,
    Explanation,
    HiddenStateSite,
    OutputHead,
    Readout,
    Structure,
)
from vl_tb_plugin.capture.sequences.region_sequence import region_sequence
from vl_tb_plugin.capture.sequences.text_sequence import text_sequence
from vl_tb_plugin.example import TokenSequence


@register("lxmert")
class Lxmert:
    def structure(self, model: Any) -> Structure:
        config = model.config
        meeting = max(config.l_layers, config.r_layers)
        language, vision = "encoder.layer.{layer}", "encoder.r_layers.{layer}"
        cross = "encoder.x_layers.{layer}"
        text, image = "text", "image"
        # one module serves both directions: first text asks, then the regions do
        both = f"{cross}.visual_attention.att"
        return Structure(
            attention=(
                AttentionSite(f"{language}.attention.self", "language", text, text),
                AttentionSite(f"{vision}.attention.self", "vision", image, image),
                AttentionSite(both, "text_to_image", text, image, meeting, call=0),
                AttentionSite(both, "image_to_text", image, text, meeting, call=1),
                AttentionSite(f"{cross}.lang_self_att.self", "cross_language", text, text, meeting),
                AttentionSite(f"{cross}.visn_self_att.self", "cross_vision", image, image, meeting),
            ),
            hidden_states=(
                HiddenStateSite("embeddings", text),
                HiddenStateSite(language, text, first_layer=1),
                HiddenStateSite(cross, text, first_layer=meeting + 1, index=0),
                HiddenStateSite("encoder.visn_fc", image),
                HiddenStateSite(vision, image, first_layer=1),
                HiddenStateSite(cross, image, first_layer=meeting + 1, index=1),
            ),
            explanation=Explanation(
                (Readout(text),), "question_answering_score", schedule=_schedule(config)
            ),
            heads=(
                OutputHead(text, ("cls.predictions",), logits="prediction_logits"),
                OutputHead(
                    text, ("pooler", "answer_head"), "first", logits="question_answering_score"
                ),
            ),
        )

    def sequences(self, inputs: ForwardInputs) -> list[list[TokenSequence]]:
        positions = inputs.batch["visual_pos"]
        mask = inputs.batch.get("visual_attention_mask")
        samples = []
        for sample, boxes in enumerate(positions):
            real = None if mask is None else mask[sample]
            regions = region_sequence(inputs, len(boxes), real, boxes)
            samples.append([text_sequence(inputs, sample), regions])
        return samples


def _schedule(config: Any) -> Schedule:
    """As the authors of relevancy do it: both streams change at once in a cross layer; of the last
    one only what reaches the text counts, from which the answer is read."""
    text, image = "text", "image"
    meeting = max(config.l_layers, config.r_layers)
    last = meeting + config.x_layers - 1
    steps = [(AttentionLayer("language", layer, text, text),) for layer in range(config.l_layers)]
    steps += [(AttentionLayer("vision", layer, image, image),) for layer in range(config.r_layers)]
    every: list[tuple[AttentionLayer | CrossAttention, ...]] = list(steps)
    for layer in range(meeting, last + 1):
        to_image = AttentionLayer("text_to_image", layer, text, image)
        to_text = AttentionLayer("image_to_text", layer, image, text)
        language = AttentionLayer("cross_language", layer, text, text)
        if layer < last:
            every.append((CrossAttention(to_image, returns=True), CrossAttention(to_text, True)))
            every.append((language,))
            every.append((AttentionLayer("cross_vision", layer, image, image),))
        else:
            every.append((CrossAttention(to_image, returns=True),))
            every.append((language,))
    return Schedule(tuple(every))
