"""Kosmos-2: latents that attend to a vision tower stand for the image in a decoder's prompt.

Sequences ``joint`` (the decoder's tokens: text and latents), ``vision`` (class token and patches of
the tower), ``queries`` (the latents) and ``image_and_queries`` (what the latents attend to: the
tower's tokens, then the latents themselves). The decoder numbers its own layers; the latents' layer
follows those of the tower.

====================  ==============================  ==========================
block                 query -> key                    layers
====================  ==============================  ==========================
``language``          joint -> joint                  of the decoder
``vision``            vision -> vision                ``0 .. V - 1``
``queries_to_image``  queries -> image_and_queries    ``V``
====================  ==============================  ==========================
"""

from __future__ import annotations

from typing import Any

from vl_tb_plugin.capture.families.forward_inputs import ForwardInputs
from vl_tb_plugin.capture.families.registry import register
from vl_tb_plugin.capture.families.structure import AttentionSite, HiddenStateSite, Structure
from vl_tb_plugin.capture.sequences.image_tokens import (
    ImageToken,
    grid_tokens,
    image_sequence,
    prompt_with_images,
)
from vl_tb_plugin.capture.sequences.text_sequence import text_sequence
from vl_tb_plugin.example import TokenSequence


@register("kosmos-2")
class Kosmos2:
    def structure(self, model: Any) -> Structure:
        config = model.config
        language = "text_model.model.layers.{layer}"
        tower = "vision_model*.encoder.layers.{layer}"
        latents = "image_to_text_projection.x_attn"
        depth, top = config.text_config.layers, config.vision_config.num_hidden_layers
        seen = "image_and_queries"
        return Structure(
            attention=(
                AttentionSite(f"{language}.self_attn", "language", "joint", "joint"),
                AttentionSite(f"{tower}.self_attn", "vision", "vision", "vision"),
                AttentionSite(latents, "queries_to_image", "queries", seen, top),
            ),
            hidden_states=(
                HiddenStateSite(language, "joint", at="input"),
                HiddenStateSite("text_model.model.layer_norm", "joint", first_layer=depth),
                HiddenStateSite(tower.format(layer=0), "vision", at="input"),
                HiddenStateSite(tower, "vision", first_layer=1),
                HiddenStateSite(latents, "queries", first_layer=top, at="input"),
                HiddenStateSite(latents, "queries", first_layer=top + 1),
            ),
            generated="joint",
        )

    def sequences(self, inputs: ForwardInputs) -> list[list[TokenSequence]]:
        prompts = inputs.batch.get("input_ids")
        prompts = inputs.batch["inputs_embeds"] if prompts is None else prompts
        count = inputs.model.config.latent_query_num
        latents = [ImageToken(f"latent {number}", "image") for number in range(count)]
        samples = []
        for sample in range(len(prompts)):
            text = text_sequence(inputs, sample, "joint")
            places = _places(inputs, sample)
            samples.append([prompt_with_images(text, places, latents if places else [])])
            if inputs.batch.get("pixel_values") is not None:
                tower = _tower_tokens(inputs, sample)
                samples[-1] += [
                    image_sequence(tower, "vision"),
                    image_sequence(latents, "queries"),
                    image_sequence([*tower, *latents], "image_and_queries"),
                ]
        return samples


def _places(inputs: ForwardInputs, sample: int) -> list[int]:
    mask = inputs.batch.get("image_embeds_position_mask")
    if mask is None:
        return []
    places: list[int] = mask[sample].nonzero().flatten().tolist()
    return places


def _tower_tokens(inputs: ForwardInputs, sample: int) -> list[ImageToken]:
    patch = inputs.model.config.vision_config.patch_size
    rows, columns = (length // patch for length in inputs.batch["pixel_values"].shape[-2:])
    return [ImageToken("[CLS]"), *grid_tokens(inputs, sample, 0, rows, columns)]
