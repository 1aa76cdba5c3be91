"""Weight of the page, and the time from opening the tab to its first picture, in Chromium.

"First picture" is the head matrix and the image under the chosen head, painted; from a fresh
browser profile, TensorBoard's own page included, and beside it that page alone (its Scalars tab on
the same log), so that what the plugin adds can be seen on any machine.
"""

from __future__ import annotations

import gzip
import shutil
import tempfile
import time
from importlib import resources
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.benchmarks.workload import noise_example, print_table
from tests.end_to_end.conftest import FLAGS
from tests.tensorboard_process import TensorBoardProcess
from vl_tb_plugin import SummaryWriter

TARGET_KILOBYTES = 100
REPEATS = 5


def main() -> None:
    static = resources.files("vl_tb_plugin") / "static"
    files = [item for item in static.iterdir() if not item.name.startswith(".")]
    weight = sum(len(gzip.compress(item.read_bytes())) for item in files) / 1e3
    with tempfile.TemporaryDirectory() as folder:
        with SummaryWriter(f"{folder}/logs/run") as writer:
            for step in range(3):
                writer.add_scalar("loss", 1.0 / (step + 1), step)
                for number in range(8):
                    writer.add_vl_example(f"val/{number}", noise_example(120, number), step)
        log = Path(folder) / "log.txt"
        with TensorBoardProcess(["--logdir", f"{folder}/logs"], log) as server:
            server.wait_for_runs(1, last_step=2)
            with sync_playwright() as playwright:
                path = shutil.which("chromium") or shutil.which("google-chrome")
                browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
                picture = [seconds_to_picture(browser, server.url) for _ in range(REPEATS)]
                scalars = [seconds_to_scalars(browser, server.url) for _ in range(REPEATS)]
                browser.close()
    picture.sort()
    scalars.sort()
    middle = REPEATS // 2
    print_table(
        f"The page: {weight:.1f} kB gzipped in all (<= {TARGET_KILOBYTES})",
        ["", "first picture s", "TensorBoard's Scalars tab s", "ratio"],
        [
            ["fastest", picture[0], scalars[0], picture[0] / scalars[0]],
            ["median", picture[middle], scalars[middle], picture[middle] / scalars[middle]],
        ],
    )


def seconds_to_picture(browser: Browser, url: str) -> float:
    page = browser.new_context().new_page()
    started = time.perf_counter()
    page.goto(f"{url}/#vl_tb_plugin")
    frame = page.frame_locator("iframe")
    frame.locator("[role=gridcell][aria-selected=true]").first.wait_for()
    frame.locator(".image-heat canvas").first.wait_for()
    elapsed = time.perf_counter() - started
    page.context.close()
    return elapsed


def seconds_to_scalars(browser: Browser, url: str) -> float:
    page = browser.new_context().new_page()
    started = time.perf_counter()
    page.goto(f"{url}/#scalars")
    page.locator("tf-scalar-card, scalar-card, tf-line-chart-data-loader").first.wait_for(
        state="attached"
    )
    elapsed = time.perf_counter() - started
    page.context.close()
    return elapsed


if __name__ == "__main__":
    main()
