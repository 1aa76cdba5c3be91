"""How much the neighbourhoods of tokens change between checkpoints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from vl_tb_plugin.analysis.bootstrap_interval import LEVEL, RESAMPLES, SEED, MeanInterval
from vl_tb_plugin.analysis.neighbour_churn import by_example, churn, how_far
from vl_tb_plugin.analysis.neighbourhoods import Neighbourhoods, distances_to, neighbourhoods
from vl_tb_plugin.plugin.compared_neighbours import (
    EVERY,
    ModalityPair,
    NeighbourhoodChoice,
    TokenDescriptions,
    kinds,
    members,
    pairs,
    sample_header,
)
from vl_tb_plugin.plugin.computed_answers import ComputedAnswer
from vl_tb_plugin.plugin.request import NotFound
from vl_tb_plugin.plugin.response import number_or_null
from vl_tb_plugin.plugin.run_index import RunIndex
from vl_tb_plugin.plugin.token_sample import Checkpoint, LayerChoice, TokenSample, TokenSampling

MOST_QUERIES = 2_000
MOST_POINTS = 10_000
MOST_STEPS = 24
_QUERIES_OVER_STEPS = 1_000
_MOST_CHANGED = 40

_INTERVAL = (
    "Mean over the examples of the mean over their tokens;"
    f" {LEVEL:.0%} percentile bootstrap over examples, {RESAMPLES:,} resamples, seed {SEED};"
    " no interval below 2 examples."
)


@dataclass(frozen=True, eq=False)
class _Asked:
    """Tokens of a sample, and the kinds of tokens that their neighbours are searched among."""

    sample: TokenSample
    queries: npt.NDArray[np.int64]
    choice: NeighbourhoodChoice

    @property
    def kinds(self) -> list[str]:
        return kinds(self.sample)

    def found(self, values: npt.NDArray[np.float32]) -> list[Neighbourhoods]:
        """Their neighbours of each kind, in the space of the values."""
        among = [members(self.sample, kind) for kind in self.kinds]
        return neighbourhoods(
            values, self.queries, among, self.choice.count, metric=self.choice.metric
        )

    def farther(
        self,
        values: npt.NDArray[np.float32],
        before: Sequence[Neighbourhoods],
        after: Sequence[Neighbourhoods],
    ) -> list[npt.NDArray[np.float32]]:
        """How far the neighbours before are now, for each kind: see :func:`how_far`."""
        return [
            how_far(
                distances_to(values, self.queries, old.index, metric=self.choice.metric),
                new.distance,
            )
            for old, new in zip(before, after, strict=True)
        ]

    def mean(self, pair: ModalityPair, churned: npt.NDArray[np.float32]) -> MeanInterval:
        """Mean churn over the tokens that the pair begins with."""
        asking = members(self.sample, pair.source)[self.queries]
        example = self.sample.example[self.queries][asking]
        return by_example(churned[asking], example, len(self.sample.tags))


class ChurnAnswers:
    """Computes the answers of ``churn`` and ``churn_history``."""

    def __init__(self, index: RunIndex, sampling: TokenSampling):
        self._index = index
        self._sampling = sampling

    def between(
        self,
        layer: LayerChoice,
        checkpoints: tuple[Checkpoint, Checkpoint],
        choice: NeighbourhoodChoice,
    ) -> ComputedAnswer:
        """Churn from one checkpoint to another, per pair of modalities, and the most changed."""
        sample = self._sampling.sample(layer, checkpoints, MOST_POINTS)
        asked = _Asked(sample, sample.drawn(MOST_QUERIES), choice)
        churned, farther = self._compared(asked, layer, checkpoints)
        described = TokenDescriptions(self._index, layer.experiment)
        changed = _most_changed(churned, farther)
        rows = _rows(asked, churned, farther, changed)
        tokens = described.of(sample, checkpoints[1], asked.queries[changed])
        header = {
            "layer": layer.layer,
            "metric": choice.metric,
            "count": choice.count,
            **sample_header(sample, len(asked.queries)),
            "interval": _INTERVAL,
            "pairs": _pairs(asked, churned),
            "changed": [token | row for token, row in zip(tokens, rows, strict=True)],
        }
        return ComputedAnswer({}, header)

    def of_example(
        self,
        layer: LayerChoice,
        checkpoints: tuple[Checkpoint, Checkpoint],
        choice: NeighbourhoodChoice,
        tag: str,
    ) -> ComputedAnswer:
        """Churn of every token of one example."""
        sample = self._sampling.sample(layer, checkpoints, MOST_POINTS, first=tag)
        if tag not in sample.tags:
            raise NotFound(f"Example {tag!r} has no token with hidden states at both checkpoints.")
        queries = np.flatnonzero(sample.example == sample.tags.index(tag))
        asked = _Asked(sample, queries, choice)
        churned, farther = self._compared(asked, layer, checkpoints)
        described = TokenDescriptions(self._index, layer.experiment)
        rows = _rows(asked, churned, farther, np.arange(len(queries)))
        tokens = described.of(sample, checkpoints[1], queries)
        header = {"example": [token | row for token, row in zip(tokens, rows, strict=True)]}
        return ComputedAnswer({}, header)

    def history(self, layer: LayerChoice, run: str, choice: NeighbourhoodChoice) -> ComputedAnswer:
        """Churn from each step to the next, from the first step, and to the last."""
        logged = self._sampling.steps(layer.experiment, run)
        steps = _evenly(logged, MOST_STEPS)
        checkpoints = [Checkpoint(run, step) for step in steps]
        sample = self._sampling.sample(layer, checkpoints, MOST_POINTS)
        asked = _Asked(sample, sample.drawn(_QUERIES_OVER_STEPS), choice)
        found = [asked.found(self._sampling.values(layer, one, sample)) for one in checkpoints]
        compared = {
            "previous": [None, *zip(found[:-1], found[1:], strict=True)],
            "first": [None, *((found[0], one) for one in found[1:])],
            "last": [*((one, found[-1]) for one in found[:-1]), None],
        }
        curves = []
        for pair in pairs(asked.kinds):
            target = asked.kinds.index(pair.target)
            curve: dict[str, Any] = {"from": pair.source, "to": pair.target}
            for against, both in compared.items():
                means = [
                    None if two is None else asked.mean(pair, churn(two[0][target], two[1][target]))
                    for two in both
                ]
                curve[against] = {
                    name: [
                        None if mean is None else number_or_null(float(getattr(mean, attribute)))
                        for mean in means
                    ]
                    for name, attribute in (("churn", "mean"), ("low", "low"), ("high", "high"))
                }
            if any(value is not None for value in curve["last"]["churn"]):
                curves.append(curve)
        header = {
            "run": run,
            "layer": layer.layer,
            "metric": choice.metric,
            "count": choice.count,
            **sample_header(sample, len(asked.queries)),
            "interval": _INTERVAL,
            "steps": steps,
            "of_steps": len(logged),
            "pairs": curves,
        }
        return ComputedAnswer({}, header)

    def _compared(
        self, asked: _Asked, layer: LayerChoice, checkpoints: tuple[Checkpoint, Checkpoint]
    ) -> tuple[list[npt.NDArray[np.float32]], list[npt.NDArray[np.float32]]]:
        """Churn of each query, and how far its neighbours before are, for each kind."""
        before = asked.found(self._sampling.values(layer, checkpoints[0], asked.sample))
        values = self._sampling.values(layer, checkpoints[1], asked.sample)
        after = asked.found(values)
        churned = [churn(old, new) for old, new in zip(before, after, strict=True)]
        return churned, asked.farther(values, before, after)


def _pairs(asked: _Asked, churned: Sequence[npt.NDArray[np.float32]]) -> list[dict[str, Any]]:
    """Pairs in which it is defined."""
    result = []
    for pair in pairs(asked.kinds):
        among = churned[asked.kinds.index(pair.target)]
        mean = asked.mean(pair, among)
        asking = members(asked.sample, pair.source)[asked.queries] & ~np.isnan(among)
        if not asking.any():
            continue
        reachable = int(members(asked.sample, pair.target).sum())
        reachable -= pair.target in (EVERY, pair.source)
        result.append(
            {
                "from": pair.source,
                "to": pair.target,
                "churn": float(mean.mean),
                "low": number_or_null(float(mean.low)),
                "high": number_or_null(float(mean.high)),
                "unrelated": 1 - asked.choice.count / reachable,
                "tokens": int(asking.sum()),
                "examples": int(mean.samples),
            }
        )
    return result


def _most_changed(
    churned: Sequence[npt.NDArray[np.float32]], farther: Sequence[npt.NDArray[np.float32]]
) -> npt.NDArray[np.int64]:
    """(rows,) queries: of each kind some that changed most, those with any kind first."""
    rows: dict[int, None] = {}
    for share, far in zip(churned, farther, strict=True):
        order = np.lexsort((-np.nan_to_num(far), -np.nan_to_num(share, nan=-1)))
        rows |= dict.fromkeys(int(row) for row in order[:_MOST_CHANGED] if share[row] > 0)
    return np.array(list(rows), np.int64)


def _rows(
    asked: _Asked,
    churned: Sequence[npt.NDArray[np.float32]],
    farther: Sequence[npt.NDArray[np.float32]],
    rows: npt.NDArray[np.int64],
) -> list[dict[str, Any]]:
    def by_kind(values: Sequence[npt.NDArray[np.float32]], row: int) -> dict[str, float | None]:
        return {
            kind: number_or_null(round(float(one[row]), 6))
            for kind, one in zip(asked.kinds, values, strict=True)
        }

    return [
        {"churn": by_kind(churned, row), "farther": by_kind(farther, row)} for row in rows.tolist()
    ]


def _evenly(steps: list[int], most: int) -> list[int]:
    """At most so many, the first and the last among them."""
    if len(steps) <= most:
        return steps
    return [steps[place] for place in np.linspace(0, len(steps) - 1, most).round().astype(int)]
