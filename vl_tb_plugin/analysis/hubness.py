"""Hubs: points that are among the nearest neighbours of very many others.

In spaces of many dimensions some points are near to a great many, and others to none (Radovanovic,
Nanopoulos, Ivanovic, *Hubs in Space*, JMLR 2010). How unevenly that falls is told by the skewness
of the number of neighbourhoods that each point belongs to.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vl_tb_plugin.analysis.neighbourhoods import Neighbourhoods


@dataclass(frozen=True, eq=False)
class Hubness:
    """How unevenly points are among others' neighbours.

    Attributes:
        times: (points,) int64, in how many neighbourhoods each point is; 0 for those that can't be.
        skewness: third standardised moment of ``times`` over the points that can be found; NaN
            where all are found equally often. 0: as many above the mean as below; hubs make it
            large.
        orphans: share of those points that nobody has as neighbour; NaN where there are none.
    """

    times: npt.NDArray[np.int64]
    skewness: float
    orphans: float


def hubness(found: Neighbourhoods, among: npt.NDArray[np.bool_]) -> Hubness:
    """Of the neighbourhoods of all points that ask.

    Args:
        found: their neighbourhoods.
        among: (points,) which could be found.
    """
    named = found.index[found.index >= 0]
    times = np.bincount(named, minlength=len(among))
    counted = times[among].astype(np.float64)
    if not len(counted):
        return Hubness(times, np.nan, np.nan)
    return Hubness(times, skewness(counted), float(np.mean(counted == 0)))


def skewness(values: npt.NDArray[np.float64]) -> float:
    """Third standardised moment; NaN where all values are equal."""
    centred = values - values.mean()
    variance = np.mean(centred**2)
    if variance == 0:
        return float("nan")
    return float(np.mean(centred**3) / variance**1.5)
