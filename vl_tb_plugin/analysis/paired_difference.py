"""How heads differ between two checkpoints over the same samples, and whether by chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from vl_tb_plugin.analysis.bootstrap_interval import bootstrap_interval
from vl_tb_plugin.analysis.false_discovery import FALSE_DISCOVERY_RATE, benjamini_hochberg
from vl_tb_plugin.analysis.sign_flip_test import EXACT_UP_TO, FLIPS, SEED, sign_flip_p

FEWEST_PAIRS = 6
"""With fewer, even the rarest pattern of signs has p = 2 / 2 ** pairs > 0.05."""


@dataclass(frozen=True, eq=False)
class PairedDifference:
    """Differences of every statistic and head, each array (statistics, layers, heads).

    Attributes:
        difference: float32, mean over the pairs, NaN where no pair is defined.
        low: float32, lower end of its bootstrap interval, NaN below 2 pairs.
        high: float32, upper end.
        effect: float32, mean divided by the standard deviation of the pairs' differences (Cohen's
            d_z); NaN below 2 pairs and where all differ by the same.
        beyond_chance: bool.
    """

    difference: npt.NDArray[np.float32]
    low: npt.NDArray[np.float32]
    high: npt.NDArray[np.float32]
    effect: npt.NDArray[np.float32]
    beyond_chance: npt.NDArray[np.bool_]


def paired_difference(differences: npt.NDArray[np.floating[Any]]) -> PairedDifference:
    """Mean difference, interval, effect, and what is beyond chance.

    Args:
        differences: (pairs, statistics, layers, heads), NaN where a pair has none.
    """
    interval = bootstrap_interval(differences)
    deviation = _standard_deviation(differences, interval.mean)
    # rounding alone makes a deviation of this size: then all differ by the same
    varies = deviation > 1e-6 * np.abs(interval.mean)
    effect = np.where(varies, interval.mean / np.where(varies, deviation, 1), np.nan)
    return PairedDifference(
        interval.mean,
        interval.low,
        interval.high,
        effect.astype(np.float32),
        beyond_chance(differences),
    )


def beyond_chance(differences: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.bool_]:
    """Which heads differ by more than chance, given that many heads were looked at.

    Per head a sign-flip test; per statistic the procedure of Benjamini and Hochberg over all layers
    and heads.

    Args:
        differences: (pairs, statistics, layers, heads), NaN where a pair has none.

    Returns:
        (statistics, layers, heads) bool.
    """
    shape = differences.shape[1:]
    p = sign_flip_p(differences.reshape(len(differences), -1))
    return benjamini_hochberg(p.reshape(shape[0], -1)).reshape(shape)


def how_tested(pairs: int) -> str:
    """How differences are tested over that many pairs, in a sentence."""
    if pairs < FEWEST_PAIRS:
        return (
            f"{pairs} {'pair' if pairs == 1 else 'pairs'}: too few to tell a difference from chance"
            f" at {FALSE_DISCOVERY_RATE:.0%}, which takes at least {FEWEST_PAIRS}."
        )
    patterns = (
        f"all {2**pairs:,} patterns"
        if pairs <= EXACT_UP_TO
        else f"{FLIPS:,} random patterns, seed {SEED}"
    )
    return (
        f"Two-sided sign-flip permutation test over {pairs} pairs ({patterns}), Benjamini-Hochberg"
        f" at {FALSE_DISCOVERY_RATE:.0%} over the heads of the block, each statistic by itself."
    )


def _standard_deviation(
    values: npt.NDArray[np.floating[Any]], mean: npt.NDArray[np.float32]
) -> npt.NDArray[np.float64]:
    """(...) over axis 0 of what is defined, ``n - 1`` in the variance; NaN below 2 samples."""
    defined = ~np.isnan(values)
    count = defined.sum(axis=0)
    deviations = np.where(defined, values - mean, 0).astype(np.float64)
    variance = (deviations**2).sum(axis=0) / np.maximum(count - 1, 1)
    return np.where(count >= 2, np.sqrt(variance), np.nan)
