"""Tokens that are near to very many others."""

from __future__ import annotations

from typing import Any

import numpy as np

from vl_tb_plugin.analysis.hubness import Hubness, hubness
from vl_tb_plugin.analysis.neighbourhoods import neighbourhoods
from vl_tb_plugin.plugin.compared_neighbours import (
    NeighbourhoodChoice,
    TokenDescriptions,
    kinds,
    members,
    pairs,
    sample_header,
)
from vl_tb_plugin.plugin.computed_answers import ComputedAnswer
from vl_tb_plugin.plugin.response import number_or_null
from vl_tb_plugin.plugin.run_index import RunIndex
from vl_tb_plugin.plugin.token_sample import Checkpoint, LayerChoice, TokenSampling

MOST_POINTS = 4_000
"""All of them ask: the share of tokens that nobody has as neighbour depends on who asks."""

_TOP = 20


class HubAnswers:
    """Computes the answers of ``hubness``."""

    def __init__(self, index: RunIndex, sampling: TokenSampling):
        self._index = index
        self._sampling = sampling

    def hubs(
        self, layer: LayerChoice, checkpoint: Checkpoint, choice: NeighbourhoodChoice
    ) -> ComputedAnswer:
        """How unevenly tokens are among others' nearest, and the hubs, per pair of modalities."""
        sample = self._sampling.sample(layer, [checkpoint], MOST_POINTS)
        values = self._sampling.values(layer, checkpoint, sample)
        found = kinds(sample)
        among = [members(sample, kind) for kind in found]
        nearest = neighbourhoods(
            values, np.arange(len(sample)), among, choice.count, metric=choice.metric
        )
        described = TokenDescriptions(self._index, layer.experiment)
        answers: list[dict[str, Any]] = []
        for pair in pairs(found):
            target = found.index(pair.target)
            asking = members(sample, pair.source) & nearest[target].complete
            if not asking.any():
                continue
            one = hubness(nearest[target].only(asking), among[target])
            top = _top(one)
            tokens = described.of(sample, checkpoint, top)
            answers.append(
                {
                    "from": pair.source,
                    "to": pair.target,
                    "tokens": int(asking.sum()),
                    "candidates": int(among[target].sum()),
                    "skewness": number_or_null(one.skewness),
                    "orphans": number_or_null(one.orphans),
                    "mean": choice.count * int(asking.sum()) / int(among[target].sum()),
                    "hubs": [
                        token | {"times": int(one.times[point])}
                        for token, point in zip(tokens, top, strict=True)
                    ],
                }
            )
        header = {
            "layer": layer.layer,
            "metric": choice.metric,
            "count": choice.count,
            **sample_header(sample, len(sample)),
            "pairs": answers,
        }
        return ComputedAnswer({}, header)


def _top(found: Hubness) -> np.ndarray[Any, np.dtype[np.int64]]:
    """(hubs,) the points that are in most neighbourhoods, of those that are in any."""
    order = np.argsort(-found.times, kind="stable")[:_TOP]
    return order[found.times[order] > 0]
