"""Language models in whose prompt the queries of a Q-Former stand for the image."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from transformers import (
    Blip2Config,
    Blip2ForConditionalGeneration,
    Blip2ForImageTextRetrieval,
    InstructBlipConfig,
    InstructBlipForConditionalGeneration,
    LlamaConfig,
    OPTConfig,
)

from tests.capture.families.text_alone import last_weights, t5_config
from tests.capture.family_case import Block, FamilyCase, stacked
from tests.capture.tiny_models import widened

IMAGE, QUERIES = 99, 3

_IDS = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}
_SIZES = {
    "vocab_size": 100,
    "hidden_size": 32,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
}


def opt_config() -> OPTConfig:
    return OPTConfig(**_SIZES, **_IDS, ffn_dim=64, word_embed_proj_dim=32, dropout=0.0)


def llama_config() -> LlamaConfig:
    return LlamaConfig(**_SIZES, **_IDS, intermediate_size=64, num_key_value_heads=2)


def parts(text: Any, **changes: Any) -> dict[str, Any]:
    """A tower of two layers, a Q-Former of three (two with cross-attention), a language model."""
    return {
        "text_config": text.to_dict(),
        "vision_config": {
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "image_size": 32,
            "patch_size": 8,
            "initializer_range": 0.02,
        },
        "qformer_config": {
            "vocab_size": 60,
            "hidden_size": 32,
            "encoder_hidden_size": 32,
            "intermediate_size": 64,
            "num_hidden_layers": 3,
            "num_attention_heads": 4,
            "cross_attention_frequency": 2,
            "max_position_embeddings": 32,
        }
        | changes,
        "num_query_tokens": QUERIES,
        "image_token_index": IMAGE,
    }


def built(model: Any, config: Any) -> Any:
    torch.manual_seed(0)
    made = model(config)
    nn.init.normal_(made.query_tokens, 0, 1)
    for name, module in made.named_children():
        if name != "vision_model":
            widened(module)
    if hasattr(made, "language_model"):
        for name, weight in made.language_model.named_parameters():
            if weight.ndim == 2 and "embed" not in name:
                weight.data *= 0.5  # behind three stacks, rounding would grow beyond the tolerance
    for layer in made.vision_model.encoder.layers:
        # attention far from uniform, but patches stay what they are
        nn.init.normal_(layer.self_attn.qkv.weight[:64], 0, 0.5)
    return made.eval()


def blip2(text: Any) -> Any:
    return built(Blip2ForConditionalGeneration, Blip2Config(**parts(text)))


def retrieval() -> Any:
    config = Blip2Config(
        **parts(opt_config(), use_qformer_text_input=True), image_text_hidden_size=16
    )
    return built(Blip2ForImageTextRetrieval, config)


def instruct(text: Any) -> Any:
    config = InstructBlipConfig(**parts(text))
    return built(InstructBlipForConditionalGeneration, config)


def pictures(count: int = 2) -> torch.Tensor:
    return torch.randn(count, 3, 32, 32, generator=torch.Generator().manual_seed(0))


def batch(side: str = "left") -> dict[str, Any]:
    """Two samples of different length; the image is not at the start of the text."""
    latents = [IMAGE] * QUERIES
    prompts = [[1, 4, *latents, 5, 6, 7, 8], [1, *latents, 9]]
    longest = max(map(len, prompts))
    ids = torch.zeros(2, longest, dtype=torch.long)
    for row, prompt in enumerate(prompts):
        start = longest - len(prompt) if side == "left" else 0
        ids[row, start : start + len(prompt)] = torch.tensor(prompt)
    return {"input_ids": ids, "attention_mask": (ids != 0).long(), "pixel_values": pictures()}


def answered() -> dict[str, Any]:
    return batch("right") | {"labels": torch.tensor([[5, 6, 7, 2], [8, 2, -100, -100]])}


def instructed() -> dict[str, Any]:
    ids = torch.tensor([[11, 12, 13, 14], [11, 15, 0, 0]])
    return batch() | {"qformer_input_ids": ids, "qformer_attention_mask": (ids != 0).long()}


def matched() -> dict[str, Any]:
    """Text behind the places that the processor keeps for the queries."""
    ids = torch.tensor([[IMAGE] * QUERIES + [1, 5, 6, 2], [IMAGE] * QUERIES + [1, 2, 0, 0]])
    return {
        "input_ids": ids,
        "attention_mask": (ids != 0).long(),
        "pixel_values": pictures(),
        "use_image_text_matching_head": True,
    }


def _queries(sequence: str) -> dict[str, Block]:
    path = "qformer.encoder.layer.{}."
    return {
        "queries": Block(
            (0, 1, 2), 4, sequence, sequence, stacked(path + "attention.attention", 3)
        ),
        "queries_to_image": Block(
            (0, 2),
            4,
            "queries",
            "vision",
            tuple((path + "crossattention.attention").format(layer) for layer in (0, 2)),
        ),
        "vision": Block(
            (0, 1), 2, "vision", "vision", stacked("vision_model.encoder.layers.{}.self_attn", 2)
        ),
    }


def _language(path: str) -> Block:
    return Block((0, 1, 2), 4, "joint", "joint", stacked(path + ".layers.{}.self_attn", 3))


_JOINT = (
    "special 1, text 1, image 3, text 4",
    "padding 4, special 1, image 3, text 1",
)
_SEEN = {"queries": ("image 3",) * 2, "vision": ("special 1, image 16",) * 2}
_STRUCTURE = "A vision tower, queries that attend to it in a Q-Former, and a language model"
_LAYOUT = (
    "Queries stand for the image and have no place; the tower's tokens have that of their patch."
)
_LIMITS = (
    "Queries have no box: composed with the cross-attention block `queries_to_image` to find"
    " places.",
)

BLIP2 = FamilyCase(
    name="BLIP-2",
    model=lambda: blip2(opt_config()),
    batch=batch,
    structure=f"{_STRUCTURE} with the queries in its prompt.",
    layout=_LAYOUT,
    limits=_LIMITS,
    blocks={"language": _language("language_model.model.decoder"), **_queries("queries")},
    tokens={"joint": _JOINT, **_SEEN},
    probed=("vision",),
)

BLIP2_T5 = FamilyCase(
    name="BLIP-2 (T5)",
    model=lambda: blip2(t5_config(vocab_size=100)),
    batch=answered,
    structure=f"{_STRUCTURE} of an encoder, with the queries in its prompt, and a decoder.",
    layout=_LAYOUT,
    limits=_LIMITS,
    blocks={
        "encoder": Block(
            (0, 1),
            4,
            "joint",
            "joint",
            stacked("language_model.encoder.block.{}.layer.0.SelfAttention", 2),
        ),
        "decoder": Block(
            (0, 1, 2),
            4,
            "decoder",
            "decoder",
            stacked("language_model.decoder.block.{}.layer.0.SelfAttention", 3),
        ),
        "decoder_to_encoder": Block(
            (0, 1, 2),
            4,
            "decoder",
            "joint",
            stacked("language_model.decoder.block.{}.layer.1.EncDecAttention", 3),
        ),
        **_queries("queries"),
    },
    tokens={
        "joint": (
            "special 1, text 1, image 3, text 4",
            "special 1, image 3, text 1, padding 4",
        ),
        "decoder": ("special 1, text 3", "special 1, text 1, special 1, padding 1"),
        **_SEEN,
    },
    reference=last_weights,
    probed=("vision",),
)

INSTRUCT = FamilyCase(
    name="InstructBLIP",
    model=lambda: instruct(llama_config()),
    batch=instructed,
    structure=f"{_STRUCTURE} with the queries in its prompt; the Q-Former reads the instruction"
    " beside its queries.",
    layout=_LAYOUT,
    limits=(
        *_LIMITS,
        "The words that the Q-Former reads are shown by their ids: it has a vocabulary of its own.",
    ),
    blocks={"language": _language("language_model.model"), **_queries("queries_and_text")},
    tokens={
        "joint": _JOINT,
        "queries_and_text": ("image 3, text 4", "image 3, text 2, padding 2"),
        **_SEEN,
    },
    probed=("vision",),
)

RETRIEVAL = FamilyCase(
    name="BLIP-2 (retrieval)",
    model=retrieval,
    batch=matched,
    structure="A vision tower, and queries that attend to it in a Q-Former that reads text beside"
    " them; without its matching head, queries and text do not meet.",
    layout=_LAYOUT,
    limits=(
        *_LIMITS,
        "Hidden states of the Q-Former are those of its queries, from the first layer's result on.",
    ),
    blocks=_queries("queries_and_text"),
    tokens={
        "queries_and_text": (
            "image 3, special 1, text 2, special 1",
            "image 3, special 2, padding 2",
        ),
        **_SEEN,
    },
    probed=("vision",),
)

CASES = [BLIP2, BLIP2_T5, INSTRUCT, RETRIEVAL]
