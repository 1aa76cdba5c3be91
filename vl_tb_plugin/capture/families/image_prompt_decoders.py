"""Decoders in whose prompt the tokens of images stand: what all of them share.

Sequences ``joint`` (the decoder's tokens: text and image tokens) and ``vision`` (the tokens of the
vision tower; the images of a sample, and the tiles of an image, follow one another). Each numbers
its own layers.

=============  ===================  =====================
block          query -> key         layers
=============  ===================  =====================
``language``   joint -> joint       of the decoder
``vision``     vision -> vision     of the vision tower
=============  ===================  =====================

As in transformers, the decoder's last hidden state is the one after its final normalisation.

A family says where its tower is, how many tokens each image of a batch takes in the prompt, and
which tokens they are.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from vl_tb_plugin.capture.families.forward_inputs import ForwardInputs, Part, SampleSequence
from vl_tb_plugin.capture.families.structure import AttentionSite, HiddenStateSite, Structure
from vl_tb_plugin.capture.sequences.image_share import next_images
from vl_tb_plugin.capture.sequences.image_tokens import (
    NOWHERE,
    ImageToken,
    image_places,
    image_sequence,
    prompt_with_images,
)
from vl_tb_plugin.capture.sequences.marker_tokens import with_markers
from vl_tb_plugin.capture.sequences.text_sequence import text_sequence
from vl_tb_plugin.example import InvalidExample, TokenSequence


@dataclass(frozen=True)
class Paths:
    """Where the modules are.

    Attributes:
        decoder: of the language model.
        layer: a layer of the vision tower.
        attention: within such a layer.
        embeddings: whose result the tower's first layer reads; empty where the layer's own first
            argument tells.
    """

    decoder: str = "language_model*"
    layer: str = "vision_tower*.encoder.layers.{layer}"
    attention: str = "self_attn"
    embeddings: str = ""


@dataclass(frozen=True)
class PromptImage:
    """The tokens of one image of a sample.

    Attributes:
        prompt: in the decoder's prompt.
        tower: in the vision tower.
        entries: how many entries of the tower's batch axis these are (tiles).
        further: of further sequences by name, with as many entries.
    """

    prompt: Sequence[ImageToken]
    tower: Sequence[ImageToken]
    entries: int = 1
    further: Mapping[str, Sequence[ImageToken]] = field(default_factory=dict)


class ImagePromptDecoder(ABC):
    """The structure; families fill in how the tokens of an image are made.

    Attributes:
        paths: where the modules are.
        markers: names, without ``_token_id``, of ids in the configuration that mark images.
        packed: whether the tower reads all images of a batch as one sequence.
    """

    paths = Paths()
    markers: tuple[str, ...] = ()
    packed = False

    @abstractmethod
    def lengths(self, inputs: ForwardInputs) -> Sequence[int]:
        """How many tokens of the prompt each image of the batch takes, in order."""

    @abstractmethod
    def images(
        self, inputs: ForwardInputs, sample: int, places: Sequence[int], numbers: Sequence[int]
    ) -> list[PromptImage]:
        """The images of a sample.

        Args:
            inputs: of the forward pass.
            sample: number in the batch.
            places: positions of the sample's image tokens in its prompt.
            numbers: which of the images that :meth:`lengths` counts belong to the sample.
        """

    def structural(
        self, inputs: ForwardInputs, sample: int, places: Sequence[int]
    ) -> Iterable[int]:
        """Positions in the prompt that structure an image, by the places of its tokens."""
        return ()

    def structure(self, model: Any) -> Structure:
        paths = self.paths
        decoder = f"{paths.decoder}.layers.{{layer}}"
        first = (
            HiddenStateSite(paths.embeddings, "vision")
            if paths.embeddings
            else HiddenStateSite(paths.layer.format(layer=0), "vision", at="input")
        )
        depth = model.config.text_config.num_hidden_layers
        return Structure(
            attention=(
                AttentionSite(f"{decoder}.self_attn", "language", "joint", "joint"),
                AttentionSite(f"{paths.layer}.{paths.attention}", "vision", "vision", "vision"),
            ),
            hidden_states=(
                HiddenStateSite(decoder, "joint", at="input"),
                HiddenStateSite(f"{paths.decoder}.norm", "joint", first_layer=depth),
                first,
                HiddenStateSite(paths.layer, "vision", first_layer=1),
            ),
            generated="joint",
        )

    def sequences(self, inputs: ForwardInputs) -> list[list[TokenSequence | SampleSequence]]:
        if inputs.batch.get("input_ids") is None:
            inputs.remarks.append("Image tokens are not marked: inputs_embeds does not tell where.")
            count = len(inputs.batch["inputs_embeds"])
            return [[text_sequence(inputs, sample, "joint")] for sample in range(count)]
        sees = inputs.batch.get("pixel_values") is not None
        lengths = self.lengths(inputs) if sees else ()
        numbers = iter(range(len(lengths)))
        samples: list[list[TokenSequence | SampleSequence]] = []
        entry = 0
        for sample in range(len(inputs.batch["input_ids"])):
            places = image_places(inputs, sample, _id(inputs.model.config, "image"))
            if not sees:
                samples.append([self._without_images(inputs, sample, places)])
                continue
            own = next_images(numbers, len(places), lengths.__getitem__)
            _check_places(sample, len(places), [lengths[number] for number in own])
            images = self.images(inputs, sample, places, own) if own else []
            images = _as_far_as_given(inputs, sample, images)
            joint = self._joint(inputs, sample, places, images)
            samples.append([joint, *self._of_images(images, entry)])
            entry += sum(len(one.tower) if self.packed else one.entries for one in images)
        return samples

    def _joint(
        self,
        inputs: ForwardInputs,
        sample: int,
        places: Sequence[int],
        images: Sequence[PromptImage],
    ) -> TokenSequence:
        joint = self._text(inputs, sample)
        joint = prompt_with_images(joint, places, [one for image in images for one in image.prompt])
        modality, start = list(joint.modality), 0
        for image in images:
            own = places[start : start + len(image.prompt)]
            start += len(own)
            for position in self.structural(inputs, sample, own):
                if modality[position] == "text":
                    modality[position] = "special"
        return TokenSequence(joint.tokens, modality, joint.name, joint.boxes, joint.image_index)

    def _text(self, inputs: ForwardInputs, sample: int) -> TokenSequence:
        """The prompt as text: markers are special, frames of videos image tokens."""
        config = inputs.model.config
        text = text_sequence(inputs, sample, "joint")
        ids = [_id(config, name) for name in self.markers]
        text = with_markers(text, inputs, sample, ids)
        frames = image_places(inputs, sample, _id(config, "video"))
        if frames:
            inputs.remarks.append(
                "Frames of videos: their tokens have no box, the tower is not shown."
            )
        return prompt_with_images(text, frames, [ImageToken("frame", "image")] * len(frames))

    def _without_images(
        self, inputs: ForwardInputs, sample: int, places: Sequence[int]
    ) -> TokenSequence:
        if places:
            inputs.remarks.append("Image tokens have no places: the batch has no pixel_values.")
        tokens = [ImageToken("image", "image")] * len(places)
        return prompt_with_images(self._text(inputs, sample), places, tokens)

    def _of_images(self, images: Sequence[PromptImage], first: int) -> list[SampleSequence]:
        """The sequences of the tower and behind it."""
        if not images:
            return []
        tower = [token for image in images for token in image.tower]
        if self.packed:
            part = Part(0, range(len(tower)), first)
            return [SampleSequence(image_sequence(tower, "vision"), placements={"": (part,)})]
        entries = range(first, first + sum(image.entries for image in images))
        found = [SampleSequence(image_sequence(tower, "vision"), entries)]
        for name in images[0].further:
            tokens = [token for image in images for token in image.further[name]]
            found.append(SampleSequence(image_sequence(tokens, name), entries))
        return found


def _check_places(sample: int, places: int, lengths: Sequence[int]) -> None:
    if places != sum(lengths):
        raise InvalidExample(
            "batch['input_ids']",
            f"{sum(lengths)} image tokens in sample {sample}, as {len(lengths)} images need",
            f"{places} (give trace a layout= of your own)",
        )


def _as_far_as_given(
    inputs: ForwardInputs, sample: int, images: list[PromptImage]
) -> list[PromptImage]:
    """Without places where the user gave fewer images than the prompt has: which ones, nobody
    knows, as crops may count as images."""
    tower = [token for image in images for token in image.tower]
    count = max((token.image + 1 for token in tower), default=0)
    if inputs.images is None or count <= len(inputs.images[sample]):
        return images
    inputs.remarks.append(
        f"Sample {sample} has {count} images in its prompt, {len(inputs.images[sample])} were"
        " given: its image tokens have no places.",
    )
    return [
        PromptImage(
            _without_places(image.prompt),
            _without_places(image.tower),
            image.entries,
            {name: _without_places(tokens) for name, tokens in image.further.items()},
        )
        for image in images
    ]


def _without_places(tokens: Sequence[ImageToken]) -> list[ImageToken]:
    return [replace(token, box=NOWHERE, image=-1) for token in tokens]


def _id(config: Any, name: str) -> int:
    """The id of a token that the configuration names, in older versions by its index; -1 if none
    is named."""
    for kind in ("id", "index"):
        number = getattr(config, f"{name}_token_{kind}", None)
        if isinstance(number, int):
            return number
    return -1
