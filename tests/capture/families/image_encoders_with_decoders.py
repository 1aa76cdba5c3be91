"""An image encoder, and any decoder of text that attends to it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import torch
from torch import nn
from transformers import (
    DeiTConfig,
    DonutSwinConfig,
    GPT2Config,
    MBartConfig,
    TrOCRConfig,
    VisionEncoderDecoderConfig,
    VisionEncoderDecoderModel,
    ViTConfig,
)

from tests.capture.family_case import (
    Block,
    FamilyCase,
    Weights,
    eager_weights,
    projected_weights,
    stacked,
)
from tests.capture.tiny_models import widened
from tests.capture.window_weights import weights_on_grid

PATCHES = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "image_size": 32,
    "patch_size": 8,
}
SPECIAL = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}


def joined(encoder: Any, decoder: Any) -> Any:
    torch.manual_seed(0)
    config = VisionEncoderDecoderConfig.from_encoder_decoder_configs(encoder, decoder)
    config.decoder_start_token_id, config.pad_token_id = 1, 0
    model = VisionEncoderDecoderModel(config)
    widened(model.decoder)
    for name, weight in model.encoder.named_parameters():
        if name.endswith(("query.weight", "key.weight", "q_proj.weight", "k_proj.weight")):
            nn.init.normal_(weight, 0, 0.4)  # attention far from uniform
    return model.eval()


def trocr() -> Any:
    decoder = TrOCRConfig(
        vocab_size=50,
        d_model=32,
        decoder_layers=3,
        decoder_attention_heads=4,
        decoder_ffn_dim=64,
        max_position_embeddings=32,
        dropout=0.0,
        **SPECIAL,
    )
    return joined(DeiTConfig(**PATCHES), decoder)


def gpt2() -> Any:
    decoder = GPT2Config(vocab_size=50, n_embd=32, n_layer=3, n_head=4, n_positions=32, **SPECIAL)
    return joined(ViTConfig(**PATCHES), decoder)


def donut() -> Any:
    """Stages of 8 x 4 and 4 x 2 cells, as many as the image has places for; windows of 2 x 2."""
    encoder = DonutSwinConfig(
        image_size=(32, 16),
        patch_size=4,
        embed_dim=16,
        depths=[2, 2],
        num_heads=[2, 4],
        window_size=2,
        mlp_ratio=2.0,
    )
    decoder = MBartConfig(
        vocab_size=50,
        d_model=32,
        decoder_layers=3,
        decoder_attention_heads=4,
        decoder_ffn_dim=64,
        max_position_embeddings=32,
        is_decoder=True,
        add_cross_attention=True,
        add_final_layer_norm=True,
        **SPECIAL,
    )
    return joined(encoder, decoder)


def pages() -> dict[str, Any]:
    return batch() | {"pixel_values": batch()["pixel_values"][..., :16]}


def donut_weights(case: FamilyCase) -> Weights:
    """Eager weights; those of the encoder, told where it is asked to, on the grid of each stage."""

    def asked() -> dict[str, Any]:
        return case.batch() | {"output_attentions": True}

    grids, shifts = ((8, 4), (4, 2)), ((0, 1), (0, 0))
    weights = {}
    for path, calls in eager_weights(replace(case, batch=asked)).items():
        weights[path] = calls
        if path.startswith("encoder"):
            stage, block = (int(number) for number in re.findall(r"\d+", path))
            weights[path] = [weights_on_grid(calls[0], grids[stage], 2, shifts[stage][block])]
    return weights


def batch() -> dict[str, Any]:
    generator = torch.Generator().manual_seed(0)
    return {
        "pixel_values": torch.randn(2, 3, 32, 32, generator=generator),
        "labels": torch.tensor([[5, 6, 7, 2], [8, 2, -100, -100]]),
    }


def trocr_weights(case: FamilyCase) -> Weights:
    """Its attention tells its weights only where it is asked to."""
    written = {name: block for name, block in case.blocks.items() if name != "vision"}
    seen = {"vision": case.blocks["vision"]}
    return {
        **projected_weights(replace(case, blocks=written), "q_proj", "k_proj"),
        **eager_weights(replace(case, blocks=seen)),
    }


def _stage(stage: int, heads: int) -> Block:
    name = f"vision_stage_{stage + 1}"
    path = f"encoder.encoder.layers.{stage}.blocks.{{}}.attention"
    return Block((2 * stage, 2 * stage + 1), heads, name, name, stacked(path, 2))


def _blocks(layer: str, own: str, cross: str) -> dict[str, Block]:
    return {
        "decoder": Block((0, 1, 2), 4, "decoder", "decoder", stacked(f"{layer}.{own}", 3)),
        "decoder_to_image": Block((0, 1, 2), 4, "decoder", "image", stacked(f"{layer}.{cross}", 3)),
        "vision": Block((0, 1), 2, "image", "image", stacked("encoder.layers.{}.attention", 2)),
    }


_WRITTEN = ("special 1, text 3", "special 1, text 1, special 1, padding 1")
_STRUCTURE = "An encoder of patches, and a text decoder that attends to it"

TROCR = FamilyCase(
    name="TrOCR",
    model=trocr,
    batch=batch,
    structure=f"{_STRUCTURE}.",
    layout="A class token (and DeiT's distillation token), then one token per patch, row by row.",
    blocks=_blocks("decoder.model.decoder.layers.{}", "self_attn", "encoder_attn"),
    tokens={"decoder": _WRITTEN, "image": ("special 2, image 16",) * 2},
    reference=trocr_weights,
    probed=("image",),
)

VIT_GPT2 = FamilyCase(
    name="VisionEncoderDecoder (ViT and GPT-2)",
    model=gpt2,
    batch=batch,
    structure=f"{_STRUCTURE}; also ViT, DeiT or Swin with BERT, RoBERTa, BART or mBART.",
    layout="A class token, then one token per patch, row by row; stages of a Swin as for Swin.",
    blocks=_blocks("decoder.transformer.h.{}", "attn", "crossattention"),
    tokens={"decoder": _WRITTEN, "image": ("special 1, image 16",) * 2},
    probed=("image",),
)

_DONUT_DECODER = "decoder.model.decoder.layers.{}."

DONUT = FamilyCase(
    name="Donut",
    model=donut,
    batch=pages,
    structure="A Swin, and a text decoder that attends to its last stage.",
    layout="One sequence per stage of the Swin, its cells row by row.",
    limits=(
        "Where the processor leaves a margin around the page, boxes are fractions of the page with"
        " its margin.",
    ),
    blocks={
        "decoder": Block(
            (0, 1, 2), 4, "decoder", "decoder", stacked(_DONUT_DECODER + "self_attn", 3)
        ),
        "decoder_to_image": Block(
            (0, 1, 2), 4, "decoder", "vision_stage_2", stacked(_DONUT_DECODER + "encoder_attn", 3)
        ),
        "vision_stage_1": _stage(0, 2),
        "vision_stage_2": _stage(1, 4),
    },
    tokens={
        "decoder": _WRITTEN,
        "vision_stage_1": ("image 32",) * 2,
        "vision_stage_2": ("image 8",) * 2,
    },
    reference=donut_weights,
    probed=("vision_stage_1", "vision_stage_2"),
)

CASES = [TROCR, VIT_GPT2, DONUT]
