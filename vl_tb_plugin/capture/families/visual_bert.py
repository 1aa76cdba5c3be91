"""VisualBERT: one stream over text and, behind it, the regions that a detector found.

Sequence ``joint``; the choices of a multiple-choice question follow one another in it. The model
is not told where regions are. Say it with a layout that adds ``visual_pos``, (samples, regions, 4)
fractions ``x0, y0, x1, y1`` of the image, to what this family reads::

    def layout(inputs):
        known = {**inputs.batch, "visual_pos": boxes}
        return VisualBert().sequences(dataclasses.replace(inputs, batch=known))

=========  ================  ================
block      query -> key      layers
=========  ================  ================
``joint``  joint -> joint    of the encoder
=========  ================  ================
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from torch import Tensor

from vl_tb_plugin.capture.families.forward_inputs import ForwardInputs, SampleSequence
from vl_tb_plugin.capture.families.registry import register
from vl_tb_plugin.capture.families.structure import (
    AttentionSite,
    Explanation,
    HiddenStateSite,
    OutputHead,
    Readout,
    Structure,
)
from vl_tb_plugin.capture.sequences.joined_sequence import joined
from vl_tb_plugin.capture.sequences.region_sequence import region_sequence
from vl_tb_plugin.capture.sequences.text_sequence import text_sequence
from vl_tb_plugin.example import TokenSequence

AXES = {
    "input_ids": 2,
    "inputs_embeds": 3,
    "attention_mask": 2,
    "visual_embeds": 3,
    "visual_attention_mask": 2,
    "visual_pos": 3,
}
"""Axes of each input; with choices, there is one more behind the samples."""


@register("visual_bert")
class VisualBert:
    def structure(self, model: Any) -> Structure:
        layer = "encoder.layer.{layer}"
        # the one head that reads the second-last word instead of the pooled first token
        answers = type(model).__name__ == "VisualBertForQuestionAnswering"
        return Structure(
            attention=(AttentionSite(f"{layer}.attention.self", "joint", "joint", "joint"),),
            hidden_states=(
                HiddenStateSite("embeddings", "joint"),
                HiddenStateSite(layer, "joint", first_layer=1),
            ),
            explanation=Explanation((Readout("joint", "second_last_word"),) if answers else ()),
            heads=(
                OutputHead("joint", ("cls.predictions",), logits="prediction_logits"),
                OutputHead("joint", ("cls",), "second_last_word")
                if answers
                else OutputHead("joint", ("visual_bert.pooler", "cls"), "first"),
            ),
        )

    def sequences(self, inputs: ForwardInputs) -> list[list[TokenSequence | SampleSequence]]:
        samples, choices, entries = _with_choices_as_entries(inputs)
        regions = entries.batch.get("visual_embeds")
        rows: list[list[TokenSequence | SampleSequence]] = []
        for sample in range(samples):
            own = range(sample * choices, (sample + 1) * choices)
            parts = []
            for entry in own:
                parts.append(text_sequence(entries, entry))
                if regions is not None:
                    mask, positions = (
                        None if given is None else given[entry]
                        for given in map(entries.batch.get, ("visual_attention_mask", "visual_pos"))
                    )
                    parts.append(region_sequence(inputs, regions.shape[1], mask, positions))
            rows.append([SampleSequence(joined("joint", *parts), own)])
        return rows


def _with_choices_as_entries(inputs: ForwardInputs) -> tuple[int, int, ForwardInputs]:
    """Number of samples, of choices of each, and the inputs as the encoder gets them."""
    batch = dict(inputs.batch)
    words = "input_ids" if batch.get("input_ids") is not None else "inputs_embeds"
    samples = len(batch[words])
    choices = batch[words].shape[1] if batch[words].ndim > AXES[words] else 1
    for name, axes in AXES.items():
        given = batch.get(name)
        if isinstance(given, Tensor) and given.ndim > axes:
            batch[name] = given.flatten(0, 1)
    return samples, choices, replace(inputs, batch=batch)
