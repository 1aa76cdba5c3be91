"""Decoders in whose prompt latents that attend to a vision tower stand for the image."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from transformers import Kosmos2Config, Kosmos2ForConditionalGeneration

from tests.capture.family_case import Block, FamilyCase, stacked

LATENTS = 3


def kosmos2() -> Any:
    torch.manual_seed(0)
    config = Kosmos2Config(
        text_config={
            "vocab_size": 100,
            "embed_dim": 32,
            "layers": 3,
            "ffn_dim": 64,
            "attention_heads": 4,
            "pad_token_id": 0,
            "bos_token_id": 1,
            "dropout": 0.0,
            "attention_dropout": 0.0,
        },
        vision_config={
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "image_size": 32,
            "patch_size": 8,
        },
        latent_query_num=LATENTS,
    )
    model = Kosmos2ForConditionalGeneration(config).eval()
    for name, weight in model.named_parameters():
        if name.endswith(("q_proj.weight", "k_proj.weight")):
            nn.init.normal_(weight, 0, 0.4)  # attention far from uniform
    return model


def batch() -> dict[str, Any]:
    """Two samples of different length, padded on the right; text stands before the image, too."""
    generator = torch.Generator().manual_seed(0)
    ids = torch.tensor([[1, 5, 90, 91, 92, 6, 7, 2], [1, 90, 91, 92, 8, 2, 0, 0]])
    return {
        "input_ids": ids,
        "attention_mask": (ids != 0).long(),
        "image_embeds_position_mask": ((ids >= 90) & (ids <= 92)).long(),
        "pixel_values": torch.randn(2, 3, 32, 32, generator=generator),
    }


KOSMOS2 = FamilyCase(
    name="Kosmos-2",
    model=kosmos2,
    batch=batch,
    structure="A vision tower, latents that attend to it once, and a decoder with the latents in"
    " its prompt.",
    layout="Latents stand for the image and have no place; the tower's tokens have that of their"
    " patch.",
    limits=(
        "Latents have no box: composed with the cross-attention block `queries_to_image` to find"
        " places.",
    ),
    blocks={
        "language": Block(
            (0, 1, 2), 4, "joint", "joint", stacked("text_model.model.layers.{}.self_attn", 3)
        ),
        "vision": Block(
            (0, 1),
            4,
            "vision",
            "vision",
            stacked("vision_model.model.encoder.layers.{}.self_attn", 2),
        ),
        "queries_to_image": Block(
            (2,), 4, "queries", "image_and_queries", ("image_to_text_projection.x_attn",)
        ),
    },
    tokens={
        "joint": (
            "special 1, text 1, image 3, text 2, special 1",
            "special 1, image 3, text 1, special 1, padding 2",
        ),
        "vision": ("special 1, image 16", "special 1, image 16"),
        "queries": ("image 3", "image 3"),
        "image_and_queries": ("special 1, image 19", "special 1, image 19"),
    },
    probed=("vision",),
)

CASES = [KOSMOS2]
