"""Which tokens of a map of relevancy are image and which are text."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from vl_tb_plugin.example import Relevancy, TokenSequence

FloatArray = npt.NDArray[np.float64]

IMAGE = ("image",)
TEXT = ("text", "generated")
"""Modalities that count as text, as in the head statistics."""


def sequences_of(map_: Relevancy, sequences: Sequence[TokenSequence]) -> list[TokenSequence]:
    """The sequences that a map has scores of, in the map's order.

    Raises:
        InvalidExample: if there is no such sequence, or not one score a token.
    """
    named = {sequence.name: sequence for sequence in sequences}
    map_.check_against(named)
    return [named[name] for name in map_.scores]


def scores_of(map_: Relevancy, sequence: TokenSequence, modalities: Sequence[str]) -> FloatArray:
    """(tokens,) scores of a sequence's tokens of some modalities, NaN for all others."""
    scores = np.full(len(sequence), np.nan)
    positions = sequence.positions(*modalities)
    scores[positions] = map_.scores[sequence.name][positions]
    return scores


def sequence_with(
    map_: Relevancy, sequences: Sequence[TokenSequence], modalities: Sequence[str]
) -> TokenSequence | None:
    """The first of a map's sequences in which a token of these modalities has a score.

    The first one alone: where the image has tokens in two of them (a vision tower and a decoder's
    prompt), one is worked out of the other.
    """
    for sequence in sequences_of(map_, sequences):
        if not np.isnan(scores_of(map_, sequence, modalities)).all():
            return sequence
    return None
