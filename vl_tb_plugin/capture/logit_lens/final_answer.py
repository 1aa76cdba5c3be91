"""What the model says of a sample in the end, whose way through the layers is followed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from vl_tb_plugin.capture.generation import Generation
from vl_tb_plugin.example import TokenSequence

_IGNORED = -100
"""Stands in labels for what is not to be predicted."""


@dataclass(frozen=True)
class FinalAnswer:
    """Where the answer of a sample is read.

    Attributes:
        sentence: how it is defined.
        position: of the token whose prediction it is, where it must be read there.
        output: its number, where that is known.
    """

    sentence: str
    position: int | None = None
    output: int | None = None


def classified_answer(position: int) -> FinalAnswer:
    """Of a classifier that reads one token."""
    return FinalAnswer("The class that the model chooses.", position)


def generated_answer(generation: Generation, sample: int, prompt: int, grown: int) -> FinalAnswer:
    """Of a ``generate()`` that has read the tokens before ``grown``, of them ``prompt`` given."""
    sentence = "The first token that the model said."
    said = getattr(generation.result, "sequences", generation.result)
    behind = grown - prompt + 1  # the last token was said, but never read
    if isinstance(said, Tensor) and said.ndim == 2 and said.shape[1] >= behind:
        return FinalAnswer(sentence, output=int(said[sample, said.shape[1] - behind]))
    return FinalAnswer(sentence, prompt - 1)


def predicted_answer(
    sequence: TokenSequence, batch: Mapping[str, Any], sample: int, *, encoded: bool
) -> FinalAnswer | None:
    """Of one forward pass of a decoder; ``encoded``: it answers what an encoder has read."""
    real = [place for place, kind in enumerate(sequence.modality) if kind != "padding"]
    if not real:
        return None
    if encoded:
        return FinalAnswer("The first token that the model predicts.", real[0])
    labels = batch.get("labels")
    if isinstance(labels, Tensor) and labels.ndim == 2 and labels.shape[1] == len(sequence):
        wanted = (labels[sample] != _IGNORED).nonzero().flatten().tolist()
        if wanted and wanted[0] > 0:
            sentence = "The token that the model predicts where the labels begin."
            return FinalAnswer(sentence, wanted[0] - 1)
    return FinalAnswer("The token that the model predicts after the last one.", real[-1])


def masked_answer(batch: Mapping[str, Any], sample: int, tokenizer: Any) -> FinalAnswer | None:
    """Of a model that fills in masked words, whose sequence begins with the text."""
    mask, ids = getattr(tokenizer, "mask_token_id", None), batch.get("input_ids")
    if mask is None or not isinstance(ids, Tensor):
        return None
    places = (ids[sample] == mask).nonzero().flatten().tolist()
    if not places:
        return None
    return FinalAnswer("The word that the model fills in at the first mask.", places[0])
