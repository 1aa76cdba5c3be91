"""What was logged: runs, tags, steps and manifests, read through TensorBoard's data provider."""

from __future__ import annotations

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from tensorboard import context as tensorboard_context
from tensorboard.data import provider

from vl_tb_plugin.plugin.listed_run import ListedRun
from vl_tb_plugin.plugin.request import NotFound
from vl_tb_plugin.storage import manifest_pb2
from vl_tb_plugin.storage.evaluation_manifest import EVALUATION_SUFFIX
from vl_tb_plugin.storage.manifest import UnreadableManifest, parse_manifest
from vl_tb_plugin.storage.run_folder import PLUGIN_NAME

_FRESH_SECONDS = 1.0
_MOST_FRESH_SECONDS = 10.0
_CACHED_BYTES = 32 << 20
_TAGS_PER_READ = 32
_EVERY_STEP = 1 << 31


@dataclass(frozen=True)
class LoggedManifest:
    """One event: when, and what it said (serialised)."""

    step: int
    wall_time: float
    payload: bytes


@dataclass(frozen=True)
class LoggedSeries:
    """All steps of one tag, ascending, the last written of each step."""

    manifests: tuple[LoggedManifest, ...]

    @property
    def size(self) -> int:
        """Bytes of all payloads."""
        return sum(len(manifest.payload) for manifest in self.manifests)


@dataclass(frozen=True, eq=False)
class _Listing:
    runs: dict[str, ListedRun]
    until: float
    """When, on the monotonic clock, it is too old."""


class RunIndex:
    """Lists and reads manifests. Keeps the latest used series in memory, within a bound."""

    def __init__(self, data_provider: provider.DataProvider):
        self._provider = data_provider
        self._lock = threading.Lock()
        self._listings: dict[str, _Listing] = {}
        self._series: OrderedDict[tuple[Any, ...], LoggedSeries] = OrderedDict()
        self._cached_bytes = 0

    def runs(self, experiment: str) -> dict[str, ListedRun]:
        """Every run, as listed a moment ago.

        Of very many tags a listing takes long: it is kept so long that a twentieth of the time goes
        into it, but for ten seconds at most.
        """
        with self._lock:
            known = self._listings.get(experiment)
        asked = time.monotonic()
        if known is not None and asked < known.until:
            return known.runs
        listed = self._provider.list_tensors(
            tensorboard_context.RequestContext(),
            experiment_id=experiment,
            plugin_name=PLUGIN_NAME,
        )
        made = time.monotonic()
        fresh = min(max(_FRESH_SECONDS, 19 * (made - asked)), _MOST_FRESH_SECONDS)
        runs = {run: ListedRun(run, tags) for run, tags in listed.items()}
        with self._lock:
            self._listings[experiment] = _Listing(runs, made + fresh)
        return runs

    def tags(self, experiment: str, run: str) -> Mapping[str, Any]:
        """Tags of one run's examples."""
        return self._listed(experiment, run).examples

    def version(self, experiment: str, runs: list[str] | None = None) -> str:
        """Changes whenever something was logged to one of the runs (default: all)."""
        digest = hashlib.blake2b(digest_size=8)
        for run, listed in sorted(self.runs(experiment).items()):
            if runs is None or run in runs:
                digest.update(listed.digest)
        return digest.hexdigest()

    def all_series(self, experiment: str, run: str) -> dict[str, LoggedSeries]:
        """Every step of every tag of a run, tags in order."""
        return self.series(experiment, run, sorted(self.tags(experiment, run)))

    def series(self, experiment: str, run: str, tags: list[str]) -> dict[str, LoggedSeries]:
        """Every step of the given tags of a run."""
        return self._latest(experiment, run, self.tags(experiment, run), tags)

    def evaluations(self, experiment: str, run: str) -> dict[str, LoggedSeries]:
        """Every step of every evaluation of a run, by the tag that the user gave, in order."""
        known = self._listed(experiment, run).evaluations
        series = self._latest(experiment, run, known, sorted(known))
        return {tag.removesuffix(EVALUATION_SUFFIX): one for tag, one in series.items()}

    def _listed(self, experiment: str, run: str) -> ListedRun:
        runs = self.runs(experiment)
        if run not in runs:
            raise NotFound(f"There is no run {run!r} with examples or evaluations (any more).")
        return runs[run]

    def _latest(
        self, experiment: str, run: str, known: Mapping[str, Any], tags: list[str]
    ) -> dict[str, LoggedSeries]:
        result: dict[str, LoggedSeries] = {}
        missing = []
        for tag in tags:
            if tag not in known:
                raise NotFound(f"Run {run!r} has no example {tag!r} (any more).")
            cached = self._cached(self._key(experiment, run, tag, known[tag]))
            if cached is None:
                missing.append(tag)
            else:
                result[tag] = cached
        # in portions: one answer of the data server may not exceed 256 MiB
        for start in range(0, len(missing), _TAGS_PER_READ):
            portion = missing[start : start + _TAGS_PER_READ]
            for tag, series in self._read(experiment, run, portion).items():
                self._keep(self._key(experiment, run, tag, known[tag]), series)
                result[tag] = series
        return {tag: result[tag] for tag in tags if tag in result}

    def manifest(
        self, experiment: str, run: str, tag: str, step: int
    ) -> tuple[LoggedManifest, manifest_pb2.Manifest]:
        """One example at one step."""
        series = self.series(experiment, run, [tag]).get(tag, LoggedSeries(()))
        for logged in series.manifests:
            if logged.step == step:
                return logged, readable(logged)
        steps = [logged.step for logged in series.manifests]
        raise NotFound(f"Example {tag!r} of run {run!r} has no step {step}, only {steps}.")

    def _read(self, experiment: str, run: str, tags: list[str]) -> dict[str, LoggedSeries]:
        read = self._provider.read_tensors(
            tensorboard_context.RequestContext(),
            experiment_id=experiment,
            plugin_name=PLUGIN_NAME,
            downsample=_EVERY_STEP,
            run_tag_filter=provider.RunTagFilter(runs=[run], tags=tags),
        )
        return {tag: _series(data) for tag, data in read.get(run, {}).items()}

    @staticmethod
    def _key(experiment: str, run: str, tag: str, listed: Any) -> tuple[Any, ...]:
        return experiment, run, tag, listed.max_step, listed.max_wall_time

    def _cached(self, key: tuple[Any, ...]) -> LoggedSeries | None:
        with self._lock:
            series = self._series.get(key)
            if series is not None:
                self._series.move_to_end(key)
            return series

    def _keep(self, key: tuple[Any, ...], series: LoggedSeries) -> None:
        with self._lock:
            if key not in self._series:
                self._cached_bytes += series.size
            self._series[key] = series
            while self._cached_bytes > _CACHED_BYTES and len(self._series) > 1:
                _, dropped = self._series.popitem(last=False)
                self._cached_bytes -= dropped.size


def readable(logged: LoggedManifest) -> manifest_pb2.Manifest:
    """The manifest of an event; an unreadable one becomes an answer that says so."""
    try:
        return parse_manifest(logged.payload)
    except UnreadableManifest as error:
        raise NotFound(str(error)) from error


def _series(data: list[Any]) -> LoggedSeries:
    latest: dict[int, LoggedManifest] = {}
    for datum in data:
        payload = np.asarray(datum.numpy).item()
        logged = LoggedManifest(datum.step, datum.wall_time, payload)
        earlier = latest.get(datum.step)
        if earlier is None or earlier.wall_time <= logged.wall_time:
            latest[datum.step] = logged
    return LoggedSeries(tuple(latest[step] for step in sorted(latest)))
