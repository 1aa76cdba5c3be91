"""Work on two processes of one process group, as torchrun starts them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import distributed, multiprocessing

PROCESSES = 2


def on_two_processes(work: Callable[..., None], meeting: Path, *arguments: Any) -> None:
    """Call ``work(rank, *arguments)`` on two processes; what one of them raises is raised here.

    Args:
        work: a function at the top of a module.
        meeting: of the processes: a file that does not exist.
        *arguments: of ``work``.
    """
    multiprocessing.spawn(_join, (work, meeting, arguments), nprocs=PROCESSES)


def _join(rank: int, work: Callable[..., None], meeting: Path, arguments: tuple[Any, ...]) -> None:
    torch.set_num_threads(1)
    os.environ["RANK"] = str(rank)
    distributed.init_process_group(
        "gloo", init_method=f"file://{meeting}", rank=rank, world_size=PROCESSES
    )
    try:
        work(rank, *arguments)
    finally:
        distributed.destroy_process_group()
