"""Latency of what a click needs: manifest, head matrix, a token's attention; hot, cold, HTTP.

VL-InterpreT at 120 / 600 tokens: head summary 258 / 21,164 ms, a text token 161 / 7,981 ms.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks.workload import TOKENS, milliseconds, noise_example, print_table
from tests.tensorboard_process import TensorBoardProcess
from vl_tb_plugin import SummaryWriter
from vl_tb_plugin.storage.manifest_pb2 import Slice
from vl_tb_plugin.storage.run_folder import asset_folder
from vl_tb_plugin.storage.tensor_store import TensorStore

EXAMPLES = 8


def main() -> None:
    rows = []
    for tokens in TOKENS:
        with tempfile.TemporaryDirectory() as folder:
            example = noise_example(tokens)
            with SummaryWriter(f"{folder}/logs/run") as writer:
                for number in range(EXAMPLES):
                    writer.add_vl_example(f"val/{number}", example, 0)
            rows += store_rows(tokens, folder) + http_rows(tokens, folder)
    print_table(
        "Reading: 12 x 12 heads, 768 hidden; target <= 10 ms at the server",
        ["tokens", "what", "median ms", "95 % ms"],
        rows,
    )


def store_rows(tokens: int, folder: str) -> list[list[object]]:
    (path,) = asset_folder(f"{folder}/logs/run").glob("step_*")
    weights, values = "attention/self/000003", "statistics/self/000000"
    part = Slice(path=values, offset=3)
    hot = TensorStore(path)

    def cold(read: Callable[[TensorStore], object]) -> Callable[[], object]:
        def action() -> None:
            drop_from_page_cache(path)
            store = TensorStore(path)
            read(store)
            store.close()

        return action

    actions: dict[str, Callable[[], object]] = {
        "head matrix, hot": lambda: hot.statistics(part),
        "head matrix, cold file": cold(lambda store: store.statistics(part)),
        "token, one head, hot": lambda: hot.attention(weights, 6, 3, 5),
        "token, one head, cold file": cold(lambda store: store.attention(weights, 6, 3, 5)),
        "token, mean over heads, hot": lambda: hot.attention(weights, 6, None, 5),
    }
    return [[tokens, name, *milliseconds(action)] for name, action in actions.items()]


def http_rows(tokens: int, folder: str) -> list[list[object]]:
    here = {"run": "run", "tag": "val/3", "step": 0}
    click = here | {"block": "self", "layer": 6, "query": 5}
    with TensorBoardProcess(["--logdir", f"{folder}/logs"], Path(folder) / "log.txt") as server:
        server.wait_for_runs(1)
        requests = {
            "runs": ("runs", {}),
            "examples": ("examples", {"run": "run"}),
            "manifest": ("manifest", here),
            "head matrix": ("statistics", here | {"block": "self"}),
            "token, one head": ("attention", click | {"head": 3}),
            "token, mean over heads": ("attention", click | {"head": "mean"}),
        }
        rows: list[list[object]] = []
        for name, (route, query) in requests.items():
            answer = server.get(route, **query)
            assert answer.status == 200, answer.body
            times = milliseconds(lambda route=route, query=query: server.get(route, **query))
            rows.append([tokens, f"{name}, HTTP ({len(answer.body):,} bytes)", *times])
    return rows


def drop_from_page_cache(path: Path) -> None:
    with open(path, "rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


if __name__ == "__main__":
    main()
