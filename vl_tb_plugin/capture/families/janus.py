"""Janus: a vision tower without class token, whose patches stand in a decoder's prompt.

Sequences ``joint`` (the decoder's tokens: text and patches) and ``vision`` (the tower's patches;
the images of a sample follow one another). Each numbers its own layers.

=============  ===================  =====================
block          query -> key         layers
=============  ===================  =====================
``language``   joint -> joint       of the decoder
``vision``     vision -> vision     of the vision tower
=============  ===================  =====================
"""

from __future__ import annotations

from typing import Any

from vl_tb_plugin.capture.families.forward_inputs import ForwardInputs, SampleSequence
from vl_tb_plugin.capture.families.registry import register
from vl_tb_plugin.capture.families.structure import AttentionSite, HiddenStateSite, Structure
from vl_tb_plugin.capture.sequences.image_margin import centred_in_square, without_margin
from vl_tb_plugin.capture.sequences.image_share import next_images
from vl_tb_plugin.capture.sequences.image_tokens import (
    ImageToken,
    grid_tokens,
    image_places,
    image_sequence,
    prompt_with_images,
)
from vl_tb_plugin.capture.sequences.text_sequence import text_sequence
from vl_tb_plugin.example import TokenSequence


@register("janus")
class Janus:
    def structure(self, model: Any) -> Structure:
        language = "language_model*.layers.{layer}"
        tower = "vision_model.encoder.layers.{layer}"
        depth = model.config.text_config.num_hidden_layers
        return Structure(
            attention=(
                AttentionSite(f"{language}.self_attn", "language", "joint", "joint"),
                AttentionSite(f"{tower}.self_attn", "vision", "vision", "vision"),
            ),
            hidden_states=(
                HiddenStateSite(language, "joint", at="input"),
                HiddenStateSite("language_model*.norm", "joint", first_layer=depth),
                HiddenStateSite(tower.format(layer=0), "vision", at="input"),
                HiddenStateSite(tower, "vision", first_layer=1),
            ),
            generated="joint",
        )

    def sequences(self, inputs: ForwardInputs) -> list[list[TokenSequence | SampleSequence]]:
        if inputs.batch.get("input_ids") is None:
            inputs.remarks.append(
                "Image tokens are not marked: inputs_embeds does not tell where they are."
            )
            prompts = inputs.batch["inputs_embeds"]
            return [[text_sequence(inputs, sample, "joint")] for sample in range(len(prompts))]
        pixels = inputs.batch.get("pixel_values")
        patch = inputs.model.config.vision_config.patch_size
        rows, columns = (0, 0) if pixels is None else [side // patch for side in pixels.shape[-2:]]
        images = iter(range(0 if pixels is None else len(pixels)))
        samples: list[list[TokenSequence | SampleSequence]] = []
        for sample in range(len(inputs.batch["input_ids"])):
            places = image_places(inputs, sample, inputs.model.config.image_token_id)
            entries = next_images(images, len(places), lambda image: rows * columns)
            tokens = [
                token
                for image in range(len(entries))
                for token in _placed(
                    inputs, sample, image, grid_tokens(inputs, sample, image, rows, columns)
                )
            ]
            text = text_sequence(inputs, sample, "joint")
            samples.append([prompt_with_images(text, places, tokens)])
            if tokens:
                samples[-1].append(SampleSequence(image_sequence(tokens, "vision"), entries))
        return samples


def _placed(
    inputs: ForwardInputs, sample: int, image: int, tokens: list[ImageToken]
) -> list[ImageToken]:
    """The processor makes images square by a margin; told where the original is given."""
    original = inputs.original(sample, image)
    if original is None or not getattr(inputs.image_processor, "do_pad", True):
        return tokens
    return without_margin(tokens, centred_in_square(original))
