"""Grids that do not cover exactly the image: padded batches, padded grids, cut edges."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from torch import Tensor
from torch.nn import functional

from vl_tb_plugin.capture.families.forward_inputs import ForwardInputs
from vl_tb_plugin.capture.sequences.image_crop import uncropped
from vl_tb_plugin.capture.sequences.image_grid import grid_boxes
from vl_tb_plugin.capture.sequences.image_tokens import ImageToken

WHOLE = (0.0, 0.0, 1.0, 1.0)
"""The frame of a grid that covers exactly its image."""


def framed_grid_tokens(
    inputs: ForwardInputs,
    sample: int,
    rows: int,
    columns: int,
    frame: Sequence[float] = WHOLE,
    *,
    image: int = 0,
    admitted: Sequence[bool] | None = None,
    outside: str = "padding",
    name: str = "patch",
) -> list[ImageToken]:
    """One token per cell of a grid, row by row.

    Args:
        inputs: for the original image and the processor's crop, where known.
        sample: number of the sample.
        rows: of the grid.
        columns: of the grid.
        frame: ``x0, y0, x1, y1`` of the image as fractions of the grid; beyond 1 where the grid
            leaves an edge of the image out.
        image: number of the image among those of the sample.
        admitted: whether the model's mask leaves a cell; by default, it leaves all.
        outside: modality of cells that show nothing of the image or are masked: ``special`` where
            the model attends to them all the same.
        name: what a cell is called, before its row and column.
    """
    start = np.array([frame[0], frame[1]] * 2)
    size = np.array([frame[2] - frame[0], frame[3] - frame[1]] * 2)
    boxes = np.clip((grid_boxes(rows, columns) - start) / size, 0, 1).astype(np.float32)
    boxes = uncropped(boxes, inputs.original(sample, image), inputs.image_processor)
    tokens = []
    for number, box in enumerate(boxes):
        title = f"{name} {number // columns},{number % columns}"
        seen = box[0] < box[2] and box[1] < box[3]
        if seen and (admitted is None or admitted[number]):
            tokens.append(ImageToken(title, "image", box, image))
        else:
            tokens.append(ImageToken(title, outside))
    return tokens


def frame_of_mask(mask: Tensor | None) -> tuple[float, float, float, float]:
    """Where the image lies in its padded input, from a mask (height, width) of real pixels."""
    if mask is None or not mask.any():
        return WHOLE
    height, width = mask.shape
    rows, columns = mask.any(dim=1).nonzero(), mask.any(dim=0).nonzero()
    return (
        columns.min().item() / width,
        rows.min().item() / height,
        (columns.max().item() + 1) / width,
        (rows.max().item() + 1) / height,
    )


def admitted_cells(mask: Tensor | None, rows: int, columns: int) -> list[bool] | None:
    """Which cells of a grid a mask (height, width) of real pixels leaves, nearest pixel counting;
    ``None`` without a mask."""
    if mask is None:
        return None
    shrunk = functional.interpolate(mask[None, None].float(), size=(rows, columns))
    cells: list[bool] = shrunk.bool().flatten().tolist()
    return cells
