"""What cohorts need of every manifest: what became of the example, where its statistics lie.

A manifest takes a tenth of a millisecond to parse and hundreds of a run are asked together, so this
little of each is kept.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vl_tb_plugin.plugin.request import NotFound
from vl_tb_plugin.plugin.run_index import LoggedSeries, RunIndex
from vl_tb_plugin.storage import manifest_pb2
from vl_tb_plugin.storage.manifest import UnreadableManifest, field_values, parse_manifest

_CACHED_SAMPLES = 1 << 15
"""At about 2 KB each."""


@dataclass(frozen=True, slots=True)
class LoggedBlock:
    """The statistics of one attention block: (statistics, layers, heads) in a store's part."""

    layers: tuple[int, ...]
    heads: int
    statistics: tuple[str, ...]
    """The user's metrics after the statistics."""
    part: str
    """Path of the stacked array."""
    offset: int
    """Entry of this example in it."""


@dataclass(frozen=True, slots=True)
class LoggedSample:
    """One example at one step."""

    run: str
    step: int
    tag: str
    store: str
    correct: bool | None
    prediction: str | None
    fields: Mapping[str, float | str | bool]
    blocks: Mapping[str, LoggedBlock]


Samples = Mapping[str, LoggedSample]
"""The samples of a step by tag, tags in order."""


@dataclass(frozen=True)
class _Run:
    steps: tuple[int, ...]
    samples: dict[int, Samples]

    @property
    def size(self) -> int:
        return sum(len(samples) for samples in self.samples.values())


class LoggedSamples:
    """Reads samples from manifests and keeps those of the latest used runs."""

    def __init__(self, index: RunIndex):
        self._index = index
        self._runs: OrderedDict[tuple[str, str, str], _Run] = OrderedDict()
        self._lock = threading.Lock()

    def steps(self, experiment: str, run: str) -> tuple[int, ...]:
        """Every step at which the run has examples, ascending."""
        return self._run(experiment, run, ()).steps

    def at(self, experiment: str, run: str, step: int) -> Samples:
        """The samples of a run at a step; raises ``NotFound`` where it has none."""
        found = self._run(experiment, run, (step,))
        if step not in found.samples:
            raise NotFound(f"Run {run!r} has no step {step}, only {list(found.steps)}.")
        return found.samples[step]

    def at_every_step(self, experiment: str, run: str) -> Mapping[int, Samples]:
        """The samples of every step of a run, steps ascending."""
        found = self._run(experiment, run, None)
        return {step: found.samples[step] for step in found.steps}

    def _run(self, experiment: str, run: str, steps: Sequence[int] | None) -> _Run:
        """The run as it is now, at least with these steps; ``None`` stands for all."""
        key = experiment, run, self._index.version(experiment, [run])
        with self._lock:
            known = self._runs.get(key)
            if known is not None:
                self._runs.move_to_end(key)
        wanted = known.steps if known is not None and steps is None else steps
        if known is not None and wanted is not None:
            missing = set(wanted) & set(known.steps) - set(known.samples)
            if not missing:
                return known
            wanted = tuple(missing)
        series = self._index.all_series(experiment, run)
        every = sorted({logged.step for one in series.values() for logged in one.manifests})
        chosen = set(every if wanted is None else wanted) & set(every)
        found = _Run(tuple(every), _samples(run, series, chosen))
        with self._lock:
            earlier = self._runs.get(key)
            if earlier is not None:
                found.samples.update(earlier.samples)
            self._runs[key] = found
            self._runs.move_to_end(key)
            while (
                len(self._runs) > 1 and sum(x.size for x in self._runs.values()) > _CACHED_SAMPLES
            ):
                self._runs.popitem(last=False)
        return found


def _samples(run: str, series: Mapping[str, LoggedSeries], steps: set[int]) -> dict[int, Samples]:
    found: dict[int, dict[str, LoggedSample]] = {step: {} for step in steps}
    alike: dict[tuple[str, ...], tuple[str, ...]] = {}
    for tag, one in series.items():
        for logged in one.manifests:
            if logged.step in steps:
                try:
                    manifest = parse_manifest(logged.payload)
                except UnreadableManifest:
                    continue  # the picker says so of the example
                found[logged.step][tag] = _sample((run, logged.step, tag), manifest, alike)
    return dict(found)


def _sample(
    where: tuple[str, int, str],
    manifest: manifest_pb2.Manifest,
    alike: dict[tuple[str, ...], tuple[str, ...]],
) -> LoggedSample:
    blocks = {}
    for block in manifest.attention:
        names = (*block.statistics, *block.metrics)
        part = block.statistics_slice
        blocks[block.name] = LoggedBlock(
            tuple(block.layers),
            block.heads,
            alike.setdefault(names, names),  # one tuple for all samples
            part.path,
            part.offset,
        )
    return LoggedSample(
        *where,
        manifest.store,
        manifest.correct if manifest.HasField("correct") else None,
        manifest.prediction if manifest.HasField("prediction") else None,
        field_values(manifest.fields),
        blocks,
    )
