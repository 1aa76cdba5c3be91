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

from vl_tb_plugin.analysis.connected_boxes import touching
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
    def prompt_keys(self) -> npt.NDArray[np.bool_]:
        """(keys,) text tokens that were given, not generated."""
        return _is(self.key, "text")

    @cached_property
    def generated_keys(self) -> npt.NDArray[np.bool_]:
        """(keys,) generated tokens."""
        return _is(self.key, "generated")

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
    def inside_target(self) -> npt.NDArray[np.bool_]:
        """(keys,) image tokens whose centre lies in a target box; an edge belongs to its box."""
        x, y = self.image_centres[1].T
        inside = np.zeros(len(self.key), bool)
        for x0, y0, x1, y1 in self.target_boxes:
            inside |= (x0 <= x) & (x <= x1) & (y0 <= y) & (y <= y1)
        return inside & self.image_keys & (self.key.image_index == 0)

    @cached_property
    def placed_image_keys(self) -> npt.NDArray[np.intp]:
        """(k,) positions of the image tokens that have a place in an image."""
        return np.flatnonzero(self.image_keys & (self.key.image_index >= 0))

    @cached_property
    def touching_image_keys(self) -> npt.NDArray[np.intp]:
        """(pairs, 2) of :attr:`placed_image_keys`, as numbers among them, that touch."""
        places = self.placed_image_keys
        return touching(self.key.boxes[places], self.key.image_index[places])

    @cached_property
    def same_sequence(self) -> bool:
        """Whether rows and columns are positions of one sequence (self-attention)."""
        return self.query.name == self.key.name

    def pairs(self, queries: npt.NDArray[np.intp], keys: npt.NDArray[np.intp] | slice) -> Pairs:
        """The pairs of one modality among some rows and columns; the last answer is kept, as all
        layers and heads ask for the same."""
        columns = np.arange(len(self.key))[keys]
        asked = queries.tobytes(), columns.tobytes()
        if self._last_pairs.get("asked") != asked:
            self._last_pairs.update(asked=asked, pairs=Pairs(self, queries, columns))
        pairs: Pairs = self._last_pairs["pairs"]
        return pairs

    @cached_property
    def _last_pairs(self) -> dict[str, Any]:
        return {}

    @cached_property
    def image_centres(self) -> tuple[FloatArray, FloatArray]:
        """Centres of the boxes of queries and keys, (queries, 2) and (keys, 2), in fractions."""
        return _centres(self.query), _centres(self.key)


class Pairs:
    """The pairs of one modality among some rows and columns of an attention matrix.

    Attributes:
        text: the rows and columns of text tokens, ``None`` where there are no pairs.
        text_distance: (rows, columns) ``|query - key|`` in tokens.
        image: the rows and columns of image tokens, ``None`` where there are no pairs.
        image_distance: (rows, columns) distance in fractions of the image, 0 across images.
        one_image: (rows, columns) 1 within an image, 0 across and for tokens without a place.
        beside: rows and columns, among those of image tokens, of a token and itself or the next.
    """

    text: tuple[npt.NDArray[np.intp] | slice, npt.NDArray[np.intp] | slice] | None = None
    text_distance: FloatArray
    image: tuple[npt.NDArray[np.intp] | slice, npt.NDArray[np.intp] | slice] | None = None
    image_distance: FloatArray
    one_image: FloatArray
    beside: tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]

    def __init__(self, axes: BlockAxes, queries: npt.NDArray[np.intp], keys: npt.NDArray[np.intp]):
        rows = np.flatnonzero(axes.text_queries[queries])
        columns = np.flatnonzero(axes.text_keys[keys])
        if len(rows) and len(columns):
            self.text = _span(rows), _span(columns)
            distance = np.abs(queries[rows][:, None] - keys[columns][None, :])
            self.text_distance = distance.astype(np.float32)
        rows = np.flatnonzero(axes.image_queries[queries])
        columns = np.flatnonzero(axes.image_keys[keys])
        if len(rows) and len(columns):
            self.image = _span(rows), _span(columns)
            query, key = queries[rows], keys[columns]
            near_rows, near_columns = np.nonzero(np.abs(query[:, None] - key[None, :]) <= 1)
            self.beside = near_rows, near_columns
            query_centres, key_centres = axes.image_centres
            apart = np.linalg.norm(query_centres[query][:, None] - key_centres[key][None], axis=-1)
            of_query, of_key = axes.query.image_index[query], axes.key.image_index[key]
            one = (of_query[:, None] == of_key[None, :]) & ~np.isnan(apart)
            self.image_distance = np.where(one, apart, 0).astype(np.float32)
            self.one_image = one.astype(np.float32)


def _span(positions: npt.NDArray[np.intp]) -> npt.NDArray[np.intp] | slice:
    """A slice where the positions are consecutive, which spares a copy."""
    first, last = int(positions[0]), int(positions[-1])
    return slice(first, last + 1) if last - first + 1 == len(positions) else positions


def _is(sequence: TokenSequence, *modalities: str) -> npt.NDArray[np.bool_]:
    mask = np.zeros(len(sequence), bool)
    mask[sequence.positions(*modalities)] = True
    return mask


def _centres(sequence: TokenSequence) -> FloatArray:
    boxes = sequence.boxes
    return np.stack([(boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2], axis=1)
