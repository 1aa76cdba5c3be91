"""One layer's attention probabilities, seen through the modalities of its queries and keys.

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
        rows: (rows,) position in the query sequence of every row kept.
        target_boxes: (n, 4) ground-truth boxes in the first image; may be empty.
    """

    query: TokenSequence
    key: TokenSequence
    rows: npt.NDArray[np.intp]
    target_boxes: FloatArray

    @cached_property
    def text_rows(self) -> npt.NDArray[np.bool_]:
        """(rows,) rows of text and generated tokens."""
        return _is(self.query, "text", "generated")[self.rows]

    @cached_property
    def image_rows(self) -> npt.NDArray[np.bool_]:
        """(rows,) rows of image tokens."""
        return _is(self.query, "image")[self.rows]

    @cached_property
    def content_rows(self) -> npt.NDArray[np.bool_]:
        """(rows,) rows that are neither special nor padding."""
        return self.text_rows | self.image_rows

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
    def token_distance(self) -> FloatArray:
        """(rows, keys) |q - k| in tokens."""
        return np.abs(self.rows[:, None] - np.arange(len(self.key))[None, :]).astype(np.float32)

    @cached_property
    def image_distance(self) -> FloatArray:
        """(rows, keys) Euclidean distance of box centres in image fractions; NaN across images."""
        query_centre = _centres(self.query)[self.rows]
        key_centre = _centres(self.key)
        distance = np.linalg.norm(query_centre[:, None] - key_centre[None], axis=-1)
        same_image = self.query.image_index[self.rows][:, None] == self.key.image_index[None, :]
        return np.where(same_image, distance, np.nan).astype(np.float32)


@dataclass(frozen=True, eq=False)
class AttentionLayer:
    """Probabilities of one layer, (heads, rows, keys), with what the statistics have in common."""

    probabilities: FloatArray
    axes: BlockAxes

    @property
    def heads(self) -> int:
        """Number of heads."""
        return self.probabilities.shape[0]

    def undefined(self) -> FloatArray:
        """(heads,) of NaN: the statistic has no meaning for this block."""
        return np.full(self.heads, np.nan, np.float32)

    @cached_property
    def content(self) -> FloatArray:
        """(heads, content rows, keys): the rows that are neither special nor padding."""
        if self.axes.content_rows.all():
            return self.probabilities
        return self.probabilities[:, self.axes.content_rows]

    @cached_property
    def received(self) -> FloatArray:
        """(heads, keys): mean over content rows of the weight that each key receives."""
        return self.content.mean(axis=1, dtype=np.float32)

    @cached_property
    def admitted(self) -> npt.NDArray[np.intp]:
        """(heads, content rows): number of keys with a weight, as the mask admits them."""
        return np.count_nonzero(self.content, axis=2)

    @cached_property
    def row_entropy(self) -> FloatArray:
        """(heads, content rows): -sum A ln A in nats."""
        # 0 ln 0 = 0: the logarithm of the smallest normal number times zero is zero
        logarithm = np.log(np.maximum(self.content, np.finfo(np.float32).tiny))
        return -np.einsum("hrk,hrk->hr", self.content, logarithm)

    def mass(self, rows: npt.NDArray[np.bool_], keys: npt.NDArray[np.generic]) -> FloatArray:
        """(heads,): mean over ``rows`` of the sum over ``keys`` (a mask, or weights per key)."""
        if not rows.any() or not keys.any():
            return self.undefined()
        per_row = self.probabilities @ keys.astype(np.float32)
        return per_row[:, rows].mean(axis=1)

    def weighted(self, pairs: FloatArray) -> FloatArray:
        """(heads,): sum over all pairs (rows, keys) of weight times ``pairs``."""
        return self.probabilities.reshape(self.heads, -1) @ pairs.reshape(-1)


def _is(sequence: TokenSequence, *modalities: str) -> npt.NDArray[np.bool_]:
    mask = np.zeros(len(sequence), bool)
    mask[sequence.positions(*modalities)] = True
    return mask


def _centres(sequence: TokenSequence) -> FloatArray:
    boxes = sequence.boxes
    return np.stack([(boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2], axis=1)
