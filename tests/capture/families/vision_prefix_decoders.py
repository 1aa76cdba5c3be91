"""Decoders in whose prompt the patches of a vision tower take the place of image tokens."""

from __future__ import annotations

from typing import Any

import torch
from transformers import (
    Gemma3Config,
    Gemma3ForConditionalGeneration,
    PaliGemmaConfig,
    PaliGemmaForConditionalGeneration,
)

from tests.capture.family_case import Block, FamilyCase, stacked
from tests.capture.prompts_with_images import noise, padded, turned_over
from tests.capture.tiny_models import IMAGE_TOKEN, llava, llava_batch, widened

IMAGE = IMAGE_TOKEN
START, END = 92, 93
TEXT = {
    "vocab_size": 100,
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
}
SIGLIP = {
    "model_type": "siglip_vision_model",
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "image_size": 32,
    "patch_size": 8,
    "vision_use_head": False,
}


def built(model: Any, config: Any) -> Any:
    """The decoder's attention far from uniform; the tower's patches stay what they are."""
    torch.manual_seed(0)
    made = model(config)
    widened(made.model.language_model)
    return made.eval()


def blocks(
    language: str = "model.language_model.layers.{}.self_attn",
    vision: str = "model.vision_tower.encoder.layers.{}.self_attn",
    entries: tuple[slice, ...] = (),
) -> dict[str, Block]:
    """Three layers of a decoder, two of a tower; ``entries`` of the tower's batch by sample."""

    def of_sample(calls: Any, sample: int) -> torch.Tensor:
        own = calls[0][entries[sample]] if entries else calls[0][sample : sample + 1]
        return torch.stack([torch.block_diag(*heads) for heads in own.transpose(0, 1)])

    return {
        "language": Block((0, 1, 2), 4, "joint", "joint", stacked(language, 3)),
        "vision": Block((0, 1), 4, "vision", "vision", stacked(vision, 2), of_sample),
    }


def paligemma(text: str) -> Any:
    sizes = {"layer_types": ["sliding_attention", "full_attention", "sliding_attention"]}
    config = PaliGemmaConfig(
        text_config=TEXT
        | {"model_type": text}
        | (sizes | {"sliding_window": 12} if text == "gemma2" else {}),
        vision_config=SIGLIP,
        image_token_index=IMAGE,
        projection_dim=32,
        hidden_size=32,
    )
    return built(PaliGemmaForConditionalGeneration, config)


def paligemma_batch(side: str = "right") -> dict[str, Any]:
    """The image first, then the prompt, then what is to be said; one sample has two images."""
    prompts = [[*[IMAGE] * 32, 1, 5, 6, 7], [*[IMAGE] * 16, 1, 9]]
    given = padded(prompts, side)
    types = torch.zeros_like(given["input_ids"])
    types[0, -1] = 1
    return {**given, "token_type_ids": types, "pixel_values": noise(3, 3, 32, 32)}


def gemma3() -> Any:
    config = Gemma3Config(
        text_config=TEXT
        | {"sliding_window": 8, "query_pre_attn_scalar": 8}
        | {"layer_types": ["sliding_attention", "full_attention", "sliding_attention"]},
        vision_config=SIGLIP,
        mm_tokens_per_image=4,
        boi_token_index=START,
        eoi_token_index=END,
        image_token_index=IMAGE,
    )
    model = built(Gemma3ForConditionalGeneration, config)
    torch.nn.init.normal_(model.model.multi_modal_projector.mm_input_projection_weight)
    return model


def gemma3_batch(side: str = "left") -> dict[str, Any]:
    image = [START, *[IMAGE] * 4, END]
    given = padded([[1, 5, *image, 6, *image, 7, 8], [1, *image, 9]], side)
    types = (given["input_ids"] == IMAGE).long()
    return {**given, "token_type_ids": types, "pixel_values": noise(3, 3, 32, 32)}


def occluded_image(given: dict[str, Any], sample: int, image: int, box: Any) -> dict[str, Any]:
    """Two images belong to the first sample, one to the second."""
    return turned_over(given, [((2 * sample + image,), (0, 0, 1, 1))], box)


TWO_AND_ONE = (slice(0, 2), slice(2, 3))

LLAVA = FamilyCase(
    name="LLaVA",
    model=llava,
    batch=llava_batch,
    structure="A vision tower whose patches stand in the prompt of a decoder.",
    layout="One token per patch, row by row; a centre crop is mapped back to the original image.",
    blocks=blocks(),
    tokens={
        "joint": (
            "special 1, image 16, text 4",
            "padding 3, special 1, image 16, text 1",
        ),
        "vision": ("special 1, image 16", "special 1, image 16"),
    },
    probed=("vision", "joint"),
)


def _paligemma(name: str, text: str, decoder: str) -> FamilyCase:
    return FamilyCase(
        name=name,
        model=lambda: paligemma(text),
        batch=paligemma_batch,
        structure=f"A vision tower whose patches open the prompt of a decoder{decoder}; the prompt"
        " is attended to in both directions.",
        layout="One token per patch, row by row, before the text.",
        blocks=blocks(entries=TWO_AND_ONE),
        tokens={
            "joint": ("image 32, special 1, text 3", "image 16, special 1, text 1, padding 18"),
            "vision": ("image 32", "image 16"),
        },
        occluded=occluded_image,
        probed=("vision", "joint"),
    )


GEMMA3 = FamilyCase(
    name="Gemma 3",
    model=gemma3,
    batch=gemma3_batch,
    structure="A vision tower, the means of whose patches stand in the prompt of a decoder, where"
    " those of an image attend to each other; most layers of the decoder look back a window only.",
    layout="One token per square of patches, row by row.",
    blocks=blocks(entries=TWO_AND_ONE),
    tokens={
        "joint": (
            "special 1, text 1, special 1, image 4, special 1, text 1, special 1, image 4,"
            " special 1, text 2",
            "padding 9, special 2, image 4, special 1, text 1",
        ),
        "vision": ("image 32", "image 16"),
    },
    limits=("The crops of pan-and-scan count as images of their own.",),
    occluded=occluded_image,
    probed=("vision", "joint"),
)

CASES = [
    LLAVA,
    _paligemma("PaliGemma", "gemma", ""),
    _paligemma("PaliGemma 2", "gemma2", " with windows"),
    GEMMA3,
]
