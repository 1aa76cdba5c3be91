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

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from vl_tb_plugin.capture.families.forward_inputs import ForwardInputs, SampleSequence
from vl_tb_plugin.capture.families.image_crop import uncropped
from vl_tb_plugin.capture.families.image_grid import grid_boxes, patch_names
from vl_tb_plugin.capture.families.registry import register
from vl_tb_plugin.capture.families.structure import AttentionSite, HiddenStateSite, Structure
from vl_tb_plugin.capture.families.text_sequence import text_sequence
from vl_tb_plugin.example import InvalidExample, TokenSequence

_NOWHERE = (np.nan,) * 4


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
        )

    def sequences(self, inputs: ForwardInputs) -> list[list[TokenSequence | SampleSequence]]:
        samples: list[list[TokenSequence | SampleSequence]] = []
        first_image = 0
        for sample in range(len(inputs.batch["input_ids"])):
            text = text_sequence(inputs, sample, "joint")
            places = _image_places(inputs, sample)
            if not places:
                samples.append([text])
                continue
            grid = _PatchGrid(inputs)
            images = grid.count_images(len(places), sample)
            vision = [grid.tokens(inputs, sample, image) for image in range(images)]
            joint = _joint_sequence(text, places, grid.kept(vision))
            entries = tuple(range(first_image, first_image + images))
            first_image += images
            samples.append([joint, SampleSequence(_vision_sequence(vision), entries)])
        return samples


def _image_places(inputs: ForwardInputs, sample: int) -> list[int]:
    if inputs.batch.get("pixel_values") is None:
        return []
    ids = inputs.batch["input_ids"][sample]
    places: list[int] = (ids == inputs.model.config.image_token_id).nonzero().flatten().tolist()
    return places


@dataclass(frozen=True)
class _ImageToken:
    name: str
    modality: str
    box: Sequence[float]
    image: int


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

    def tokens(self, inputs: ForwardInputs, sample: int, image: int) -> list[_ImageToken]:
        """The tower's tokens for one image of a sample."""
        original = inputs.original(sample, image)
        boxes = uncropped(grid_boxes(self.rows, self.columns), original, inputs.image_processor)
        patches = [
            _ImageToken(name, "image", box, image)
            for name, box in zip(patch_names(self.rows, self.columns), boxes, strict=True)
        ]
        classes = [_ImageToken("[CLS]", "special", _NOWHERE, -1)] if self.has_class else []
        return classes + patches

    def kept(self, images: list[list[_ImageToken]]) -> list[_ImageToken]:
        """The tokens that enter the prompt, image after image."""
        return [token for image in images for token in image[int(self.drops_class) :]]


def _joint_sequence(
    text: TokenSequence, places: Sequence[int], patches: Sequence[_ImageToken]
) -> TokenSequence:
    tokens, modality = list(text.tokens), list(text.modality)
    boxes, image_index = np.full((len(tokens), 4), np.nan), np.full(len(tokens), -1)
    for place, patch in zip(places, patches, strict=True):
        tokens[place], modality[place] = patch.name, patch.modality
        boxes[place], image_index[place] = patch.box, patch.image
    return TokenSequence(tokens, modality, "joint", boxes, image_index)


def _vision_sequence(images: list[list[_ImageToken]]) -> TokenSequence:
    tokens = [token for image in images for token in image]
    return TokenSequence(
        [token.name for token in tokens],
        [token.modality for token in tokens],
        "vision",
        np.array([token.box for token in tokens]),
        np.array([token.image for token in tokens]),
    )
