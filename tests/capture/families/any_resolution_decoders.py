"""Decoders whose prompt holds an overview of each image and the grid of its tiles."""

from __future__ import annotations

from typing import Any

import torch
from transformers import (
    LlavaNextConfig,
    LlavaNextForConditionalGeneration,
    LlavaOnevisionConfig,
    LlavaOnevisionForConditionalGeneration,
)

from tests.capture.families.vision_prefix_decoders import (
    IMAGE,
    SIGLIP,
    TEXT,
    blocks,
    built,
)
from tests.capture.family_case import FamilyCase, spans
from tests.capture.prompts_with_images import is_cell, noise, padded, turned_over

_WHOLE = (0, 0, 1, 1)
_CLIP = {
    "model_type": "clip_vision_model",
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "image_size": 16,
    "patch_size": 4,
}
_PINPOINTS = [[16, 32], [32, 16], [32, 32]]
_SIZES = torch.tensor([[20, 40], [12, 16], [30, 10]])


def next_model() -> Any:
    config = LlavaNextConfig(
        text_config=TEXT | {"model_type": "llama"},
        vision_config=_CLIP,
        image_token_index=IMAGE,
        image_grid_pinpoints=_PINPOINTS,
    )
    return built(LlavaNextForConditionalGeneration, config)


def next_batch(side: str = "left") -> dict[str, Any]:
    """Canvases of 1 x 2 and 2 x 1 tiles; the second and third image have margins at the sides."""
    lengths = [16 + 4 * 9, 16 + 4 * 7, 16 + 8 * 3]
    prompts = [
        [1, *[IMAGE] * lengths[0], 5, *[IMAGE] * lengths[1], 6, 7],
        [1, 8, *[IMAGE] * lengths[2], 9],
    ]
    return {**padded(prompts, side), "image_sizes": _SIZES, "pixel_values": noise(3, 3, 3, 16, 16)}


# what the tiles of each image show: the second one is scaled to 16 x 22 pixels in the middle of
# 16 x 32, the third one to 32 x 11 in the middle of 32 x 16
_NEXT_TILES = (
    ((0, 0, 1 / 2, 1), (1 / 2, 0, 1, 1)),
    ((-5 / 22, 0, 11 / 22, 1), (11 / 22, 0, 27 / 22, 1)),
    ((-2 / 11, 0, 14 / 11, 1 / 2), (-2 / 11, 1 / 2, 14 / 11, 1)),
)


def next_occluded(given: dict[str, Any], sample: int, image: int, box: Any) -> dict[str, Any]:
    """Only in the overview, or only in the tiles: where the box is one of their patches."""
    number = 2 * sample + image
    tiles = [((number, 1 + tile), shows) for tile, shows in enumerate(_NEXT_TILES[number])]
    views = [((number, 0), _WHOLE)] if is_cell(box, 4, 4) else tiles
    return turned_over(given, views, box)


def _grid(rows: int, columns: int) -> list[str]:
    return ([*["image"] * columns, "special"]) * rows


_CLASS = ["special"]
_PATCHES = ["image"] * 16

LLAVA_NEXT = FamilyCase(
    name="LLaVA-NeXT",
    model=next_model,
    batch=next_batch,
    structure="A vision tower that sees an overview of each image and its tiles, whose patches"
    " stand in the prompt of a decoder.",
    layout="The overview's patches, row by row; then the patches of all tiles as one grid, row by"
    " row, without the margin and with a row-end token after each row. A patch of a tile lies"
    " where the tile lies in the image.",
    blocks=blocks(entries=(slice(0, 6), slice(6, 9))),
    tokens={
        "joint": (
            spans(
                [
                    "special",
                    *_PATCHES,
                    *_grid(4, 8),
                    "text",
                    *_PATCHES,
                    *_grid(4, 6),
                    "text",
                    "text",
                ]
            ),
            spans(["padding"] * 57 + ["special", "text", *_PATCHES, *_grid(8, 2), "text"]),
        ),
        "vision": (
            spans(
                [
                    *[*_CLASS, *_PATCHES] * 4,
                    *[*_CLASS, *["special", "image", "image", "image"] * 4],
                    *[*_CLASS, *["image", "image", "image", "special"] * 4],
                ]
            ),
            spans([*_CLASS, *_PATCHES] * 3),
        ),
    },
    occluded=next_occluded,
    probed=("vision", "joint"),
)


def onevision() -> Any:
    config = LlavaOnevisionConfig(
        text_config=TEXT | {"model_type": "qwen2"},
        vision_config=SIGLIP | {"image_size": 16, "patch_size": 4},
        image_token_index=IMAGE,
        video_token_index=98,
        image_grid_pinpoints=[[16, 16], [16, 32], [32, 32]],
        vision_aspect_ratio="anyres_max_1",
    )
    return built(LlavaOnevisionForConditionalGeneration, config)


def onevision_batch(side: str = "left") -> dict[str, Any]:
    """Two images without tiles; one of 1 x 2 tiles, whose 4 x 8 patches are scaled to 2 x 5."""
    prompts = [
        [1, *[IMAGE] * 17, 5, *[IMAGE] * 17, 6, 7],
        [1, 8, *[IMAGE] * (16 + 2 * 6), 9],
    ]
    return {
        **padded(prompts, side),
        "image_sizes": torch.tensor([[20, 40], [16, 16], [20, 40]]),
        "batch_num_images": torch.tensor([2, 1]),
        "pixel_values": noise(3, 3, 3, 16, 16),
    }


def onevision_occluded(given: dict[str, Any], sample: int, image: int, box: Any) -> dict[str, Any]:
    if sample == 0:
        shows = (0, -1 / 2, 1, 3 / 2) if image == 0 else _WHOLE
        return turned_over(given, [((image, 0), shows)], box)
    if is_cell(box, 4, 4):
        return turned_over(given, [((2, 0), _WHOLE)], box)
    tiles = (((2, 1), (0, 0, 1 / 2, 1)), ((2, 2), (1 / 2, 0, 1, 1)))
    return turned_over(given, tiles, box)


LLAVA_ONEVISION = FamilyCase(
    name="LLaVA-OneVision",
    model=onevision,
    batch=onevision_batch,
    structure="A vision tower that sees an overview of each image and its tiles, whose patches"
    " stand in the prompt of a decoder; samples with several images show them without tiles.",
    layout="As in LLaVA-NeXT; the grid of the tiles is scaled down where it is too large.",
    blocks=blocks(entries=(slice(0, 2), slice(2, 5))),
    tokens={
        "joint": (
            "special 5, image 8, special 5, text 1, image 16, special 1, text 2",
            spans(["padding"] * 7 + ["special", "text", *_PATCHES, *_grid(2, 5), "text"]),
        ),
        "vision": ("special 4, image 8, special 4, image 16", "image 48"),
    },
    limits=("Frames of videos have no box, and the tower is not shown for them.",),
    occluded=onevision_occluded,
    probed=("vision", "joint"),
)

CASES = [LLAVA_NEXT, LLAVA_ONEVISION]
