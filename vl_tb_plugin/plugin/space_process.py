"""The process that copies hidden states to where they are searched (``mapped_space.py``).

Started by the job queue, which tells it a :func:`space_task` through a pipe.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Sequence
from pathlib import Path

from vl_tb_plugin.analysis.projections.reduction import Progress
from vl_tb_plugin.plugin.hidden_state_catalogue import LoggedStates
from vl_tb_plugin.plugin.hidden_state_reading import StatesPortion, read_portions
from vl_tb_plugin.plugin.job_process import work
from vl_tb_plugin.plugin.mapped_space import MappedSpaces
from vl_tb_plugin.plugin.request import BadRequest
from vl_tb_plugin.plugin.store_cache import StoreCache
from vl_tb_plugin.storage.run_folder import store_path

MODULE = "vl_tb_plugin.plugin.space_process"


def space_task(cache: Path, run_folder: Path, groups: Sequence[LoggedStates], layer: int) -> bytes:
    """What the process is told: whose states, of which layer, and the folder of the copies."""
    return pickle.dumps((cache, run_folder, tuple(groups), layer))


def _copy(task: bytes, progress: Progress) -> None:
    cache, run_folder, groups, layer = pickle.loads(task)
    stores = StoreCache()

    def read(some: Sequence[LoggedStates]) -> Iterable[StatesPortion]:
        return read_portions(some, layer, lambda store: stores.open(store_path(run_folder, store)))

    MappedSpaces(cache).make(run_folder, groups, layer, read, progress)


if __name__ == "__main__":
    work(_copy, (BadRequest, OSError))
