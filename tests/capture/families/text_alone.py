"""Text in one stack of self-attention, and text in, text out."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from transformers import (
    BartConfig,
    BartForConditionalGeneration,
    BertConfig,
    BertForMaskedLM,
    T5Config,
    T5ForConditionalGeneration,
)

from tests.capture.family_case import Block, FamilyCase, Weights, stacked
from tests.capture.tiny_models import widened

TEXT = {
    "input_ids": torch.tensor([[1, 5, 6, 7, 8, 2], [1, 9, 10, 2, 0, 0]]),
    "attention_mask": torch.tensor([[1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 0, 0]]),
}
SPECIAL = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}


@torch.no_grad()
def last_weights(case: FamilyCase) -> Weights:
    """What each eager attention module returns behind its position bias, if it has one."""
    model = case.model()
    model.set_attn_implementation("eager")
    modules = dict(model.named_modules())
    seen: dict[str, list[Tensor]] = {}

    def watch(name: str) -> None:
        def note(module: nn.Module, args: Any, result: Any) -> None:
            weights = [one for one in result if isinstance(one, Tensor) and one.ndim == 4]
            seen.setdefault(name, []).append(weights[-1].float())

        modules[name].register_forward_hook(note)

    for name in {path for block in case.blocks.values() for path in block.modules}:
        watch(name)
    model(**case.batch())
    return seen


def bert(**changes: Any) -> Any:
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=50,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=3,
        num_attention_heads=4,
        **changes,
    )
    return widened(BertForMaskedLM(config))


def bart(**changes: Any) -> Any:
    torch.manual_seed(0)
    config = BartConfig(
        vocab_size=50,
        d_model=32,
        encoder_layers=2,
        decoder_layers=3,
        encoder_attention_heads=4,
        decoder_attention_heads=2,
        encoder_ffn_dim=64,
        decoder_ffn_dim=64,
        max_position_embeddings=64,
        decoder_start_token_id=2,
        forced_eos_token_id=None,
        **SPECIAL,
        **changes,
    )
    return widened(BartForConditionalGeneration(config))


def t5_config(**changes: Any) -> T5Config:
    settings = {
        "vocab_size": 50,
        "d_model": 32,
        "d_kv": 8,
        "d_ff": 64,
        "num_layers": 2,
        "num_decoder_layers": 3,
        "num_heads": 4,
        "relative_attention_num_buckets": 8,
        "decoder_start_token_id": 0,
        "pad_token_id": 0,
        "eos_token_id": 2,
    }
    return T5Config(**(settings | changes))


def t5() -> Any:
    torch.manual_seed(0)
    return widened(T5ForConditionalGeneration(t5_config()))


def labelled() -> dict[str, Any]:
    return TEXT | {"labels": torch.tensor([[5, 6, 7, 2], [8, 2, -100, -100]])}


def decoded() -> dict[str, Any]:
    ids = torch.tensor([[2, 5, 6, 7], [2, 8, 0, 0]])
    return TEXT | {"decoder_input_ids": ids, "decoder_attention_mask": (ids != 0).long()}


_TEXT_TOKENS = ("special 1, text 4, special 1", "special 1, text 2, special 1, padding 2")
_TWO_STACKS = "An encoder of text, and a decoder that attends to it."

BERT = FamilyCase(
    name="BERT",
    model=bert,
    batch=lambda: TEXT,
    structure="One stack of self-attention over text.",
    layout="Text alone.",
    blocks={
        "language": Block(
            (0, 1, 2), 4, "text", "text", stacked("bert.encoder.layer.{}.attention.self", 3)
        )
    },
    tokens={"text": _TEXT_TOKENS},
    occluded=None,
)

BART = FamilyCase(
    name="BART",
    model=bart,
    batch=decoded,
    structure=_TWO_STACKS,
    layout="Text alone.",
    blocks={
        "encoder": Block(
            (0, 1), 4, "text", "text", stacked("model.encoder.layers.{}.self_attn", 2)
        ),
        "decoder": Block(
            (0, 1, 2), 2, "decoder", "decoder", stacked("model.decoder.layers.{}.self_attn", 3)
        ),
        "decoder_to_encoder": Block(
            (0, 1, 2), 2, "decoder", "text", stacked("model.decoder.layers.{}.encoder_attn", 3)
        ),
    },
    tokens={
        "text": _TEXT_TOKENS,
        "decoder": ("special 1, text 3", "special 1, text 1, padding 2"),
    },
    occluded=None,
)

T5 = FamilyCase(
    name="T5",
    model=t5,
    batch=labelled,
    structure=_TWO_STACKS,
    layout="Text alone.",
    blocks={
        "encoder": Block(
            (0, 1), 4, "text", "text", stacked("encoder.block.{}.layer.0.SelfAttention", 2)
        ),
        "decoder": Block(
            (0, 1, 2),
            4,
            "decoder",
            "decoder",
            stacked("decoder.block.{}.layer.0.SelfAttention", 3),
        ),
        "decoder_to_encoder": Block(
            (0, 1, 2),
            4,
            "decoder",
            "text",
            stacked("decoder.block.{}.layer.1.EncDecAttention", 3),
        ),
    },
    tokens={
        "text": _TEXT_TOKENS,
        "decoder": ("special 1, text 3", "special 1, text 1, special 1, padding 1"),
    },
    reference=last_weights,
    occluded=None,
)

CASES = [BERT, BART, T5]
