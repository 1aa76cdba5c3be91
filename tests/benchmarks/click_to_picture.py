"""From a click to the painted picture, in a real browser on a real TensorBoard.

The time runs from the event's own time stamp to the second animation frame after the picture was
painted, or the matrix coloured, anew: what a user waits for. Two logs: 12 x 12 heads x 600 tokens
with all rows, and 32 x 32 heads x 2,048 tokens with the 64 rows of the words. Last, what the tab's
memory grows by as it plays through a hundred checkpoints, and again.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from playwright.sync_api import CDPSession, Frame, Locator, Page, sync_playwright

from tests.benchmarks.workload import noise_example, print_table
from tests.end_to_end.conftest import FLAGS
from tests.logged_examples import grid_boxes, joint_example, softmaxed_noise
from tests.tensorboard_process import TensorBoardProcess
from vl_tb_plugin import Attention, Example, SummaryWriter, TokenSequence

TARGET_MILLISECONDS = 100
STEPS = (0, 100, 200)
ROUNDS = 24
PLAYED_STEPS = 100
JUMP = 211
"""Cells between two heads that are clicked: to another layer, and not the next one."""

WATCH = """() => {
  window.measured = null;
  const painted = () => [...document.querySelectorAll("[data-painted]")]
    .map((canvas) => canvas.dataset.painted).join() + "|" + (window.coloured ?? "");
  // a few cells stand for all: to read a thousand names in every frame would cost a frame
  const cells = () => document.querySelector(".heads-main .description")?.textContent
    + [...document.querySelectorAll(".cell:nth-child(3)")].map((cell) => cell.ariaLabel).join();
  window.arm = (watched) => {
    const look = watched === "matrix" ? cells : painted;
    const before = look();
    window.measured = null;
    const begin = (event) => {
      removeEventListener(event.type, begin, true);
      const wait = () => {
        const busy = document.querySelector("[aria-busy=true]");
        if (busy || look() === before) return requestAnimationFrame(wait);
        requestAnimationFrame(() => { window.measured = performance.now() - event.timeStamp; });
      };
      requestAnimationFrame(wait);
    };
    for (const type of ["click", "keydown", "change"]) addEventListener(type, begin, true);
  };
}"""


@dataclass
class Workload:
    """A log of so many examples."""

    name: str
    example: Callable[[int], Example]
    examples: int
    patches: bool
    """Whether what patches look at was logged."""


def large_example(seed: int) -> Example:
    """32 x 32 heads, 2,048 tokens: 64 words, whose rows alone are kept, and 44 x 45 patches."""
    rng = np.random.default_rng(seed)
    words, patches = 64, 1984
    boxes = np.full((words + patches, 4), np.nan)
    boxes[words:] = grid_boxes(45)[:patches]
    sequence = TokenSequence(
        [f"word{position}" for position in range(words)]
        + [f"patch{position}" for position in range(patches)],
        ["text"] * words + ["image"] * patches,
        boxes=boxes,
    )
    weights = softmaxed_noise((32, 32, words, words + patches), rng)
    return Example(
        sequence,
        Attention(weights, rows=list(range(words))),
        images=[rng.integers(0, 255, (448, 448, 3), dtype=np.uint8)],
        text=f"what is in picture {seed} ?",
        prediction="cat",
        target="dog",
    )


WORKLOADS = (
    Workload("12 x 12 heads x 600 tokens", lambda seed: noise_example(600, seed), 3, True),
    Workload("32 x 32 heads x 2,048 tokens, rows of 64 words", large_example, 2, False),
)


class HeadCells:
    """The cells of a matrix of heads, by place: of a large one most are no elements."""

    def __init__(self, matrix: Locator):
        self._rows = matrix.locator("[role=row]")
        self._columns = matrix.locator(".matrix-head")
        self._heads = self._columns.count()
        self._count = self._rows.count() * self._heads

    def click(self, number: int) -> None:
        """Click on a cell, counted row by row and from the first again after the last."""
        line, column = divmod(number % self._count, self._heads)
        row, place = self._rows.nth(line), self._columns.nth(column).bounding_box()
        at = place["x"] + place["width"] / 2 - row.bounding_box()["x"]
        row.click(position={"x": at, "y": row.bounding_box()["height"] / 2})


class Clicks:
    """Does one thing after another and notes how long each took."""

    def __init__(self, page: Page, frame: Frame):
        self.page, self.frame = page, frame
        self.times: dict[str, list[float]] = {}
        self.work: dict[str, list[float]] = {}
        self.session = page.context.new_cdp_session(page)
        # of the processor, not of the clock: what other programs do meanwhile does not count
        self.session.send("Performance.enable", {"timeDomain": "threadTicks"})
        self.requests = 0
        page.on("request", lambda _: setattr(self, "requests", self.requests + 1))
        frame.evaluate(WATCH)

    def settle(self) -> None:
        """Wait until nothing loads; the neighbours of what is shown, too, are there then."""
        self.frame.wait_for_function("!document.querySelector('[aria-busy=true]')")
        self.page.wait_for_timeout(350)

    def busy(self) -> float:
        """Milliseconds that the page's main thread has worked so far."""
        metrics = self.session.send("Performance.getMetrics")["metrics"]
        return 1e3 * next(item["value"] for item in metrics if item["name"] == "TaskDuration")

    def timed(self, name: str, act: Callable[[], object], watched: str = "picture") -> None:
        # keys are the page's own, not those of a matrix that was clicked
        self.frame.evaluate("watched => { document.activeElement?.blur(); arm(watched); }", watched)
        before = self.busy()
        act()
        # seldom, so that asking does not keep the page from painting
        self.frame.wait_for_function("measured !== null", timeout=20_000, polling=100)
        elapsed = self.frame.evaluate("measured")
        work = self.busy() - before
        print(f"{name}: {elapsed:.0f} ms, {work:.0f} of work", file=sys.stderr, flush=True)
        self.work.setdefault(name, []).append(work)
        self.times.setdefault(name, []).append(elapsed)
        self.settle()


def open_page(page: Page, url: str, state: str) -> Frame:
    page.goto(f"{url}/#vl_tb_plugin{state}")
    page.frame_locator("iframe").locator("canvas[data-painted]").first.wait_for()
    return next(frame for frame in page.frames if "plugin_entry" in frame.url)


def measure(
    page: Page, url: str, workload: Workload, rounds: int
) -> tuple[dict[str, list[float]], int]:
    """Milliseconds by action, and how many requests the steps needed that were fetched ahead."""
    frame = open_page(page, url, "&p.vl_tb_plugin.view=attention")
    clicks = Clicks(page, frame)
    clicks.settle()
    words = frame.locator(".words .word:not([aria-disabled])")
    count = words.count()
    cells = HeadCells(frame.locator(".navigator .matrix"))
    image = frame.locator(".attention-main .image-heat").first
    step_requests = 0
    rng = np.random.default_rng(0)
    for turn in range(rounds):
        clicks.timed("another word", words.nth((7 * turn + 1) % count).click)
        clicks.timed("another head", partial(cells.click, 5 * turn + 3))
        clicks.timed(
            "another layer (])", lambda turn=turn: page.keyboard.press("]" if turn % 9 < 6 else "[")
        )
        clicks.timed(
            "next example",
            lambda turn=turn: page.keyboard.press(
                "ArrowDown" if turn // (workload.examples - 1) % 2 == 0 else "ArrowUp"
            ),
        )
        before = clicks.requests
        clicks.timed(
            "next step",
            lambda turn=turn: page.keyboard.press("ArrowLeft" if turn % 4 < 2 else "ArrowRight"),
        )
        # after the change itself the next neighbours are fetched: as many as of one step
        step_requests = max(step_requests, clicks.requests - before)
        if workload.patches:
            box = image.bounding_box()
            place = {
                "x": box["width"] * rng.uniform(0.05, 0.95),
                "y": box["height"] * rng.uniform(0.05, 0.95),
            }
            clicks.timed("another patch", lambda place=place: image.click(position=place))
    frame = open_page(page, url, "&p.vl_tb_plugin.view=heads")
    heads_clicks = Clicks(page, frame)
    heads_clicks.settle()
    choice = frame.get_by_role("combobox", name="Statistic", exact=True)
    options = choice.locator("option").all_inner_texts()
    told = [title for title in options if not title.startswith("On the target")]
    for turn in range(rounds):
        # far apart, for what is beside the shown one is fetched ahead
        title = told[(3 + 5 * turn) % len(told)]
        if choice.locator("option:checked").inner_text() != title:
            heads_clicks.timed(
                "statistic", lambda title=title: choice.select_option(label=title), "matrix"
            )
    choice.select_option(label=told[0])  # the last one may be defined for no head
    heads_clicks.settle()
    cells = HeadCells(frame.locator(".heads-main .matrix").first)
    for turn in range(rounds):
        heads_clicks.timed("another head, in Heads", partial(cells.click, JUMP * turn + 5))
    return clicks.times | heads_clicks.times, step_requests


def heap(session: CDPSession) -> float:
    """Megabytes of JavaScript objects after a collection."""
    session.send("HeapProfiler.collectGarbage")
    metrics = {
        item["name"]: item["value"] for item in session.send("Performance.getMetrics")["metrics"]
    }
    return metrics["JSHeapUsedSize"] / 1e6


def played_memory(page: Page, url: str) -> list[float]:
    """Megabytes before, and after each time that all steps were played through."""
    frame = open_page(page, url, "&p.vl_tb_plugin.view=attention&p.vl_tb_plugin.step=0")
    clicks = Clicks(page, frame)
    clicks.settle()
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    sizes = [heap(session)]
    for key in ("ArrowRight", "ArrowLeft", "ArrowRight"):
        for _ in range(PLAYED_STEPS - 1):
            page.keyboard.press(key)
            frame.wait_for_function("!document.querySelector('[aria-busy=true]')")
        clicks.settle()
        sizes.append(heap(session))
    return sizes


def quantiles(times: list[float]) -> list[float]:
    return [statistics.median(times), float(np.percentile(times, 95)), max(times)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--only", choices=["small", "large", "memory"])
    arguments = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        for number, workload in enumerate(WORKLOADS):
            if arguments.only not in (None, ("small", "large")[number]):
                continue
            logdir = Path(folder) / f"logs{number}"
            with SummaryWriter(logdir / "run") as writer:
                for index in range(workload.examples):
                    example = workload.example(index)
                    for step in STEPS:
                        writer.add_vl_example(f"val/{index:02d}", example, step)
            with TensorBoardProcess(["--logdir", str(logdir)], Path(folder) / "out") as server:
                server.wait_for_runs(1, last_step=STEPS[-1])
                page = browser.new_page(viewport={"width": 1440, "height": 900})
                times, step_requests = measure(page, server.url, workload, arguments.rounds)
                page.close()
            rows = [
                [
                    name,
                    len(values),
                    *quantiles(values),
                    " ".join(f"{one:.0f}" for one in sorted(values)),
                ]
                for name, values in times.items()
            ]
            every = [one for values in times.values() for one in values]
            rows.append(["any click", len(every), *quantiles(every), ""])
            print_table(
                f"{workload.name}: milliseconds to the picture (p95 <= {TARGET_MILLISECONDS});"
                f" at most {step_requests} requests around a change of step",
                ["action", "times", "p50", "p95", "max", "all"],
                rows,
            )
        if arguments.only in (None, "memory"):
            logdir = Path(folder) / "played"
            with SummaryWriter(logdir / "run") as writer:
                for step in range(PLAYED_STEPS):
                    writer.add_vl_example(
                        "val/0",
                        joint_example(text_tokens=23, grid=24, layers=4, heads=4, seed=step),
                        step,
                    )
            with TensorBoardProcess(["--logdir", str(logdir)], Path(folder) / "out") as server:
                server.wait_for_runs(1, last_step=PLAYED_STEPS - 1)
                page = browser.new_page(viewport={"width": 1440, "height": 900})
                sizes = played_memory(page, server.url)
                page.close()
            print_table(
                f"JavaScript heap in MB, playing through {PLAYED_STEPS} checkpoints of 600 tokens",
                ["before", "once", "back", "again"],
                [sizes],
            )
        browser.close()


if __name__ == "__main__":
    main()
