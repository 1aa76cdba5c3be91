"""Memory of TensorBoard's processes, whatever was logged: 1 GB, then 5 GB, with clicks.

The same gigabyte inside event files would be held in the data server's memory.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import psutil

from tests.benchmarks.workload import noise_example, print_table
from tests.tensorboard_process import TensorBoardProcess
from vl_tb_plugin import SummaryWriter
from vl_tb_plugin.storage.run_folder import asset_folder

GIGABYTES = (0.0, 1.0, 5.0)
EXAMPLES_PER_STEP = 4
TARGET_MEGABYTES = 300


def main() -> None:
    rows = []
    example = noise_example(600)
    with tempfile.TemporaryDirectory() as folder:
        logdir = Path(folder) / "logs"
        step = 0
        for gigabytes in GIGABYTES:
            logdir.mkdir(exist_ok=True)
            with SummaryWriter(logdir / "run") as writer:
                while logged_bytes(logdir / "run") < gigabytes * 1e9:
                    for number in range(EXAMPLES_PER_STEP):
                        writer.add_vl_example(f"val/{number}", example, step)
                    writer.flush()
                    step += 1
            with TensorBoardProcess(["--logdir", str(logdir)], Path(folder) / "log.txt") as server:
                started = time.perf_counter()
                if step:
                    server.wait_for_runs(1, last_step=step - 1)
                seen = time.perf_counter() - started
                time.sleep(3)
                idle = megabytes(server)
                for clicked in range(step):
                    click(server, clicked)
                rows.append([gigabytes, step, seen, idle, megabytes(server)])
    print_table(
        f"Memory of TensorBoard and its data server together (<= {TARGET_MEGABYTES} MB)",
        ["GB logged", "steps", "seen after s", "idle MB", "after a click per step MB"],
        rows,
    )


def click(server: TensorBoardProcess, step: int) -> None:
    here = {"run": "run", "tag": "val/0", "step": step}
    server.get("examples", run="run")
    server.get("statistics", block="self", **here)
    server.get("attention", block="self", layer=6, head="mean", query=5, **here)


def logged_bytes(run: Path) -> int:
    return sum(path.stat().st_size for path in asset_folder(run).glob("step_*"))


def megabytes(server: TensorBoardProcess) -> float:
    parent = psutil.Process(server.process.pid)
    return sum(one.memory_info().rss for one in [parent, *parent.children(recursive=True)]) / 1e6


if __name__ == "__main__":
    main()
