"""The two axes of an attention block, seen through the modalities of their tokens.

Index sets follow the data model: *text* are text and generated tokens, *image* are image tokens;
special and padding tokens are in neither, and every span shrinks by them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from vl_tb_plugin.example import TokenSequence

FloatArray = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class BlockAxes:
    """The two axes of an attention block; what all its layers and heads share.

    Args:
        query: sequence of the rows.
        key: sequence of the columns.
        target_boxes: (n, 4) ground-truth boxes in the first image; may be empty.
    """

    query: TokenSequence
    key: TokenSequence
    target_boxes: FloatArray

    @cached_property
    def text_queries(self) -> npt.NDArray[np.bool_]:
        """(queries,) text and generated tokens."""
        return _is(self.query, "text", "generated")

    @cached_property
    def image_queries(self) -> npt.NDArray[np.bool_]:
        """(queries,) image tokens."""
        return _is(self.query, "image")

    @cached_property
    def text_keys(self) -> npt.NDArray[np.bool_]:
        """(keys,) text and generated tokens."""
        return _is(self.key, "text", "generated")

    @cached_property
    def image_keys(self) -> npt.NDArray[np.bool_]:
        """(keys,) image tokens."""
        return _is(self.key, "image")

    @cached_property
    def special_keys(self) -> npt.NDArray[np.bool_]:
        """(keys,) special tokens."""
        return _is(self.key, "special")

    @cached_property
    def first_key(self) -> npt.NDArray[np.bool_]:
        """(keys,) the first key that is not padding."""
        first = np.zeros(len(self.key), bool)
        first[np.flatnonzero(~_is(self.key, "padding"))[:1]] = True
        return first

    @cached_property
    def target_overlap(self) -> FloatArray:
        """(keys,) share of each image token's box that lies inside the target boxes."""
        boxes = self.key.boxes
        overlap = np.zeros(len(boxes), np.float32)
        area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
        for x0, y0, x1, y1 in self.target_boxes:
            width = np.minimum(boxes[:, 2], x1) - np.maximum(boxes[:, 0], x0)
            height = np.minimum(boxes[:, 3], y1) - np.maximum(boxes[:, 1], y0)
            overlap += np.nan_to_num(np.clip(width, 0, None) * np.clip(height, 0, None) / area)
        return np.where(self.image_keys & (self.key.image_index == 0), overlap.clip(0, 1), 0)

    @cached_property
    def same_sequence(self) -> bool:
        """Whether rows and columns are positions of one sequence (self-attention)."""
        return self.query.name == self.key.name

    @cached_property
    def image_centres(self) -> tuple[FloatArray, FloatArray]:
        """Centres of the boxes of queries and keys, (queries, 2) and (keys, 2), in fractions."""
        return _centres(self.query), _centres(self.key)


def _is(sequence: TokenSequence, *modalities: str) -> npt.NDArray[np.bool_]:
    mask = np.zeros(len(sequence), bool)
    mask[sequence.positions(*modalities)] = True
    return mask


def _centres(sequence: TokenSequence) -> FloatArray:
    boxes = sequence.boxes
    return np.stack([(boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2], axis=1)
