"""Which statistics there are, and how to say what each of them is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from vl_tb_plugin.analysis.block_axes import FloatArray
from vl_tb_plugin.analysis.head_sums import HeadSums

Compute = Callable[[HeadSums], FloatArray]


@dataclass(frozen=True)
class HeadStatistic:
    """A statistic of a head and how to say what it is."""

    name: str
    title: str
    unit: str
    description: str
    compute: Compute


STATISTICS: dict[str, HeadStatistic] = {}


def statistic(title: str, unit: str, description: str) -> Callable[[Compute], Compute]:
    """Register a function as the statistic of its own name."""

    def register(compute: Compute) -> Compute:
        name = compute.__name__
        STATISTICS[name] = HeadStatistic(name, title, unit, description, compute)
        return compute

    return register
