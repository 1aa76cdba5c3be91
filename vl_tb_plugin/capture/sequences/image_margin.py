"""Where a model is shown an image with a margin around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from vl_tb_plugin.capture.sequences.image_tokens import NOWHERE, ImageToken


def without_margin(tokens: Sequence[ImageToken], shown: Sequence[float]) -> list[ImageToken]:
    """Boxes as fractions of the image instead of those of the image with its margin.

    Args:
        tokens: with boxes in what the model was shown.
        shown: ``x0, y0, x1, y1`` of the image in there.

    Returns:
        the tokens; those wholly on the margin show nothing of the image: they are ``special``.
    """
    return [_placed(token, shown) for token in tokens]


def size_of(image: Any) -> tuple[int, int]:
    """Width and height of a PIL image or an array (height, width, ...)."""
    width, height = image.size if hasattr(image, "convert") else np.shape(image)[1::-1]
    return width, height


def centred_in_square(image: Any) -> tuple[float, float, float, float]:
    """Where an image lies in the square that is made of it by margins on both sides."""
    width, height = size_of(image)
    side = max(width, height)
    left, above = (side - width) / side / 2, (side - height) / side / 2
    return left, above, 1 - left, 1 - above


def _placed(token: ImageToken, shown: Sequence[float]) -> ImageToken:
    if token.image < 0:
        return token
    start, size = shown[:2], (shown[2] - shown[0], shown[3] - shown[1])
    box = [
        min(1.0, max(0.0, (float(edge) - start[axis % 2]) / size[axis % 2]))
        for axis, edge in enumerate(token.box)
    ]
    if box[0] >= box[2] or box[1] >= box[3]:
        return ImageToken(f"margin {token.name}", "special", NOWHERE)
    return replace(token, box=box)
