"""A text and a vision tower that meet in a dot product only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from transformers import (
    CLIPConfig,
    CLIPModel,
    Owlv2Config,
    Owlv2ForObjectDetection,
    OwlViTConfig,
    OwlViTForObjectDetection,
    Siglip2Config,
    Siglip2Model,
    SiglipConfig,
    SiglipModel,
)

from tests.capture.family_case import Block, FamilyCase, Weights, eager_weights, stacked

_SIZES = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_attention_heads": 4,
    "projection_dim": 16,
}
_TEXT = _SIZES | {
    "num_hidden_layers": 2,
    "vocab_size": 50,
    "max_position_embeddings": 16,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
}
_VISION = _SIZES | {"num_hidden_layers": 3, "image_size": 32, "patch_size": 8}


def _tiny(model: Any, config: Any, text: Any = None, vision: Any = None, **more: Any) -> Any:
    """Its towers' attention is made far from uniform."""
    torch.manual_seed(0)
    given = config(text_config=_TEXT | (text or {}), vision_config=_VISION | (vision or {}), **more)
    made = model(given)
    with torch.no_grad():
        for name, weight in made.named_parameters():
            if "q_proj.weight" in name or "k_proj.weight" in name:
                weight.normal_(0, 0.4)
    return made.eval()


def clip() -> Any:
    return _tiny(CLIPModel, CLIPConfig, projection_dim=16)


def siglip() -> Any:
    return _tiny(SiglipModel, SiglipConfig, text={"projection_size": 32})


def siglip2() -> Any:
    more = {"num_patches": 16, "num_channels": 3}
    return _tiny(Siglip2Model, Siglip2Config, text={"projection_size": 32}, vision=more)


def owlvit() -> Any:
    return _tiny(OwlViTForObjectDetection, OwlViTConfig, projection_dim=32)


def owlv2() -> Any:
    return _tiny(Owlv2ForObjectDetection, Owlv2Config, projection_dim=32)


def texts(*rows: Sequence[int], side: str = "right") -> dict[str, Any]:
    longest = max(map(len, rows))
    ids, masks = [], []
    for row in rows:
        padding, real = [0] * (longest - len(row)), [1] * len(row)
        ids.append([*row, *padding] if side == "right" else [*padding, *row])
        masks.append([*real, *padding] if side == "right" else [*padding, *real])
    return {"input_ids": torch.tensor(ids), "attention_mask": torch.tensor(masks)}


def images(count: int, height: int = 32, width: int = 32) -> dict[str, Any]:
    generator = torch.Generator().manual_seed(0)
    return {"pixel_values": torch.randn(count, 3, height, width, generator=generator)}


def pairs() -> dict[str, Any]:
    return texts([1, 5, 6, 7, 2], [1, 9, 2]) | images(2)


SHAPES = ((3, 4), (4, 2))
"""Rows and columns of patches of two images that keep their aspect."""


def patched() -> dict[str, Any]:
    """Images that keep their aspect, as rows of patches, the second one filled up."""
    generator = torch.Generator().manual_seed(0)
    mask = torch.tensor([[1] * 12, [1] * 8 + [0] * 4])
    pixels = torch.randn(2, 12, 3 * 8 * 8, generator=generator) * mask[..., None]
    return texts([1, 5, 6, 7, 2], [1, 9, 2]) | {
        "pixel_values": pixels,
        "pixel_attention_mask": mask,
        "spatial_shapes": torch.tensor(SHAPES),
    }


def occluded_patches(
    batch: dict[str, Any], sample: int, image: int, box: Sequence[float]
) -> dict[str, Any]:
    rows, columns = SHAPES[sample]
    pixels = batch["pixel_values"].clone()
    for number in range(rows * columns):
        x, y = (number % columns + 0.5) / columns, (number // columns + 0.5) / rows
        if box[0] < x < box[2] and box[1] < y < box[3]:
            pixels[sample, number] = 3 - pixels[sample, number]
    return batch | {"pixel_values": pixels}


@torch.no_grad()
def with_pooling(case: FamilyCase) -> Weights:
    """Eager weights, and those of torch's own module from its inputs and its packed weights."""
    pooled: list[Tensor] = []
    (path,) = case.blocks["pooling"].modules

    def note(module: Any, args: Any, kwargs: Any, result: Any) -> None:
        features = module.embed_dim
        weight, bias = module.in_proj_weight, module.in_proj_bias
        q = args[0] @ weight[:features].T + bias[:features]
        k = args[1] @ weight[features : 2 * features].T + bias[features : 2 * features]
        q, k = (one.unflatten(-1, (module.num_heads, -1)).transpose(1, 2) for one in (q, k))
        scores = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5
        mask = case.batch().get("pixel_attention_mask")
        if mask is not None:
            scores = scores.masked_fill(mask[:, None, None] == 0, -torch.inf)
        pooled.append(scores.softmax(-1))

    model = case.model()
    model.get_submodule(path).register_forward_hook(note, with_kwargs=True)
    model(**case.batch())
    others = {name: block for name, block in case.blocks.items() if name != "pooling"}
    rest = FamilyCase(
        case.name, case.model, case.batch, others, case.tokens, case.structure, case.layout
    )
    return {**eager_weights(rest), path: pooled}


def _towers(prefix: str = "") -> dict[str, Block]:
    return {
        "language": Block(
            (0, 1),
            4,
            "text",
            "text",
            stacked(f"{prefix}text_model.encoder.layers.{{}}.self_attn", 2),
        ),
        "vision": Block(
            (0, 1, 2),
            4,
            "image",
            "image",
            stacked(f"{prefix}vision_model.encoder.layers.{{}}.self_attn", 3),
        ),
    }


_POOLING = {"pooling": Block((3,), 4, "pooled", "image", ("vision_model.head.attention",))}
_TWO_TEXTS = ("special 1, text 3, special 1", "special 1, text 1, special 1, padding 2")
_MANY = "attention between different texts of an example is none, and is stored as 0."

CLIP = FamilyCase(
    name="CLIP",
    model=clip,
    batch=pairs,
    structure="Two towers, one over text (causal) and one over patches.",
    layout="Class token, then one token per patch, row by row; a centre crop is mapped back to the"
    " original image.",
    limits=(
        "Where texts and images are not pairs, an example holds one of the rarer kind and all that"
        f" it is compared with: {_MANY}",
    ),
    blocks=_towers(),
    tokens={"text": _TWO_TEXTS, "image": ("special 1, image 16",) * 2},
    probed=("image",),
)

SIGLIP = FamilyCase(
    name="SigLIP",
    model=siglip,
    # as its processor does: filled up, without a mask
    batch=lambda: {name: one for name, one in pairs().items() if name != "attention_mask"},
    structure="Two towers, one over text and one over patches, which one token pools by attention.",
    layout="One token per patch, row by row, no class token.",
    blocks=_towers() | _POOLING,
    tokens={
        "text": ("special 1, text 3, special 1", "special 1, text 1, special 3"),
        "image": ("image 16",) * 2,
        "pooled": ("special 1",) * 2,
    },
    reference=with_pooling,
    probed=("image",),
)

SIGLIP2 = FamilyCase(
    name="SigLIP 2",
    model=siglip2,
    batch=patched,
    structure="Two towers, one over text and one over patches, which one token pools by attention.",
    layout="Images keep their aspect: `spatial_shapes` tells rows and columns; what fills a row up"
    " is padding.",
    blocks=_towers() | _POOLING,
    tokens={
        "text": _TWO_TEXTS,
        "image": ("image 12", "image 8, padding 4"),
        "pooled": ("special 1",) * 2,
    },
    reference=with_pooling,
    occluded=occluded_patches,
    probed=("image",),
)


def two_texts(calls: Sequence[Tensor], sample: int) -> Tensor:
    """Texts 2 n and 2 n + 1 side by side."""
    first, second = calls[0][2 * sample : 2 * sample + 2]
    return torch.stack([torch.block_diag(*heads) for heads in zip(first, second, strict=True)])


def queries() -> dict[str, Any]:
    """Two images; two texts for the first, one and an empty one for the second."""
    rows = [1, 5, 6, 2], [1, 7, 2], [1, 8, 9, 2], []
    return texts(*rows) | images(2)


def _queried(prefix: str) -> dict[str, Block]:
    towers = _towers(prefix)
    language = towers["language"]
    own = Block(
        language.layers,
        language.heads,
        language.query,
        language.key,
        language.modules,
        two_texts,
    )
    return towers | {"language": own}


_QUERIES = (
    "special 1, text 2, special 2, text 1, special 1, padding 1",
    "special 1, text 2, special 1, padding 4",
)

OWLVIT = FamilyCase(
    name="OWL-ViT",
    model=owlvit,
    batch=queries,
    structure="CLIP's towers; the texts are what to look for, every patch predicts a box.",
    layout="The texts of an image one after another; class token, then one token per patch.",
    limits=(f"All texts of an image are one sequence: {_MANY}",),
    blocks=_queried("owlvit."),
    tokens={"text": _QUERIES, "image": ("special 1, image 16",) * 2},
    probed=("image",),
)

OWLV2 = FamilyCase(
    name="OWLv2",
    model=owlv2,
    batch=queries,
    structure="CLIP's towers; the texts are what to look for, every patch predicts a box.",
    layout="As OWL-ViT; the margin that makes an image square is taken off where the original image"
    " is given.",
    limits=(f"All texts of an image are one sequence: {_MANY}",),
    blocks=_queried("owlv2."),
    tokens={"text": _QUERIES, "image": ("special 1, image 16",) * 2},
    probed=("image",),
)

CASES = [CLIP, SIGLIP, SIGLIP2, OWLVIT, OWLV2]
