"""Statistics of heads on one scale: how many standard deviations above or below the mean.

Sources: Aflalo et al., *VL-InterpreT* (CVPR 2022) and its published code.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

NORMALISATIONS = ("none", "z", "compat")
"""``none``: the values themselves. ``z``: over all heads of all layers of a statistic, so that one
head can be compared with any other. ``compat``: as VL-InterpreT's code computes it, over the layers
of each head number by itself; heads of one number have nothing in common, so this is only for
comparison with that tool."""


def standardised(
    values: npt.NDArray[np.floating[Any]], normalisation: str
) -> npt.NDArray[np.float32]:
    """``(value - mean) / standard deviation`` of statistics.

    The standard deviation is that of a population (divided by the number of values), as in
    VL-InterpreT's code. That code forms its cross-modal and intra-modal means of values that are
    standardised, and standardises them again; here they are standardised once, as any other
    statistic.

    Args:
        values: (..., layers, heads), NaN where not defined.
        normalisation: one of :data:`NORMALISATIONS`.

    Returns:
        Of the same shape. NaN where a value is, and where all values are equal or there is one
        alone: then nothing stands out.

    Raises:
        ValueError: for an unknown normalisation.
    """
    if normalisation not in NORMALISATIONS:
        raise ValueError(f"one of {', '.join(NORMALISATIONS)}, not {normalisation!r}")
    exact = np.asarray(values, np.float64)
    if normalisation == "none":
        return exact.astype(np.float32)
    axes = (-2, -1) if normalisation == "z" else (-2,)
    defined = ~np.isnan(exact)
    count = np.maximum(defined.sum(axis=axes, keepdims=True), 1)
    mean = np.where(defined, exact, 0).sum(axis=axes, keepdims=True) / count
    apart = exact - mean
    variance = np.where(defined, apart**2, 0).sum(axis=axes, keepdims=True) / count
    deviation = np.sqrt(variance)
    # what rounding leaves of equal values is no spread
    spread = deviation > 1e-6 * np.abs(mean)
    scores = np.where(spread, apart / np.where(spread, deviation, 1), np.nan)
    return scores.astype(np.float32)
