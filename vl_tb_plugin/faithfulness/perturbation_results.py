"""What perturbation tests gave, per sample and as curves over samples."""

from __future__ import annotations

from dataclasses import dataclass

from vl_tb_plugin.analysis.sample_mean import mean_and_standard_error
from vl_tb_plugin.example import PerturbationCurve, PerturbationTest


@dataclass(frozen=True)
class PerturbationResults:
    """Results for some samples; those of several batches are added: ``results + more``.

    Attributes:
        samples: the tests of each sample, to be logged as its ``Example.perturbation``.
        modality: of the tokens that were taken.
    """

    samples: tuple[tuple[PerturbationTest, ...], ...]
    modality: str

    def __add__(self, other: PerturbationResults) -> PerturbationResults:
        """Results for these samples and further ones.

        Raises:
            ValueError: if other tokens were taken there.
        """
        if not isinstance(other, PerturbationResults):
            return NotImplemented
        if other.modality != self.modality:
            raise ValueError(
                f"Results for {self.modality} and for {other.modality} tokens don't make one curve."
            )
        return PerturbationResults(self.samples + other.samples, self.modality)

    def curves(self) -> list[PerturbationCurve]:
        """Mean and standard error over samples, for each method and order."""
        kinds: dict[tuple[str, str, str, tuple[float, ...]], list[tuple[float, ...]]] = {}
        for test in (test for sample in self.samples for test in sample):
            kind = test.method, test.order, test.metric, test.fractions
            kinds.setdefault(kind, []).append(test.values)
        curves = []
        for (method, order, metric, fractions), values in kinds.items():
            mean, error = (tuple(one.tolist()) for one in mean_and_standard_error(values))
            curves.append(
                PerturbationCurve(
                    method, order, self.modality, fractions, mean, error, len(values), metric
                )
            )
        return curves
