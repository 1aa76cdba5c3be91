"""Mllama (Llama 3.2 Vision): a decoder with cross-attention layers to the tiles of its images.

Sequences ``text`` (the prompt; its image token is a marker) and ``vision`` (the tower's tokens, of
all tiles of all images of a sample, the padding of the tower included). Each numbers its own
layers; a layer of the decoder has either self-attention or cross-attention:

==================  ================  =========================================================
block               query -> key      layers
==================  ================  =========================================================
``language``        text -> text      of the decoder, without those with cross-attention
``text_to_image``   text -> vision    of the decoder, those with cross-attention
``vision``          vision -> vision  of the tower: local layers, then global ones
==================  ================  =========================================================

The tower lets patches attend to its padding, too, and a text token before the first image attends
to all tokens of all images alike, padding included: these probabilities are the model's own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from vl_tb_plugin.capture.families.forward_inputs import ForwardInputs, Part, SampleSequence
from vl_tb_plugin.capture.families.registry import register
from vl_tb_plugin.capture.families.structure import AttentionSite, HiddenStateSite, Structure
from vl_tb_plugin.capture.sequences.image_grid import grid_boxes
from vl_tb_plugin.capture.sequences.image_margin import size_of, without_margin
from vl_tb_plugin.capture.sequences.image_tokens import ImageToken, image_sequence
from vl_tb_plugin.capture.sequences.marker_tokens import with_markers
from vl_tb_plugin.capture.sequences.text_sequence import text_sequence
from vl_tb_plugin.example import TokenSequence

_READ_BY_DECODER = "read by the decoder"
_LANES = 8
"""The tower pads the tokens of a tile to a multiple of this."""


@register("mllama")
class Mllama:
    def structure(self, model: Any) -> Structure:
        config = model.config
        language = "language_model*.layers.{layer}"
        local = "vision_model.transformer.layers.{layer}"
        joint = "vision_model.global_transformer.layers.{layer}"
        depth = config.text_config.num_hidden_layers
        meeting = config.vision_config.num_hidden_layers
        top = config.vision_config.num_global_layers
        text, vision = "text", "vision"
        cross = f"{language}.cross_attn"
        return Structure(
            attention=(
                AttentionSite(f"{language}.self_attn", "language", text, text),
                AttentionSite(cross, "text_to_image", text, vision, placement=_READ_BY_DECODER),
                AttentionSite(f"{local}.self_attn", "vision", vision, vision),
                AttentionSite(f"{joint}.self_attn", "vision", vision, vision, meeting),
            ),
            hidden_states=(
                HiddenStateSite(language, text, at="input"),
                HiddenStateSite("language_model*.norm", text, first_layer=depth),
                HiddenStateSite(local, vision, at="input"),
                HiddenStateSite(joint, vision, first_layer=meeting, at="input"),
                HiddenStateSite(joint.format(layer=top - 1), vision, first_layer=meeting + top),
            ),
            generated=text,
        )

    def sequences(self, inputs: ForwardInputs) -> list[list[TokenSequence | SampleSequence]]:
        prompts = inputs.batch.get("input_ids")
        prompts = inputs.batch["inputs_embeds"] if prompts is None else prompts
        image_token = inputs.model.config.image_token_index
        samples: list[list[TokenSequence | SampleSequence]] = []
        for sample in range(len(prompts)):
            text = text_sequence(inputs, sample, "text")
            samples.append([with_markers(text, inputs, sample, [image_token])])
            if inputs.batch.get("pixel_values") is not None:
                samples[-1].append(_vision_sequence(inputs, sample))
        return samples


def _vision_sequence(inputs: ForwardInputs, sample: int) -> SampleSequence:
    """The tower's tokens of a sample; padding for the images that other samples have more."""
    config = inputs.model.config.vision_config
    ratios = inputs.batch["aspect_ratio_ids"][sample].tolist()
    pixels = inputs.batch["pixel_values"]
    media, tiles = pixels.shape[1:3]
    rows, columns = (length // config.patch_size for length in pixels.shape[-2:])
    real = rows * columns + 1
    padded = math.ceil(real / _LANES) * _LANES
    tokens: list[ImageToken] = []
    in_tower: list[Part] = []
    in_decoder: list[Part] = []
    for image, ratio in enumerate(ratios):
        first = len(tokens)
        # 0: the sample has no such image
        arrangement = config.supported_aspect_ratios[ratio - 1] if ratio else (0, 0)
        for tile in range(tiles):
            start = len(tokens)
            patches = _tile_tokens(arrangement, tile, image, rows, columns)
            shown = _shown(inputs, sample, image, arrangement) if ratio else (0, 0, 1, 1)
            tokens += without_margin(patches, shown)
            tokens += [ImageToken("[PAD]", "padding")] * (padded - real)
            # the decoder sees the images of a sample one after another, without the lanes
            at = (image * tiles + tile) * real
            in_decoder.append(Part(sample, range(start, start + real), at))
        in_tower.append(Part(sample * media + image, range(first, len(tokens))))
    placements = {"": in_tower, _READ_BY_DECODER: in_decoder}
    return SampleSequence(image_sequence(tokens, "vision"), placements=placements)


def _tile_tokens(
    arrangement: Sequence[int], tile: int, image: int, rows: int, columns: int
) -> list[ImageToken]:
    """Class token and patches of a tile, with boxes in the canvas that the tiles make up."""
    down, across = arrangement
    if tile >= down * across:
        return [ImageToken(f"tile {tile} (unused)", "padding")] * (rows * columns + 1)
    above, left = divmod(tile, across)
    name = f"tile {above},{left}"
    tokens = [ImageToken(f"{name} [CLS]")]
    for number, box in enumerate(grid_boxes(rows, columns)):
        row, column = divmod(number, columns)
        place = (
            (left + box[0]) / across,
            (above + box[1]) / down,
            (left + box[2]) / across,
            (above + box[3]) / down,
        )
        tokens.append(ImageToken(f"{name} patch {row},{column}", "image", place, image))
    return tokens


def _shown(
    inputs: ForwardInputs, sample: int, image: int, arrangement: Sequence[int]
) -> tuple[float, float, float, float]:
    """What part of the canvas the image covers; the rest is a margin on the right or below.

    All of it, where the user did not give the original image.
    """
    original = inputs.original(sample, image)
    if original is None:
        return 0, 0, 1, 1
    width, height = size_of(original)
    side = inputs.model.config.vision_config.image_size
    canvas_height, canvas_width = (count * side for count in arrangement)
    # small images are scaled to one tile, large ones to the canvas, the others stay as they are
    wanted_width = min(max(width, side), canvas_width)
    wanted_height = min(max(height, side), canvas_height)
    scale = min(wanted_width / width, wanted_height / height)
    return 0, 0, scale * width / canvas_width, scale * height / canvas_height
