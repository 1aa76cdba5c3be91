"""What t-SNE and UMAP have in common: how much of a point they see, where points start."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

KEPT_COMPONENTS = 50
"""Principal components that the neighbours of a point are sought in (van der Maaten, Hinton 2008
take 30, Kobak and Berens 2019 take 50): the rest is mostly noise, and costs time."""

Progress = Callable[[float, str], None]
"""Told of the share that is done and of what is being done."""


class MissingLibrary(ImportError):
    """A library of the extra ``projections`` is not installed; says how to get it."""

    def __init__(self, method: str):
        super().__init__(f"{method} needs: pip install 'vl_tb_plugin[projections]'")


def starting_places(
    values: npt.NDArray[np.float32], components: int, initial: npt.NDArray[np.float32] | None
) -> npt.NDArray[np.float64]:
    """Where points start: at ``initial``, else at their first principal components.

    The leading components keep the large structure that both methods lose from a random start
    (Kobak, Linderman 2021). Of fewer features than components the rest is zero.
    """
    if initial is not None:
        return initial.astype(np.float64)
    start = np.zeros((len(values), components))
    width = min(components, values.shape[1])
    start[:, :width] = values[:, :width]
    return start


def carried_on(before: npt.NDArray[np.float32], seed: int) -> npt.NDArray[np.float32]:
    """Starting places of one step from where its points were at the step before.

    Args:
        before: (points, components), NaN for points that are new: they start at the middle, about
            a hundredth of the picture's spread away in a seeded direction.
        seed: of these directions.
    """
    new = np.isnan(before).any(axis=1)
    if new.all():
        raise ValueError("no point was there before")
    known = before[~new]
    shift = np.random.default_rng(seed).standard_normal((int(new.sum()), before.shape[1]))
    start = before.copy()
    start[new] = known.mean(axis=0) + known.std(axis=0) / 100 * shift
    return start
