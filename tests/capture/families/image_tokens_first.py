"""Decoders that read the tokens of an image first, then text."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from transformers import GitConfig, GitForCausalLM

from tests.capture.family_case import Block, FamilyCase, stacked


def git(frames: int | None = None) -> Any:
    torch.manual_seed(0)
    sizes = {
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
    }
    config = GitConfig(
        **sizes,
        vision_config={**sizes, "image_size": 32, "patch_size": 8},
        vocab_size=100,
        num_image_with_embedding=frames,
    )
    model = GitForCausalLM(config).eval()
    for name, weight in model.named_parameters():
        if name.endswith(("query.weight", "key.weight", "q_proj.weight", "k_proj.weight")):
            nn.init.normal_(weight, 0, 0.4)  # attention far from uniform
    return model


def batch(*shape: int) -> dict[str, Any]:
    """Two samples, the second one padded on the right; ``shape`` of axes before the channels."""
    generator = torch.Generator().manual_seed(0)
    return {
        "input_ids": torch.tensor([[1, 5, 6, 7, 8, 2], [1, 9, 10, 2, 0, 0]]),
        "attention_mask": torch.tensor([[1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 0, 0]]),
        "pixel_values": torch.randn(2, *shape, 3, 32, 32, generator=generator),
    }


GIT = FamilyCase(
    name="GIT",
    model=git,
    batch=batch,
    structure="A decoder that reads the tokens of a vision tower, then text.",
    layout="One token per patch after the class token of its image; text follows.",
    blocks={
        "language": Block(
            (0, 1), 4, "joint", "joint", stacked("git.encoder.layer.{}.attention.self", 2)
        ),
        "vision": Block(
            (0, 1),
            4,
            "vision",
            "vision",
            stacked("git.image_encoder.vision_model.encoder.layers.{}.self_attn", 2),
        ),
    },
    tokens={
        "joint": (
            "special 1, image 16, special 1, text 4, special 1",
            "special 1, image 16, special 1, text 2, special 1, padding 2",
        ),
        "vision": ("special 1, image 16", "special 1, image 16"),
    },
    probed=("vision", "joint"),
)

CASES = [GIT]
