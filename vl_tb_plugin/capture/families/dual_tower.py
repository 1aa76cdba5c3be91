"""CLIP, SigLIP, OWL-ViT and their kin: a text and a vision tower that meet in a dot product only.

Sequences ``text`` and ``image``, each with its own layers. Where texts and images are not pairs,
each is compared with all of the others: then an example holds one of the rarer kind and all that
it is compared with, one after another. SigLIP pools the patches by attention: sequence ``pooled``
is the one token that asks.

============  ==================  =============================================
block         query -> key        layers
============  ==================  =============================================
``language``  text -> text        of the text tower
``vision``    image -> image      of the vision tower, V of them
``pooling``   pooled -> image     ``V``, over the finished patches (SigLIP)
============  ==================  =============================================

A tower's hidden states are those of its layers, before its final normalisation.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from vl_tb_plugin.capture.families.forward_inputs import ForwardInputs, SampleSequence
from vl_tb_plugin.capture.families.registry import register
from vl_tb_plugin.capture.families.structure import (
    AttentionSite,
    Explanation,
    HiddenStateSite,
    Readout,
    Structure,
)
from vl_tb_plugin.capture.sequences.image_margin import size_of, without_margin
from vl_tb_plugin.capture.sequences.image_tokens import ImageToken, grid_tokens, image_sequence
from vl_tb_plugin.capture.sequences.joined_sequence import joined
from vl_tb_plugin.capture.sequences.pixel_grid import pixel_grid_tokens
from vl_tb_plugin.capture.sequences.text_sequence import text_sequence
from vl_tb_plugin.example import TokenSequence

PAIRED = ("clip", "metaclip_2", "siglip", "siglip2")
"""Every text is compared with every image."""

QUERIED = ("owlvit", "owlv2")
"""The texts of an image follow one another, and are compared with that image."""

PARTS = ("", "_text_model", "_vision_model")
"""A model with both towers, and one tower alone."""

BLOCKS = {"text": "language", "image": "vision"}

_READOUTS = {
    "text": Readout("text", "last_word", only_words=True),
    "image": Readout("image", "first"),
}


@register(*(kind + part for kind in (*PAIRED, *QUERIED) for part in PARTS))
class DualTower:
    def structure(self, model: Any) -> Structure:
        attention: list[AttentionSite] = []
        hidden_states: list[HiddenStateSite] = []
        for name, tower in _towers(model.config.model_type).items():
            layer = f"{tower}encoder.layers.{{layer}}"
            attention.append(AttentionSite(f"{layer}.self_attn", BLOCKS[name], name, name))
            hidden_states += [
                HiddenStateSite(layer.format(layer=0), name, at="input"),
                HiddenStateSite(layer, name, first_layer=1),
            ]
            if name == "image":
                vision = getattr(model.config, "vision_config", model.config)
                depth, pooling = vision.num_hidden_layers, f"{tower}head.attention"
                attention.append(AttentionSite(pooling, "pooling", "pooled", name, depth))
                hidden_states += [
                    HiddenStateSite(pooling, "pooled", depth, at="input"),
                    HiddenStateSite(pooling, "pooled", depth + 1),
                ]
        readouts = dict(_READOUTS)
        if _pools(model):
            readouts["image"] = Readout("pooled")
        return Structure(
            tuple(attention),
            tuple(hidden_states),
            explanation=Explanation(
                tuple(readouts[name] for name in _towers(model.config.model_type)),
                "logits_per_image",
                "pairs",
                start_layer=-1,  # as the authors do: earlier layers blur the map
            ),
        )

    def sequences(self, inputs: ForwardInputs) -> list[list[TokenSequence | SampleSequence]]:
        towers = _towers(inputs.model.config.model_type)
        texts = _count(inputs, "input_ids") if "text" in towers else 0
        images = _count(inputs, "pixel_values") if "image" in towers else 0
        pools = _pools(inputs.model)
        samples: list[list[TokenSequence | SampleSequence]] = []
        grouped = inputs.model.config.model_type in QUERIED
        for sample, (own_texts, own_images) in enumerate(_compared(texts, images, grouped)):
            sequences: list[TokenSequence | SampleSequence] = []
            if own_texts:
                text = joined("text", *(text_sequence(inputs, entry) for entry in own_texts))
                sequences.append(SampleSequence(text, own_texts))
            if own_images:
                tokens: list[ImageToken] = []
                for number, entry in enumerate(own_images):
                    tokens += _image_tokens(inputs, sample, number, entry)
                sequences.append(SampleSequence(image_sequence(tokens, "image"), own_images))
            if own_images and pools:
                count = len(own_images)
                pooled = TokenSequence(["[POOL]"] * count, ["special"] * count, "pooled")
                sequences.append(SampleSequence(pooled, own_images))
            samples.append(sequences)
        return samples


def _pools(model: Any) -> bool:
    """Whether one token asks the patches what the image is."""
    return any(name.endswith("head.attention") for name, _ in model.named_modules())


def _towers(model_type: str) -> dict[str, str]:
    """Where each tower is, by the name of its sequence."""
    if model_type.endswith("_text_model"):
        return {"text": ""}
    if model_type.endswith("_vision_model"):
        return {"image": ""}
    return {"text": "text_model*.", "image": "vision_model*."}


def _count(inputs: ForwardInputs, name: str) -> int:
    given = inputs.batch.get(name)
    return 0 if given is None else len(given)


def _compared(texts: int, images: int, grouped: bool) -> list[tuple[Sequence[int], Sequence[int]]]:
    """The entries of both towers that belong to each example."""
    if not texts or not images:
        alone = [[entry] for entry in range(texts or images)]
        return [(one, ()) if texts else ((), one) for one in alone]
    if texts == images or (grouped and texts % images == 0):
        share = texts // images
        return [(range(k * share, (k + 1) * share), [k]) for k in range(images)]
    if texts > images:
        return [(range(texts), [image]) for image in range(images)]
    return [([text], range(images)) for text in range(texts)]


def _image_tokens(inputs: ForwardInputs, sample: int, image: int, entry: int) -> list[ImageToken]:
    shapes = inputs.batch.get("spatial_shapes")
    if shapes is not None:
        rows, columns = shapes[entry].tolist()
        patches = grid_tokens(inputs, sample, image, rows, columns)
        missing = inputs.batch["pixel_values"].shape[1] - len(patches)
        # without a mask the model does attend to what fills the row up
        masked = inputs.batch.get("pixel_attention_mask") is not None
        return [*patches, *[ImageToken("[PAD]", "padding" if masked else "special")] * missing]
    config = inputs.model.config
    patches = pixel_grid_tokens(
        inputs, sample, getattr(config, "vision_config", config).patch_size, image
    )
    original = inputs.original(sample, image)
    if getattr(inputs.image_processor, "do_pad", False) and original is not None:
        # the processor adds a margin on the right or below, to make the image square
        width, height = size_of(original)
        side = max(width, height)
        patches = without_margin(patches, (0, 0, width / side, height / side))
    has_class = any(name.endswith("class_embedding") for name, _ in inputs.model.named_parameters())
    return [ImageToken("[CLS]"), *patches] if has_class else patches
