"""Decoders whose vision tower reads the images of a batch as one packed sequence."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from transformers import (
    Glm4vConfig,
    Glm4vForConditionalGeneration,
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
    Qwen2VLConfig,
    Qwen2VLForConditionalGeneration,
    Qwen2VLImageProcessorPil,
    Qwen3VLConfig,
    Qwen3VLForConditionalGeneration,
)

from tests.capture.family_case import Block, FamilyCase, Weights, stacked
from tests.capture.tiny_models import widened

IMAGE, VIDEO, START, END = 90, 91, 92, 93
PATCH = 4
SHAPES = (((24, 32), (8, 16)), ((16, 24),))
"""Height and width of the images of each sample."""


def images() -> list[list[Any]]:
    """Noise, as (height, width, 3) with values from 0 to 1."""
    random = np.random.default_rng(0)
    return [[random.random((*shape, 3), np.float32) for shape in sample] for sample in SHAPES]


def processed(pictures: Sequence[Sequence[Any]]) -> dict[str, Tensor]:
    """What transformers' own processor makes of the images."""
    processor = Qwen2VLImageProcessorPil(
        patch_size=PATCH, merge_size=2, do_resize=False, do_rescale=False, do_convert_rgb=False
    )
    flat = [picture for sample in pictures for picture in sample]
    return dict(processor(flat, return_tensors="pt"))


def batch(side: str = "left", words: Sequence[Sequence[int]] = ((5, 6, 7), (9,))) -> dict[str, Any]:
    """Two samples, the first one with two images; padded on one side."""
    values = processed(images())
    counts = (values["image_grid_thw"].prod(-1) // 4).tolist()
    prompts = [
        [1, START, *[IMAGE] * counts[0], END, 4, START, *[IMAGE] * counts[1], END, *words[0]],
        [1, 8, START, *[IMAGE] * counts[2], END, *words[1]],
    ]
    longest = max(map(len, prompts))
    before = [longest - len(prompt) if side == "left" else 0 for prompt in prompts]
    ids = torch.zeros(2, longest, dtype=torch.long)
    mask = torch.zeros_like(ids)
    for row, (start, prompt) in enumerate(zip(before, prompts, strict=True)):
        ids[row, start : start + len(prompt)] = torch.tensor(prompt)
        mask[row, start : start + len(prompt)] = 1
    return {
        "input_ids": ids,
        "attention_mask": mask,
        "mm_token_type_ids": (ids == IMAGE).int(),
        **values,
    }


def occluded(
    given: dict[str, Any], sample: int, image: int, box: Sequence[float]
) -> dict[str, Any]:
    pictures = images()
    picture = pictures[sample][image]
    height, width, _ = picture.shape
    rows = slice(round(box[1] * height), round(box[3] * height))
    columns = slice(round(box[0] * width), round(box[2] * width))
    picture[rows, columns] = 3 - picture[rows, columns]
    return given | processed(pictures)


_TEXT = {
    "vocab_size": 100,
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "rope_parameters": {"rope_type": "default", "rope_theta": 1e4, "mrope_section": [2, 1, 1]},
}
_VISION = {"depth": 2, "num_heads": 4, "patch_size": PATCH, "spatial_merge_size": 2}
_IDS = {"image_token_id": IMAGE, "video_token_id": VIDEO}
_MARKED = {"vision_start_token_id": START, "vision_end_token_id": END}


def _built(model: Any, config: Any) -> Any:
    torch.manual_seed(0)
    made = model(config)
    widened(made.model.language_model)
    for block in made.model.visual.blocks:
        # attention far from uniform, but patches stay what they are
        nn.init.normal_(block.attn.qkv.weight[:64], 0, 0.5)
    return made.eval()


def qwen2() -> Any:
    vision = _VISION | {"embed_dim": 32, "hidden_size": 32, "mlp_ratio": 2}
    config = Qwen2VLConfig(text_config=_TEXT, vision_config=vision, **_IDS, **_MARKED)
    return _built(Qwen2VLForConditionalGeneration, config)


def qwen2_5() -> Any:
    vision = _VISION | {
        "depth": 3,
        "hidden_size": 32,
        "out_hidden_size": 32,
        "intermediate_size": 64,
        "window_size": 4 * PATCH,
        "fullatt_block_indexes": [1],
    }
    config = Qwen2_5_VLConfig(text_config=_TEXT, vision_config=vision, **_IDS, **_MARKED)
    return _built(Qwen2_5_VLForConditionalGeneration, config)


def qwen3() -> Any:
    vision = _VISION | {
        "hidden_size": 32,
        "out_hidden_size": 32,
        "intermediate_size": 64,
        "num_position_embeddings": 64,
        "deepstack_visual_indexes": [0],
    }
    text = _TEXT | {"head_dim": 8}
    config = Qwen3VLConfig(text_config=text, vision_config=vision, **_IDS, **_MARKED)
    return _built(Qwen3VLForConditionalGeneration, config)


def glm4v() -> Any:
    vision = _VISION | {
        "hidden_size": 32,
        "out_hidden_size": 32,
        "intermediate_size": 64,
        "image_size": 32,
    }
    config = Glm4vConfig(
        text_config=_TEXT,
        vision_config=vision,
        image_start_token_id=START,
        image_end_token_id=END,
        **_IDS,
    )
    return _built(Glm4vForConditionalGeneration, config)


@torch.no_grad()
def reference(case: FamilyCase) -> Weights:
    """Eager weights; of the tower, the stretches of a call as the diagonal of one matrix.

    The tower's attention modules return no weights, so this looks at the results of the eager
    function that they call.
    """
    model = case.model()
    model.set_attn_implementation("eager")
    names = {module: name for name, module in model.named_modules()}
    seen: dict[str, list[Tensor]] = {}
    (code,) = {type(module).__module__ for module in model.modules() if hasattr(module, "blocks")}
    library = __import__(code, fromlist=["eager_attention_forward"])
    own = library.eager_attention_forward

    @functools.wraps(own)
    def noted(module: nn.Module, *args: Any, **kwargs: Any) -> Any:
        result = own(module, *args, **kwargs)
        seen.setdefault(names[module], []).append(result[1].float())
        return result

    library.eager_attention_forward = noted
    try:
        model(**case.batch())
    finally:
        library.eager_attention_forward = own
    return {
        name: [_diagonal([one[0] for one in calls])[None]] if ".visual." in name else calls
        for name, calls in seen.items()
    }


def _diagonal(pieces: Sequence[Tensor]) -> Tensor:
    """(heads, n, n) with the pieces along its diagonal."""
    return torch.stack(
        [torch.block_diag(*heads) for heads in zip(*pieces, strict=True)]  # type: ignore[no-untyped-call]
    )


_ROWS = (range(0, 56), range(56, 80))
"""The patches of each sample in the packed sequence."""


def _case(name: str, model: Callable[[], Any], depth: int, tower: str) -> FamilyCase:
    return FamilyCase(
        name=name,
        model=model,
        batch=batch,
        blocks={
            "language": Block(
                (0, 1, 2),
                4,
                "joint",
                "joint",
                stacked("model.language_model.layers.{}.self_attn", 3),
            ),
            "vision": Block(
                tuple(range(depth)),
                4,
                "vision",
                "vision",
                stacked("model.visual.blocks.{}.attn", depth),
                lambda calls, sample: calls[0][0][:, _ROWS[sample]][:, :, _ROWS[sample]],
            ),
        },
        tokens={
            "joint": (
                "special 2, image 12, special 1, text 1, special 1, image 2, special 1, text 3",
                "padding 12, special 1, text 1, special 1, image 6, special 1, text 1",
            ),
            "vision": ("image 56", "image 24"),
        },
        structure=f"{tower}, whose merged patches stand in the prompt of a decoder.",
        layout="One token per square of merged patches, row by row, at any size of the image; in"
        " the tower one per patch, square by square.",
        limits=("Frames of videos have no box, and the tower is not shown for them.",),
        reference=reference,
        occluded=occluded,
        probed=("vision", "joint"),
    )


_PACKED = "A vision tower that reads all images packed into one sequence, each for itself"
_WINDOWS = f"{_PACKED}, most layers in windows"
_DEEP = f"{_PACKED}; features of its lower layers are added in the decoder's first layers"
CASES = [
    _case("Qwen2-VL", qwen2, 2, _PACKED),
    _case("Qwen2.5-VL", qwen2_5, 3, _WINDOWS),
    _case("Qwen3-VL", qwen3, 2, _DEEP),
    _case("GLM-4V", glm4v, 2, _PACKED),
]
