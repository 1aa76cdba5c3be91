"""How much a map of relevancy changes from checkpoint to checkpoint."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from vl_tb_plugin.analysis.map_comparison import jensen_shannon, spearman, top_overlap
from vl_tb_plugin.plugin.relevancy_scores import Scores
from vl_tb_plugin.plugin.response import number_or_null


@dataclass(frozen=True)
class DriftMeasure:
    """A way to compare two maps, and how to say what it is."""

    name: str
    title: str
    description: str
    compare: Callable[[npt.NDArray[np.float32], npt.NDArray[np.float32]], float]


DRIFT_MEASURES = (
    DriftMeasure(
        "spearman",
        "Rank correlation",
        "Spearman's correlation of the tokens' ranks: 1 the same order, 0 unrelated, -1 reversed.",
        spearman,
    ),
    DriftMeasure(
        "jensen_shannon",
        "Jensen-Shannon divergence",
        "Between the positive scores as shares of their sum: 0 equal, 0.69 (ln 2) disjoint.",
        jensen_shannon,
    ),
    DriftMeasure(
        "top_overlap",
        "Overlap of the top tenth",
        "Of the tenth of the tokens with the highest scores in either map, the share in both.",
        top_overlap,
    ),
)


def drift(maps: list[Scores]) -> list[dict[str, Any]]:
    """Every measure of each map with the one before and with the last, as http_api.md has it.

    Args:
        maps: of one example, one method and one target, a step each.
    """
    last = len(maps) - 1
    return [
        {
            "name": measure.name,
            "title": measure.title,
            "description": measure.description,
            "previous": [
                _compared(measure, maps[number], maps[number - 1]) if number else None
                for number in range(len(maps))
            ],
            "last": [
                _compared(measure, maps[number], maps[last]) if number < last else None
                for number in range(len(maps))
            ],
        }
        for measure in DRIFT_MEASURES
    ]


def _compared(measure: DriftMeasure, first: Scores, second: Scores) -> float | None:
    """Over the tokens that have a score in both maps; ``None`` where they don't compare."""
    lengths = [{name: len(scores) for name, scores in one.items()} for one in (first, second)]
    if lengths[0] != lengths[1]:
        return None  # another number of tokens: the model generated another answer, say
    a = np.concatenate(list(first.values()))
    b = np.concatenate([second[name] for name in first])
    both = ~(np.isnan(a) | np.isnan(b))
    return number_or_null(measure.compare(a[both], b[both])) if both.any() else None
