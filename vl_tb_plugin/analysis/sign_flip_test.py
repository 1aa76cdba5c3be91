"""Is the mean of paired differences other than zero? A permutation test by flipping signs."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

EXACT_UP_TO = 12
FLIPS = 10_000
SEED = 0
_CELLS_AT_ONCE = 512


def sign_flip_p(differences: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.float64]:
    """Two-sided p value of each cell, that the differences are symmetric about zero.

    Were nothing different, each difference could as well have the other sign. ``p`` is the share of
    all patterns of signs (up to :data:`EXACT_UP_TO` samples) or of :data:`FLIPS` random ones and
    the observed one (Fisher, *The design of experiments*, 1935, section 21; Phipson and Smyth 2010
    for the observed one) whose mean is as far from zero as the observed.

    Args:
        differences: (samples, cells), NaN where a sample has none.

    Returns:
        (cells,) float64; NaN below 2 samples.
    """
    defined = ~np.isnan(differences)
    # a difference of zero weighs nothing under any sign: so it may stand for none
    known = np.where(defined, differences, 0).T.astype(np.float64)
    scale = np.maximum(np.abs(known).sum(axis=1, keepdims=True), np.finfo(np.float64).tiny)
    shares = (known / scale).astype(np.float32)
    # as far, but for rounding
    observed = np.abs(shares.sum(axis=1, dtype=np.float64)) - 1e-6
    exact = len(differences) <= EXACT_UP_TO
    signs = _every_pattern(len(differences)) if exact else _random_patterns(len(differences))
    reached = np.zeros(len(shares), np.int64)
    for start in range(0, len(shares), _CELLS_AT_ONCE):
        part = slice(start, start + _CELLS_AT_ONCE)
        flipped = shares[part] @ signs
        reached[part] = (np.abs(flipped, out=flipped) >= observed[part, None]).sum(axis=1)
    extra = 0 if exact else 1
    p = (reached + extra) / (signs.shape[1] + extra)
    return np.where(defined.sum(axis=0) >= 2, p, np.nan)


def _every_pattern(samples: int) -> npt.NDArray[np.float32]:
    """(samples, 2 ** samples) of -1 and 1."""
    bits = np.arange(2**samples) >> np.arange(samples)[:, None] & 1
    return (1 - 2 * bits).astype(np.float32)


def _random_patterns(samples: int) -> npt.NDArray[np.float32]:
    """(samples, flips) of -1 and 1."""
    bits = np.random.default_rng([SEED, samples]).integers(0, 2, (samples, FLIPS), np.int8)
    return (1 - 2 * bits).astype(np.float32)
