"""What the statistics share: means over the rows of a modality; NaN over nothing."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from vl_tb_plugin.analysis.block_axes import FloatArray
from vl_tb_plugin.analysis.head_sums import HeadSums

SINK_FACTOR = 10.0
"""A key is a sink where it receives more than this many times the uniform weight."""


def mean_of_defined(values: FloatArray) -> FloatArray:
    """Mean over the last axis of what is defined; NaN where nothing is."""
    defined = ~np.isnan(values)
    count = defined.sum(axis=-1)
    total = np.where(defined, values, 0).sum(axis=-1, dtype=np.float64)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan).astype(np.float32)


def received(sums: HeadSums) -> FloatArray:
    """(heads, keys): weight that each key received from text and image rows."""
    total: FloatArray = sums.received.sum(axis=1)
    return total


def sinks(sums: HeadSums) -> npt.NDArray[np.bool_]:
    """(heads, keys): the first key, and those that receive more than :data:`SINK_FACTOR` times the
    uniform weight in the mean over text and image rows.

    Source: Xiao et al., *Efficient streaming language models with attention sinks* (ICLR 2024).
    """
    uniform = 1.0 / np.maximum(sums.admitted, 1)
    average = received(sums) / np.maximum(sums.content_rows, 1)[:, None]
    sink: npt.NDArray[np.bool_] = average > SINK_FACTOR * uniform[:, None]
    return sink | sums.axes.first_key


def mass(sums: HeadSums, rows: int, keys: npt.NDArray[np.bool_]) -> FloatArray:
    """(heads,): mean over the rows of a modality of the sum over ``keys``."""
    if not keys.any():
        return sums.undefined()
    return mean(sums.received[:, rows] @ keys.astype(np.float32), sums.rows[:, rows])


def mean(total: FloatArray, count: npt.NDArray[np.int64]) -> FloatArray:
    """(heads,): a sum as a mean; NaN over nothing."""
    return ratio(total, count.astype(np.float64))


def ratio(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    """(heads,): NaN where there is nothing to divide by."""
    defined = denominator > 0
    return np.where(defined, numerator / np.where(defined, denominator, 1), np.nan)
