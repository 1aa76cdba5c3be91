"""The axes that attention runs over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from vl_tb_plugin.example.array_input import InvalidExample, as_array, check_boxes, check_name

MODALITIES = ("text", "image", "special", "padding", "generated")
"""What a token can be. Statistics leave ``special`` and ``padding`` tokens out of the spans."""


class TokenSequence:
    """One axis that attention runs over: the tokens of a stream, in order.

    Args:
        tokens: display string of each of the ``n`` tokens.
        modality: one of :data:`MODALITIES` per token.
        name: how blocks refer to this sequence, e.g. ``"text"``, ``"image"``, ``"joint"``.
        boxes: (n, 4) array of ``x0, y0, x1, y1`` as fractions of the original image, row 0 at the
            *top*; NaN where a token has no place. ``None`` where no token has one.
        image_index: (n,) integers: which of the example's images a box lies in; default 0.

    Raises:
        InvalidExample: if lengths disagree, a modality is unknown or a box leaves the image.
    """

    name: str
    tokens: tuple[str, ...]
    modality: tuple[str, ...]
    boxes: npt.NDArray[np.float32]
    """(n, 4), NaN where a token has no place."""
    image_index: npt.NDArray[np.int32]
    """(n,), -1 where a token has no place."""

    def __init__(
        self,
        tokens: Sequence[str],
        modality: Sequence[str],
        name: str = "joint",
        boxes: Any = None,
        image_index: Any = None,
    ):
        check_name(name, "sequence name")
        where = f"sequence {name!r}"
        self.name = name
        self.tokens = tuple(str(token) for token in tokens)
        self.modality = tuple(modality)
        count = len(self.tokens)
        if count == 0:
            raise InvalidExample(f"{where}.tokens", "at least one token", "none")
        if len(self.modality) != count:
            expected = f"{count} entries, one per token"
            raise InvalidExample(f"{where}.modality", expected, f"{len(self.modality)}")
        for position, entry in enumerate(self.modality):
            if entry not in MODALITIES:
                argument = f"{where}.modality[{position}]"
                raise InvalidExample(argument, f"one of {', '.join(MODALITIES)}", repr(entry))
        self.boxes = _boxes(boxes, count, f"{where}.boxes")
        placed = ~np.isnan(self.boxes[:, 0])
        self.image_index = _image_index(image_index, placed, f"{where}.image_index")

    def __len__(self) -> int:
        return len(self.tokens)

    def __repr__(self) -> str:
        return f"TokenSequence({self.name!r}, {len(self)} tokens)"

    def positions(self, *modalities: str) -> npt.NDArray[np.intp]:
        """Positions of the tokens of the given modalities, ascending, shape (k,)."""
        return np.flatnonzero([entry in modalities for entry in self.modality])


def _boxes(given: Any, count: int, argument: str) -> npt.NDArray[np.float32]:
    if given is None:
        return np.full((count, 4), np.nan, np.float32)
    boxes = as_array(given, argument)[0].astype(np.float32)
    if boxes.shape != (count, 4):
        raise InvalidExample(argument, f"shape ({count}, 4)", f"{boxes.shape}")
    placed = ~np.isnan(boxes).any(axis=1)
    check_boxes(boxes[placed], argument)
    boxes[~placed] = np.nan
    return boxes


def _image_index(given: Any, placed: npt.NDArray[np.bool_], argument: str) -> npt.NDArray[np.int32]:
    if given is None:
        return np.where(placed, 0, -1).astype(np.int32)
    index = as_array(given, argument)[0]
    if index.shape != placed.shape:
        raise InvalidExample(argument, f"shape {placed.shape}", f"{index.shape}")
    if (index[placed] < 0).any():
        raise InvalidExample(argument, "0 or more for every token with a box", "a negative one")
    return np.where(placed, index, -1).astype(np.int32)
