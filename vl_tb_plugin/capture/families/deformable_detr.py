"""Deformable DETR: an encoder over several feature maps, and a decoder of object queries.

Sequences ``image`` (the cells of all feature maps) and ``queries``:

=============  ====================  ================
block          query -> key          layers
=============  ====================  ================
``decoder``    queries -> queries    of the decoder
=============  ====================  ================

Cells look at cells, and queries at cells, by deformable attention: it samples a few points between
the cells, so there is no matrix. Hidden states are those of all layers.
"""

from __future__ import annotations

from typing import Any

from vl_tb_plugin.capture.families.detr import detector_hidden_states
from vl_tb_plugin.capture.families.forward_inputs import ForwardInputs
from vl_tb_plugin.capture.families.registry import register
from vl_tb_plugin.capture.families.structure import (
    AttentionSite,
    Explanation,
    Readout,
    Structure,
)
from vl_tb_plugin.capture.sequences.detection import feature_sequence, query_sequence
from vl_tb_plugin.example import TokenSequence

SAMPLED = (
    "Deformable attention samples a few points of the feature maps: it has no matrix of"
    " probabilities between tokens and is not kept."
)


@register("deformable_detr")
class DeformableDetr:
    def structure(self, model: Any) -> Structure:
        config, own = model.config, "decoder.layers.{layer}.self_attn"
        return Structure(
            attention=(AttentionSite(own, "decoder", "queries", "queries"),),
            hidden_states=detector_hidden_states(config),
            observed={
                f"level {level}": f"input_proj.{level}"
                for level in range(config.num_feature_levels)
            },
            explanation=Explanation((Readout("queries", "explained"),), logits_of="objects"),
        )

    def sequences(self, inputs: ForwardInputs) -> list[list[TokenSequence]]:
        config = inputs.model.config
        inputs.remarks.append(SAMPLED)
        shapes = [
            tuple(inputs.observed[f"level {level}"][-1].shape[-2:])
            for level in range(config.num_feature_levels)
        ]
        queries = config.two_stage_num_proposals if config.two_stage else config.num_queries
        return [
            [feature_sequence(inputs, sample, shapes), query_sequence(queries)]
            for sample in range(len(inputs.batch["pixel_values"]))
        ]
