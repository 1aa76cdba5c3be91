"""What the plugin's own index finds in a folder of logs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tensorboard.backend.event_processing.data_provider import MultiplexerDataProvider
from tensorboard.backend.event_processing.plugin_event_multiplexer import EventMultiplexer

from vl_tb_plugin.plugin.run_index import RunIndex, readable
from vl_tb_plugin.storage.run_folder import PLUGIN_NAME, store_path
from vl_tb_plugin.storage.tensor_store import TensorStore


def logged_runs(logdir: Path) -> dict[str, dict[str, dict[int, Any]]]:
    """Every manifest by run, tag and step; the arrays of each are there."""
    multiplexer = EventMultiplexer(tensor_size_guidance={PLUGIN_NAME: 0})
    multiplexer.AddRunsFromDirectory(str(logdir)).Reload()
    index = RunIndex(MultiplexerDataProvider(multiplexer, str(logdir)))
    runs = {
        run: {
            tag: {logged.step: readable(logged) for logged in series.manifests}
            for tag, series in index.all_series("", run).items()
        }
        for run in index.runs("")
    }
    for run, tags in runs.items():
        for steps in tags.values():
            for manifest in steps.values():
                store = TensorStore(store_path(logdir / run, manifest.store))
                for block in manifest.attention:
                    assert store.statistics(block.statistics_slice).size
    return runs
