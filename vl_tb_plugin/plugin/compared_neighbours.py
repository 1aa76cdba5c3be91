"""Between which kinds of tokens neighbours are searched, and tokens in the words of http_api.md."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from vl_tb_plugin.analysis.leading_components import Metric
from vl_tb_plugin.example import MODALITIES
from vl_tb_plugin.plugin.described_token import described_place
from vl_tb_plugin.plugin.run_index import RunIndex
from vl_tb_plugin.plugin.token_sample import SEED, Checkpoint, TokenSample

EVERY = "all"
_APART = ("text", "image", "generated")
"""Modalities that are looked at on their own; special tokens count among all."""


@dataclass(frozen=True)
class NeighbourhoodChoice:
    """Which neighbours: by what distance, and how many."""

    metric: Metric
    count: int


@dataclass(frozen=True)
class ModalityPair:
    """Whose neighbours (``source``) among whom (``target``); ``all`` for any modality."""

    source: str
    target: str


def kinds(sample: TokenSample) -> list[str]:
    """``all``, and the modalities that the sample has, where there are several."""
    present = [name for name in _APART if (sample.modality == MODALITIES.index(name)).any()]
    return [EVERY, *present]


def members(sample: TokenSample, kind: str) -> npt.NDArray[np.bool_]:
    """(tokens,) which tokens are of a kind."""
    if kind == EVERY:
        return np.ones(len(sample), np.bool_)
    return sample.modality == MODALITIES.index(kind)


def pairs(found: list[str]) -> Iterator[ModalityPair]:
    """All with all, then each modality within itself and across."""
    yield ModalityPair(EVERY, EVERY)
    apart = [kind for kind in found if kind != EVERY]
    for source in apart:
        yield ModalityPair(source, source)
        yield from (ModalityPair(source, target) for target in apart if target != source)


def sample_header(sample: TokenSample, queries: int) -> dict[str, Any]:
    """How many tokens were compared, in numbers and in a sentence."""
    return {
        "points": len(sample),
        "queries": queries,
        "examples": sample.examples,
        "of_examples": sample.of,
        "sampled": sample.sampled or queries < len(sample),
        "note": _note(sample, queries),
    }


def _note(sample: TokenSample, queries: int) -> str:
    if sample.sampled:
        drawn = f"{sample.examples:,} of {sample.of:,} examples, drawn with seed {SEED}"
    else:
        drawn = f"{sample.examples:,} example{'s' if sample.examples != 1 else ''}"
    among = f"{len(sample):,} tokens of {drawn}"
    if queries == len(sample):
        return f"Neighbours among {among}."
    return f"Neighbours of {queries:,} tokens, drawn with seed {SEED}, among {among}."


class TokenDescriptions:
    """Describes tokens of a sample as they are at one checkpoint."""

    def __init__(self, index: RunIndex, experiment: str):
        self._index = index
        self._experiment = experiment

    def of(
        self, sample: TokenSample, checkpoint: Checkpoint, points: npt.NDArray[np.int64]
    ) -> list[dict[str, Any]]:
        """Example, sequence, position, text, modality and place of each."""
        places = [sample.place(int(point)) for point in points]
        manifests = {
            tag: self._index.manifest(self._experiment, checkpoint.run, tag, checkpoint.step)[1]
            for tag in {group.tag for group, _ in places}
        }
        return [
            {"tag": group.tag} | described_place(manifests[group.tag], group.sequence, token)
            for group, token in places
        ]
