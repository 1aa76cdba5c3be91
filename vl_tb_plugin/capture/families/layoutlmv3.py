"""LayoutLMv3: one stream over the words of a page, each in its box, and the patches of the page.

Sequence ``joint``: words, then class token and patches. Words are of modality ``text``, yet have
boxes on the page like image tokens.

=========  ================  ================
block      query -> key      layers
=========  ================  ================
``joint``  joint -> joint    of the encoder
=========  ================  ================
"""

from __future__ import annotations

from typing import Any

import numpy as np

from vl_tb_plugin.capture.families.forward_inputs import ForwardInputs
from vl_tb_plugin.capture.families.registry import register
from vl_tb_plugin.capture.families.structure import AttentionSite, HiddenStateSite, Structure
from vl_tb_plugin.capture.sequences.image_tokens import ImageToken, image_sequence
from vl_tb_plugin.capture.sequences.joined_sequence import joined
from vl_tb_plugin.capture.sequences.pixel_grid import pixel_grid_tokens
from vl_tb_plugin.capture.sequences.text_sequence import text_sequence
from vl_tb_plugin.example import TokenSequence

PAGE = 1000
"""Width and height of every page in the units of ``bbox``."""


@register("layoutlmv3")
class LayoutLMv3:
    def structure(self, model: Any) -> Structure:
        layer = "encoder.layer.{layer}"
        return Structure(
            attention=(AttentionSite(f"{layer}.attention.self", "joint", "joint", "joint"),),
            hidden_states=(
                HiddenStateSite(layer.format(layer=0), "joint", at="input"),
                HiddenStateSite(layer, "joint", first_layer=1),
            ),
        )

    def sequences(self, inputs: ForwardInputs) -> list[list[TokenSequence]]:
        batch = inputs.batch
        pixels = batch.get("pixel_values")
        given = [name for name in ("input_ids", "inputs_embeds") if batch.get(name) is not None]
        samples = []
        for sample in range(len(batch[given[0]] if given else batch["pixel_values"])):
            parts = [_words(inputs, sample)] if given else []
            if pixels is not None:
                patches = pixel_grid_tokens(inputs, sample, inputs.model.config.patch_size)
                parts.append(image_sequence([ImageToken("[CLS]"), *patches], "joint"))
            samples.append([joined("joint", *parts)])
        return samples


def _words(inputs: ForwardInputs, sample: int) -> TokenSequence:
    """The text, each word in its box; those of a question lie nowhere, at 0."""
    text = text_sequence(inputs, sample, "joint")
    given = inputs.batch.get("bbox")
    if given is None:
        return text
    boxes = given[sample].detach().cpu().numpy().astype(np.float32) / PAGE
    placed = np.array([kind == "text" for kind in text.modality]) & boxes.any(axis=1)
    fits = (boxes <= 1).all(axis=1) & (boxes[:, 0] <= boxes[:, 2]) & (boxes[:, 1] <= boxes[:, 3])
    if not fits[placed].all():
        inputs.remarks.append(
            f"Boxes of words: some of bbox are no x0, y0, x1, y1 between 0 and {PAGE}."
        )
    boxes = np.where((placed & fits)[:, None], boxes, np.nan)
    return TokenSequence(text.tokens, text.modality, text.name, boxes)
