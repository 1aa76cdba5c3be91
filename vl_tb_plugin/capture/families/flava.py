"""FLAVA: an image and a text encoder, and a multimodal encoder over the tokens of both.

Sequences ``image``, ``text`` and ``joint`` (class token, image tokens, text tokens). With I image,
T text and M multimodal layers, the multimodal encoder is numbered from ``max(I, T)`` on, where it
meets both:

==============  ================  ===========================================
block           query -> key      layers
==============  ================  ===========================================
``vision``      image -> image    ``0 .. I - 1``
``language``    text -> text      ``0 .. T - 1``
``joint``       joint -> joint    ``max(I, T) .. max(I, T) + M - 1``
==============  ================  ===========================================

The model for pre-training runs everything twice: whole, then with words and patches masked. The
masked run has the same blocks and sequences once more, with ``masked_`` before their names; by
default the multimodal encoder takes part only in that one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from vl_tb_plugin.capture.families.forward_inputs import ForwardInputs, SampleSequence
from vl_tb_plugin.capture.families.registry import register
from vl_tb_plugin.capture.families.structure import AttentionSite, HiddenStateSite, Structure
from vl_tb_plugin.capture.sequences.image_tokens import ImageToken, image_sequence
from vl_tb_plugin.capture.sequences.joined_sequence import joined
from vl_tb_plugin.capture.sequences.pixel_grid import pixel_grid_tokens
from vl_tb_plugin.capture.sequences.text_sequence import text_sequence
from vl_tb_plugin.example import TokenSequence

ENCODERS = {
    "image": ("image_model", "vision"),
    "text": ("text_model", "language"),
    "joint": ("multimodal_model", "joint"),
}
"""Where each encoder is and how its block is called, by the name of its sequence."""

MASKED = "masked_"


@register("flava")
class Flava:
    def structure(self, model: Any) -> Structure:
        config = model.config
        meeting = max(config.image_config.num_hidden_layers, config.text_config.num_hidden_layers)
        attention, hidden_states = [], []
        for run in ("", MASKED):
            for name, (encoder, block) in ENCODERS.items():
                layer = f"{encoder}.encoder.layer.{{layer}}"
                sequence, first = run + name, meeting if name == "joint" else 0
                attention.append(
                    AttentionSite(
                        f"{layer}.attention.attention", run + block, sequence, sequence, first
                    )
                )
                hidden_states += [
                    HiddenStateSite(layer.format(layer=0), sequence, first, at="input"),
                    HiddenStateSite(layer, sequence, first + 1),
                ]
        return Structure(tuple(attention), tuple(hidden_states))

    def sequences(self, inputs: ForwardInputs) -> list[list[SampleSequence]]:
        runs = _runs(inputs)
        batch = inputs.batch
        given = batch.get("input_ids")
        count = len(given if given is not None else batch["pixel_values"])
        samples: list[list[SampleSequence]] = []
        for sample in range(count):
            sequences = []
            for number, (name, run, joint_run) in enumerate(runs):
                own = _encoded(run, sample)
                if joint_run is not None and len(own) == 2:
                    joint = _joint(inputs, own["image"], own["text"])
                    entry = joint_run * count + sample
                    sequences.append(_named(name + "joint", joint, entry))
                for kind, tokens in own.items():
                    entry = number * count + sample
                    sequences.append(_named(name + kind, tokens, entry))
            samples.append(sequences)
        return samples


def _runs(inputs: ForwardInputs) -> list[tuple[str, ForwardInputs, int | None]]:
    """Of each run through the encoders: what stands before its names, its inputs, and which run of
    the multimodal encoder it is."""
    batch, config = inputs.batch, inputs.model.config
    if not any(name.endswith("flava") for name, _ in inputs.model.named_children()):
        skips = batch.get("skip_multimodal_encoder")
        return [("", inputs, None if skips else 0)]
    skips = batch.get("skip_unmasked_multimodal_encoder")
    skips = config.skip_unmasked_multimodal_encoder if skips is None else skips
    masked = batch.get("input_ids_masked")
    masked = batch.get("input_ids") if masked is None else masked
    second = replace(inputs, batch={**batch, "input_ids": masked})
    return [("", inputs, None if skips else 0), (MASKED, second, 0 if skips else 1)]


def _encoded(inputs: ForwardInputs, sample: int) -> dict[str, TokenSequence]:
    """The tokens of both encoders, as far as they run."""
    sequences = {}
    if inputs.batch.get("input_ids") is not None:
        sequences["text"] = text_sequence(inputs, sample)
    if inputs.batch.get("pixel_values") is not None:
        patches = pixel_grid_tokens(inputs, sample, inputs.model.config.image_config.patch_size)
        sequences["image"] = image_sequence([ImageToken("[CLS]"), *patches], "image")
    return sequences


def _joint(inputs: ForwardInputs, image: TokenSequence, text: TokenSequence) -> TokenSequence:
    own = []
    if inputs.model.config.multimodal_config.use_cls_token:
        own.append(image_sequence([ImageToken("[CLS]")], "joint"))
    return joined("joint", *own, image, text)


def _named(name: str, tokens: TokenSequence, entry: int) -> SampleSequence:
    return SampleSequence(joined(name, tokens), [entry])
