"""Chameleon and Emu3: images as words of a picture vocabulary in the prompt of a decoder.

Sequences ``joint`` (the decoder's tokens: text and picture words, in Emu3 with a row-end token
after each row) and, for Emu3, ``vision`` (cells of the grid that the encoder of the picture words
works on; ``vision_level_n`` where it attends at another resolution, too). Each numbers its own
layers.

=============  ===================  ================================================
block          query -> key         layers
=============  ===================  ================================================
``language``   joint -> joint       of the decoder
``vision``     vision -> vision     those of the encoder of picture words with
                                    attention (Emu3; after convolutions)
=============  ===================  ================================================

Picture words that the model wrote itself are image tokens without a box.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import Any

from vl_tb_plugin.capture.families.forward_inputs import ForwardInputs, Part, SampleSequence
from vl_tb_plugin.capture.families.registry import register
from vl_tb_plugin.capture.families.structure import AttentionSite, HiddenStateSite, Structure
from vl_tb_plugin.capture.sequences.image_grid import grid_boxes
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

Image = tuple[int, int, int]
"""Number in the batch, rows and columns of picture words."""


class DiscreteImageTokens:
    """What both have in common: picture words in the places of image tokens."""

    words: str
    """How the names of picture words begin in the vocabulary."""
    row_end: int
    """How many row-end tokens follow each row."""

    def structure(self, model: Any) -> Structure:
        config = model.config
        language = "layers.{layer}"
        return Structure(
            attention=(AttentionSite(f"{language}.self_attn", "language", "joint", "joint"),),
            hidden_states=(
                HiddenStateSite(language, "joint", at="input"),
                HiddenStateSite(
                    "norm", "joint", first_layer=config.get_text_config().num_hidden_layers
                ),
            ),
            generated="joint",
        )

    @abstractmethod
    def images(self, inputs: ForwardInputs) -> Iterator[Image]:
        """The images of the batch, in order."""

    def sequences(self, inputs: ForwardInputs) -> list[list[TokenSequence | SampleSequence]]:
        if inputs.batch.get("input_ids") is None:
            inputs.remarks.append(
                "Image tokens are not marked: inputs_embeds does not tell where they are."
            )
            prompts = inputs.batch["inputs_embeds"]
            return [[text_sequence(inputs, sample, "joint")] for sample in range(len(prompts))]
        shown = inputs.batch.get("pixel_values") is not None
        images = self.images(inputs) if shown else iter(())
        return [
            self._sample(inputs, sample, images) for sample in range(len(inputs.batch["input_ids"]))
        ]

    def _sample(
        self, inputs: ForwardInputs, sample: int, images: Iterator[Image]
    ) -> list[TokenSequence | SampleSequence]:
        vocabulary = inputs.model.config.vocabulary_map or {}
        places = image_places(inputs, sample, vocabulary.get("<image>", -1))
        own = next_images(images, len(places), lambda image: image[1] * (image[2] + self.row_end))
        tokens: list[ImageToken] = []
        for number, (_, rows, columns) in enumerate(own):
            cells = grid_tokens(inputs, sample, number, rows, columns)
            for row in range(rows):
                tokens += cells[row * columns : (row + 1) * columns]
                tokens += [ImageToken("row end")] * self.row_end
        joint = prompt_with_images(text_sequence(inputs, sample, "joint"), places, tokens)
        return [self._with_written_words(inputs, sample, joint), *self.vision(inputs, own)]

    def vision(self, inputs: ForwardInputs, own: list[Image]) -> list[SampleSequence]:
        """Sequences of the encoder of picture words, for the images of one sample."""
        return []

    def _with_written_words(
        self, inputs: ForwardInputs, sample: int, joint: TokenSequence
    ) -> TokenSequence:
        vocabulary = inputs.model.config.vocabulary_map or {}
        words = {number for name, number in vocabulary.items() if name.startswith(self.words)}
        ids = inputs.batch["input_ids"][sample].tolist()
        places = [place for place, number in enumerate(ids) if number in words]
        written = [ImageToken(joint.tokens[place], "image") for place in places]
        return prompt_with_images(joint, places, written)


@register("chameleon")
class Chameleon(DiscreteImageTokens):
    words = "IMGIMG"
    row_end = 0

    def images(self, inputs: ForwardInputs) -> Iterator[Image]:
        count, _, height, width = inputs.batch["pixel_values"].shape
        cell = 2 ** (len(inputs.model.config.vq_config.channel_multiplier) - 1)
        return ((image, height // cell, width // cell) for image in range(count))


@register("emu3")
class Emu3(DiscreteImageTokens):
    words = "<|visual token"
    row_end = 1

    def structure(self, model: Any) -> Structure:
        language = super().structure(model)
        config = model.config.vq_config
        attention, hidden_states, depth = [], [], 0
        for level, name in _attended_levels(config):
            path = f"vqmodel.encoder.down_block.down.{level}.attn.{{layer}}"
            attention.append(AttentionSite(path, name, name, name, depth))
            hidden_states.append(HiddenStateSite(path, name, depth, at="input"))
            depth += config.num_res_blocks
        path = "vqmodel.encoder.middle_block.attn_1"
        attention.append(AttentionSite(path, "vision", "vision", "vision", depth))
        hidden_states.append(HiddenStateSite(path, "vision", depth, at="input"))
        return Structure(
            (*language.attention, *attention),
            (*language.hidden_states, *hidden_states),
            generated=language.generated,
        )

    def images(self, inputs: ForwardInputs) -> Iterator[Image]:
        cell = 2 ** (len(inputs.model.config.vq_config.channel_multiplier) - 1)
        sizes = inputs.batch["image_sizes"].tolist()
        return (
            (image, height // cell, width // cell) for image, (height, width) in enumerate(sizes)
        )

    def vision(self, inputs: ForwardInputs, own: list[Image]) -> list[SampleSequence]:
        if not own:
            return []
        config = inputs.model.config.vq_config
        last = len(config.channel_multiplier) - 1
        levels = dict([*_attended_levels(config), (last, "vision")])
        return [_cells(inputs, own, level, name) for level, name in levels.items()]


def _attended_levels(config: Any) -> list[tuple[int, str]]:
    """Levels of the encoder on whose way down there is attention, and the names of their grids."""
    last = len(config.channel_multiplier) - 1
    levels = sorted(set(config.attn_resolutions or ()) & set(range(last + 1)))
    return [(level, "vision" if level == last else f"vision_level_{level}") for level in levels]


def _cells(inputs: ForwardInputs, own: list[Image], level: int, name: str) -> SampleSequence:
    """The grid of one level; images of a batch are padded to one size."""
    side = 2**level
    rows, columns = (length // side for length in inputs.batch["pixel_values"].shape[-2:])
    # the encoder sees an image as so many frames, all the same
    frames = inputs.model.config.vq_config.temporal_downsample_factor
    tokens: list[ImageToken] = []
    parts = []
    for number, (image, _, _) in enumerate(own):
        height, width = inputs.batch["image_sizes"][image].tolist()
        shown = [columns * side / width, rows * side / height] * 2
        start = len(tokens)
        for place, box in enumerate(grid_boxes(rows, columns)):
            row, column = divmod(place, columns)
            scaled = [min(1.0, edge * scale) for edge, scale in zip(box, shown, strict=True)]
            if scaled[0] < scaled[2] and scaled[1] < scaled[3]:
                tokens.append(ImageToken(f"cell {row},{column}", "image", scaled, number))
            else:
                tokens.append(ImageToken("[PAD]", "padding"))
        parts.append(Part(image * frames, range(start, len(tokens))))
    return SampleSequence(image_sequence(tokens, name), placements={"": parts})
