"""BridgeTower: a text and a vision tower, and cross-modal layers bridged to their upper layers.

Sequences ``text`` and ``image`` of the towers, ``cross_text`` and ``cross_image`` of the same
tokens in the cross-modal layers, which run beside the towers. With T text, V vision and C
cross-modal layers, these are numbered as the tower layers that they follow, from
``S = T - C + 1`` on:

====================  ==========================  =====================
block                 query -> key                layers
====================  ==========================  =====================
``language``          text -> text                ``0 .. T - 1``
``vision``            image -> image              ``0 .. V - 1``
``cross_language``    cross_text -> cross_text    ``S .. S + C - 1``
``cross_vision``      cross_image -> cross_image  the same
``text_to_image``     cross_text -> cross_image   the same
``image_to_text``     cross_image -> cross_text   the same
====================  ==========================  =====================

Hidden states of the cross-modal layers are what each of them reads, which the bridge from the
towers has changed, and at the end what the last one gives.
"""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from vl_tb_plugin.capture.families.forward_inputs import ForwardInputs, Part, SampleSequence
from vl_tb_plugin.capture.families.registry import register
from vl_tb_plugin.capture.families.structure import (
    AttentionSite,
    HiddenStateSite,
    OutputHead,
    Structure,
)
from vl_tb_plugin.capture.sequences.image_margin import size_of
from vl_tb_plugin.capture.sequences.image_tokens import ImageToken, image_sequence
from vl_tb_plugin.capture.sequences.joined_sequence import joined
from vl_tb_plugin.capture.sequences.pixel_grid import pixel_grid_tokens
from vl_tb_plugin.capture.sequences.text_sequence import text_sequence
from vl_tb_plugin.example import TokenSequence

TOKENS_FIRST = "tokens first"
"""Placement of hidden states with the tokens on axis 0 and the samples on axis 1."""


@register("bridgetower")
class BridgeTower:
    def structure(self, model: Any) -> Structure:
        config = model.config
        crossed = config.num_hidden_layers
        met = config.text_config.num_hidden_layers - crossed + 1
        language, vision = (
            "text_model.encoder.layer.{layer}",
            "visual.transformer.resblocks.{layer}",
        )
        attention = [
            AttentionSite(f"{language}.attention.self", "language", "text", "text"),
            AttentionSite(f"{vision}.attn", "vision", "image", "image"),
        ]
        hidden_states = [
            HiddenStateSite("text_model.embeddings", "text"),
            HiddenStateSite(language, "text", 1),
            HiddenStateSite("visual.ln_pre", "image"),
            HiddenStateSite(vision, "image", 1, placement=TOKENS_FIRST),
        ]
        for own, other, block in (("text", "image", "language"), ("image", "text", "vision")):
            stack, asks, is_asked = f"cross_modal_{own}_layers", f"cross_{own}", f"cross_{other}"
            layer = f"{stack}.{{layer}}"
            attention += [
                AttentionSite(f"{layer}.attention.self", f"cross_{block}", asks, asks, met),
                AttentionSite(
                    f"{layer}.crossattention.self", f"{own}_to_{other}", asks, is_asked, met
                ),
            ]
            hidden_states += [
                HiddenStateSite(layer, asks, met, at="input"),
                HiddenStateSite(f"{stack}.{crossed - 1}", asks, met + crossed),
            ]
        heads = (OutputHead("cross_text", ("mlm_score",)),)
        return Structure(tuple(attention), tuple(hidden_states), heads=heads)

    def sequences(self, inputs: ForwardInputs) -> list[list[TokenSequence | SampleSequence]]:
        samples: list[list[TokenSequence | SampleSequence]] = []
        for sample in range(len(inputs.batch["input_ids"])):
            text = text_sequence(inputs, sample)
            image = _image_sequence(inputs, sample)
            tokens_first = [Part(place, [place], start=sample) for place in range(len(image))]
            own_entry = [Part(sample, range(len(image)))]
            samples.append(
                [
                    text,
                    SampleSequence(image, placements={"": own_entry, TOKENS_FIRST: tokens_first}),
                    joined("cross_text", text),
                    joined("cross_image", image),
                ]
            )
        return samples


def _image_sequence(inputs: ForwardInputs, sample: int) -> TokenSequence:
    embedded = inputs.batch.get("image_embeds")
    if embedded is not None:
        count = embedded.shape[1]
        return TokenSequence([f"@{place}" for place in range(count)], ["image"] * count, "image")
    inputs = replace(inputs, image_processor=_with_plain_sizes(inputs, sample))
    patches = pixel_grid_tokens(inputs, sample, inputs.model.config.vision_config.patch_size)
    return image_sequence([ImageToken("[CLS]"), *patches], "image")


def _with_plain_sizes(inputs: ForwardInputs, sample: int) -> Any:
    """The processor's crop in height and width, which it states by the shorter edge alone."""
    processor, original = inputs.image_processor, inputs.original(sample, 0)
    if original is None or not getattr(processor, "do_center_crop", False):
        return None
    width, height = size_of(original)
    if getattr(processor, "do_resize", False):
        shorter, divisor = processor.size["shortest_edge"], processor.size_divisor
        factor = shorter / min(width, height)
        # a long image is held to this ratio, then both sides to whole multiples
        factor = min(factor, int(1333 / 800 * shorter) / max(width, height))
        width, height = (
            max(divisor, int(side * factor + 0.5) // divisor * divisor) for side in (width, height)
        )
    edge = processor.crop_size["shortest_edge"]
    return SimpleNamespace(
        do_center_crop=True,
        do_resize=True,
        size={"height": height, "width": width},
        crop_size={"height": edge, "width": edge},
    )
