"""Which keys are attention sinks: they receive far more than their share, whatever they say.

Source: Xiao et al., *Efficient streaming language models with attention sinks* (ICLR 2024), for the
first token.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from vl_tb_plugin.analysis.block_axes import BlockAxes, FloatArray

SINK_FACTOR = 10.0
"""A key is a sink where it receives more than this many times the uniform weight."""


def is_sink(
    received: FloatArray, uniform: FloatArray | float, axes: BlockAxes
) -> npt.NDArray[np.bool_]:
    """The first key, and those that receive more than :data:`SINK_FACTOR` times ``uniform``.

    Args:
        received: (..., keys) mean weight that each key receives; NaN where that is not known.
        uniform: the weight if all keys got the same, to be broadcast against ``received``.
        axes: what the keys are.
    """
    sink: npt.NDArray[np.bool_] = np.nan_to_num(received) > SINK_FACTOR * uniform
    return sink | axes.first_key


def sink_keys(received: FloatArray, axes: BlockAxes) -> npt.NDArray[np.intp]:
    """Positions of the sinks among the keys of a block.

    Args:
        received: (keys,) mean weight that each key receives from text and image rows; NaN where
            that is not known.
        axes: what the keys are.

    Returns:
        Positions, ascending: the first key, and every key that receives more than
        :data:`SINK_FACTOR` times the uniform weight over the keys that are not padding.
    """
    padding = axes.key.positions("padding")
    uniform = 1.0 / max(len(axes.key) - len(padding), 1)
    return np.flatnonzero(is_sink(received, uniform, axes))
