"""Idefics2: latents that attend to a vision tower stand in a decoder's prompt for the image.

Sequences ``joint`` (the decoder's tokens: text and latents), ``vision`` (the tower's patches),
``queries`` (the latents of the resampler) and ``image_and_queries`` (what they attend to: patches
and latents under one softmax). In all but ``joint``, the images of a sample follow one another.

=====================  ================================  =====================
block                  query -> key                      layers
=====================  ================================  =====================
``language``           joint -> joint                    of the decoder
``vision``             vision -> vision                  of the vision tower
``queries_to_image``   queries -> image_and_queries      of the resampler
=====================  ================================  =====================

Each numbers its own layers. The last hidden states of the decoder and of the latents are those
after a final normalisation.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from vl_tb_plugin.capture.families.forward_inputs import ForwardInputs
from vl_tb_plugin.capture.families.image_prompt_decoders import (
    ImagePromptDecoder,
    Paths,
    PromptImage,
)
from vl_tb_plugin.capture.families.registry import register
from vl_tb_plugin.capture.families.structure import AttentionSite, HiddenStateSite, Structure
from vl_tb_plugin.capture.sequences.image_tokens import ImageToken
from vl_tb_plugin.capture.sequences.image_views import WHOLE, View, tile_views
from vl_tb_plugin.capture.sequences.padded_views import padded_views, real_views

_RESAMPLER = "perceiver_resampler"
_QUARTERS = [*tile_views(2, 2), View(WHOLE, "overview")]


@register("idefics2")
class Idefics2(ImagePromptDecoder):
    paths = Paths(decoder="text_model*", layer="vision_model*.encoder.layers.{layer}")

    def structure(self, model: Any) -> Structure:
        common = super().structure(model)
        layer = f"{_RESAMPLER}.layers.{{layer}}"
        depth = model.config.perceiver_config.resampler_depth
        site = AttentionSite(
            f"{layer}.self_attn", "queries_to_image", "queries", "image_and_queries"
        )
        states = (
            HiddenStateSite(layer, "queries", at="input"),
            HiddenStateSite(f"{_RESAMPLER}.norm", "queries", first_layer=depth),
        )
        return replace(
            common,
            attention=(*common.attention, site),
            hidden_states=(*common.hidden_states, *states),
        )

    def lengths(self, inputs: ForwardInputs) -> Sequence[int]:
        latents: int = inputs.model.config.perceiver_config.resampler_n_latents
        return [latents] * int(real_views(inputs.batch["pixel_values"]).sum())

    def images(
        self, inputs: ForwardInputs, sample: int, places: Sequence[int], numbers: Sequence[int]
    ) -> list[PromptImage]:
        padded = padded_views(inputs, numbers, whole=True)
        count = inputs.model.config.perceiver_config.resampler_n_latents
        # where the processor splits images, each comes as four quarters and a whole
        splits = getattr(inputs.image_processor, "do_image_splitting", False)
        views = _QUARTERS if splits and len(numbers) % len(_QUARTERS) == 0 else [View()]
        images = []
        for position, shown in enumerate(padded):
            image, part = divmod(position, len(views))
            tower = shown.tokens(views[part], image)
            names = [f"{views[part].label} latent {one}".lstrip() for one in range(count)]
            latents = [ImageToken(name, "image") for name in names]
            further = {"queries": latents, "image_and_queries": [*tower, *latents]}
            images.append(PromptImage(latents, tower, further=further))
        return images

    def structural(
        self, inputs: ForwardInputs, sample: int, places: Sequence[int]
    ) -> Iterable[int]:
        # one token before and one after every image
        last = len(inputs.batch["input_ids"][sample]) - 1
        return range(max(0, places[0] - 1), min(places[-1] + 1, last) + 1)
