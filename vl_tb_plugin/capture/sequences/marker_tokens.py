"""Tokens that structure a prompt although they are no special tokens of the tokenizer."""

from __future__ import annotations

from collections.abc import Iterable

from vl_tb_plugin.capture.families.forward_inputs import ForwardInputs
from vl_tb_plugin.example import TokenSequence


def with_markers(
    text: TokenSequence, inputs: ForwardInputs, sample: int, markers: Iterable[int | None]
) -> TokenSequence:
    """The text of ``input_ids`` with these ids as special tokens (start and end of an image ...).

    Args:
        text: one token per id.
        inputs: of the forward pass.
        sample: number in the batch.
        markers: ids; ``None`` among them stands for a marker that the model lacks.
    """
    ids = inputs.batch.get("input_ids")
    if ids is None:
        return text
    structural = set(markers)
    modality = [
        "special" if number in structural and kind == "text" else kind
        for number, kind in zip(ids[sample].tolist(), text.modality, strict=True)
    ]
    return TokenSequence(text.tokens, modality, text.name, text.boxes, text.image_index)
