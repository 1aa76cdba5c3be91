"""Tokens of images: a list of them, as a sequence of its own or in their places in a prompt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from vl_tb_plugin.capture.families.forward_inputs import ForwardInputs
from vl_tb_plugin.capture.sequences.image_crop import uncropped
from vl_tb_plugin.capture.sequences.image_grid import grid_boxes, patch_names
from vl_tb_plugin.example import InvalidExample, TokenSequence

NOWHERE = (np.nan,) * 4
"""The box of a token without a place."""


@dataclass(frozen=True)
class ImageToken:
    """A token that stands for a part of an image, or belongs to one.

    Attributes:
        name: display string.
        modality: ``image``, or ``special`` (class, register and row-end tokens).
        box: ``x0, y0, x1, y1`` as fractions of the original image, or :data:`NOWHERE`.
        image: number of the image among those of the sample, -1 without a box.
    """

    name: str
    modality: str = "special"
    box: Sequence[float] = NOWHERE
    image: int = -1


def grid_tokens(
    inputs: ForwardInputs, sample: int, image: int, rows: int, columns: int
) -> list[ImageToken]:
    """One token per patch of a grid over a whole image, row by row.

    A centre crop of the processor is mapped back where the user gave the original image.
    """
    original = inputs.original(sample, image)
    boxes = uncropped(grid_boxes(rows, columns), original, inputs.image_processor)
    return [
        ImageToken(name, "image", box, image)
        for name, box in zip(patch_names(rows, columns), boxes, strict=True)
    ]


def image_sequence(tokens: Sequence[ImageToken], name: str) -> TokenSequence:
    """A sequence of image tokens alone, e.g. that of a vision tower."""
    return TokenSequence(
        [token.name for token in tokens],
        [token.modality for token in tokens],
        name,
        np.array([token.box for token in tokens]),
        np.array([token.image for token in tokens]),
    )


def prompt_with_images(
    text: TokenSequence, places: Sequence[int], tokens: Sequence[ImageToken]
) -> TokenSequence:
    """The text with image tokens in the given places, in order.

    Raises:
        InvalidExample: if there are not as many places as tokens.
    """
    if len(places) != len(tokens):
        raise InvalidExample(
            "batch['input_ids']",
            f"{len(tokens)} image tokens, as the images of the sample need",
            f"{len(places)} (give trace a layout= of your own)",
        )
    names, modality = list(text.tokens), list(text.modality)
    boxes, image_index = text.boxes.copy(), text.image_index.copy()
    for place, token in zip(places, tokens, strict=True):
        names[place], modality[place] = token.name, token.modality
        boxes[place], image_index[place] = token.box, token.image
    return TokenSequence(names, modality, text.name, boxes, image_index)


def image_places(inputs: ForwardInputs, sample: int, image_token: int) -> list[int]:
    """Positions of an image token's id in ``input_ids`` of a sample."""
    ids: Any = inputs.batch["input_ids"][sample]
    places: list[int] = (ids == image_token).nonzero().flatten().tolist()
    return places
