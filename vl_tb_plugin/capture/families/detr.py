"""DETR: an encoder over the last feature map of a backbone, and a decoder of object queries.

Sequences ``image`` (the cells of the feature map) and ``queries``. Each numbers its own layers:

=====================  ====================  ==================
block                  query -> key          layers
=====================  ====================  ==================
``encoder``            image -> image        of the encoder
``decoder``            queries -> queries    of the decoder
``queries_to_image``   queries -> image      of the decoder
=====================  ====================  ==================
"""

from __future__ import annotations

import math
from typing import Any

from vl_tb_plugin.capture.families.forward_inputs import ForwardInputs
from vl_tb_plugin.capture.families.registry import register
from vl_tb_plugin.capture.families.structure import (
    AttentionSite,
    Explanation,
    HiddenStateSite,
    Readout,
    Structure,
)
from vl_tb_plugin.capture.sequences.detection import (
    feature_sequence,
    observed_shapes,
    query_sequence,
)
from vl_tb_plugin.example import TokenSequence


@register("detr")
class Detr:
    def structure(self, model: Any) -> Structure:
        image, queries = "image", "queries"
        encoder, decoder = "encoder.layers.{layer}", "decoder.layers.{layer}"
        return Structure(
            attention=(
                AttentionSite(f"{encoder}.self_attn", "encoder", image, image),
                AttentionSite(f"{decoder}.self_attn", "decoder", queries, queries),
                AttentionSite(f"{decoder}.encoder_attn", "queries_to_image", queries, image),
            ),
            hidden_states=detector_hidden_states(model.config),
            observed={"backbone": "backbone"},
            explanation=Explanation((Readout(queries, "explained"),), logits_of="objects"),
        )

    def sequences(self, inputs: ForwardInputs) -> list[list[TokenSequence]]:
        batch = inputs.batch
        if batch.get("inputs_embeds") is not None:
            samples, cells = batch["inputs_embeds"].shape[:2]
            shapes = [(math.isqrt(cells), math.isqrt(cells))]  # the model takes it for a square
        else:
            samples = len(batch["pixel_values"])
            shapes = observed_shapes(inputs.observed["backbone"][-1])[-1:]
        own = batch.get("decoder_inputs_embeds")
        queries = inputs.model.config.num_queries if own is None else own.shape[1]
        return [
            [feature_sequence(inputs, sample, shapes), query_sequence(queries)]
            for sample in range(samples)
        ]


def detector_hidden_states(config: Any) -> tuple[HiddenStateSite, ...]:
    """Of ``image`` in the encoder and of ``queries`` in the decoder."""
    # within the layers, because the backbone may have an encoder of layers, too
    sites = []
    for stack, sequence, count in (
        ("encoder.layers", "image", config.encoder_layers),
        ("decoder.layers", "queries", config.decoder_layers),
    ):
        last = f"{stack}.{count - 1}.final_layer_norm"
        sites += [
            HiddenStateSite(f"{stack}.{{layer}}.self_attn", sequence, at="input"),
            HiddenStateSite(last, sequence, first_layer=count),
        ]
    return tuple(sites)
