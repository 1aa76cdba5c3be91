"""Two streams that meet in cross-modality layers."""

from tests.capture.family_case import Block, FamilyCase, projected_weights, stacked
from tests.capture.tiny_models import lxmert, lxmert_batch

_CROSS = "lxmert.encoder.x_layers.{}."

LXMERT = FamilyCase(
    name="LXMERT",
    model=lxmert,
    batch=lxmert_batch,
    structure="Language and region streams, then layers in which both attend to each other.",
    layout="Regions with the boxes of `visual_pos`.",
    blocks={
        "language": Block(
            (0, 1), 4, "text", "text", stacked("lxmert.encoder.layer.{}.attention.self", 2)
        ),
        "vision": Block(
            (0,), 4, "image", "image", stacked("lxmert.encoder.r_layers.{}.attention.self", 1)
        ),
        "text_to_image": Block(
            (2, 3), 4, "text", "image", stacked(_CROSS + "visual_attention.att", 2)
        ),
        "image_to_text": Block(
            (2, 3),
            4,
            "image",
            "text",
            stacked(_CROSS + "visual_attention.att", 2),
            lambda calls, sample: calls[1][sample],
        ),
        "cross_language": Block(
            (2, 3), 4, "text", "text", stacked(_CROSS + "lang_self_att.self", 2)
        ),
        "cross_vision": Block(
            (2, 3), 4, "image", "image", stacked(_CROSS + "visn_self_att.self", 2)
        ),
    },
    tokens={
        "text": ("special 1, text 4, special 1", "special 1, text 2, special 1, padding 2"),
        "image": ("image 4", "image 4"),
    },
    reference=projected_weights,
    occluded=None,  # sees regions, not pixels
)

CASES = [LXMERT]
