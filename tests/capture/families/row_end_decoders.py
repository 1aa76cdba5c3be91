"""Decoders whose prompt holds the rows of images of any size, each with a token at its end."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from transformers import (
    LlavaConfig,
    LlavaForConditionalGeneration,
    Mistral3Config,
    Mistral3ForConditionalGeneration,
)

from tests.capture.families.vision_prefix_decoders import IMAGE, TEXT, blocks, built
from tests.capture.family_case import Block, FamilyCase, stacked
from tests.capture.prompts_with_images import noise, padded, turned_over

_BREAK, _END = 94, 95
_SIZES = torch.tensor([[32, 16], [16, 32], [16, 48]])
_PIXTRAL = {
    "model_type": "pixtral",
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "image_size": 48,
    "patch_size": 8,
}


def mistral3() -> Any:
    config = Mistral3Config(
        text_config=TEXT | {"model_type": "mistral", "sliding_window": None},
        vision_config=_PIXTRAL,
        image_token_index=IMAGE,
        spatial_merge_size=2,
    )
    return built(Mistral3ForConditionalGeneration, config)


def pixtral() -> Any:
    config = LlavaConfig(
        text_config=TEXT | {"model_type": "mistral", "sliding_window": None},
        vision_config=_PIXTRAL,
        image_token_index=IMAGE,
        vision_feature_layer=-1,
        vision_feature_select_strategy="full",
    )
    return built(LlavaForConditionalGeneration, config)


def batch(square: int, side: str = "left") -> dict[str, Any]:
    """Images in the upper left corner of 32 x 48 pixels; ``square`` pixels a token."""

    def image(number: int) -> list[int]:
        rows, columns = (_SIZES[number] // square).tolist()
        return [*([*[IMAGE] * columns, _BREAK] * rows)[:-1], _END]

    prompts = [[1, 5, *image(0), 6, *image(1), 7], [1, *image(2), 9, 8]]
    return {
        **padded(prompts, side),
        "pixel_values": noise(3, 3, 32, 48),
        "image_sizes": _SIZES,
    }


def occluded(given: dict[str, Any], sample: int, image: int, box: Any) -> dict[str, Any]:
    number = 2 * sample + image
    height, width = _SIZES[number].tolist()
    return turned_over(given, [((number,), (0, 0, 48 / width, 32 / height))], box)


_ROWS = (slice(0, 16), slice(16, 28))
"""The patches of each sample in the packed sequence."""


def _of_sample(calls: Any, sample: int) -> Tensor:
    own: Tensor = calls[0][0][:, _ROWS[sample], _ROWS[sample]]
    return own


def _case(name: str, model: Any, square: int, joint: tuple[str, str], merged: str) -> FamilyCase:
    packed = Block(
        (0, 1),
        4,
        "vision",
        "vision",
        stacked("model.vision_tower.transformer.layers.{}.attention", 2),
        _of_sample,
    )
    return FamilyCase(
        name=name,
        model=model,
        batch=lambda: batch(square),
        structure="A vision tower that reads all images packed into one sequence, each for itself;"
        f" its {merged} stand in the prompt of a decoder.",
        layout=f"The {merged}, row by row, at any size of the image; a row-end token after each"
        " row.",
        blocks=blocks() | {"vision": packed},
        tokens={"joint": joint, "vision": ("image 16", "image 12")},
        limits=("With flash attention the tower is not captured.",),
        occluded=occluded,
        probed=("vision", "joint"),
    )


CASES = [
    _case(
        "Mistral 3",
        mistral3,
        16,
        (
            "special 1, text 1, image 1, special 1, image 1, special 1, text 1, image 2, special 1,"
            " text 1",
            "padding 4, special 1, image 3, special 1, text 2",
        ),
        "merged squares of patches",
    ),
    _case(
        "Pixtral",
        pixtral,
        8,
        (
            "special 1, text 1, image 2, special 1, image 2, special 1, image 2, special 1,"
            " image 2, special 1, text 1, image 4, special 1, image 4, special 1, text 1",
            "padding 9, special 1, image 6, special 1, image 6, special 1, text 2",
        ),
        "patches",
    ),
]
