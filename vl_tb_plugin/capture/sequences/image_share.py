"""Which of the images of a batch, given one after another, belong to which sample."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

Image = TypeVar("Image")


def next_images(
    images: Iterator[Image], places: int, length: Callable[[Image], int]
) -> list[Image]:
    """The next images of the batch, as many as fill the places that a prompt has for them.

    Args:
        images: those that no sample before has taken.
        places: how many image tokens the prompt has.
        length: how many of them an image takes.
    """
    taken: list[Image] = []
    filled = 0
    while filled < places:
        image = next(images, None)
        if image is None:
            break  # the prompt tells that it has more places than there are tokens
        taken.append(image)
        filled += length(image)
    return taken
