"""Time and bytes to log an example, against a plain copy of its arrays to disk.

VL-InterpreT: 28.1 MB and 3.1 s an example at 120 tokens, 474 MB and 48.5 s at 600.
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

import numpy as np

from tests.benchmarks.workload import TOKENS, noise_example, print_table
from vl_tb_plugin import SummaryWriter
from vl_tb_plugin.storage.run_folder import asset_folder

EXAMPLES = {120: 16, 600: 6}
TARGET_MEGABYTES = {120: 4.0, 600: 45.0}


def main() -> None:
    rows = []
    for tokens in TOKENS:
        example, count = noise_example(tokens), EXAMPLES[tokens]
        with tempfile.TemporaryDirectory() as folder:
            started = time.perf_counter()
            for number in range(count):
                path = Path(folder) / f"{number}.npz"
                np.savez(
                    path,
                    attention=example.attention[0].probabilities,
                    hidden_states=example.hidden_states[0].values,
                )
                with open(path) as file:
                    os.fsync(file.fileno())
            plain = (time.perf_counter() - started) / count
            writer = SummaryWriter(f"{folder}/run")
            started = time.perf_counter()
            for number in range(count):
                writer.add_vl_example(f"val/{number}", example, 0)
            handed_over = (time.perf_counter() - started) / count
            writer.close()
            on_disk = (time.perf_counter() - started) / count
            (store,) = asset_folder(f"{folder}/run").glob("step_*")
            (events,) = Path(f"{folder}/run").glob("events*")
            size = store.stat().st_size / count / 1e6
            manifest = events.stat().st_size / count / 1e3
        rows.append(
            [
                tokens,
                f"{size:.2f} (<= {TARGET_MEGABYTES[tokens]:g})",
                manifest,
                handed_over * 1e3,
                on_disk * 1e3,
                on_disk / plain,
            ]
        )
    print_table(
        "Logging one example: 12 x 12 heads, 768 hidden, full attention, all hidden states",
        ["tokens", "MB", "manifest kB", "hand over ms", "to disk ms", "to disk / plain np.savez"],
        rows,
    )


if __name__ == "__main__":
    main()
