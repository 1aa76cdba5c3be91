"""Object detectors: feature maps of a backbone, and object queries that look at them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn
from transformers import (
    BertConfig,
    DeformableDetrConfig,
    DeformableDetrForObjectDetection,
    DetrConfig,
    DetrForObjectDetection,
    GroundingDinoConfig,
    GroundingDinoForObjectDetection,
    ResNetConfig,
    SwinConfig,
)

from tests.capture.family_case import Block, FamilyCase, Weights, eager_weights, stacked
from tests.capture.tiny_models import widened
from tests.capture.window_weights import weights_on_grid
from vl_tb_plugin.capture.families.deformable_detr import SAMPLED


def resnet(*, stages: int, out: list[int]) -> ResNetConfig:
    """A backbone whose stage n (from 1) has cells of ``2 ** (n + 1)`` pixels."""
    return ResNetConfig(
        embedding_size=8,
        hidden_sizes=[8, 16, 16][:stages],
        depths=[1] * stages,
        layer_type="basic",
        out_features=[f"stage{number}" for number in out],
    )


def with_own_cells(model: nn.Module) -> Any:
    """Convolutions and pools that look at all pixels of their own cell, and at no others.

    Kernels of a ResNet are centred on the corner of a cell, its shortcuts see nothing else of it:
    that would leave it open which cell changes most where one is occluded.
    """
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, nn.MaxPool2d):
                module.kernel_size, module.padding = module.stride, 0
            if not isinstance(module, nn.Conv2d) or module.kernel_size == module.stride:
                continue
            (size, _), (step, _) = module.kernel_size, module.stride
            own = slice(size // 2, size // 2 + step) if size > 1 else slice(0)
            shape = module.weight[:, :, own, own].shape
            mean = 1 / max(1, shape[1] * shape[2] * shape[3])
            module.weight.zero_()
            module.weight[:, :, own, own] = mean * (torch.rand(shape, generator=generator) + 0.5)
    return model.eval()


def detr(**changes: Any) -> Any:
    torch.manual_seed(0)
    settings = {
        "backbone_config": resnet(stages=2, out=[2]),
        "use_timm_backbone": False,
        "d_model": 32,
        "encoder_layers": 2,
        "decoder_layers": 3,
        "encoder_attention_heads": 4,
        "decoder_attention_heads": 2,
        "encoder_ffn_dim": 64,
        "decoder_ffn_dim": 64,
        "num_queries": 5,
    }
    return with_own_cells(widened(DetrForObjectDetection(DetrConfig(**(settings | changes)))))


def deformable_detr(**changes: Any) -> Any:
    torch.manual_seed(0)
    settings = {
        "backbone_config": resnet(stages=2, out=[1, 2]),
        "use_timm_backbone": False,
        "d_model": 32,
        "encoder_layers": 2,
        "decoder_layers": 3,
        "encoder_attention_heads": 4,
        "decoder_attention_heads": 2,
        "encoder_ffn_dim": 64,
        "decoder_ffn_dim": 64,
        "num_queries": 5,
        "num_feature_levels": 3,
    }
    config = DeformableDetrConfig(**(settings | changes))
    model = with_own_cells(widened(DeformableDetrForObjectDetection(config)))
    balance_levels(model.model.input_proj, (1, 1.3, 0.27))
    return model


def grounding_dino(**changes: Any) -> Any:
    """A Swin with stages of 4 and 8 pixels and a third level of 16; windows of 2 x 2 cells."""
    torch.manual_seed(0)
    backbone = SwinConfig(
        image_size=(32, 48),
        patch_size=4,
        embed_dim=16,
        depths=[2, 2],
        num_heads=[2, 4],
        window_size=2,
        mlp_ratio=2.0,
        out_features=["stage1", "stage2"],
    )
    text = BertConfig(
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        vocab_size=1100,
    )
    settings = {
        "backbone_config": backbone,
        "text_config": text,
        "d_model": 32,
        "encoder_layers": 2,
        "decoder_layers": 3,
        "encoder_attention_heads": 4,
        "decoder_attention_heads": 4,
        "encoder_ffn_dim": 64,
        "decoder_ffn_dim": 64,
        "num_queries": 5,
        "num_feature_levels": 3,
        "max_text_len": 16,
    }
    model = GroundingDinoForObjectDetection(GroundingDinoConfig(**(settings | changes)))
    widened(model.model.text_backbone)
    widened(model.model.encoder)
    widened(model.model.decoder)
    for name, bias in model.named_parameters():
        if name.endswith("patch_embeddings.projection.bias"):
            bias.data.normal_()  # else the padding is zero, and a norm blows up what little it sees
    balance_levels(model.model.input_proj_vision, (1, 0.7, 7))
    return with_own_cells(model)


def phrases() -> dict[str, Any]:
    """``[CLS] w5 w6 . w7 . [SEP]`` and ``[CLS] w8 . [SEP]`` with BERT's ids, and their images."""
    texts = [[101, 5, 6, 1012, 7, 1012, 102], [101, 8, 1012, 102, 0, 0, 0]]
    return pictures([(32, 48), (16, 32)], brightness=0, contrast=4) | {
        "input_ids": torch.tensor(texts),
        "attention_mask": torch.tensor([[1] * 7, [1] * 4 + [0] * 3]),
    }


def balance_levels(projections: nn.ModuleList, gains: tuple[float, ...]) -> None:
    """Of cells on top of each other, the one whose whole box is occluded shall change most.

    With equal changes of brightness, a quarter of a cell then counts less in it than the whole of
    the smaller cell there, and four cells less than the larger one that they fill.
    """
    with torch.no_grad():
        for (_, norm), gain in zip(projections, gains, strict=True):
            norm.weight.fill_(gain)
            norm.eps = 1.0  # else a single bright cell weighs the same however bright it is


def pictures(
    sizes: list[tuple[int, int]], *, brightness: float = 1, contrast: float = 0.25
) -> dict[str, Any]:
    """Images of these heights and widths, padded to the right and below to the largest."""
    generator = torch.Generator().manual_seed(0)
    height, width = (max(size[axis] for size in sizes) for axis in (0, 1))
    pixels = torch.zeros(len(sizes), 3, height, width)
    mask = torch.zeros(len(sizes), height, width, dtype=torch.long)
    for number, (own_height, own_width) in enumerate(sizes):
        noise = torch.randn(3, own_height, own_width, generator=generator)
        pixels[number, :, :own_height, :own_width] = noise * contrast + brightness
        mask[number, :own_height, :own_width] = 1
    return {"pixel_values": pixels, "pixel_mask": mask}


def occluded(batch: dict[str, Any], sample: int, image: int, box: Any) -> dict[str, Any]:
    """A box of the unpadded image turned over."""
    pixels, mask = batch["pixel_values"].clone(), batch["pixel_mask"][sample].bool()
    height, width = int(mask.any(dim=1).sum()), int(mask.any(dim=0).sum())
    rows = slice(round(box[1] * height), round(box[3] * height))
    columns = slice(round(box[0] * width), round(box[2] * width))
    pixels[sample, :, rows, columns] = 3 - pixels[sample, :, rows, columns]
    return batch | {"pixel_values": pixels}


DETR = FamilyCase(
    name="DETR",
    model=detr,
    batch=lambda: pictures([(32, 32), (24, 40)]),
    structure="An encoder over the last feature map of a backbone; object queries of a decoder"
    " attend to each other and to its result.",
    layout="One token per cell of the feature map, row by row, with its box in the image without"
    " its padding; cells in the padding are padding; object queries are image tokens without a"
    " box.",
    limits=(
        "Object queries have no place of their own: `queries_to_image` tells where they look.",
        "A cell of a convolutional backbone sees more of the image than its box.",
        "The mask head of the segmentation model compares queries and cells once more: not"
        " captured. Neither is attention inside a backbone.",
    ),
    blocks={
        "encoder": Block(
            (0, 1), 4, "image", "image", stacked("model.encoder.layers.{}.self_attn", 2)
        ),
        "decoder": Block(
            (0, 1, 2), 2, "queries", "queries", stacked("model.decoder.layers.{}.self_attn", 3)
        ),
        "queries_to_image": Block(
            (0, 1, 2), 2, "queries", "image", stacked("model.decoder.layers.{}.encoder_attn", 3)
        ),
    },
    tokens={
        "image": (
            "image 4, padding 1, image 4, padding 1, image 4, padding 1, image 4, padding 1",
            "image 15, padding 5",
        ),
        "queries": ("image 5", "image 5"),
    },
    occluded=occluded,
    probed=("image",),
)

DEFORMABLE_DETR = FamilyCase(
    name="Deformable DETR",
    left_out=(SAMPLED,),
    model=deformable_detr,
    batch=lambda: pictures([(48, 64), (32, 48)]),
    structure="An encoder over several feature maps of a backbone; object queries of a decoder"
    " attend to each other.",
    layout="One token per cell of each feature map, map after map, row by row, with its box in the"
    " image without its padding; cells in the padding are padding; object queries are image tokens"
    " without a box.",
    limits=(
        "Deformable attention (cells to cells, queries to cells) samples a few points of the"
        " feature maps: there is no matrix to capture.",
        "A cell of a convolutional backbone sees more of the image than its box.",
        "Attention inside a backbone is not captured.",
    ),
    blocks={
        "decoder": Block(
            (0, 1, 2), 2, "queries", "queries", stacked("model.decoder.layers.{}.self_attn", 3)
        )
    },
    tokens={
        "image": (
            "image 252",
            "image 12, padding 4, " * 7
            + "image 12, padding 68, "
            + "image 6, padding 2, " * 3
            + "image 6, padding 18, image 3, padding 1, image 3, padding 5",
        ),
        "queries": ("image 5", "image 5"),
    },
    allowed=("model.encoder.layers.*.self_attn", "model.decoder.layers.*.encoder_attn"),
    occluded=occluded,
    probed=("image",),
)


@torch.no_grad()
def grounding_dino_weights(case: FamilyCase) -> Weights:
    """Eager weights, those of the backbone on the grid of each stage.

    BERT stays as it is, because its eager attention adds the mask of phrases as if it were a
    number: there, weights come from query and key, with the phrases told by hand.
    """

    def with_eager_backbone() -> Any:
        model = case.model()
        model.model.backbone.conv_encoder.model.set_attn_implementation("eager")
        model.set_attn_implementation = lambda implementation: None
        return model

    found = ("text_backbone", "text_to_image", "image_to_text")
    blocks = {name: block for name, block in case.blocks.items() if name not in found}
    weights: dict[str, Sequence[Tensor]] = _bert_weights(case) | _fusion_weights(case)
    for path, calls in eager_weights(
        replace(case, model=with_eager_backbone, blocks=blocks)
    ).items():
        place = re.search(r"layers\.(\d+)\.blocks\.(\d+)", path)
        if place:
            grid = ((8, 12), (4, 6))[int(place[1])]
            weights[path] = [weights_on_grid(calls[0], grid, 2, shift=int(place[2]) % 2)]
        else:
            weights[path] = calls
    return weights


def _fusion_weights(case: FamilyCase) -> dict[str, Sequence[Tensor]]:
    """Of each fusion layer what it returns: image to text, then text to image."""
    weights: dict[str, Sequence[Tensor]] = {}
    model = case.model()
    modules = dict(model.named_modules())
    for path in case.blocks["text_to_image"].modules:
        modules[path].register_forward_hook(
            lambda module, args, result, path=path: weights.update(
                {path: [one.unflatten(0, (2, 2)) for _, one in result]}
            )
        )
    model(**case.batch())
    return weights


def _bert_weights(case: FamilyCase) -> dict[str, Sequence[Tensor]]:
    phrase = torch.tensor([[0, 1, 1, 1, 2, 2, 3], [0, 1, 1, 2, 3, 4, 5]])
    strangers = (phrase[:, :, None] != phrase[:, None, :])[:, None]
    model, paths = case.model(), case.blocks["text_backbone"].modules
    modules, projected = dict(model.named_modules()), {}
    for name in (f"{path}.{part}" for path in paths for part in ("query", "key")):
        modules[name].register_forward_hook(
            lambda module, args, result, name=name: projected.update(
                {name: result.unflatten(-1, (4, 8)).transpose(1, 2)}
            )
        )
    model(**case.batch())
    weights = {}
    for path in paths:
        scores = projected[f"{path}.query"] @ projected[f"{path}.key"].transpose(-1, -2) / 8**0.5
        weights[path] = [scores.masked_fill(strangers, -torch.inf).softmax(dim=-1)]
    return weights


_SWIN = "model.backbone.conv_encoder.model.swin.encoder.layers"
GROUNDING_DINO = FamilyCase(
    name="Grounding DINO",
    left_out=(SAMPLED,),
    model=grounding_dino,
    batch=phrases,
    structure="BERT's text and the feature maps of a Swin attend to each other in an encoder;"
    " object queries of a decoder attend to each other and to the text.",
    layout="One token per cell of each feature map, map after map, row by row, with its box in the"
    " image without its padding; cells in the padding are padding; object queries are image tokens"
    " without a box; the stages of the backbone as in Swin.",
    limits=(
        "Deformable attention (cells to cells, queries to cells) samples a few points of the"
        " feature maps: there is no matrix to capture.",
        "The backbone attends to the padding of an image: those cells are special in its stages.",
        "Attention inside another backbone than Swin is not captured.",
    ),
    blocks={
        "text_backbone": Block(
            (0, 1),
            4,
            "text_backbone",
            "text_backbone",
            stacked("model.text_backbone.encoder.layer.{}.attention.self", 2),
        ),
        "vision_stage_1": Block(
            (0, 1),
            2,
            "vision_stage_1",
            "vision_stage_1",
            stacked(_SWIN + ".0.blocks.{}.attention", 2),
        ),
        "vision_stage_2": Block(
            (2, 3),
            4,
            "vision_stage_2",
            "vision_stage_2",
            stacked(_SWIN + ".1.blocks.{}.attention", 2),
        ),
        "text_to_image": Block(
            (0, 1),
            2,
            "text",
            "image",
            stacked("model.encoder.layers.{}.fusion_layer.attn", 2),
            lambda calls, sample: calls[1][sample],
        ),
        "image_to_text": Block(
            (0, 1), 2, "image", "text", stacked("model.encoder.layers.{}.fusion_layer.attn", 2)
        ),
        "text": Block(
            (0, 1),
            2,
            "text",
            "text",
            stacked("model.encoder.layers.{}.text_enhancer_layer.self_attn", 2),
        ),
        "decoder": Block(
            (0, 1, 2), 4, "queries", "queries", stacked("model.decoder.layers.{}.self_attn", 3)
        ),
        "queries_to_text": Block(
            (0, 1, 2),
            4,
            "queries",
            "text",
            stacked("model.decoder.layers.{}.encoder_attn_text", 3),
        ),
    },
    tokens={
        "text": ("text 7", "text 4, padding 3"),
        "image": (
            "image 126",
            "image 8, padding 4, " * 3
            + "image 8, padding 52, image 4, padding 2, image 4, padding 14, image 2, padding 4",
        ),
        "queries": ("image 5", "image 5"),
        "text_backbone": ("text 7", "text 4, padding 3"),
        "vision_stage_1": ("image 96", "image 8, special 4, " * 3 + "image 8, special 52"),
        "vision_stage_2": ("image 24", "image 4, special 2, image 4, special 14"),
    },
    reference=grounding_dino_weights,
    allowed=(
        "model.encoder.layers.*.deformable_layer.self_attn",
        "model.decoder.layers.*.encoder_attn",
    ),
    occluded=occluded,
    probed=("vision_stage_1", "vision_stage_2", "image"),
)

CASES = [DETR, DEFORMABLE_DETR, GROUNDING_DINO]
