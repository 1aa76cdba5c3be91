"""Regions that an object detector found, as the tokens of a model."""

from __future__ import annotations

from typing import Any

import numpy as np

from vl_tb_plugin.capture.families.forward_inputs import ForwardInputs
from vl_tb_plugin.example import TokenSequence


def region_sequence(
    inputs: ForwardInputs, count: int, mask: Any, positions: Any, name: str = "image"
) -> TokenSequence:
    """One token per region of a sample.

    Args:
        inputs: takes a remark where the positions are no boxes.
        count: how many regions there are.
        mask: (regions,) of those that are real, or ``None``.
        positions: (regions, 4 or more) tensor, ``x0, y0, x1, y1`` first, as fractions of the image;
            ``None`` where they are not known.
        name: of the sequence.
    """
    real = np.ones(count, bool) if mask is None else mask.detach().cpu().numpy().astype(bool)
    boxes = None
    if positions is not None:
        boxes = positions.detach().float().cpu().numpy()[:, :4]
        x0, y0, x1, y1 = boxes[real].T
        fractions = (boxes[real] >= -1e-3).all() and (boxes[real] <= 1 + 1e-3).all()
        if fractions and (x0 <= x1).all() and (y0 <= y1).all():
            boxes = np.where(real[:, None], boxes.clip(0, 1), np.nan)
        else:
            boxes = None
            inputs.remarks.append(
                "Boxes of image tokens: visual_pos holds no x0, y0, x1, y1 as fractions of the"
                " image."
            )
    return TokenSequence(
        tokens=[f"region {number}" for number in range(count)],
        modality=["image" if one else "padding" for one in real],
        name=name,
        boxes=boxes,
    )
