"""Grounding DINO: text and feature maps that meet in an encoder, then a decoder of object queries.

Sequences: ``text`` and ``image`` (the cells of all feature maps) in the encoder, ``queries`` in the
decoder; ``text_backbone`` (the same tokens in BERT) and ``vision_stage_1`` ... (Swin, where that is
the backbone) before it. Each part numbers its own layers:

====================  ================================  ==========================================
block                 query -> key                      layers
====================  ================================  ==========================================
``text_backbone``     text_backbone -> text_backbone    of BERT
``vision_stage_1``    see :mod:`.swin`                  of the stages of Swin
``text_to_image``     text -> image                     of the encoder
``image_to_text``     image -> text                     of the encoder
``text``              text -> text                      of the encoder; runs after the two before
``decoder``           queries -> queries                of the decoder
``queries_to_text``   queries -> text                   of the decoder
====================  ================================  ==========================================

Cells look at cells, and queries at cells, by deformable attention: it samples a few points between
the cells, so there is no matrix.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from vl_tb_plugin.capture.families.deformable_detr import SAMPLED
from vl_tb_plugin.capture.families.forward_inputs import ForwardInputs, Part, SampleSequence
from vl_tb_plugin.capture.families.registry import register
from vl_tb_plugin.capture.families.structure import (
    AttentionSite,
    Explanation,
    HiddenStateSite,
    Readout,
    Structure,
)
from vl_tb_plugin.capture.families.swin import swin_attention, swin_hidden_states, swin_sequences
from vl_tb_plugin.capture.sequences.detection import feature_sequence, query_sequence
from vl_tb_plugin.capture.sequences.text_sequence import text_sequence
from vl_tb_plugin.example import TokenSequence

TEXT_FIRST, IMAGE_NEXT = "text_to_image", "image_to_text"
"""The two directions of a fusion layer, in the order in which it computes them."""


@register("grounding-dino", "mm-grounding-dino")
class GroundingDino:
    def structure(self, model: Any) -> Structure:
        config, backbone = model.config, model.config.backbone_config
        has_swin = backbone.model_type == "swin"
        text, image, queries, tower = "text", "image", "queries", "text_backbone"
        encoder, decoder = "encoder.layers.{layer}", "decoder.layers.{layer}"
        bert, both = "text_backbone.encoder.layer.{layer}", f"{encoder}.fusion_layer.attn"
        return Structure(
            attention=(
                AttentionSite(f"{bert}.attention.self", tower, tower, tower),
                *(swin_attention(backbone) if has_swin else ()),
                AttentionSite(both, TEXT_FIRST, text, image, packed=True, placement=TEXT_FIRST),
                AttentionSite(both, IMAGE_NEXT, image, text, packed=True, placement=IMAGE_NEXT),
                AttentionSite(f"{encoder}.text_enhancer_layer.self_attn", text, text, text),
                AttentionSite(f"{decoder}.self_attn", "decoder", queries, queries),
                AttentionSite(f"{decoder}.encoder_attn_text", "queries_to_text", queries, text),
            ),
            hidden_states=(
                HiddenStateSite("text_backbone.embeddings", tower),
                HiddenStateSite(bert, tower, first_layer=1),
                *(swin_hidden_states(backbone) if has_swin else ()),
                HiddenStateSite("text_projection", text),
                HiddenStateSite(f"{encoder}.text_enhancer_layer", text, first_layer=1),
                HiddenStateSite(
                    "encoder.layers.0.fusion_layer.layer_norm_vision", image, at="input"
                ),
                HiddenStateSite(f"{encoder}.deformable_layer", image, first_layer=1),
                HiddenStateSite("decoder.layers.0", queries, at="input"),
                HiddenStateSite(decoder, queries, first_layer=1),
            ),
            observed={
                f"level {level}": f"input_proj_vision.{level}"
                for level in range(config.num_feature_levels)
            },
            explanation=Explanation((Readout(queries, "explained"),), logits_of="objects"),
        )

    def sequences(self, inputs: ForwardInputs) -> list[list[TokenSequence | SampleSequence]]:
        config = inputs.model.config
        inputs.remarks.append(SAMPLED)
        has_swin = config.backbone_config.model_type == "swin"
        shapes, readable = _feature_shapes(inputs), _first_tokens(inputs)
        return [
            [
                *_fused(
                    text_sequence(readable, sample),
                    feature_sequence(inputs, sample, shapes),
                    sample,
                    len(inputs.batch["pixel_values"]),
                ),
                query_sequence(config.num_queries),
                text_sequence(readable, sample, "text_backbone"),
                *(swin_sequences(inputs, config.backbone_config, sample) if has_swin else ()),
            ]
            for sample in range(len(inputs.batch["pixel_values"]))
        ]


def _fused(
    text: TokenSequence, image: TokenSequence, sample: int, samples: int
) -> list[SampleSequence]:
    """Text and image of a sample, placed also for the fusion layers.

    One call computes the texts of all samples first, then the images of all: queries follow one
    another in this order, and each attention begins at the same number for its keys.
    """
    starts = {
        "": (0, sample),
        TEXT_FIRST: (sample * len(text), 0),
        IMAGE_NEXT: (samples * len(text) + sample * len(image), 0),
    }
    return [
        SampleSequence(
            tokens,
            placements={
                placement: [Part(entry, range(len(tokens)), start)]
                for placement, (start, entry) in starts.items()
            },
        )
        for tokens in (text, image)
    ]


def _first_tokens(inputs: ForwardInputs) -> ForwardInputs:
    """The inputs with as much of the text as the model reads."""
    names = ("input_ids", "attention_mask")
    limit = inputs.model.config.max_text_len
    given = {name: inputs.batch[name] for name in names if inputs.batch.get(name) is not None}
    cut = {name: value[:, :limit] for name, value in given.items()}
    return replace(inputs, batch={**inputs.batch, **cut})


def _feature_shapes(inputs: ForwardInputs) -> list[tuple[int, int]]:
    """Rows and columns of the feature maps: as seen, or, as long as only the text has run, as the
    strides of the backbone give them."""
    config = inputs.model.config
    levels = range(config.num_feature_levels)
    if all(inputs.observed.get(f"level {level}") for level in levels):
        return [tuple(inputs.observed[f"level {level}"][-1].shape[-2:]) for level in levels]
    backbone = config.backbone_config
    patch = backbone.patch_size if backbone.model_type == "swin" else 4
    stages = [backbone.stage_names.index(name) for name in backbone.out_features]
    stages += [stages[-1] + 1 + further for further in range(len(levels) - len(stages))]
    height, width = inputs.batch["pixel_values"].shape[-2:]
    sides = [patch * 2 ** (stage - 1) for stage in stages[: len(levels)]]
    return [(-(-height // side), -(-width // side)) for side in sides]
