"""Florence-2: a tower of windows in front of an encoder-decoder."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor
from transformers import Florence2Config, Florence2ForConditionalGeneration

from tests.capture.families.detectors import with_own_cells
from tests.capture.family_case import Block, FamilyCase, Weights, eager_weights, stacked
from tests.capture.tiny_models import widened
from tests.capture.window_weights import weights_on_grid

IMAGE, WINDOW, DEPTHS, HEADS = 99, 4, (2, 1), (2, 4)
GRIDS = ((8, 4), (4, 2))
"""Of each stage; the second one is extended to 4 x 4."""


def florence2() -> Any:
    torch.manual_seed(0)
    config = Florence2Config(
        text_config={
            "model_type": "bart",
            "vocab_size": 100,
            "d_model": 32,
            "encoder_layers": 2,
            "decoder_layers": 3,
            "encoder_attention_heads": 4,
            "decoder_attention_heads": 2,
            "encoder_ffn_dim": 64,
            "decoder_ffn_dim": 64,
            "max_position_embeddings": 64,
            "pad_token_id": 0,
            "bos_token_id": 1,
            "eos_token_id": 2,
            "decoder_start_token_id": 2,
        },
        vision_config={
            "depths": DEPTHS,
            "patch_size": (7, 3),
            "patch_stride": (4, 2),
            "patch_padding": (3, 1),
            "patch_prenorm": (False, True),
            "embed_dim": (16, 32),
            "num_heads": HEADS,
            "num_groups": HEADS,
            "window_size": WINDOW,
            "projection_dim": 32,
            "mlp_ratio": 2.0,
        },
        image_token_id=IMAGE,
    )
    return with_own_cells(widened(Florence2ForConditionalGeneration(config)))


def batch() -> dict[str, Any]:
    """The first sample has two images; each takes nine tokens."""
    image = [IMAGE] * 9
    prompts = [[*image, 1, *image, 5, 6, 2], [*image, 1, 7, 2]]
    ids = torch.zeros(2, max(map(len, prompts)), dtype=torch.long)
    for row, prompt in enumerate(prompts):
        ids[row, : len(prompt)] = torch.tensor(prompt)
    generator = torch.Generator().manual_seed(0)
    return {
        "input_ids": ids,
        "attention_mask": (ids != 0).long(),
        "pixel_values": torch.randn(3, 3, 32, 16, generator=generator),
        "labels": torch.tensor([[5, 6, 7, 2], [8, 2, -100, -100]]),
    }


def occluded(given: dict[str, Any], sample: int, image: int, box: Any) -> dict[str, Any]:
    pixels = given["pixel_values"].clone()
    rows, columns = (
        slice(round(box[axis] * side), round(box[axis + 2] * side))
        for axis, side in ((1, 32), (0, 16))
    )
    entry = 2 * sample + image
    pixels[entry, :, rows, columns] = 3 - pixels[entry, :, rows, columns]
    return given | {"pixel_values": pixels}


@torch.no_grad()
def reference(case: FamilyCase) -> Weights:
    """Eager weights; those of the tower from its projections, put together on the grid."""
    model = case.model()
    paths = {path for block in case.blocks.values() for path in block.modules}
    tower = {path for path in paths if "vision_tower" in path}
    projected: dict[str, Tensor] = {}
    modules = dict(model.named_modules())
    for path in tower:
        modules[f"{path}.qkv"].register_forward_hook(
            lambda module, args, result, path=path: projected.update({path: result})
        )
    model(**case.batch())
    weights: dict[str, Any] = {}
    for path, result in projected.items():
        stage = int(path.split(".blocks.")[1][0])
        query, key, _ = result.unflatten(-1, (3, HEADS[stage], -1)).permute(2, 0, 3, 1, 4)
        scores = query @ key.transpose(-1, -2) / query.shape[-1] ** 0.5
        grid = (GRIDS[stage][0], WINDOW)  # whole windows
        on_grid = weights_on_grid(torch.softmax(scores, -1), grid, WINDOW, 0)
        weights[path] = [_real_cells_first(on_grid, grid, GRIDS[stage][1])]
    language = {name: one for name, one in case.blocks.items() if not name.startswith("vision")}
    return weights | eager_weights(replace(case, blocks=language))


def _real_cells_first(weights: Tensor, grid: tuple[int, int], columns: int) -> Tensor:
    cells = torch.arange(grid[0] * grid[1])
    inside = cells % grid[1] < columns
    order = torch.cat([cells[inside], cells[~inside]])
    return weights[..., order, :][..., order]


def _stage(stage: int, first: int) -> Block:
    def expected(calls: Any, sample: int) -> Tensor:
        images = calls[0][:2] if sample == 0 else calls[0][2:]
        return torch.stack([torch.block_diag(*heads) for heads in images.transpose(0, 1)])

    name = f"vision_stage_{stage + 1}"
    path = f"model.vision_tower.blocks.{stage}.{{}}.spatial_block.window_attn"
    layers = tuple(range(first, first + DEPTHS[stage]))
    return Block(layers, HEADS[stage], name, name, stacked(path, DEPTHS[stage]), expected)


_LANGUAGE = "model.language_model."

FLORENCE2 = FamilyCase(
    name="Florence-2",
    model=florence2,
    batch=batch,
    structure="A vision tower with attention within windows and merged patches between stages,"
    " whose cells stand in the prompt of an encoder; a decoder attends to the encoder.",
    layout="In the prompt the mean of all cells, with a box over the whole image, then one token"
    " per cell of the last stage; in the tower one sequence per stage, its cells row by row; cells"
    " that the model adds for whole windows follow as special tokens without a place.",
    limits=(
        "The tower's attention between channels is not captured: it is none between tokens.",
        "Cells overlap: their box is the part of the image that they are centred on.",
    ),
    blocks={
        "encoder": Block(
            (0, 1), 4, "joint", "joint", stacked(_LANGUAGE + "encoder.layers.{}.self_attn", 2)
        ),
        "decoder": Block(
            (0, 1, 2),
            2,
            "decoder",
            "decoder",
            stacked(_LANGUAGE + "decoder.layers.{}.self_attn", 3),
        ),
        "decoder_to_encoder": Block(
            (0, 1, 2),
            2,
            "decoder",
            "joint",
            stacked(_LANGUAGE + "decoder.layers.{}.encoder_attn", 3),
        ),
        "vision_stage_1": _stage(0, 0),
        "vision_stage_2": _stage(1, 2),
    },
    tokens={
        "joint": (
            "image 9, special 1, image 9, text 2, special 1",
            "image 9, special 1, text 1, special 1, padding 10",
        ),
        "decoder": ("special 1, text 3", "special 1, text 1, special 1, padding 1"),
        "vision_stage_1": ("image 64", "image 32"),
        "vision_stage_2": ("image 8, special 8, image 8, special 8", "image 8, special 8"),
    },
    reference=reference,
    allowed=("model.vision_tower.blocks.*.channel_block.channel_attn",),
    occluded=occluded,
    probed=("vision_stage_1", "vision_stage_2"),
)

CASES = [FLORENCE2]
