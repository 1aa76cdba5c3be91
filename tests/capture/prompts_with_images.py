"""Prompts of different length, and occlusion in models that see an image in several views."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

Box = Sequence[float]


def padded(prompts: Sequence[Sequence[int]], side: str = "left") -> dict[str, Tensor]:
    """``input_ids`` and ``attention_mask``."""
    longest = max(map(len, prompts))
    ids = torch.zeros(len(prompts), longest, dtype=torch.long)
    mask = torch.zeros_like(ids)
    for row, prompt in enumerate(prompts):
        start = longest - len(prompt) if side == "left" else 0
        ids[row, start : start + len(prompt)] = torch.tensor(prompt)
        mask[row, start : start + len(prompt)] = 1
    return {"input_ids": ids, "attention_mask": mask}


def noise(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


def turned_over(
    batch: Mapping[str, Any], views: Sequence[tuple[tuple[int, ...], Box]], box: Box
) -> dict[str, Any]:
    """The batch with a box of an image turned over in all views of it.

    Args:
        batch: with ``pixel_values`` (..., 3, height, width).
        views: index in ``pixel_values``, and what it shows as fractions of the image.
        box: fractions of the image.
    """
    pixels = batch["pixel_values"].clone()
    height, width = pixels.shape[-2:]
    for index, (x0, y0, x1, y1) in views:
        across = [round((edge - x0) / (x1 - x0) * width) for edge in (box[0], box[2])]
        down = [round((edge - y0) / (y1 - y0) * height) for edge in (box[1], box[3])]
        rows = slice(max(0, down[0]), max(0, down[1]))
        columns = slice(max(0, across[0]), max(0, across[1]))
        pixels[(*index, slice(None), rows, columns)] = (
            3 - pixels[(*index, slice(None), rows, columns)]
        )
    return {**batch, "pixel_values": pixels}


def is_cell(box: Box, rows: int, columns: int) -> bool:
    """Whether a box is one cell of a grid over the whole image."""
    cells = (box[0] * columns, box[1] * rows, box[2] * columns, box[3] * rows)
    on_lines = all(abs(edge - round(edge)) < 1e-4 for edge in cells)
    return on_lines and round(cells[2] - cells[0]) == 1 == round(cells[3] - cells[1])
