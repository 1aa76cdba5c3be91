"""Decoders whose prompt holds merged patches of the tiles of images, tile by tile."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from transformers import (
    Idefics3Config,
    Idefics3ForConditionalGeneration,
    InternVLConfig,
    InternVLForConditionalGeneration,
    Llama4Config,
    Llama4ForConditionalGeneration,
    SmolVLMConfig,
    SmolVLMForConditionalGeneration,
)

from tests.capture.families.vision_prefix_decoders import (
    END,
    IMAGE,
    SIGLIP,
    START,
    TEXT,
    blocks,
    built,
)
from tests.capture.family_case import FamilyCase
from tests.capture.prompts_with_images import is_cell, noise, padded, turned_over
from tests.capture.tiny_models import widened

_WHOLE = (0, 0, 1, 1)
_TILES = ((0, 0, 1 / 2, 1), (1 / 2, 0, 1, 1))
_VIT = {key: value for key, value in SIGLIP.items() if key != "vision_use_head"}


def views() -> Tensor:
    """Two tiles side by side and the overview of them, another whole image, a third one."""
    pixels = noise(5, 3, 32, 32)
    picture = torch.cat([pixels[0], pixels[1]], dim=-1)
    pixels[2] = functional.interpolate(picture[None], (32, 32), mode="area")[0]
    return pixels


def occluded(given: dict[str, Any], sample: int, image: int, box: Any) -> dict[str, Any]:
    """The first image of the first sample is that with tiles; see :func:`views`."""
    alone = {(0, 1): 3, (1, 0): 4}
    if (sample, image) in alone:
        return turned_over(given, [((alone[sample, image],), _WHOLE)], box)
    on_tiles = [((number,), tile) for number, tile in enumerate(_TILES)]
    overview = is_cell(box, 4, 4) or is_cell(box, 2, 2)
    return turned_over(given, [((2,), _WHOLE)] if overview else on_tiles, box)


def internvl() -> Any:
    config = InternVLConfig(
        text_config=TEXT | {"model_type": "qwen2"},
        vision_config=_VIT | {"model_type": "internvl_vision", "layer_scale_init_value": 1.0},
        image_token_id=IMAGE,
    )
    return built(InternVLForConditionalGeneration, config)


def internvl_batch(side: str = "left") -> dict[str, Any]:
    prompts = [[1, 5, *[IMAGE] * 12, 6, *[IMAGE] * 4, 7], [1, *[IMAGE] * 4, 9, 8]]
    return {**padded(prompts, side), "pixel_values": views()}


INTERNVL = FamilyCase(
    name="InternVL",
    model=internvl,
    batch=internvl_batch,
    structure="A vision tower that sees the tiles of each image and a thumbnail of it; squares of"
    " patches are merged and stand in the prompt of a decoder.",
    layout="Tile by tile, the thumbnail last; in each, one token per square of patches, row by row."
    " How the tiles lie is told by comparing them with the thumbnail.",
    blocks=blocks(
        vision="model.vision_tower.encoder.layer.{}.attention", entries=(slice(0, 4), slice(4, 5))
    ),
    tokens={
        "joint": (
            "special 1, text 1, image 12, text 1, image 4, text 1",
            "padding 13, special 1, image 4, text 2",
        ),
        "vision": (
            ", ".join(["special 1, image 16"] * 4),
            "special 1, image 16",
        ),
    },
    occluded=occluded,
    probed=("vision", "joint"),
)


def llama4() -> Any:
    torch.manual_seed(0)
    config = Llama4Config(
        text_config=TEXT
        | {
            "intermediate_size_mlp": 64,
            "num_local_experts": 2,
            "attention_chunk_size": 16,
            "no_rope_layers": [1, 0, 1],
        },
        vision_config=_VIT
        | {
            "model_type": "llama4_vision_model",
            "intermediate_size": 128,
            "projector_input_dim": 32,
            "projector_output_dim": 32,
            "vision_output_dim": 32,
        },
        boi_token_index=START,
        eoi_token_index=END,
        image_token_index=IMAGE,
    )
    model = Llama4ForConditionalGeneration(config)
    for parameter in model.parameters():
        parameter.data.normal_(0, 0.02)
    widened(model.language_model)
    return model.eval()


def llama4_batch(side: str = "left") -> dict[str, Any]:
    tile, beside, below, whole = [IMAGE] * 4, 94, 95, 96
    tiled = [START, *tile, beside, *tile, below, whole, *tile, END]
    alone = [START, whole, *tile, END]
    given = padded([[1, 5, *tiled, 6, *alone, 7], [1, *alone, 9, 8]], side)
    return {**given, "pixel_values": views()}


LLAMA4 = FamilyCase(
    name="Llama 4",
    model=llama4,
    batch=llama4_batch,
    structure="A vision tower that sees the tiles of each image and an overview of it; squares of"
    " patches are merged and stand in the prompt of a decoder, most of whose layers attend within"
    " chunks.",
    layout="Tile by tile, as the separators in the prompt tell, the overview last; in each, one"
    " token per square of patches, row by row. Black stripes at the right and lower edge of the"
    " tiles are taken for the processor's filling.",
    blocks=blocks(
        "language_model.model.layers.{}.self_attn",
        "vision_model.model.layers.{}.self_attn",
        (slice(0, 4), slice(4, 5)),
    ),
    tokens={
        "joint": (
            "special 1, text 1, special 1, image 4, special 1, image 4, special 2, image 4,"
            " special 1, text 1, special 2, image 4, special 1, text 1",
            "padding 18, special 3, image 4, special 1, text 2",
        ),
        "vision": (
            ", ".join(["image 16, special 1"] * 4),
            "image 16, special 1",
        ),
    },
    limits=("The choice of experts is no attention between tokens and is not shown.",),
    occluded=occluded,
    probed=("vision", "joint"),
)

_AROUND, _WHOLE_NEXT, _LINE = 94, 95, 96


def idefics(model: Any, config: Any, vision: str) -> Any:
    torch.manual_seed(0)
    made = model(
        config(
            text_config=TEXT | {"model_type": "llama"},
            vision_config=_VIT | {"model_type": vision},
            image_token_id=IMAGE,
            scale_factor=2,
            pad_token_id=0,
        )
    )
    widened(made.model.text_model)
    return made.eval()


def idefics_batch(side: str = "left") -> dict[str, Any]:
    """The views of the first sample, then that of the second, filled up with views of zeros."""
    tile = [IMAGE] * 4
    tiled = [_AROUND, 81, *tile, _AROUND, 82, *tile, _LINE, _LINE, _AROUND, _WHOLE_NEXT, *tile]
    alone = [_AROUND, _WHOLE_NEXT, *tile, _AROUND]
    given = padded([[1, 5, *tiled, _AROUND, *alone, 7], [1, *alone, 9, 8]], side)
    own = views()
    pixels = torch.zeros(2, 4, 3, 32, 32)
    pixels[0], pixels[1, 0] = own[:4], own[4]
    mask = pixels.any(dim=2).long()
    mask[1, 0, 16:] = 0  # this image is half as high as the others
    return {**given, "pixel_values": pixels, "pixel_attention_mask": mask}


def idefics_occluded(given: dict[str, Any], sample: int, image: int, box: Any) -> dict[str, Any]:
    if sample == 1:
        return turned_over(given, [((1, 0), (0, 0, 1, 2))], box)
    if image == 1:
        return turned_over(given, [((0, 3), _WHOLE)], box)
    on_tiles = [((0, number), tile) for number, tile in enumerate(_TILES)]
    overview = is_cell(box, 4, 4) or is_cell(box, 2, 2)
    return turned_over(given, [((0, 2), _WHOLE)] if overview else on_tiles, box)


def _idefics(name: str, model: Any, config: Any, vision: str) -> FamilyCase:
    return FamilyCase(
        name=name,
        model=lambda: idefics(model, config, vision),
        batch=idefics_batch,
        structure="A vision tower that sees the tiles of each image and an overview of it; squares"
        " of patches are merged and stand in the prompt of a decoder.",
        layout="Tile by tile, as the tokens between them tell, the overview last; in each, one"
        " token per square of patches, row by row. Frames of videos count as images.",
        blocks=blocks(
            "model.text_model.layers.{}.self_attn",
            "model.vision_model.encoder.layers.{}.self_attn",
            (slice(0, 4), slice(4, 5)),
        ),
        tokens={
            "joint": (
                "special 1, text 1, special 2, image 4, special 2, image 4, special 4, image 4,"
                " special 3, image 4, special 1, text 1",
                "padding 21, special 3, image 2, special 3, text 2",
            ),
            "vision": ("image 64", "image 8, padding 8"),
        },
        occluded=idefics_occluded,
        probed=("vision", "joint"),
    )


CASES = [
    INTERNVL,
    LLAMA4,
    _idefics("Idefics3", Idefics3ForConditionalGeneration, Idefics3Config, "idefics3_vision"),
    _idefics("SmolVLM", SmolVLMForConditionalGeneration, SmolVLMConfig, "smolvlm_vision"),
]
