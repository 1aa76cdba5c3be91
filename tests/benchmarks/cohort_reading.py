"""Time of the answers about cohorts of 256 examples of 600 tokens, 12 x 12 heads; cold and warm."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.workload import noise_example, print_table
from tests.logged_examples import joint_example, softmaxed_noise
from tests.tensorboard_process import TensorBoardProcess
from vl_tb_plugin import Attention, Example, SummaryWriter
from vl_tb_plugin.analysis.head_statistics import STATISTICS

EXAMPLES, STEPS, HEADS, TOKENS = 256, 8, (12, 12), 600
STATISTICS_LOGGED = 30
WHOLE = 8
"""Examples with all of their weights, for what compares rows."""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        log_statistics(Path(folder) / "logs/statistics")
        log_weights(Path(folder) / "logs/weights")
        arguments = ["--logdir", f"{folder}/logs"]
        with TensorBoardProcess(arguments, Path(folder) / "log.txt") as server:
            server.wait_for_runs(2)
            time.sleep(5)  # every step, too
            rows = [
                [name, *seconds(server, route, query)] for name, route, query in requests(server)
            ]
    print_table(
        f"Cohorts of {EXAMPLES} examples, {STATISTICS_LOGGED} statistics",
        ["what", "first ms", "again ms", "bytes"],
        rows,
    )


def requests(server: TensorBoardProcess) -> list[tuple[str, str, dict[str, Any]]]:
    """What is asked, in this order: an answer finds the manifests that those before it read."""
    here = {"run": "statistics", "step": STEPS - 1, "block": "self", "cohort": "all"}
    there = here | {"other_run": "statistics", "other_step": 0}
    weights = here | {"run": "weights", "step": 1}
    names = list(STATISTICS)[:5]
    return [
        ("examples (reads every manifest)", "examples", {"run": "statistics"}),
        ("cohorts", "cohorts", here),
        ("statistics", "cohort_statistics", here),
        ("statistics, half the cohort", "cohort_statistics", here | {"cohort": "field:loss=low"}),
        ("difference", "cohort_difference", there),
        (f"history, {STEPS} steps, 5 statistics", "cohort_history", here | {"statistic": names}),
        ("head similarity", "head_similarity", weights),
        ("head matching", "head_matching", weights | {"other_run": "weights", "other_step": 0}),
    ]


def seconds(server: TensorBoardProcess, route: str, query: dict[str, Any]) -> list[object]:
    """Milliseconds of the first answer and of the second, and its size."""
    times = []
    for _ in range(2):
        start = time.perf_counter()
        answer = server.get(route, **query)
        times.append((time.perf_counter() - start) * 1e3)
        assert answer.status == 200, answer.body
    return [*times, len(answer.body)]


def log_statistics(run: Path) -> None:
    """Manifests of full size, all statistics, the weights of one row."""
    rng = np.random.default_rng(0)
    whole = joint_example(text_tokens=23, grid=24, layers=1, heads=1)
    with SummaryWriter(run) as writer:
        for step in range(STEPS):
            for number in range(EXAMPLES):
                metrics = {
                    f"metric {metric}": rng.random(HEADS)
                    for metric in range(STATISTICS_LOGGED - len(STATISTICS))
                }
                weights = softmaxed_noise((*HEADS, 1, TOKENS), rng)
                example = Example(
                    whole.sequences,
                    Attention(weights, rows=[5], metrics=metrics),
                    text=f"question {number}",
                    correct=bool(rng.integers(2)),
                    fields={"loss": rng.random()},
                )
                writer.add_vl_example(f"val/{number:04d}", example, step)


def log_weights(run: Path) -> None:
    """Whole matrices."""
    with SummaryWriter(run) as writer:
        for step in range(2):
            for number in range(WHOLE):
                writer.add_vl_example(f"val/{number}", noise_example(TOKENS, number + step), step)


if __name__ == "__main__":
    main()
