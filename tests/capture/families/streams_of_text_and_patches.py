"""Text and patches in encoders of their own that later meet, and pages of words in boxes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from transformers import (
    BridgeTowerConfig,
    BridgeTowerForImageAndTextRetrieval,
    FlavaConfig,
    FlavaForPreTraining,
    FlavaModel,
    LayoutLMv3Config,
    LayoutLMv3ForTokenClassification,
)

from tests.capture.families.dual_towers import images, pairs
from tests.capture.family_case import (
    Block,
    FamilyCase,
    Weights,
    eager_weights,
    projected_weights,
    stacked,
)

_ENCODER = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_attention_heads": 4,
    "vocab_size": 50,
    "max_position_embeddings": 20,
    "pad_token_id": 0,
}
_VISION = {"image_size": 32, "patch_size": 8}


def sharpened(model: Any, *names: str) -> Any:
    """Attention far from uniform, everything else as it is initialised."""
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if any(part in name for part in names) and weight.ndim == 2:
                weight.normal_(0, 0.3)
            if name.endswith(("cls_token", "position_embeddings", "pos_embed")):
                weight.normal_(0, 0.1)
    return model.eval()


def flava(model: Any = FlavaModel, **changes: Any) -> Any:
    torch.manual_seed(0)
    config = FlavaConfig(
        text_config=_ENCODER | {"num_hidden_layers": 3},
        image_config=_ENCODER | _VISION | {"num_hidden_layers": 2, "mask_token": True},
        multimodal_config=_ENCODER | {"num_hidden_layers": 2},
        image_codebook_config={},
        projection_dim=16,
        hidden_size=32,
        init_codebook=False,
        **changes,
    )
    return sharpened(model(config), "query.weight", "key.weight", "projection.weight")


def _flava_blocks(prefix: str = "") -> dict[str, Block]:
    part = f"{prefix}{{}}_model.encoder.layer.{{{{}}}}.attention.attention".format
    return {
        "vision": Block((0, 1), 4, "image", "image", stacked(part("image"), 2)),
        "language": Block((0, 1, 2), 4, "text", "text", stacked(part("text"), 3)),
        "joint": Block((3, 4), 4, "joint", "joint", stacked(part("multimodal"), 2)),
    }


_TWO_TEXTS = ("special 1, text 3, special 1", "special 1, text 1, special 1, padding 2")
_IMAGES = ("special 1, image 16",) * 2
_JOINT = (
    "special 2, image 16, special 1, text 3, special 1",
    "special 2, image 16, special 1, text 1, special 1, padding 2",
)

FLAVA = FamilyCase(
    name="FLAVA",
    model=flava,
    batch=pairs,
    structure="An image and a text encoder, then a multimodal encoder over the tokens of both.",
    layout="Class token, then patches row by row; in the multimodal encoder its own class token,"
    " the image, the text.",
    blocks=_flava_blocks(),
    tokens={"image": _IMAGES, "text": _TWO_TEXTS, "joint": _JOINT},
    reference=projected_weights,
    probed=("image",),
)


def masked_pairs() -> dict[str, Any]:
    batch = pairs()
    masked = batch["input_ids"].clone()
    masked[:, 1] = 49
    hidden = torch.zeros(2, 16, dtype=torch.bool)
    hidden[:, 5] = True
    return batch | {"input_ids_masked": masked, "bool_masked_pos": hidden, "return_loss": False}


def _second(block: Block, run: int) -> Block:
    return replace(
        block,
        query=f"masked_{block.query}",
        key=f"masked_{block.key}",
        expected=lambda calls, sample: calls[run][sample],
    )


_BOTH = _flava_blocks("flava.")

FLAVA_PRETRAINING = FamilyCase(
    name="FLAVA, pre-training",
    model=lambda: flava(FlavaForPreTraining),
    batch=masked_pairs,
    structure="FLAVA's encoders, run whole and then with words and patches masked.",
    layout="As FLAVA; sequences and blocks of the masked run have `masked_` before their names.",
    blocks={
        "vision": _BOTH["vision"],
        "language": _BOTH["language"],
        "masked_vision": _second(_BOTH["vision"], 1),
        "masked_language": _second(_BOTH["language"], 1),
        "masked_joint": _second(_BOTH["joint"], 0),
    },
    tokens={
        "image": _IMAGES,
        "text": _TWO_TEXTS,
        "masked_image": _IMAGES,
        "masked_text": _TWO_TEXTS,
        "masked_joint": _JOINT,
    },
    reference=projected_weights,
    probed=("image",),
)


def bridgetower(model: Any = BridgeTowerForImageAndTextRetrieval) -> Any:
    torch.manual_seed(0)
    sizes = {"hidden_size": 128, "num_hidden_layers": 3}
    text = _ENCODER | sizes | {"intermediate_size": 64, "num_attention_heads": 4}
    config = BridgeTowerConfig(
        text_config=text | {"max_position_embeddings": 30, "pad_token_id": 1},
        vision_config=_VISION | sizes,
        hidden_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
    )
    return sharpened(model(config), "query.weight", "key.weight", "in_proj_weight")


@torch.no_grad()
def with_torch_modules(case: FamilyCase) -> Weights:
    """Eager weights, and for torch's own modules those of their inputs and packed weights."""
    model, seen = case.model(), {}
    modules = dict(model.named_modules())

    def note(module: Any, args: Any, kwargs: Any, result: Any) -> None:
        features = args[0].transpose(0, 1)  # the tokens come first
        q, k, _ = (features @ module.in_proj_weight.T + module.in_proj_bias).chunk(3, dim=-1)
        q, k = (one.unflatten(-1, (module.num_heads, -1)).transpose(1, 2) for one in (q, k))
        scores = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5
        seen[names[module]] = [scores.softmax(-1)]

    paths = case.blocks["vision"].modules
    names = {modules[path]: path for path in paths}
    for module in names:
        module.register_forward_hook(note, with_kwargs=True)
    model(**case.batch())
    others = {name: block for name, block in case.blocks.items() if name != "vision"}
    return {**eager_weights(replace(case, blocks=others)), **seen}


_CROSS = "bridgetower.cross_modal_{}_layers.{{}}.{}.self".format

BRIDGETOWER = FamilyCase(
    name="BridgeTower",
    model=bridgetower,
    batch=pairs,
    structure="Two towers, and cross-modal layers beside their upper layers that a bridge links to"
    " each of these.",
    layout="Class token, then patches row by row; a centre crop is mapped back to the original"
    " image.",
    blocks={
        "language": Block(
            (0, 1, 2),
            4,
            "text",
            "text",
            stacked("bridgetower.text_model.encoder.layer.{}.attention.self", 3),
        ),
        "vision": Block(
            (0, 1, 2),
            2,
            "image",
            "image",
            stacked("bridgetower.vision_model.visual.transformer.resblocks.{}.attn", 3),
        ),
        "cross_language": Block(
            (2, 3), 4, "cross_text", "cross_text", stacked(_CROSS("text", "attention"), 2)
        ),
        "text_to_image": Block(
            (2, 3), 4, "cross_text", "cross_image", stacked(_CROSS("text", "crossattention"), 2)
        ),
        "cross_vision": Block(
            (2, 3), 4, "cross_image", "cross_image", stacked(_CROSS("image", "attention"), 2)
        ),
        "image_to_text": Block(
            (2, 3), 4, "cross_image", "cross_text", stacked(_CROSS("image", "crossattention"), 2)
        ),
    },
    tokens={
        "text": _TWO_TEXTS,
        "image": _IMAGES,
        "cross_text": _TWO_TEXTS,
        "cross_image": _IMAGES,
    },
    reference=with_torch_modules,
    probed=("image",),
)


def layoutlmv3(model: Any = LayoutLMv3ForTokenClassification, **changes: Any) -> Any:
    torch.manual_seed(0)
    config = LayoutLMv3Config(
        **(_ENCODER | {"max_position_embeddings": 30}),
        num_hidden_layers=2,
        coordinate_size=6,
        shape_size=4,
        input_size=32,
        patch_size=8,
        rel_pos_bins=8,
        rel_2d_pos_bins=8,
        max_2d_position_embeddings=1024,
        **changes,
    )
    made = sharpened(model(config), "query.weight", "key.weight", "_bias.weight")
    with torch.no_grad():
        for name, weight in made.named_parameters():
            if "patch_embed.proj.weight" in name:
                weight.normal_(0, 0.1)
    return made


def pages() -> dict[str, Any]:
    words = [[100, 200, 300, 250], [320, 200, 500, 250], [100, 300, 900, 400]]
    none = [0, 0, 0, 0]
    boxes = [[none, *words, none], [none, words[2], none, none, none]]
    return pairs() | images(2) | {"bbox": torch.tensor(boxes)}


LAYOUTLMV3 = FamilyCase(
    name="LayoutLMv3",
    model=layoutlmv3,
    batch=pages,
    structure="One stream over the words of a page and the page itself.",
    layout="Words with the boxes of `bbox`, of modality text; then class token and patches of the"
    " page, row by row.",
    blocks={
        "joint": Block(
            (0, 1),
            4,
            "joint",
            "joint",
            stacked("layoutlmv3.encoder.layer.{}.attention.self", 2),
        )
    },
    tokens={
        "joint": (
            "special 1, text 3, special 2, image 16",
            "special 1, text 1, special 1, padding 2, special 1, image 16",
        )
    },
    probed=("joint",),
)

CASES = [FLAVA, FLAVA_PRETRAINING, BRIDGETOWER, LAYOUTLMV3]
