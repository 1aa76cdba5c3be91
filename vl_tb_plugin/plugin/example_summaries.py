"""What became of every example of a run, kept in memory: to parse its manifests takes longer."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Any

from vl_tb_plugin.plugin.described import described_series
from vl_tb_plugin.plugin.run_index import RunIndex

_RUNS_KEPT = 16
_TAGS_PER_READ = 32

_Version = tuple[int, float]
_Known = dict[str, tuple[_Version, dict[str, Any]]]


class ExampleSummaries:
    """Examples in the words of the route ``examples``. Keeps the latest used runs.

    Only examples that something was logged to since are read again.
    """

    def __init__(self, index: RunIndex):
        self._index = index
        self._lock = threading.Lock()
        self._runs: OrderedDict[tuple[str, str], _Known] = OrderedDict()

    def of(self, experiment: str, run: str) -> list[dict[str, Any]]:
        """Every example of a run, tags in order; shared, not to be changed."""
        listed = self._index.tags(experiment, run)
        versions = {tag: (one.max_step, one.max_wall_time) for tag, one in sorted(listed.items())}
        with self._lock:
            before = self._runs.get((experiment, run), {})
        known = {
            tag: before[tag]
            for tag, version in versions.items()
            if tag in before and before[tag][0] == version
        }
        missing = [tag for tag in versions if tag not in known]
        for start in range(0, len(missing), _TAGS_PER_READ):
            portion = missing[start : start + _TAGS_PER_READ]
            for tag, series in self._index.series(experiment, run, portion).items():
                known[tag] = (versions[tag], described_series(tag, series))
        with self._lock:
            self._runs[experiment, run] = known
            self._runs.move_to_end((experiment, run))
            if len(self._runs) > _RUNS_KEPT:
                self._runs.popitem(last=False)
        return [known[tag][1] for tag in versions if tag in known]
