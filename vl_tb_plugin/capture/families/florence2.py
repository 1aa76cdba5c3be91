"""Florence-2: a tower of windows (DaViT) whose tokens stand in the prompt of an encoder-decoder.

Sequences ``joint`` (what the encoder reads: image tokens and text), ``decoder``, and one per stage
of the tower, ``vision_stage_1``, ``vision_stage_2`` ..., each over all images of a sample. Encoder
and decoder number their own layers; those of the tower count on through its stages:

=======================  ==================================  ===============================
block                    query -> key                        layers
=======================  ==================================  ===============================
``encoder``              joint -> joint                      of the encoder
``decoder``              decoder -> decoder                  of the decoder
``decoder_to_encoder``   decoder -> joint                    of the decoder
``vision_stage_1`` ...   vision_stage_1 -> vision_stage_1    of the stage: its window attention
=======================  ==================================  ===============================

The probability between tokens of different windows is 0. Where a grid is no multiple of the window,
the model extends it by empty cells and attends to them: they follow as special tokens. Each layer
of the tower has attention between channels, too, which is none between tokens and not captured. Its
hidden states are what the window attention of each layer reads, before normalisation.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from vl_tb_plugin.capture.families.forward_inputs import ForwardInputs, Part, SampleSequence
from vl_tb_plugin.capture.families.layer_stack import BART_DECODER, BART_ENCODER
from vl_tb_plugin.capture.families.registry import register
from vl_tb_plugin.capture.families.structure import AttentionSite, HiddenStateSite, Structure
from vl_tb_plugin.capture.sequences.decoder_sequence import decoder_sequence
from vl_tb_plugin.capture.sequences.framed_grid import framed_grid_tokens
from vl_tb_plugin.capture.sequences.image_tokens import (
    ImageToken,
    image_places,
    image_sequence,
    prompt_with_images,
)
from vl_tb_plugin.capture.sequences.text_sequence import text_sequence
from vl_tb_plugin.capture.sequences.windows import padded_size, window_parts
from vl_tb_plugin.example import TokenSequence

_ENCODER, _DECODER = BART_ENCODER.within("language_model"), BART_DECODER.within("language_model")
_WINDOWS = "windows"


@register("florence2")
class Florence2:
    def structure(self, model: Any) -> Structure:
        depths = model.config.vision_config.depths
        attention, states = [], []
        for stage in range(len(depths)):
            name, first = _name(stage), sum(depths[:stage])
            block = f"vision_tower.blocks.{stage}.{{layer}}.spatial_block"
            path = f"{block}.window_attn"
            attention.append(AttentionSite(path, name, name, name, first, placement=_WINDOWS))
            states.append(HiddenStateSite(f"{block}.norm1", name, first, at="input"))
        return Structure(
            attention=(
                _ENCODER.attention("encoder", "joint"),
                _DECODER.attention("decoder", "decoder"),
                _DECODER.cross("decoder_to_encoder", "decoder", "joint"),
                *attention,
            ),
            hidden_states=(
                *_ENCODER.hidden_states(model, "joint"),
                *_DECODER.hidden_states(model, "decoder"),
                *states,
            ),
            generated="decoder",
        )

    def sequences(self, inputs: ForwardInputs) -> list[list[TokenSequence | SampleSequence]]:
        config = inputs.model.config
        ids, pixels = inputs.batch.get("input_ids"), inputs.batch.get("pixel_values")
        prompts = inputs.batch["inputs_embeds"] if ids is None else ids
        grids = [] if pixels is None else _grids(config.vision_config, pixels.shape[-2:])
        first_image = 0
        samples: list[list[TokenSequence | SampleSequence]] = []
        for sample in range(len(prompts)):
            joint = text_sequence(inputs, sample, "joint")
            images: Sequence[int] = ()
            if grids and ids is not None:
                places = image_places(inputs, sample, config.image_token_id)
                rows, columns = grids[-1]
                count = len(places) // (rows * columns + 1)
                images = range(first_image, first_image + count)
                first_image += count
                tokens = [
                    token
                    for number in range(count)
                    for token in _image_tokens(inputs, sample, number, grids)
                ]
                joint = prompt_with_images(joint, places, tokens)
            elif grids:
                inputs.remarks.append("Image tokens among inputs_embeds can't be told from text.")
            decoder = decoder_sequence(inputs, sample, config.text_config)
            samples.append([joint, decoder])
            for stage in range(len(grids) if images else 0):
                samples[-1].append(_stage_sequence(inputs, sample, stage, images, grids))
        return samples


def _name(stage: int) -> str:
    return f"vision_stage_{stage + 1}"


def _grids(config: Any, size: Sequence[int]) -> list[tuple[int, int]]:
    """Rows and columns of each stage, for images of this height and width."""
    height, width = size
    grids = []
    for patch, stride, margin in zip(
        config.patch_size, config.patch_stride, config.patch_padding, strict=True
    ):
        height, width = ((side + 2 * margin - patch) // stride + 1 for side in (height, width))
        grids.append((height, width))
    return grids


def _image_tokens(
    inputs: ForwardInputs, sample: int, image: int, grids: Sequence[tuple[int, int]]
) -> list[ImageToken]:
    """What stands in the prompt for an image: the mean of all cells, then the cells."""
    cells = _cells(inputs, sample, image, len(grids) - 1, grids)
    (whole,) = framed_grid_tokens(inputs, sample, 1, 1, image=image, name="mean")
    return [ImageToken("mean of all patches", whole.modality, whole.box, image), *cells]


def _cells(
    inputs: ForwardInputs,
    sample: int,
    image: int,
    stage: int,
    grids: Sequence[tuple[int, int]],
) -> list[ImageToken]:
    height, width = inputs.batch["pixel_values"].shape[-2:]
    (rows, columns), side = grids[stage], 1
    for stride in inputs.model.config.vision_config.patch_stride[: stage + 1]:
        side *= stride
    # the last cells of a row or column may lie partly beyond the image
    frame = (0, 0, width / (columns * side), height / (rows * side))
    return framed_grid_tokens(inputs, sample, rows, columns, frame, image=image, outside="special")


def _stage_sequence(
    inputs: ForwardInputs,
    sample: int,
    stage: int,
    images: Sequence[int],
    grids: Sequence[tuple[int, int]],
) -> SampleSequence:
    """The cells of a stage, image after image, each followed by what extends its grid."""
    rows, columns = grids[stage]
    window = inputs.model.config.vision_config.window_size
    height, width = padded_size(rows, columns, window)
    empty = [
        ImageToken(f"[PAD] {row},{column}")
        for row in range(height)
        for column in range(width)
        if row >= rows or column >= columns
    ]
    tokens: list[ImageToken] = []
    whole, windows = [], []
    for number, entry in enumerate(images):
        start = len(tokens)
        tokens += [*_cells(inputs, sample, number, stage, grids), *empty]
        whole.append(Part(entry, range(start, start + rows * columns)))
        for part in window_parts(rows, columns, window, 0, entry):
            windows.append(Part(part.entry, [start + place for place in part.positions]))
    return SampleSequence(
        image_sequence(tokens, _name(stage)), placements={"": whole, _WINDOWS: windows}
    )
