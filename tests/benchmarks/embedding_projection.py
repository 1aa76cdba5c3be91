"""Time and memory of projections and neighbours over very many hidden states, on the server.

Principal components of 1,000,000 points of one layer and step (768 features, sixteen bits), t-SNE
and UMAP of 50,000, and the neighbours of single points among the million. One step is logged: that
is what is read for one layer and step. Processor seconds stand beside those of the clock, so that
what else the machine does can be told apart; memory is the largest that a process held, of which
pages that are mapped from files are ``shared``.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from tests.benchmarks.embedding_workload import LAYER, RUN, TOKENS, example_count, workload
from tests.benchmarks.workload import print_table
from tests.tensorboard_process import TensorBoardProcess

MANY, SOME = 1_000_000, 50_000
QUERIES = 40
HERE = {"run": RUN, "step": 0, "layer": LAYER}
LIMIT_SECONDS = {"pca": 20, "tsne": 180, "umap": 180}


class Watched:
    """Memory and processor time of a server and of the processes that it starts, while entered."""

    def __init__(self, server: TensorBoardProcess):
        self._server = psutil.Process(server.process.pid)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self.peak: dict[str, float] = {}
        self.own: dict[str, float] = {}
        self.seconds: dict[int, float] = {}

    def __enter__(self) -> Watched:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.05):
            for process in [self._server, *self._server.children()]:
                try:
                    name = _name(process)
                    memory = process.memory_info()
                    self.seconds[process.pid] = _processor(process)
                except psutil.Error:
                    continue  # it has just ended
                self.peak[name] = max(self.peak.get(name, 0), memory.rss / 1e6)
                own = (memory.rss - memory.shared) / 1e6
                self.own[name] = max(self.own.get(name, 0), own)


def _name(process: psutil.Process) -> str:
    command = " ".join(process.cmdline())
    if "projection_process" in command:
        return "job"
    return "server" if "tensorboard.main" in command else "data server"


def _processor(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def projected(server: TensorBoardProcess, method: str) -> list[object]:
    """A row: how long until the points are there, and what that took."""
    seen: list[float] = []
    started = time.perf_counter()
    with Watched(server) as watched:
        answer = server.get("projection", **HERE, method=method, timeout=600)
        while answer.status == 202:
            job = answer.json["job"]
            assert job["state"] in ("waiting", "running"), job
            seen.append(job["progress"])
            time.sleep(0.25)
            answer = server.get("projection", **HERE, method=method, timeout=600)
    elapsed = time.perf_counter() - started
    assert answer.status == 200, answer.body
    again = time.perf_counter()
    answer = server.get("projection", **HERE, method=method)
    again = time.perf_counter() - again
    jobs = [seconds for pid, seconds in watched.seconds.items() if pid != server.process.pid]
    return [
        method,
        len(answer.array("positions")),
        elapsed,
        LIMIT_SECONDS[method],
        max(jobs, default=0.0),
        len(set(seen)),
        watched.peak.get("job", 0.0),
        watched.peak["server"],
        again,
        len(answer.body) / 1e6,
    ]


def neighbours(server: TensorBoardProcess, examples: int) -> list[list[object]]:
    """Rows: milliseconds of the first query, which copies the states to a file, and of others."""
    rng = np.random.default_rng(0)
    process = psutil.Process(server.process.pid)

    def ask(**options: Any) -> tuple[float, float]:
        tag, token = f"val/{rng.integers(examples):05d}", int(rng.integers(TOKENS))
        before, started = _processor(process), time.perf_counter()
        place = {**HERE, "tag": tag, "sequence": "joint", "token": token}
        while (answer := server.get("neighbours", **place, timeout=600, **options)).status == 202:
            time.sleep(0.1)
        assert answer.status == 200, answer.body
        elapsed = time.perf_counter() - started
        return elapsed * 1e3, (_processor(process) - before) * 1e3

    rows: list[list[object]] = []
    with Watched(server) as watched:
        first = ask()
    kinds = {
        "cosine": {},
        "l2": {"metric": "l2"},
        "cosine, of the words": {"modality": "text"},
        "cosine, each word once": {"distinct": 1},
    }
    rows.append(["the first", 1, *first, first[0], watched.peak["server"], watched.own["server"]])
    for name, options in kinds.items():
        ask(**options)
        with Watched(server) as watched:
            times = np.array([ask(**options) for _ in range(QUERIES)])
        p50, p95 = np.percentile(times[:, 0], [50, 95])
        work = times[:, 1].mean()
        memory = [watched.peak["server"], watched.own["server"]]
        rows.append([name, QUERIES, float(p50), float(work), float(p95), *memory])
    return rows


def measure(logdir: Path, folder: Path, methods: list[str], points: int, search: bool) -> None:
    with TensorBoardProcess(["--logdir", str(logdir)], folder / "log.txt") as server:
        examples = example_count(points)
        while server.get("runs").json["runs"][:1] != [
            {"run": RUN, "tags": examples, "last_step": 0}
        ]:
            time.sleep(1)
        server.get("examples", run=RUN)  # the page lists them before it asks for anything else
        if methods:
            print_table(
                f"Projections of {points:,} points x 768",
                [
                    "method",
                    "points",
                    "seconds",
                    "limit",
                    "of the processor",
                    "states of progress seen",
                    "peak MB of the job",
                    "of the server",
                    "s again",
                    "MB",
                ],
                [projected(server, method) for method in methods],
            )
        if search:
            print_table(
                f"Neighbours among {points:,} points x 768 (p95 <= 100 ms)",
                ["metric", "times", "p50 ms", "of the processor", "p95 ms", "peak MB", "own"],
                neighbours(server, examples),
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--folder", type=Path, help="where the logs are kept from run to run")
    parser.add_argument("--many", type=int, default=MANY)
    parser.add_argument("--some", type=int, default=SOME)
    parser.add_argument("--only", choices=["pca", "tsne", "umap", "neighbours"])
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or Path(temporary)
        os.environ["XDG_CACHE_HOME"] = temporary
        wanted = [arguments.only] if arguments.only else [*LIMIT_SECONDS, "neighbours"]
        if {"pca", "neighbours"} & set(wanted):
            logdir = workload(folder, arguments.many)
            methods = ["pca"] if "pca" in wanted else []
            measure(logdir, Path(temporary), methods, arguments.many, "neighbours" in wanted)
        if {"tsne", "umap"} & set(wanted):
            logdir = workload(folder, arguments.some)
            methods = [one for one in ("tsne", "umap") if one in wanted]
            measure(logdir, Path(temporary), methods, arguments.some, False)


if __name__ == "__main__":
    main()
