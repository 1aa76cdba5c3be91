"""Swin: attention within windows that move from layer to layer; patches are merged between stages.

A sequence ``vision_stage_1``, ``vision_stage_2`` ... per stage, each over the whole image with a
quarter of the tokens of the one before. Layers count on through the stages:

====================  ==================================  ================
block                 query -> key                        layers
====================  ==================================  ================
``vision_stage_1``    vision_stage_1 -> vision_stage_1    of stage 1
``vision_stage_2``    vision_stage_2 -> vision_stage_2    of stage 2
...
====================  ==================================  ================

The probability between tokens of different windows is 0. Where a grid is no multiple of the window,
the model extends it by empty cells and attends to them: they follow the others as special tokens.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from vl_tb_plugin.capture.families.forward_inputs import ForwardInputs, Part, SampleSequence
from vl_tb_plugin.capture.families.registry import register
from vl_tb_plugin.capture.families.structure import AttentionSite, HiddenStateSite, Structure
from vl_tb_plugin.capture.sequences.framed_grid import frame_of_mask, framed_grid_tokens
from vl_tb_plugin.capture.sequences.image_tokens import ImageToken, image_sequence
from vl_tb_plugin.capture.sequences.windows import padded_size, window_parts
from vl_tb_plugin.example import TokenSequence


@register("swin")
class Swin:
    def structure(self, model: Any) -> Structure:
        return Structure(
            attention=swin_attention(model.config),
            hidden_states=swin_hidden_states(model.config),
        )

    def sequences(self, inputs: ForwardInputs) -> list[list[TokenSequence | SampleSequence]]:
        samples = range(len(inputs.batch["pixel_values"]))
        return [list(swin_sequences(inputs, inputs.model.config, sample)) for sample in samples]


def swin_attention(config: Any) -> tuple[AttentionSite, ...]:
    """The attention of a Swin of this configuration."""
    return tuple(
        AttentionSite(
            f"encoder.layers.{stage}.blocks.{block}.attention",
            _name(stage),
            _name(stage),
            _name(stage),
            first_layer=_first_layer(config, stage) + block,
            placement=("windows", "shifted windows")[block % 2],
        )
        for stage, depth in enumerate(config.depths)
        for block in range(depth)
    )


def swin_hidden_states(config: Any) -> tuple[HiddenStateSite, ...]:
    """The hidden states of a Swin of this configuration."""
    sites = []
    for stage in range(len(config.depths)):
        blocks, first = f"encoder.layers.{stage}.blocks", _first_layer(config, stage)
        sites += [
            HiddenStateSite(f"{blocks}.0", _name(stage), first, at="input"),
            HiddenStateSite(f"{blocks}.{{layer}}", _name(stage), first + 1),
        ]
    return tuple(sites)


def swin_sequences(inputs: ForwardInputs, config: Any, sample: int) -> Iterable[SampleSequence]:
    """The sequence of every stage of a Swin of this configuration, somewhere in the model.

    It knows no ``pixel_mask``: it attends to the padding of an image, too, which is special then.
    """
    masks = inputs.batch.get("pixel_mask")
    image = frame_of_mask(None if masks is None else masks[sample].bool())
    height, width = inputs.batch["pixel_values"].shape[-2:]
    patch = config.patch_size
    patch_height, patch_width = patch if isinstance(patch, Iterable) else (patch, patch)
    rows, columns = -(-height // patch_height), -(-width // patch_width)
    for stage in range(len(config.depths)):
        # the last cells of a row or column may lie partly beyond the input
        used_width = width / (columns * patch_width * 2**stage)
        used_height = height / (rows * patch_height * 2**stage)
        used = (used_width, used_height, used_width, used_height)
        frame = [edge * share for edge, share in zip(image, used, strict=True)]
        cells = framed_grid_tokens(inputs, sample, rows, columns, frame, outside="special")
        yield _stage_sequence(inputs, sample, stage, cells, (rows, columns))
        rows, columns = -(-rows // 2), -(-columns // 2)


def _stage_sequence(
    inputs: ForwardInputs,
    sample: int,
    stage: int,
    cells: list[ImageToken],
    grid: tuple[int, int],
) -> SampleSequence:
    placements = {"": [Part(sample, range(len(cells)))]}
    extended = grid
    for placement, first in (("windows", 0), ("shifted windows", 1)):
        window, shift = _window_and_shift(inputs.model, stage, first, min(grid))
        if window:
            placements[placement] = window_parts(*grid, window, shift, sample)
            extended = padded_size(*grid, window)
    empty = [
        ImageToken(f"[PAD] {row},{column}")
        for row in range(extended[0])
        for column in range(extended[1])
        if row >= grid[0] or column >= grid[1]
    ]
    if empty:
        inputs.remarks.append(
            f"Stage {stage + 1} extends its grid of {grid[0]} x {grid[1]} patches to {extended[0]}"
            f" x {extended[1]} for whole windows and attends to the empty cells: they are [PAD]."
        )
    return SampleSequence(image_sequence([*cells, *empty], _name(stage)), placements=placements)


def _window_and_shift(model: Any, stage: int, block: int, side: int) -> tuple[int, int]:
    """Of a block of a stage, for a grid whose shorter side has so many cells; 0 without it."""
    path = f"encoder.layers.{stage}.blocks.{block}"
    for name, module in model.named_modules():
        if f".{name}".endswith(f".{path}"):
            window, shift = int(module.window_size), int(module.shift_size)
            if side <= window and not _keeps_windows(model):
                return side, 0  # one window in that direction: nothing to move
            return window, shift
    return 0, 0


def _keeps_windows(model: Any) -> bool:
    # as a backbone, Swin keeps its windows whatever the size of the image
    return any(type(module).__name__ == "SwinBackbone" for module in model.modules())


def _first_layer(config: Any, stage: int) -> int:
    return sum(config.depths[:stage])


def _name(stage: int) -> str:
    return f"vision_stage_{stage + 1}"
