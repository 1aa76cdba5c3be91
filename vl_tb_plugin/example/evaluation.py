"""What was measured over many samples at one checkpoint: curves and numbers."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from vl_tb_plugin.example.array_input import InvalidExample, check_name


@dataclass(frozen=True)
class PerturbationCurve:
    """A metric as tokens are taken away, mean over samples.

    Attributes:
        method: whose maps gave the order, ``"random"`` for a random one.
        order: ``"positive"`` (most relevant first, a lower area is better) or ``"negative"``.
        modality: of the tokens that were taken, ``"image"`` or ``"text"``.
        fractions: shares of the tokens taken, between 0 and 1, ascending.
        mean: of the metric at each fraction.
        standard_error: of that mean.
        samples: how many.
        metric: its name.

    Raises:
        InvalidExample: if the lengths differ or something is out of its range.
    """

    method: str
    order: str
    modality: str
    fractions: tuple[float, ...]
    mean: tuple[float, ...]
    standard_error: tuple[float, ...]
    samples: int
    metric: str = "accuracy"

    def __post_init__(self) -> None:
        check_order(self.order)
        check_name(self.method, "perturbation method")
        check_name(self.modality, "perturbation modality")
        for name in ("fractions", "mean", "standard_error"):
            # lists and arrays are taken, too
            object.__setattr__(self, name, tuple(float(one) for one in getattr(self, name)))
        lengths = {len(self.fractions), len(self.mean), len(self.standard_error)}
        if len(lengths) != 1:
            raise InvalidExample("perturbation curve", "a mean a fraction", f"lengths {lengths}")
        check_fractions(self.fractions)
        object.__setattr__(self, "samples", _count(self.samples, "perturbation samples"))

    @property
    def area(self) -> float:
        """Under the mean over the fractions, by the trapezoidal rule; NaN of a single fraction."""
        points = list(zip(self.fractions, self.mean, strict=True))
        if len(points) < 2:
            return float("nan")
        return sum(
            (right - left) * (low + high) / 2
            for (left, low), (right, high) in itertools.pairwise(points)
        )


@dataclass(frozen=True)
class Measure:
    """One number over samples.

    Attributes:
        name: what, e.g. ``"pointing_game"``, ``"image_reliance"``.
        value: mean over the samples; NaN where there is none.
        method: whose maps, empty where it is not of maps.
        standard_error: of the mean; NaN where unknown.
        samples: how many.

    Raises:
        InvalidExample: if a name can't be part of a tag or ``samples`` is negative.
    """

    name: str
    value: float
    method: str = ""
    standard_error: float = float("nan")
    samples: int = 1

    def __post_init__(self) -> None:
        check_name(self.name, "measure name")
        if self.method:
            check_name(self.method, f"measure {self.name!r}.method")
        for name in ("value", "standard_error"):
            object.__setattr__(self, name, float(getattr(self, name)))
        samples = _count(self.samples, f"measure {self.name!r}.samples")
        object.__setattr__(self, "samples", samples)


@dataclass(frozen=True)
class Evaluation:
    """Curves and numbers of one checkpoint; log it with ``SummaryWriter.add_vl_evaluation``."""

    curves: Sequence[PerturbationCurve] = ()
    measures: Sequence[Measure] = ()


def check_order(order: str) -> None:
    """Raise :class:`InvalidExample` unless it names an order of taking tokens away."""
    if order not in ("positive", "negative"):
        raise InvalidExample("perturbation order", "'positive' or 'negative'", repr(order))


def check_fractions(fractions: Sequence[float]) -> None:
    """Raise :class:`InvalidExample` unless these are shares of tokens, each more than the last."""
    inside = all(0 <= one <= 1 for one in fractions)
    ascending = all(low < high for low, high in itertools.pairwise(fractions))
    if not fractions or not inside or not ascending:
        expected = "at least one, ascending, between 0 and 1"
        raise InvalidExample("perturbation fractions", expected, f"{list(fractions)}")


def _count(samples: int, argument: str) -> int:
    if int(samples) != samples or samples < 0:
        raise InvalidExample(argument, "a count from 0 on", f"{samples}")
    return int(samples)
