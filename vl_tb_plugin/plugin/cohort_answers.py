"""What cohorts have to say: means, differences and histories of their samples' statistics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from vl_tb_plugin.analysis.bootstrap_interval import METHOD, bootstrap_interval
from vl_tb_plugin.analysis.emergence import RULE, emergence
from vl_tb_plugin.analysis.head_statistics import mean_of_defined
from vl_tb_plugin.analysis.paired_difference import beyond_chance, how_tested, paired_difference
from vl_tb_plugin.plugin.cohort import members
from vl_tb_plugin.plugin.cohort_reading import BlockHeads, common_heads, read_statistics
from vl_tb_plugin.plugin.computed_answers import ComputedAnswer
from vl_tb_plugin.plugin.logged_samples import LoggedSample, LoggedSamples, Samples
from vl_tb_plugin.plugin.request import NotFound
from vl_tb_plugin.plugin.run_folders import RunFolders
from vl_tb_plugin.plugin.store_cache import StoreCache


@dataclass(frozen=True)
class CohortChoice:
    """A cohort of a step, and the step that it is compared with, where there is one."""

    experiment: str
    run: str
    step: int
    cohort: str
    other: tuple[str, int] | None
    """Run and step."""

    @property
    def runs(self) -> list[str]:
        """Whose logs decide the answer."""
        return [self.run] if self.other is None else [self.run, self.other[0]]


class CohortAnswers:
    """Computes the binary answers of http_api.md, *Cohorts*."""

    def __init__(self, samples: LoggedSamples, folders: RunFolders, stores: StoreCache):
        self._samples = samples
        self._folders = folders
        self._stores = stores

    def statistics(self, choice: CohortChoice, block: str) -> ComputedAnswer:
        """Mean of every statistic over the cohort, with its interval."""
        samples = self.cohort(choice)
        heads = common_heads(block, samples)
        interval = bootstrap_interval(self._read(choice.run, samples, block, heads))
        arrays = {
            "mean": interval.mean,
            "low": interval.low,
            "high": interval.high,
            "samples": interval.samples,
            "layer_mean": mean_of_defined(interval.mean),
        }
        header = {
            "statistics": heads.statistics,
            "cohort": choice.cohort,
            "samples": len(samples),
            "interval": METHOD,
        }
        return ComputedAnswer(arrays, header)

    def history(self, choice: CohortChoice, block: str, names: Sequence[str]) -> ComputedAnswer:
        """Some statistics of the same samples at every step, and where heads emerge."""
        tags = [sample.tag for sample in self.cohort(choice)]
        by_step = self._samples.at_every_step(choice.experiment, choice.run)
        at_steps = [[samples.get(tag) for tag in tags] for samples in by_step.values()]
        heads = common_heads(block, (one for step in at_steps for one in step if one is not None))
        unknown = [name for name in names if name not in heads.statistics]
        if unknown:
            raise NotFound(
                f"Block {block!r} has no statistic {', '.join(map(repr, unknown))}, only"
                f" {list(heads.statistics)}."
            )
        logged = [
            number
            for number, samples in enumerate(at_steps)
            if any(one is not None and block in one.blocks for one in samples)
        ]
        ends: dict[int, npt.NDArray[np.float32]] = {}
        intervals = []
        for number, samples in enumerate(at_steps):
            values = self._read(choice.run, samples, block, heads, names)
            if number in (logged[0], logged[-1]):
                ends[number] = values
            intervals.append(bootstrap_interval(values))
        mean = np.stack([one.mean for one in intervals], axis=1)
        changed = beyond_chance(ends[logged[-1]] - ends[logged[0]])
        emerged = emergence(np.moveaxis(mean, 1, 0)[logged], changed)
        arrays = {
            "mean": mean,
            "low": np.stack([one.low for one in intervals], axis=1),
            "high": np.stack([one.high for one in intervals], axis=1),
            "layer_mean": mean_of_defined(mean),
            "emergence": np.where(emerged < 0, -1, np.array(logged, np.int32)[emerged]),
        }
        header = {
            "steps": list(by_step),
            "statistics": list(names),
            "cohort": choice.cohort,
            "samples": len(tags),
            "interval": METHOD,
            "emergence_rule": f"{RULE} {how_tested(len(tags))}",
        }
        return ComputedAnswer(arrays, header)

    def difference(self, choice: CohortChoice, block: str) -> ComputedAnswer:
        """Other step minus this one, sample by sample of the cohort."""
        pairs = self.pairs(choice)
        first, second = [one for one, _ in pairs], [other for _, other in pairs]
        heads = common_heads(block, [*first, *second])
        assert choice.other is not None
        here = self._read(choice.run, first, block, heads)
        there = self._read(choice.other[0], second, block, heads)
        found = paired_difference(there - here)
        arrays: dict[str, npt.NDArray[Any]] = {
            "difference": found.difference,
            "low": found.low,
            "high": found.high,
            "effect": found.effect,
            "beyond_chance": found.beyond_chance.astype(np.uint8),
            "layer_mean": mean_of_defined(found.difference),
        }
        header = {
            "statistics": heads.statistics,
            "cohort": choice.cohort,
            "samples": len(pairs),
            "interval": METHOD,
            "test": how_tested(len(pairs)),
        }
        return ComputedAnswer(arrays, header)

    def samples(self, choice: CohortChoice) -> tuple[Samples, Samples | None]:
        """Every sample of the step, and of the other, where there is one."""
        here = self._samples.at(choice.experiment, choice.run, choice.step)
        if choice.other is None:
            return here, None
        return here, self._samples.at(choice.experiment, *choice.other)

    def cohort(self, choice: CohortChoice) -> list[LoggedSample]:
        """The cohort's samples, by tag."""
        here, there = self.samples(choice)
        return [here[tag] for tag in members(choice.cohort, here, there)]

    def pairs(self, choice: CohortChoice) -> list[tuple[LoggedSample, LoggedSample]]:
        """The cohort's samples, each with that of the same tag at the other step."""
        here, there = self.samples(choice)
        assert there is not None
        tags = members(choice.cohort, here, there)
        found = [(here[tag], there[tag]) for tag in tags if tag in there]
        if not found:
            raise NotFound(
                f"No example of cohort {choice.cohort!r} was logged at both steps: examples are"
                f" matched by tag ({tags[0]!r}, say)."
            )
        return found

    def _read(
        self,
        run: str,
        samples: Sequence[LoggedSample | None],
        block: str,
        heads: BlockHeads,
        names: Sequence[str] | None = None,
    ) -> npt.NDArray[np.float32]:
        folder = self._folders.folder(run)
        names = heads.statistics if names is None else names
        return read_statistics(samples, block, heads, names, folder, self._stores)
