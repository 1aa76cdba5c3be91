"""Mean over samples and how sure it is."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


def mean_and_standard_error(values: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Mean over axis 0, and its standard error ``sd / sqrt(n)`` with ``n - 1`` in the variance.

    Args:
        values: (samples, ...), at least one sample.

    Returns:
        two float64 arrays (...); the standard error of one sample is NaN.
    """
    array = np.asarray(values, np.float64)
    count = len(array)
    if count < 2:
        return array.mean(axis=0), np.full(array.shape[1:], np.nan)
    return array.mean(axis=0), np.asarray(array.std(axis=0, ddof=1) / np.sqrt(count))
