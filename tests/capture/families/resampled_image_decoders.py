"""Decoders in whose prompt latents stand that attend to the patches of a vision tower."""

from __future__ import annotations

from typing import Any

import torch
from transformers import Idefics2Config, Idefics2ForConditionalGeneration

from tests.capture.families.vision_prefix_decoders import IMAGE, SIGLIP, TEXT, blocks
from tests.capture.family_case import Block, FamilyCase, stacked
from tests.capture.prompts_with_images import noise, padded, turned_over
from tests.capture.tiny_models import widened

_AROUND = 94


def idefics2() -> Any:
    torch.manual_seed(0)
    vision = {key: value for key, value in SIGLIP.items() if key != "vision_use_head"}
    config = Idefics2Config(
        text_config=TEXT | {"model_type": "mistral", "sliding_window": None},
        vision_config=vision | {"model_type": "idefics2_vision"},
        perceiver_config={
            "model_type": "idefics2_perceiver",
            "hidden_size": 32,
            "resampler_n_latents": 3,
            "resampler_depth": 2,
            "resampler_n_heads": 4,
            "resampler_head_dim": 8,
            "num_key_value_heads": 2,
        },
        image_token_id=IMAGE,
    )
    made = Idefics2ForConditionalGeneration(config)
    widened(made.model.text_model)
    widened(made.model.connector)
    torch.nn.init.normal_(made.model.connector.perceiver_resampler.latents)
    return made.eval()


def batch(side: str = "left") -> dict[str, Any]:
    """Two images and one, which is 20 pixels high: the third row of patches is not whole."""
    image = [IMAGE] * 3
    prompts = [[1, 5, _AROUND, *image, _AROUND, *image, _AROUND, 7], [1, _AROUND, *image, _AROUND]]
    pixels, mask = noise(2, 2, 3, 32, 32), torch.ones(2, 2, 32, 32, dtype=torch.long)
    pixels[1, 1], mask[1, 1] = 0, 0
    mask[1, 0, 20:] = 0
    return {**padded(prompts, side), "pixel_values": pixels, "pixel_attention_mask": mask}


def occluded(given: dict[str, Any], sample: int, image: int, box: Any) -> dict[str, Any]:
    shows = (0, 0, 1, 32 / 20) if sample == 1 else (0, 0, 1, 1)
    return turned_over(given, [((sample, image), shows)], box)


def _of_sample(calls: Any, sample: int) -> torch.Tensor:
    own = calls[0][(slice(0, 2), slice(2, 3))[sample]]
    return torch.stack([torch.block_diag(*heads) for heads in own.transpose(0, 1)])


IDEFICS2 = FamilyCase(
    name="Idefics2",
    model=idefics2,
    batch=batch,
    structure="A vision tower; latents that attend to its patches and to themselves; the latents"
    " stand in the prompt of a decoder.",
    layout="The same number of latents for every image; in the tower one token per patch, row by"
    " row, at any size of the image.",
    blocks=blocks(
        "model.text_model.layers.{}.self_attn",
        "model.vision_model.encoder.layers.{}.self_attn",
        (slice(0, 2), slice(2, 3)),
    )
    | {
        "queries_to_image": Block(
            (0, 1),
            4,
            "queries",
            "image_and_queries",
            stacked("model.connector.perceiver_resampler.layers.{}.self_attn", 2),
            _of_sample,
        )
    },
    tokens={
        "joint": (
            "special 1, text 1, special 1, image 3, special 1, image 3, special 1, text 1",
            "padding 6, special 2, image 3, special 1",
        ),
        "vision": ("image 32", "image 8, padding 8"),
        "queries": ("image 6", "image 3"),
        "image_and_queries": ("image 38", "image 8, padding 8, image 3"),
    },
    limits=(
        "Latents have no box: composed with the cross-attention block queries_to_image they get"
        " places.",
    ),
    occluded=occluded,
    probed=("vision",),
)

CASES = [IDEFICS2]
