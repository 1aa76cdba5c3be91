"""The patches into which a model cuts its pixels."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from vl_tb_plugin.capture.families.forward_inputs import ForwardInputs
from vl_tb_plugin.capture.sequences.framed_grid import framed_grid_tokens
from vl_tb_plugin.capture.sequences.image_tokens import ImageToken


def pixel_grid_tokens(
    inputs: ForwardInputs, sample: int, patch: Any, image: int = 0
) -> list[ImageToken]:
    """One token per patch of an image that fills its pixels, row by row.

    Pixels at the right and lower edge that fill no patch are left out by the model; a centre crop
    of the processor is mapped back where the user gave the original image. Patches beside the image
    are special: the model attends to them all the same.

    Args:
        inputs: of the pass.
        sample: number of the sample.
        patch: side of a patch in pixels, or its height and width.
        image: number of the image among those of the sample.
    """
    height, width = inputs.batch["pixel_values"].shape[-2:]
    patch_height, patch_width = patch if isinstance(patch, Iterable) else (patch, patch)
    rows, columns = height // patch_height, width // patch_width
    frame = (0, 0, width / (columns * patch_width), height / (rows * patch_height))
    return framed_grid_tokens(inputs, sample, rows, columns, frame, image=image, outside="special")
