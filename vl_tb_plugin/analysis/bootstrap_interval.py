"""Mean over samples and its bootstrap interval, for many cells (heads, say) at once."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.floating[Any]]

LEVEL = 0.95
RESAMPLES = 2000
SEED = 0
_CELLS_AT_ONCE = 2048

METHOD = (
    f"Mean over the samples where the number is defined; {LEVEL:.0%} percentile bootstrap over"
    f" samples, {RESAMPLES:,} resamples, seed {SEED}; no interval below 2 samples."
)
"""How the intervals are made, in a sentence."""


@dataclass(frozen=True, eq=False)
class MeanInterval:
    """Mean over the samples of each cell, and how sure it is.

    Attributes:
        mean: (...) float32, NaN where no sample is defined.
        low: (...) float32, lower end of the interval, NaN below 2 samples.
        high: (...) float32, upper end.
        samples: (...) int32, how many samples are defined.
    """

    mean: npt.NDArray[np.float32]
    low: npt.NDArray[np.float32]
    high: npt.NDArray[np.float32]
    samples: npt.NDArray[np.int32]


def bootstrap_interval(values: FloatArray) -> MeanInterval:
    """Mean over axis 0 of what is defined, with its percentile bootstrap interval.

    Each of :data:`RESAMPLES` resamples draws as many samples as there are, with replacement; the
    interval reaches from the 2.5th to the 97.5th percentile of their means (Efron, *Bootstrap
    methods: another look at the jackknife*, Annals of Statistics 1979). A cell draws among the
    samples where it is defined. The seed is fixed: the same numbers have the same interval.

    Args:
        values: (samples, ...) floats, NaN where a sample has no value.
    """
    shape = values.shape[1:]
    cells = values.reshape(len(values), -1)
    defined = ~np.isnan(cells)
    count = defined.sum(axis=0)
    mean = defined_mean(cells, defined)
    low, high = np.full((2, cells.shape[1]), np.nan)
    for size in np.unique(count[count >= 2]):
        chosen = np.flatnonzero(count == size)
        for start in range(0, len(chosen), _CELLS_AT_ONCE):
            part = chosen[start : start + _CELLS_AT_ONCE]
            # (cells, samples): in the order of the samples, those that are undefined left out
            packed = cells.T[part][defined.T[part]].reshape(len(part), size)
            # centred: float32 then resolves an interval that is narrow beside its mean
            centred = (packed - mean[part, None]).astype(np.float32)
            resampled = np.sort(centred @ _resample_shares(int(size)), axis=1)
            low[part] = mean[part] + _quantile(resampled, (1 - LEVEL) / 2)
            high[part] = mean[part] + _quantile(resampled, (1 + LEVEL) / 2)
    return MeanInterval(
        mean.reshape(shape).astype(np.float32),
        low.reshape(shape).astype(np.float32),
        high.reshape(shape).astype(np.float32),
        count.reshape(shape).astype(np.int32),
    )


def defined_mean(values: FloatArray, defined: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """(...) mean over axis 0 of what is defined; NaN where nothing is."""
    count = defined.sum(axis=0)
    total = np.where(defined, values, 0).sum(axis=0, dtype=np.float64)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


@functools.lru_cache(maxsize=4)
def _resample_shares(samples: int) -> npt.NDArray[np.float32]:
    """(samples, resamples): how often each sample is drawn, as a share of the draws."""
    drawn = np.random.default_rng([SEED, samples]).integers(0, samples, (RESAMPLES, samples))
    drawn += samples * np.arange(RESAMPLES)[:, None]
    counts = np.bincount(drawn.ravel(), minlength=RESAMPLES * samples)
    shares = counts.reshape(RESAMPLES, samples).T / np.float32(samples)
    return np.ascontiguousarray(shares, np.float32)


def _quantile(ascending: npt.NDArray[np.float32], share: float) -> npt.NDArray[np.float32]:
    """(cells,) of (cells, resamples) sorted values, between neighbours linearly."""
    place = share * (ascending.shape[1] - 1)
    below = int(place)
    weight = np.float32(place - below)
    return ascending[:, below] * (1 - weight) + ascending[:, below + 1] * weight
