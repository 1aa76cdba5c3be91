"""Tokens of detectors: the cells of feature maps, and object queries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from vl_tb_plugin.capture.families.forward_inputs import ForwardInputs
from vl_tb_plugin.capture.sequences.framed_grid import (
    admitted_cells,
    frame_of_mask,
    framed_grid_tokens,
)
from vl_tb_plugin.capture.sequences.image_tokens import image_sequence
from vl_tb_plugin.example import TokenSequence


def feature_sequence(
    inputs: ForwardInputs, sample: int, shapes: Sequence[tuple[int, int]]
) -> TokenSequence:
    """The cells of feature maps, map after map, as the sequence ``image``.

    ``pixel_mask`` tells which part of the input is the image: boxes are fractions of that part,
    and cells that it masks are padding.

    Args:
        inputs: of the pass.
        sample: number of the sample.
        shapes: rows and columns of each feature map.
    """
    masks = inputs.batch.get("pixel_mask")
    mask = None if masks is None else masks[sample].bool()
    tokens = []
    for level, (rows, columns) in enumerate(shapes):
        tokens += framed_grid_tokens(
            inputs,
            sample,
            rows,
            columns,
            frame_of_mask(mask),
            admitted=admitted_cells(mask, rows, columns),
            name="patch" if len(shapes) == 1 else f"level {level} patch",
        )
    return image_sequence(tokens, "image")


def observed_shapes(observed: Any) -> list[tuple[int, int]]:
    """Rows and columns of the feature maps that a detector's backbone returned."""
    # a list of (map, mask); with position embeddings beside it, where they are made there, too
    maps = observed[0] if isinstance(observed, tuple) else observed
    return [tuple(one.shape[-2:]) for one, _ in maps]


def query_sequence(count: int) -> TokenSequence:
    """Object queries: they stand for parts of the image, but have no place of their own."""
    names = [f"query {number}" for number in range(count)]
    return TokenSequence(names, ["image"] * count, "queries")
