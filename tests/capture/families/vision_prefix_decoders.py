"""Decoders in whose prompt the patches of a vision tower take the place of image tokens."""

from tests.capture.family_case import Block, FamilyCase, stacked
from tests.capture.tiny_models import llava, llava_batch

LLAVA = FamilyCase(
    name="LLaVA",
    model=llava,
    batch=llava_batch,
    structure="A vision tower whose patches stand in the prompt of a decoder.",
    layout="One token per patch, row by row; a centre crop is mapped back to the original image.",
    blocks={
        "language": Block(
            (0, 1, 2), 4, "joint", "joint", stacked("model.language_model.layers.{}.self_attn", 3)
        ),
        "vision": Block(
            (0, 1),
            4,
            "vision",
            "vision",
            stacked("model.vision_tower.encoder.layers.{}.self_attn", 2),
        ),
    },
    tokens={
        "joint": (
            "special 1, image 16, text 4",
            "padding 3, special 1, image 16, text 1",
        ),
        "vision": ("special 1, image 16", "special 1, image 16"),
    },
    probed=("vision", "joint"),
)

CASES = [LLAVA]
