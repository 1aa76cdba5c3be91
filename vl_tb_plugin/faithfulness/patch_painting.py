"""Painting over patches of the pictures that a model is shown."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from vl_tb_plugin.capture.sequences.framed_grid import WHOLE, frame_of_mask
from vl_tb_plugin.example import TokenSequence
from vl_tb_plugin.faithfulness.reduced_batch import Batch, Positions

Box = Sequence[float]


class PatchPainting:
    """Paints the boxes of image tokens in ``pixel_values`` with one colour.

    Boxes are fractions of the original image, and the picture must show the whole of it, resized:
    over all of ``pixel_values``, or over what ``pixel_mask`` leaves. A crop, a border or other
    placements are told by ``frames``; a picture cut into tiles needs a removal of your own.

    Args:
        sequences: of each sample, the token sequence that holds its image tokens.
        colour: in the units of ``pixel_values``, one number or one a channel. By default 0: after
            the usual normalisation the mean colour of the training pictures.
        frames: per sample ``x0, y0, x1, y1`` of the original image as fractions of the picture,
            beyond 0 and 1 for what was cut off.
    """

    def __init__(
        self,
        sequences: Sequence[TokenSequence],
        *,
        colour: float | Sequence[float] = 0.0,
        frames: Sequence[Box] | None = None,
    ):
        self._sequences = sequences
        self._images = [int(sequence.image_index.max()) + 1 for sequence in sequences]
        self._colour = colour
        self._frames = frames

    def __call__(self, batch: Batch, positions: Positions) -> Batch:
        """The batch with these tokens painted over.

        Raises:
            ValueError: if a token has no place, or the pictures are not one per image.
        """
        if not any(map(len, positions)):
            return batch
        pixels: Tensor = batch["pixel_values"].clone()
        pictures = self._pictures(pixels)
        colour = torch.as_tensor(self._colour, dtype=pixels.dtype, device=pixels.device)
        for sample, own in enumerate(positions):
            for image, boxes in self._boxes(sample, own).items():
                frame = self._frame(batch, sample, image)
                for box in boxes:
                    rows, columns = _pixels(box, frame, pixels.shape[-2:])
                    pictures[sample][image][:, rows, columns] = colour.reshape(-1, 1, 1)
        return {**batch, "pixel_values": pixels}

    def _boxes(self, sample: int, positions: Sequence[int]) -> dict[int, list[Box]]:
        """Boxes of these tokens of a sample, by number of their image."""
        sequence = self._sequences[sample]
        boxes: dict[int, list[Box]] = {}
        for position in positions:
            image = int(sequence.image_index[position])
            if image < 0:
                raise ValueError(
                    f"Token {position} of {sequence} of sample {sample} has no place in an image"
                    " that could be painted over. Pass a removal of your own."
                )
            boxes.setdefault(image, []).append(sequence.boxes[position].tolist())
        return boxes

    def _pictures(self, pixels: Tensor) -> Sequence[Tensor]:
        """Views (images, channels, height, width) of each sample's pictures."""
        if pixels.ndim == 4 and sum(self._images) == len(pixels):
            return pixels.split(self._images)
        if pixels.ndim == 5 and (len(self._images), max(self._images)) == pixels.shape[:2]:
            return pixels.unbind()
        raise ValueError(
            f"pixel_values {tuple(pixels.shape)} is not one picture for each of {self._images}"
            " images of the samples. Pass a removal of your own."
        )

    def _frame(self, batch: Batch, sample: int, image: int) -> Box:
        if self._frames is not None:
            return self._frames[sample]
        mask = batch.get("pixel_mask")
        if mask is None:
            return WHOLE
        return frame_of_mask(mask[sample, image] if mask.ndim > 3 else mask[sample])


def _pixels(box: Box, frame: Box, shape: Sequence[int]) -> tuple[slice, slice]:
    """Rows and columns of a box in an image that fills a frame of a picture (height, width)."""
    edges = [
        round((frame[axis] + fraction * (frame[axis + 2] - frame[axis])) * size)
        for fraction, axis, size in zip(box, (0, 1, 0, 1), (shape[1], shape[0]) * 2, strict=True)
    ]
    left, upper, right, lower = (max(0, edge) for edge in edges)
    return slice(upper, lower), slice(left, right)
