"""Models that write images in a vocabulary of their own, and read them there or from a tower."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from transformers import (
    ChameleonConfig,
    ChameleonForConditionalGeneration,
    Emu3Config,
    Emu3ForConditionalGeneration,
    JanusConfig,
    JanusForConditionalGeneration,
)

from tests.capture.family_case import Block, FamilyCase, stacked
from tests.capture.tiny_models import widened

IMAGE = 98
_TEXT = {
    "vocab_size": 100,
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "attention_dropout": 0.0,
}
_CODES = range(20, 36)
"""Ids of the picture words."""


def prompts(*rows: Sequence[int]) -> dict[str, Tensor]:
    """Padded on the left."""
    longest = max(map(len, rows))
    ids = torch.tensor([[0] * (longest - len(row)) + list(row) for row in rows])
    return {"input_ids": ids, "attention_mask": (ids != 0).long()}


def _pictures(count: int, height: int, width: int) -> Tensor:
    return torch.randn(count, 3, height, width, generator=torch.Generator().manual_seed(0))


def _attentive(model: nn.Module) -> None:
    for name, weight in model.named_parameters():
        if name.endswith(("q_proj.weight", "k_proj.weight")):
            nn.init.normal_(weight, 0, 0.4)  # attention far from uniform


def _keep_cells_apart(model: nn.Module, spread: float) -> None:
    """Lets the picture word of a cell depend on its own pixels alone, and on them strongly.

    Convolutions see their own pixels only, residual branches and attention lead to nothing.
    """
    encoder = model.encoder
    encoder.norm_out = nn.Identity()  # it mixes all pixels
    with torch.no_grad():
        # picture words as far apart as what is looked up
        nn.init.normal_(model.quantize.embedding.weight, 0, spread)
        for name, module in encoder.named_modules():
            if isinstance(module, nn.Conv2d | nn.Conv3d) and module.kernel_size[-1] == 3:
                middle = torch.zeros_like(module.weight)
                # of two by two pixels, where the resolution is halved
                side = slice(0, 2) if module.stride[-1] == 2 else slice(1, 2)
                middle[..., side, side] = 1
                nn.init.normal_(module.weight, 0, module.in_channels**-0.5).mul_(middle)
            if name.endswith(("conv2", "proj_out", "out_proj")) and hasattr(module, "weight"):
                module.weight.zero_()
                module.bias.zero_()


def chameleon() -> Any:
    torch.manual_seed(0)
    names = {f"IMGIMG{chr(ord('A') + n // 10)}{chr(ord('A') + n % 10)}Z": n for n in range(16)}
    config = ChameleonConfig(
        **_TEXT,
        vocabulary_map={"<image>": IMAGE} | {name: _CODES[n] for name, n in names.items()},
        vq_config={
            "embed_dim": 8,
            "num_embeddings": 16,
            "latent_channels": 8,
            "resolution": 16,
            "base_channels": 32,
            "channel_multiplier": [1, 1, 1],
            "num_res_blocks": 1,
        },
    )
    model = ChameleonForConditionalGeneration(config).eval()
    _attentive(model.model.layers)
    _keep_cells_apart(model.model.vqmodel, 0.15)
    return model


def chameleon_batch() -> dict[str, Any]:
    image = [IMAGE] * 16
    rows = prompts([1, *image, 5, *image, 6, 7], [1, 8, *image, 9])
    return {**rows, "pixel_values": _pictures(3, 16, 16)}


def image_of_batch(sample: int, image: int) -> int:
    return 2 * sample + image


def occluded(
    given: dict[str, Any], sample: int, image: int, box: Sequence[float]
) -> dict[str, Any]:
    pixels = given["pixel_values"].clone()
    number = image_of_batch(sample, image)
    shape = pixels.shape[-2:]
    height, width = given["image_sizes"][number].tolist() if "image_sizes" in given else shape
    rows = slice(round(box[1] * height), round(box[3] * height))
    columns = slice(round(box[0] * width), round(box[2] * width))
    pixels[number, :, rows, columns] = 3 - 4 * pixels[number, :, rows, columns]
    return given | {"pixel_values": pixels}


CHAMELEON = FamilyCase(
    name="Chameleon",
    model=chameleon,
    batch=chameleon_batch,
    structure="A decoder that reads and writes images as words of a picture vocabulary.",
    layout="One token per cell of the grid of picture words, row by row.",
    limits=(
        "The attention inside the encoder of picture words (one head after convolutions) is not"
        " captured.",
        "Picture words that the model wrote itself have no box.",
    ),
    blocks={
        "language": Block((0, 1), 4, "joint", "joint", stacked("model.layers.{}.self_attn", 2))
    },
    tokens={
        "joint": (
            "special 1, image 16, text 1, image 16, text 2",
            "padding 17, special 1, text 1, image 16, text 1",
        )
    },
    allowed=("model.vqmodel.encoder.*attn*",),
    occluded=occluded,
    probed=("joint",),
)


def emu3() -> Any:
    torch.manual_seed(0)
    words = {f"<|visual token {n:06d}|>": _CODES[n] for n in range(16)}
    config = Emu3Config(
        text_config=_TEXT,
        vocabulary_map={"<image>": IMAGE, "<|extra_200|>": 40} | words,
        vq_config={
            "codebook_size": 16,
            "embed_dim": 4,
            "latent_channels": 4,
            "temporal_downsample_factor": 2,
            "base_channels": 32,
            "channel_multiplier": [1, 1, 1],
            "num_res_blocks": 1,
            "attn_resolutions": [1, 2],
            "hidden_size": 32,
            "num_attention_heads": 2,
        },
    )
    model = Emu3ForConditionalGeneration(config).eval()
    _attentive(model)
    _keep_cells_apart(model.model.vqmodel, 1.0)
    return model


def emu3_batch() -> dict[str, Any]:
    """Two samples, the first one with two images; the second image is narrower than the others."""
    wide, narrow = [IMAGE] * 3 * 5, [IMAGE] * 3 * 3
    rows = prompts([1, *wide, 5, *narrow, 6, 7], [1, 8, *wide, 9])
    pixels = _pictures(3, 12, 16)
    pixels[1, :, :, 8:] = 0
    sizes = torch.tensor([[12, 16], [12, 8], [12, 16]])
    return {**rows, "pixel_values": pixels, "image_sizes": sizes}


def _frames(calls: Sequence[Tensor], sample: int) -> Tensor:
    """The encoder sees each image as two frames, all the same."""
    own = calls[0][[0, 2]] if sample == 0 else calls[0][[4]]
    return torch.stack([torch.block_diag(*head) for head in own.transpose(0, 1)])


_ENCODER = "model.vqmodel.encoder."
_WIDE = "image 4, special 1, image 4, special 1, image 4, special 1"
_NARROW = "image 2, special 1, image 2, special 1, image 2, special 1"

EMU3 = FamilyCase(
    name="Emu3",
    model=emu3,
    batch=emu3_batch,
    structure="A decoder that reads and writes images as words of a picture vocabulary; the encoder"
    " that finds the words attends at low resolutions.",
    layout="One token per cell of the grid of picture words and a row-end token after each row.",
    limits=(
        "Hidden states of the encoder of picture words are those that its attention reads.",
        "Picture words that the model wrote itself have no box.",
    ),
    blocks={
        "language": Block(
            (0, 1), 4, "joint", "joint", stacked("model.text_model.layers.{}.self_attn", 2)
        ),
        "vision_level_1": Block(
            (0,),
            2,
            "vision_level_1",
            "vision_level_1",
            (_ENCODER + "down_block.down.1.attn.0",),
            _frames,
        ),
        "vision": Block(
            (1, 2),
            2,
            "vision",
            "vision",
            (_ENCODER + "down_block.down.2.attn.0", _ENCODER + "middle_block.attn_1"),
            _frames,
        ),
    },
    tokens={
        "joint": (
            f"special 1, {_WIDE}, text 1, {_NARROW}, text 2",
            f"padding 10, special 1, text 1, {_WIDE}, text 1",
        ),
        "vision_level_1": (
            "image 52, padding 4" + 5 * ", image 4, padding 4",
            "image 48",
        ),
        "vision": ("image 14, padding 2, image 2, padding 2, image 2, padding 2", "image 12"),
    },
    occluded=occluded,
    probed=("joint",),
)


def janus() -> Any:
    torch.manual_seed(0)
    config = JanusConfig(
        text_config={"model_type": "llama", **_TEXT},
        vision_config={
            "hidden_size": 32,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "image_size": 32,
            "patch_size": 8,
            "mlp_ratio": 2.0,
            "projection_dim": 32,
            "num_image_tokens": 16,
        },
        vq_config={
            "embed_dim": 8,
            "num_embeddings": 16,
            "latent_channels": 8,
            "base_channels": 32,
            "channel_multiplier": [1, 1],
            "num_res_blocks": 1,
            "projection_dim": 32,
            "image_token_embed_dim": 32,
        },
        image_token_id=IMAGE,
    )
    model = JanusForConditionalGeneration(config).eval()
    widened(model.model.language_model)
    _attentive(model)
    return model


def janus_batch() -> dict[str, Any]:
    image = [IMAGE] * 16
    rows = prompts([1, *image, 5, *image, 6, 7], [1, 8, *image, 9])
    return {**rows, "pixel_values": _pictures(3, 32, 32)}


JANUS = FamilyCase(
    name="Janus",
    model=janus,
    batch=janus_batch,
    structure="A vision tower whose patches stand in the prompt of a decoder; images that it writes"
    " are words of a picture vocabulary.",
    layout="One token per patch, row by row; the margin that makes an image square is told where"
    " its original is given.",
    limits=(
        "Without the original image, boxes are fractions of the square that it was made.",
        "Picture words that the model writes are text tokens.",
    ),
    blocks={
        "language": Block(
            (0, 1), 4, "joint", "joint", stacked("model.language_model.layers.{}.self_attn", 2)
        ),
        "vision": Block(
            (0, 1),
            4,
            "vision",
            "vision",
            stacked("model.vision_model.encoder.layers.{}.self_attn", 2),
            lambda calls, sample: torch.stack(
                [
                    torch.block_diag(*head)
                    for head in calls[0][2 * sample : 2 * sample + 2].transpose(0, 1)
                ]
            ),
        ),
    },
    tokens={
        "joint": (
            "special 1, image 16, text 1, image 16, text 2",
            "padding 17, special 1, text 1, image 16, text 1",
        ),
        "vision": ("image 32", "image 16"),
    },
    occluded=occluded,
    probed=("vision", "joint"),
)

CASES = [CHAMELEON, EMU3, JANUS]
