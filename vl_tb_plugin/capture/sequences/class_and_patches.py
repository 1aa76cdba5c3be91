"""The tokens of a vision tower that reads a class token, then the patches of an image."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from vl_tb_plugin.capture.families.forward_inputs import ForwardInputs
from vl_tb_plugin.capture.sequences.framed_grid import framed_grid_tokens
from vl_tb_plugin.capture.sequences.image_tokens import ImageToken


def class_and_patches(
    inputs: ForwardInputs,
    sample: int,
    patch: Any,
    *,
    image: int = 0,
    first: Iterable[str] = ("[CLS]",),
) -> list[ImageToken]:
    """The tokens of one entry of ``pixel_values`` (images, channels, height, width).

    Args:
        inputs: of the forward pass.
        sample: number of the sample.
        patch: side of a patch in pixels, or its height and width.
        image: number of the image among those of the sample.
        first: what stands before the patches.
    """
    height, width = inputs.batch["pixel_values"].shape[-2:]
    patch_height, patch_width = patch if isinstance(patch, Iterable) else (patch, patch)
    rows, columns = height // patch_height, width // patch_width
    # what is left at the right and lower edges enters no patch
    frame = (0, 0, width / (columns * patch_width), height / (rows * patch_height))
    patches = framed_grid_tokens(inputs, sample, rows, columns, frame, image=image)
    return [*(ImageToken(name) for name in first), *patches]
