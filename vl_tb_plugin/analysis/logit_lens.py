"""From which layer on the output head reads what the model says in the end."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

NEVER = -1
"""Stands for a depth that there is none of."""

Depths = npt.NDArray[np.int32]


def answer_depth(ranks: npt.NDArray[np.integer], layers: Sequence[int]) -> Depths:
    """The first layer from which on the answer is the most probable output, to the last layer.

    Args:
        ranks: (layers, positions) of the answer, 0 where it is the most probable output.
        layers: number of each layer, ascending.

    Returns:
        (positions,) numbers of layers; :data:`NEVER` where the last layer does not say the answer.
    """
    return _from_which_on(np.asarray(ranks) == 0, layers)


def settled_depth(outputs: npt.NDArray[np.integer], layers: Sequence[int]) -> Depths:
    """The first layer from which on the most probable output is that of the last layer.

    Args:
        outputs: (layers, positions, k) numbers of outputs, the most probable one first.
        layers: number of each layer, ascending.

    Returns:
        (positions,) numbers of layers.
    """
    first = np.asarray(outputs)[..., 0]
    return _from_which_on(first == first[-1], layers)


def _from_which_on(holds: npt.NDArray[np.bool_], layers: Sequence[int]) -> Depths:
    """The first layer from which on something holds without interruption, (positions,)."""
    count = np.logical_and.accumulate(holds[::-1], axis=0).sum(axis=0)
    numbers = np.asarray([*layers, NEVER], np.int32)
    # where it holds in no last layer, the index len(layers) - 0 is that of NEVER
    found: Depths = numbers[len(layers) - count]
    return found
