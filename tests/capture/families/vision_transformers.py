"""Transformers over the patches of one image, without text."""

from __future__ import annotations

import re
from typing import Any

import torch
from transformers import (
    DeiTConfig,
    DeiTForImageClassificationWithTeacher,
    SwinConfig,
    SwinForImageClassification,
    ViTConfig,
    ViTForImageClassification,
)

from tests.capture.family_case import Block, FamilyCase, Weights, eager_weights, stacked
from tests.capture.tiny_models import widened
from tests.capture.window_weights import weights_on_grid


def _encoder(**changes: Any) -> dict[str, Any]:
    return {
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 3,
        "num_attention_heads": 4,
        "image_size": (24, 32),
        "patch_size": 8,
    } | changes


def vit(**changes: Any) -> Any:
    torch.manual_seed(0)
    return widened(ViTForImageClassification(ViTConfig(**_encoder(**changes))))


def deit() -> Any:
    torch.manual_seed(0)
    return widened(DeiTForImageClassificationWithTeacher(DeiTConfig(**_encoder())))


def swin(**changes: Any) -> Any:
    """Stages of 8 x 4 and 4 x 2 cells, by default; only in the first one do windows move."""
    torch.manual_seed(0)
    settings = {
        "image_size": (32, 16),
        "patch_size": 4,
        "embed_dim": 16,
        "depths": [2, 2],
        "num_heads": [2, 4],
        "window_size": 2,
        "mlp_ratio": 2.0,
    }
    model = widened(SwinForImageClassification(SwinConfig(**(settings | changes))))
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "relative_position_bias_table" in name:
                weight.normal_(0, 1)
    return model


def pictures(height: int, width: int, count: int = 2) -> dict[str, Any]:
    generator = torch.Generator().manual_seed(0)
    return {"pixel_values": torch.randn(count, 3, height, width, generator=generator)}


VIT = FamilyCase(
    name="ViT",
    model=vit,
    batch=lambda: pictures(24, 32),
    structure="One stack of self-attention over the patches of an image.",
    layout="A class token, then one token per patch, row by row; a centre crop is mapped back to"
    " the original image.",
    blocks={"vision": Block((0, 1, 2), 4, "image", "image", stacked("vit.layers.{}.attention", 3))},
    tokens={"image": ("special 1, image 12",) * 2},
    probed=("image",),
)

DEIT = FamilyCase(
    name="DeiT",
    model=deit,
    batch=lambda: pictures(24, 32),
    structure="One stack of self-attention over the patches of an image.",
    layout="A class and a distillation token, then one token per patch, row by row; a centre crop"
    " is mapped back to the original image.",
    blocks={
        "vision": Block((0, 1, 2), 4, "image", "image", stacked("deit.layers.{}.attention", 3))
    },
    tokens={"image": ("special 2, image 12",) * 2},
    probed=("image",),
)


def window_weights(case: FamilyCase) -> Weights:
    """Eager weights, on the grid of each stage."""
    grids, shifts = ((8, 4), (4, 2)), ((0, 1), (0, 0))
    weights = {}
    for path, calls in eager_weights(case).items():
        stage, block = (int(number) for number in re.findall(r"\d+", path))
        weights[path] = [weights_on_grid(calls[0], grids[stage], 2, shifts[stage][block])]
    return weights


SWIN = FamilyCase(
    name="Swin",
    model=swin,
    batch=lambda: pictures(32, 16),
    structure="Attention within windows of patches that move from layer to layer; patches are"
    " merged between stages.",
    layout="One sequence per stage, its cells row by row; the probability between different windows"
    " is 0; cells that the model adds for whole windows follow as special tokens without a place.",
    blocks={
        "vision_stage_1": Block(
            (0, 1),
            2,
            "vision_stage_1",
            "vision_stage_1",
            stacked("swin.encoder.layers.0.blocks.{}.attention", 2),
        ),
        "vision_stage_2": Block(
            (2, 3),
            4,
            "vision_stage_2",
            "vision_stage_2",
            stacked("swin.encoder.layers.1.blocks.{}.attention", 2),
        ),
    },
    tokens={"vision_stage_1": ("image 32",) * 2, "vision_stage_2": ("image 8",) * 2},
    reference=window_weights,
    probed=("vision_stage_1", "vision_stage_2"),
)

CASES = [VIT, DEIT, SWIN]
