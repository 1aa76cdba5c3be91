"""BLIP: a text encoder, a text decoder, or both attend to a vision tower."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from transformers import (
    BlipConfig,
    BlipForConditionalGeneration,
    BlipForImageTextRetrieval,
    BlipForQuestionAnswering,
)

from tests.capture.family_case import Block, FamilyCase, stacked
from tests.capture.tiny_models import widened

TEXT = {
    "input_ids": torch.tensor([[1, 5, 6, 7, 8, 2], [1, 9, 10, 2, 0, 0]]),
    "attention_mask": torch.tensor([[1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 0, 0]]),
}


def blip(model: Any) -> Any:
    torch.manual_seed(0)
    config = BlipConfig(
        text_config={
            "vocab_size": 100,
            "hidden_size": 32,
            "encoder_hidden_size": 32,
            "intermediate_size": 64,
            "num_hidden_layers": 3,
            "num_attention_heads": 4,
            "max_position_embeddings": 32,
            "pad_token_id": 0,
            "bos_token_id": 1,
            "eos_token_id": 2,
            "sep_token_id": 2,
        },
        vision_config={
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "image_size": 32,
            "patch_size": 8,
            "initializer_range": 0.02,
        },
        image_text_hidden_size=16,
        projection_dim=16,
    )
    made = model(config)
    for name, module in made.named_children():
        if name != "vision_model":
            widened(module)
    for layer in made.vision_model.encoder.layers:
        # attention far from uniform, but patches stay what they are
        nn.init.normal_(layer.self_attn.qkv.weight[:64], 0, 0.5)
    return made.eval()


def pictures(count: int = 2) -> torch.Tensor:
    return torch.randn(count, 3, 32, 32, generator=torch.Generator().manual_seed(0))


def seen_texts() -> dict[str, Any]:
    return TEXT | {"pixel_values": pictures()}


def question_and_answer() -> dict[str, Any]:
    answers = torch.tensor([[1, 11, 12, 2], [1, 13, 2, 0]])
    return seen_texts() | {
        "decoder_input_ids": answers,
        "decoder_attention_mask": (answers != 0).long(),
    }


_TEXT_TOKENS = ("special 1, text 4, special 1", "special 1, text 2, special 1, padding 2")
_TOWER = ("special 1, image 16", "special 1, image 16")
_PATCHES = "The tower has a class token, then one token per patch, row by row."


def _stack(path: str, part: str, query: str, key: str) -> Block:
    return Block((0, 1, 2), 4, query, key, stacked(f"{path}.encoder.layer.{{}}.{part}.self", 3))


_VISION = Block(
    (0, 1), 2, "vision", "vision", stacked("vision_model.encoder.layers.{}.self_attn", 2)
)

QUESTION_ANSWERING = FamilyCase(
    name="BLIP (question answering)",
    model=lambda: blip(BlipForQuestionAnswering),
    batch=question_and_answer,
    structure="A text encoder that attends to a vision tower, and a text decoder that attends to"
    " the text encoder.",
    layout=_PATCHES,
    blocks={
        "language": _stack("text_encoder", "attention", "text", "text"),
        "text_to_image": _stack("text_encoder", "crossattention", "text", "vision"),
        "decoder": _stack("text_decoder.bert", "attention", "decoder", "decoder"),
        "decoder_to_encoder": _stack("text_decoder.bert", "crossattention", "decoder", "text"),
        "vision": _VISION,
    },
    tokens={
        "text": _TEXT_TOKENS,
        "decoder": ("special 1, text 2, special 1", "special 1, text 1, special 1, padding 1"),
        "vision": _TOWER,
    },
    probed=("vision",),
)

CAPTIONING = FamilyCase(
    name="BLIP (captioning)",
    model=lambda: blip(BlipForConditionalGeneration),
    batch=seen_texts,
    structure="A text decoder that attends to a vision tower.",
    layout=_PATCHES,
    blocks={
        "decoder": _stack("text_decoder.bert", "attention", "decoder", "decoder"),
        "decoder_to_image": _stack("text_decoder.bert", "crossattention", "decoder", "vision"),
        "vision": _VISION,
    },
    tokens={"decoder": _TEXT_TOKENS, "vision": _TOWER},
    probed=("vision",),
)

RETRIEVAL = FamilyCase(
    name="BLIP (retrieval)",
    model=lambda: blip(BlipForImageTextRetrieval),
    batch=seen_texts,
    structure="A text encoder that attends to a vision tower; without its matching head"
    " (`use_itm_head=False`), two towers that do not meet.",
    layout=_PATCHES,
    blocks={
        "language": _stack("text_encoder", "attention", "text", "text"),
        "text_to_image": _stack("text_encoder", "crossattention", "text", "vision"),
        "vision": _VISION,
    },
    tokens={"text": _TEXT_TOKENS, "vision": _TOWER},
    probed=("vision",),
)

CASES = [QUESTION_ANSWERING, CAPTIONING, RETRIEVAL]
