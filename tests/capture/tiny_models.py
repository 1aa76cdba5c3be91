"""Models of a few thousand weights, made from configurations, and batches for them."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from transformers import (
    CLIPVisionConfig,
    LlamaConfig,
    LlavaConfig,
    LlavaForConditionalGeneration,
    LxmertConfig,
    LxmertForQuestionAnswering,
)

from vl_tb_plugin import CapturePolicy

EXACT = CapturePolicy(
    rows="all", precision="float32", hidden_states_dtype="float32", max_bytes=None
)
"""Everything, without rounding."""

IMAGE_TOKEN = 99
PATCHES = 16


class TinyTokenizer:
    """Ids to strings: 0 pads, 1 begins, 2 ends."""

    all_special_ids = (0, 1, 2)
    pad_token_id = 0

    def convert_ids_to_tokens(self, ids: list[int]) -> list[str]:
        names = {0: "[PAD]", 1: "[CLS]", 2: "[SEP]"}
        return [names.get(number, f"w{number}") for number in ids]


def widened(model: nn.Module) -> Any:
    """Spread the weights, so that attention is far from uniform."""
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if weight.ndim == 2 and "embed" not in name:
                weight.normal_(0, 0.3)
    return model.eval()


def lxmert(seed: int = 0) -> Any:
    torch.manual_seed(seed)
    config = LxmertConfig(
        vocab_size=50,
        hidden_size=32,
        num_attention_heads=4,
        intermediate_size=64,
        l_layers=2,
        r_layers=1,
        x_layers=2,
        visual_feat_dim=12,
        num_qa_labels=5,
        num_hidden_layers={"vision": 1, "cross_encoder": 2, "language": 2},
    )
    return widened(LxmertForQuestionAnswering(config))


def lxmert_batch(seed: int = 0) -> dict[str, torch.Tensor]:
    """Two samples, the second one padded on the right; 2 x 2 regions."""
    generator = torch.Generator().manual_seed(seed)
    regions = torch.tensor([[0, 0, 1, 1], [1, 0, 2, 1], [0, 1, 1, 2], [1, 1, 2, 2]]) / 2
    return {
        "input_ids": torch.tensor([[1, 5, 6, 7, 8, 2], [1, 9, 10, 2, 0, 0]]),
        "attention_mask": torch.tensor([[1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 0, 0]]),
        "visual_feats": torch.randn(2, 4, 12, generator=generator),
        "visual_pos": regions.expand(2, 4, 4),
    }


def llava(implementation: str = "sdpa", *, strategy: str = "default", seed: int = 0) -> Any:
    torch.manual_seed(seed)
    config = LlavaConfig(
        vision_config=CLIPVisionConfig(
            hidden_size=32,
            intermediate_size=64,
            num_hidden_layers=2,
            num_attention_heads=4,
            image_size=32,
            patch_size=8,
        ),
        text_config=LlamaConfig(
            hidden_size=32,
            intermediate_size=64,
            num_hidden_layers=3,
            num_attention_heads=4,
            num_key_value_heads=2,
            vocab_size=100,
            pad_token_id=0,
        ),
        image_token_id=IMAGE_TOKEN,
        vision_feature_select_strategy=strategy,
    )
    model = widened(LlavaForConditionalGeneration(config))
    model.set_attn_implementation(implementation)
    return model


def llava_batch(*, side: str = "left", patches: int = PATCHES, seed: int = 0) -> dict[str, Any]:
    """Two samples of one image each and different length, padded on one side."""
    generator = torch.Generator().manual_seed(seed)
    image = [IMAGE_TOKEN] * patches
    prompts = [[1, *image, 5, 6, 7, 8], [1, *image, 9]]
    longest = max(map(len, prompts))
    rows, masks = [], []
    for prompt in prompts:
        padding = [0] * (longest - len(prompt))
        real = [1] * len(prompt)
        rows.append(padding + prompt if side == "left" else prompt + padding)
        masks.append(padding + real if side == "left" else real + padding)
    return {
        "input_ids": torch.tensor(rows),
        "attention_mask": torch.tensor(masks),
        "pixel_values": torch.randn(2, 3, 32, 32, generator=generator),
    }
