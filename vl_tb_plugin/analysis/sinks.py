"""Which keys are attention sinks: they receive far more than their share, whatever they say.

Source: Xiao et al., *Efficient streaming language models with attention sinks* (ICLR 2024), for the
first token; the factor is that of the statistic ``mass_sink``.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from vl_tb_plugin.analysis.block_axes import BlockAxes, FloatArray
from vl_tb_plugin.analysis.head_statistics import SINK_FACTOR


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
    return np.flatnonzero((np.nan_to_num(received) > SINK_FACTOR * uniform) | axes.first_key)
