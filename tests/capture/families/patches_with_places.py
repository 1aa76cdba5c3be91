"""Encoders whose patches carry their own place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from transformers import Pix2StructConfig, Pix2StructForConditionalGeneration

from tests.capture.families.text_alone import last_weights
from tests.capture.family_case import Block, FamilyCase, stacked
from tests.capture.tiny_models import widened

SIDE, COUNT = 4, 14
GRIDS = ((3, 4), (4, 2))
"""Rows and columns of each sample's patches."""


def pix2struct() -> Any:
    torch.manual_seed(0)
    config = Pix2StructConfig(
        text_config={
            "vocab_size": 50,
            "hidden_size": 32,
            "d_kv": 8,
            "d_ff": 64,
            "num_layers": 3,
            "num_heads": 4,
            "relative_attention_num_buckets": 8,
            "decoder_start_token_id": 0,
            "pad_token_id": 0,
            "eos_token_id": 2,
        },
        vision_config={
            "hidden_size": 32,
            "patch_embed_hidden_size": 3 * SIDE * SIDE,
            "d_ff": 64,
            "d_kv": 16,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "seq_len": 32,
        },
    )
    model = widened(Pix2StructForConditionalGeneration(config))
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if name.endswith(("query.weight", "key.weight")):
                weight *= 0.4  # scores are not divided by anything
    return model


def batch() -> dict[str, Any]:
    """Two images of different shape; the rest of their patches is padding."""
    generator = torch.Generator().manual_seed(0)
    patches = torch.zeros(2, COUNT, 2 + 3 * SIDE * SIDE)
    for sample, (rows, columns) in enumerate(GRIDS):
        for number in range(rows * columns):
            place = torch.tensor(divmod(number, columns)) + 1
            values = torch.randn(3 * SIDE * SIDE, generator=generator)
            patches[sample, number] = torch.cat([place, values])
    return {
        "flattened_patches": patches,
        "attention_mask": (patches.abs().sum(-1) != 0).float(),
        "labels": torch.tensor([[5, 6, 7, 2], [8, 2, -100, -100]]),
    }


def occluded(
    given: dict[str, Any], sample: int, image: int, box: Sequence[float]
) -> dict[str, Any]:
    patches = given["flattened_patches"].clone()
    rows, columns = GRIDS[sample]
    for number in range(rows * columns):
        row, column = divmod(number, columns)
        x, y = (column + 0.5) / columns, (row + 0.5) / rows
        if box[0] < x < box[2] and box[1] < y < box[3]:
            patches[sample, number, 2:] = 3 - patches[sample, number, 2:]
    return given | {"flattened_patches": patches}


_DECODER = "decoder.layer.{}."

PIX2STRUCT = FamilyCase(
    name="Pix2Struct",
    model=pix2struct,
    batch=batch,
    structure="An encoder of patches, and a text decoder that attends to it.",
    layout="One token per patch at the row and column that it carries; images keep their shape.",
    limits=(
        "Where the processor writes a question above the image, boxes are fractions of the image"
        " with the question.",
    ),
    blocks={
        "decoder": Block(
            (0, 1, 2), 4, "decoder", "decoder", stacked(_DECODER + "self_attention.attention", 3)
        ),
        "decoder_to_image": Block(
            (0, 1, 2),
            4,
            "decoder",
            "image",
            stacked(_DECODER + "encoder_decoder_attention.attention", 3),
        ),
        "vision": Block(
            (0, 1), 2, "image", "image", stacked("encoder.encoder.layer.{}.attention", 2)
        ),
    },
    tokens={
        "decoder": ("special 1, text 3", "special 1, text 1, special 1, padding 1"),
        "image": ("image 12, padding 2", "image 8, padding 6"),
    },
    reference=last_weights,
    occluded=occluded,
    probed=("image",),
)

CASES = [PIX2STRUCT]
