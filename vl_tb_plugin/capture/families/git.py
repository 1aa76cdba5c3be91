"""GIT: the tokens of a vision tower, then text, in one decoder.

Sequences ``joint`` (the decoder's tokens: class token and patches of each image, then text) and
``vision`` (the tower's tokens; the frames of a sample follow one another). Each numbers its own
layers. Image tokens attend to each other in both directions, text tokens to what precedes them.

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
from vl_tb_plugin.capture.sequences.image_tokens import ImageToken, grid_tokens, image_sequence
from vl_tb_plugin.capture.sequences.joined_sequence import joined
from vl_tb_plugin.capture.sequences.text_sequence import text_sequence
from vl_tb_plugin.example import TokenSequence


@register("git")
class Git:
    def structure(self, model: Any) -> Structure:
        language, tower = "encoder.layer.{layer}", "image_encoder*.encoder.layers.{layer}"
        return Structure(
            attention=(
                AttentionSite(f"{language}.attention.self", "language", "joint", "joint"),
                AttentionSite(f"{tower}.self_attn", "vision", "vision", "vision"),
            ),
            hidden_states=(
                HiddenStateSite(language.format(layer=0), "joint", at="input"),
                HiddenStateSite(language, "joint", first_layer=1),
                HiddenStateSite(tower.format(layer=0), "vision", at="input"),
                HiddenStateSite(tower, "vision", first_layer=1),
            ),
            generated="joint",
        )

    def sequences(self, inputs: ForwardInputs) -> list[list[TokenSequence | SampleSequence]]:
        prompts = inputs.batch.get("input_ids")
        prompts = inputs.batch["inputs_embeds"] if prompts is None else prompts
        pixels = inputs.batch.get("pixel_values")
        samples: list[list[TokenSequence | SampleSequence]] = []
        for sample in range(len(prompts)):
            text = text_sequence(inputs, sample, "joint")
            if pixels is None:
                samples.append([text])
                continue
            frames = pixels.shape[1] if pixels.ndim == 5 else 1
            vision = _vision_sequence(inputs, sample, frames)
            # one call of the tower per frame; fewer images than texts are repeated
            entries = [frame * len(pixels) + sample % len(pixels) for frame in range(frames)]
            samples.append([joined("joint", vision, text), SampleSequence(vision, entries)])
        return samples


def _vision_sequence(inputs: ForwardInputs, sample: int, frames: int) -> TokenSequence:
    patch = inputs.model.config.vision_config.patch_size
    rows, columns = (length // patch for length in inputs.batch["pixel_values"].shape[-2:])
    tokens: list[ImageToken] = []
    for frame in range(frames):
        tokens.append(ImageToken("[CLS]"))
        tokens += grid_tokens(inputs, sample, frame, rows, columns)
    return image_sequence(tokens, "vision")
