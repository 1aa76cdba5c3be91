"""Sums over the rows of attention heads, from which every statistic of a head follows.

They are additive: rows may come in any number of stretches (chunks of a long sequence, the steps
of a generation, the images of a sample), and nothing of size queries x keys needs to be kept.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from vl_tb_plugin.analysis.block_axes import BlockAxes, FloatArray
from vl_tb_plugin.analysis.row_weights import RowWeights
from vl_tb_plugin.analysis.sampled_rows import SampledRows

TEXT, IMAGE = 0, 1
"""Rows of :attr:`HeadSums.received` and columns of :attr:`HeadSums.rows`."""


class HeadSums:
    """Sums for the heads of one layer of one block of one sample.

    Attributes:
        axes: what rows and keys are.
        rows: (heads, 2) number of text rows and of image rows so far.
        received: (heads, 2, keys) weight that each key received from text rows, from image rows.
        admitted: (heads,) largest number of keys that a row had a weight on.
        entropy, largest: (heads,) sums over text and image rows, in nats and weight.
        relative_entropy, hoyer: sums over those rows with more than one key, see ``several``.
        several: (heads,) number of them.
        beside: (heads,) weight of image tokens on themselves and on an image token right beside.
        text_distance: (heads,) sum of weight times ``|query - key|`` over pairs of text tokens.
        image_distance: (heads,) sum of weight times distance over pairs of image tokens of one
            image, in fractions of the image.
        image_pairs: (heads,) sum of weight over those pairs.
        sampled: measures of a few text and image rows.
        last_position: (heads,) position of the last row of a text token so far, -1 before any.
        last_row: (heads, keys) that row.
        visual_sinks: (keys,) image tokens that are visual sinks (``analysis.visual_sinks``);
            ``None`` where that is not known.
    """

    def __init__(self, heads: int, axes: BlockAxes):
        self.axes = axes
        self.rows = np.zeros((heads, 2), np.int64)
        self.received = np.zeros((heads, 2, len(axes.key)), np.float32)
        self.admitted = np.zeros(heads, np.int64)
        self.several = np.zeros(heads, np.int64)
        self.entropy = np.zeros(heads)
        self.relative_entropy = np.zeros(heads)
        self.hoyer = np.zeros(heads)
        self.largest = np.zeros(heads)
        self.beside = np.zeros(heads)
        self.text_distance = np.zeros(heads)
        self.image_distance = np.zeros(heads)
        self.image_pairs = np.zeros(heads)
        self.sampled = SampledRows(heads)
        self.last_position = np.full(heads, -1)
        self.last_row = np.zeros((heads, len(axes.key)), np.float32)
        self.visual_sinks: npt.NDArray[np.bool_] | None = None

    @property
    def heads(self) -> int:
        """Number of heads."""
        return len(self.rows)

    @property
    def content_rows(self) -> npt.NDArray[np.int64]:
        """(heads,) number of text and image rows."""
        return self.rows.sum(axis=1)

    def undefined(self) -> FloatArray:
        """(heads,) of NaN: the statistic has no meaning for this block."""
        return np.full(self.heads, np.nan, np.float32)

    def extend(self, axes: BlockAxes) -> None:
        """Go on with axes that begin with the same tokens, perhaps with other boxes."""
        more = len(axes.key) - len(self.axes.key)
        if more:
            self.received = np.pad(self.received, ((0, 0), (0, 0), (0, more)))
            self.last_row = np.pad(self.last_row, ((0, 0), (0, more)))
        self.axes = axes

    def add(
        self,
        probabilities: Any,
        queries: npt.NDArray[np.intp],
        keys: npt.NDArray[np.intp] | slice = slice(None),
        first_head: int = 0,
    ) -> None:
        """Add rows of some heads.

        Args:
            probabilities: (heads, rows, keys), rows sum to one. A float32 array of numpy, or a
                tensor of torch, on which the sums are then formed where it lies.
            queries: position in the query sequence of each row.
            keys: position in the key sequence of each column; those that lack have no weight.
            first_head: number of the first of these heads.
        """
        weights = RowWeights(probabilities)
        heads = slice(first_head, first_head + len(probabilities))
        text, image = self.axes.text_queries[queries], self.axes.image_queries[queries]
        self.rows[heads] += int(text.sum()), int(image.sum())
        self.received[heads, :, keys] += weights.received(np.stack([text, image]))
        content = text | image
        if content.any():
            self._add_shapes(heads, weights, content)
            self._add_pairs(heads, weights, queries, keys)
            counted = np.flatnonzero(content)
            self.sampled.add(heads, weights, counted, queries[counted])
        if text.any():
            last = np.flatnonzero(text)[queries[text].argmax()]
            self._add_last(heads, weights.row(last), int(queries[last]), keys)

    def _add_shapes(self, heads: slice, rows: RowWeights, content: npt.NDArray[np.bool_]) -> None:
        admitted, entropy = rows.admitted[:, content], rows.entropy[:, content]
        self.admitted[heads] = np.maximum(self.admitted[heads], admitted.max(axis=1))
        self.entropy[heads] += entropy.sum(axis=1)
        self.largest[heads] += rows.largest[:, content].sum(axis=1)
        several = admitted > 1
        ceiling = np.log(np.maximum(admitted, 2))
        root = np.sqrt(np.maximum(admitted, 2))
        length = np.maximum(rows.length[:, content], np.finfo(np.float32).tiny)
        hoyer = (root - rows.total[:, content] / length) / (root - 1)
        self.several[heads] += several.sum(axis=1)
        self.relative_entropy[heads] += (several * (entropy / ceiling)).sum(axis=1)
        self.hoyer[heads] += (several * hoyer).sum(axis=1)

    def _add_pairs(
        self,
        heads: slice,
        weights: RowWeights,
        queries: npt.NDArray[np.intp],
        keys: npt.NDArray[np.intp] | slice,
    ) -> None:
        if not self.axes.same_sequence:
            return
        pairs = self.axes.pairs(queries, keys)
        if pairs.text is not None:
            text = weights.part(*pairs.text)
            self.text_distance[heads] += text.weighted(pairs.text_distance)
        if pairs.image is not None:
            image = weights.part(*pairs.image)
            self.beside[heads] += image.picked(*pairs.beside)
            self.image_distance[heads] += image.weighted(pairs.image_distance)
            self.image_pairs[heads] += image.weighted(pairs.one_image)

    def _add_last(
        self,
        heads: slice,
        row: FloatArray,
        position: int,
        keys: npt.NDArray[np.intp] | slice,
    ) -> None:
        known = self.last_position[heads]
        later, own = known < position, np.arange(self.heads)[heads]
        self.last_row[own[later]] = 0
        # a row may come in pieces, with other keys each
        taken, columns = known <= position, np.arange(len(self.axes.key))[keys]
        self.last_row[own[taken][:, None], columns] = row[taken]
        self.last_position[own[taken]] = position
