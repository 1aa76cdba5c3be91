"""One stream over text and image tokens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from transformers import (
    ViltConfig,
    ViltForQuestionAnswering,
    VisualBertConfig,
    VisualBertForQuestionAnswering,
)

from tests.capture.families.dual_towers import texts
from tests.capture.family_case import Block, FamilyCase, Weights, projected_weights, stacked
from tests.capture.tiny_models import widened

_ENCODER = {
    "vocab_size": 50,
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "max_position_embeddings": 20,
}


def visual_bert(model: Any = VisualBertForQuestionAnswering) -> Any:
    torch.manual_seed(0)
    return widened(model(VisualBertConfig(visual_embedding_dim=12, **_ENCODER)))


def regions(count: int = 2) -> dict[str, Any]:
    """Two samples, the second one with fewer words and regions."""
    generator = torch.Generator().manual_seed(0)
    return texts([1, 5, 6, 7, 2], [1, 9, 2]) | {
        "visual_embeds": torch.randn(2, 4, 12, generator=generator),
        "visual_attention_mask": torch.tensor([[1, 1, 1, 1], [1, 1, 1, 0]]),
    }


VISUAL_BERT = FamilyCase(
    name="VisualBERT",
    model=visual_bert,
    batch=regions,
    structure="One stream over text and regions.",
    layout="Text, then regions, which have boxes where a `layout=` adds `visual_pos`.",
    limits=(
        "The model is not told where regions are: by itself the family gives them no boxes.",
        "The scores of the head for region-to-phrase alignment are a prediction, not attention.",
    ),
    blocks={
        "joint": Block(
            (0, 1),
            4,
            "joint",
            "joint",
            stacked("visual_bert.encoder.layer.{}.attention.self", 2),
        )
    },
    tokens={
        "joint": (
            "special 1, text 3, special 1, image 4",
            "special 1, text 1, special 1, padding 2, image 3, padding 1",
        )
    },
    reference=projected_weights,
    occluded=None,  # sees regions, not pixels
)


def vilt(model: Any = ViltForQuestionAnswering, **changes: Any) -> Any:
    torch.manual_seed(0)
    made = model(ViltConfig(image_size=32, patch_size=8, **(_ENCODER | changes)))
    with torch.no_grad():
        for name, weight in made.named_parameters():
            if "query.weight" in name or "key.weight" in name:
                weight.normal_(0, 0.3)
            if name.endswith(("position_embeddings", "cls_token", "projection.weight")):
                weight.normal_(0, 0.1)
    return made.eval()


def padded_images() -> dict[str, Any]:
    """An image of 3 x 4 patches, and one of 2 x 3 with a margin."""
    torch.manual_seed(0)  # the model, too, draws from this stream
    mask = torch.zeros(2, 24, 32, dtype=torch.long)
    mask[0], mask[1, :16, :24] = 1, 1
    return texts([1, 5, 6, 7, 2], [1, 9, 2]) | {
        "pixel_values": torch.randn(2, 3, 24, 32) * mask[:, None],
        "pixel_mask": mask,
    }


@torch.no_grad()
def in_rows(case: FamilyCase) -> Weights:
    """What the projections give, with the tokens sorted by the places that the model draws."""
    model, drawn = case.model(), []
    embeddings = model.get_submodule("vilt.embeddings")
    embed = embeddings.visual_embed

    def noted(*args: Any, **kwargs: Any) -> Any:
        result = embed(*args, **kwargs)
        drawn.append((result[1], result[2][0]))
        return result

    embeddings.visual_embed = noted
    model(**case.batch())
    weights = {}
    for path, calls in projected_weights(case).items():
        weights[path] = [
            torch.stack([_sorted(*one) for one in zip(call, *drawn[number], strict=True)])
            for number, call in enumerate(calls)
        ]
    return weights


def _sorted(weights: Tensor, mask: Tensor, places: Tensor) -> Tensor:
    text = weights.shape[-1] - len(mask)
    keys = [
        (not real, int(row), int(column))
        for real, (row, column) in zip(mask[1:].tolist(), places.tolist(), strict=True)
    ]
    order = sorted(range(len(keys)), key=keys.__getitem__)
    sources = torch.tensor([*range(text + 1), *(text + 1 + number for number in order)])
    return weights[:, sources][:, :, sources]


def occluded_image(
    batch: dict[str, Any], sample: int, image: int, box: Sequence[float]
) -> dict[str, Any]:
    pixels = batch["pixel_values"].clone()
    mask = batch["pixel_mask"][sample]
    height, width = int(mask[:, 0].sum()), int(mask[0].sum())
    rows = slice(round(box[1] * height), round(box[3] * height))
    columns = slice(round(box[0] * width), round(box[2] * width))
    pixels[sample, :, rows, columns] = 3 - pixels[sample, :, rows, columns]
    return batch | {"pixel_values": pixels}


VILT = FamilyCase(
    name="ViLT",
    model=vilt,
    batch=padded_images,
    structure="One stream over text and patches.",
    layout="Text, class token, then patches, which the model draws in random order and which are"
    " put back row by row; `pixel_mask` tells the image from its margin.",
    limits=(
        "Patches from a sample's second image on stay in the order drawn, each with its own box.",
    ),
    blocks={
        "joint": Block(
            (0, 1),
            4,
            "joint",
            "joint",
            stacked("vilt.encoder.layer.{}.attention.attention", 2),
        )
    },
    tokens={
        "joint": (
            "special 1, text 3, special 2, image 12",
            "special 1, text 1, special 1, padding 2, special 1, image 6, padding 6",
        )
    },
    reference=in_rows,
    occluded=occluded_image,
    probed=("joint",),
)

CASES = [VISUAL_BERT, VILT]
