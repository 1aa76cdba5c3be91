"""LLaVA: a vision tower whose patches take the place of image tokens in a decoder's prompt.

Sequences ``joint`` (the decoder's tokens: text and patches) and ``vision`` (class token and
patches of the tower; the images of a sample follow one another). Each numbers its own layers.

=============  ===================  =====================
block          query -> key         layers
=============  ===================  =====================
``language``   joint -> joint       of the decoder
``vision``     vision -> vision     of the vision tower
=============  ===================  =====================

As in transformers, the decoder's last hidden state is the one after its final normalisation.
"""

from __future__ import annotations

from typing import Any

from vl_tb_plugin.capture.families.forward_inputs import ForwardInputs, SampleSequence
from vl_tb_plugin.capture.families.registry import register
from vl_tb_plugin.capture.families.structure import AttentionSite, HiddenStateSite, Structure
from vl_tb_plugin.capture.sequences.image_tokens import (
    ImageToken,
    grid_tokens,
    image_places,
    image_sequence,
    prompt_with_images,
)
from vl_tb_plugin.capture.sequences.text_sequence import text_sequence
from vl_tb_plugin.example import InvalidExample, TokenSequence


@register("llava")
class Llava:
    def structure(self, model: Any) -> Structure:
        language, tower = "language_model*.layers.{layer}", "vision_tower*.encoder.layers.{layer}"
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
        samples: list[list[TokenSequence | SampleSequence]] = []
        first_image = 0
        for sample in range(len(inputs.batch["input_ids"])):
            text = text_sequence(inputs, sample, "joint")
            places = image_places(inputs, sample, inputs.model.config.image_token_id)
            if inputs.batch.get("pixel_values") is None or not places:
                samples.append([text])
                continue
            grid = _PatchGrid(inputs)
            images = [
                grid.tokens(inputs, sample, image)
                for image in range(grid.count_images(len(places), sample))
            ]
            kept = [token for image in images for token in image[int(grid.drops_class) :]]
            joint = prompt_with_images(text, places, kept)
            vision = image_sequence([token for image in images for token in image], "vision")
            entries = range(first_image, first_image + len(images))
            first_image += len(images)
            samples.append([joint, SampleSequence(vision, entries)])
        return samples


class _PatchGrid:
    """The tokens of one image as the vision tower sees it."""

    def __init__(self, inputs: ForwardInputs):
        config = inputs.model.config
        height, width = inputs.batch["pixel_values"].shape[-2:]
        patch = config.vision_config.patch_size
        self.rows, self.columns = height // patch, width // patch
        towers = inputs.model.named_parameters()
        self.has_class = any(name.endswith("class_embedding") for name, _ in towers)
        # "full" keeps the tower's class token in the prompt, "default" drops it
        strategy = inputs.batch.get("vision_feature_select_strategy")
        strategy = strategy or config.vision_feature_select_strategy
        self.drops_class = self.has_class and strategy == "default"

    def count_images(self, places: int, sample: int) -> int:
        """How many images that many image tokens stand for."""
        per_image = self.rows * self.columns + (self.has_class and not self.drops_class)
        if places % per_image:
            raise InvalidExample(
                "batch['input_ids']",
                f"a multiple of {per_image} image tokens for {self.rows} x {self.columns} patches",
                f"{places} in sample {sample} (give trace a layout= of your own)",
            )
        return places // per_image

    def tokens(self, inputs: ForwardInputs, sample: int, image: int) -> list[ImageToken]:
        """The tower's tokens for one image of a sample."""
        patches = grid_tokens(inputs, sample, image, self.rows, self.columns)
        return [ImageToken("[CLS]"), *patches] if self.has_class else patches
