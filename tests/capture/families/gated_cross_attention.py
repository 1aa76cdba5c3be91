"""Decoders with layers of cross-attention to a vision tower."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from transformers import MllamaConfig, MllamaForConditionalGeneration

from tests.capture.family_case import Block, FamilyCase, stacked
from tests.capture.tiny_models import widened

IMAGE = 98
TILES, PATCHES, LANES = 2, 16, 24
"""Of an image; 4 x 4 patches and a class token per tile, padded to a multiple of eight."""
REAL = PATCHES + 1


def mllama() -> Any:
    torch.manual_seed(0)
    config = MllamaConfig(
        text_config={
            "vocab_size": 100,
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_hidden_layers": 4,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "cross_attention_layers": [1, 3],
            "pad_token_id": 0,
            "bos_token_id": 1,
            "eos_token_id": 2,
            "rope_parameters": {"rope_type": "default", "rope_theta": 1e4},
        },
        vision_config={
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_hidden_layers": 2,
            "num_global_layers": 1,
            "attention_heads": 4,
            "image_size": 16,
            "patch_size": 4,
            "max_num_tiles": TILES,
            "supported_aspect_ratios": [[1, 1], [1, 2], [2, 1]],
            "intermediate_layers_indices": [0],
            "vision_output_dim": 64,
        },
        image_token_index=IMAGE,
    )
    model = widened(MllamaForConditionalGeneration(config))
    with torch.no_grad():
        for name, gate in model.named_parameters():
            if "gate" in name and gate.numel() == 1:
                gate.fill_(0.5)
    return model


def batch() -> dict[str, Any]:
    """Two samples: two images (two tiles side by side; one tile), and one of two tiles."""
    generator = torch.Generator().manual_seed(0)
    tiles = torch.tensor([[[1, 1], [1, 0]], [[1, 1], [1, 0]]])
    pixels = torch.randn(2, 2, TILES, 3, 16, 16, generator=generator)
    pixels[0, 1, 1] = pixels[1, 1] = 0
    seen = torch.zeros(2, 8, 2, TILES, dtype=torch.long)
    seen[0, 1:, 0] = seen[0, 3:, 1, :1] = seen[1, 3:, 0] = 1
    return {
        "input_ids": torch.tensor([[1, IMAGE, 5, IMAGE, 6, 7, 8, 9], [0, 0, 1, IMAGE, 5, 6, 7, 8]]),
        "attention_mask": torch.tensor([[1] * 8, [0, 0, *[1] * 6]]),
        "pixel_values": pixels,
        "aspect_ratio_ids": torch.tensor([[2, 1], [3, 0]]),
        "aspect_ratio_mask": tiles,
        "cross_attention_mask": seen,
    }


_ARRANGEMENTS = {1: (1, 1), 2: (1, 2), 3: (2, 1)}


def occluded(
    given: dict[str, Any], sample: int, image: int, box: Sequence[float]
) -> dict[str, Any]:
    """Turns over the pixels of a box of the canvas that the tiles of the image make up."""
    down, across = _ARRANGEMENTS[int(given["aspect_ratio_ids"][sample, image])]
    pixels = given["pixel_values"].clone()
    canvas = torch.cat(
        [
            torch.cat([pixels[sample, image, row * across + column] for column in range(across)], 2)
            for row in range(down)
        ],
        1,
    )
    _, height, width = canvas.shape
    rows = slice(round(box[1] * height), round(box[3] * height))
    columns = slice(round(box[0] * width), round(box[2] * width))
    canvas[:, rows, columns] = 3 - canvas[:, rows, columns]
    for row in range(down):
        for column in range(across):
            tile = canvas[:, row * 16 : (row + 1) * 16, column * 16 : (column + 1) * 16]
            pixels[sample, image, row * across + column] = tile
    return given | {"pixel_values": pixels}


def _tower(calls: Sequence[Tensor], sample: int) -> Tensor:
    """Entries of the tower are images: those of a sample do not attend to each other."""
    images = calls[0][2 * sample : 2 * sample + 2]
    return torch.stack([torch.block_diag(*head) for head in images.transpose(0, 1)])


def _cross(calls: Sequence[Tensor], sample: int) -> Tensor:
    """The decoder does not see the padding of the tower."""
    per_tile = calls[0][sample].unflatten(-1, (2 * TILES, REAL))
    return torch.nn.functional.pad(per_tile, (0, LANES - REAL)).flatten(2)


_LAYER = "model.language_model.layers.{}."
_VISION = "model.vision_model."
_TILE = "special 1, image 16"

MLLAMA = FamilyCase(
    name="Mllama (Llama 3.2 Vision)",
    model=mllama,
    batch=batch,
    structure="A decoder some of whose layers attend to the vision tower instead of to the prompt;"
    " the tower has local layers, then global ones, over all tiles of an image.",
    layout="One token per patch of each tile, with its place in the whole image; tiles lie side by"
    " side on a canvas, and the margin that the image leaves is told where its original is given.",
    limits=(
        "Without the original image, boxes are fractions of the canvas of its tiles, which may have"
        " a margin on the right or below.",
    ),
    blocks={
        "language": Block(
            (0, 2),
            4,
            "text",
            "text",
            tuple((_LAYER + "self_attn").format(layer) for layer in (0, 2)),
        ),
        "text_to_image": Block(
            (1, 3),
            4,
            "text",
            "vision",
            tuple((_LAYER + "cross_attn").format(layer) for layer in (1, 3)),
            _cross,
        ),
        "vision": Block(
            (0, 1, 2),
            4,
            "vision",
            "vision",
            (
                *stacked(_VISION + "transformer.layers.{}.self_attn", 2),
                *stacked(_VISION + "global_transformer.layers.{}.self_attn", 1),
            ),
            _tower,
        ),
    },
    tokens={
        "text": (
            "special 2, text 1, special 1, text 4",
            "padding 2, special 2, text 4",
        ),
        "vision": (
            f"{_TILE}, padding 7, {_TILE}, padding 7, {_TILE}, padding 31",
            f"{_TILE}, padding 7, {_TILE}, padding 55",
        ),
    },
    occluded=occluded,
    probed=("vision",),
)

CASES = [MLLAMA]
