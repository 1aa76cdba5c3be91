"""Very many points in a real browser: the Embeddings view beside TensorBoard's own projector.

The same states (768 features), 10,000, 100,000 and 1,000,000 of them. *First picture*: from opening
the page, TensorBoard's own included, to the first frame in which points were drawn and shown; the
view's projection was fitted before, by the server, while the projector gets the states themselves
and finds their principal components in the page. *Pan*: milliseconds between two frames while the
plot is dragged, and how many points such a frame draws; the view draws as many of them as there is
time for, and all of them when it rests. *At rest*: from opening the page until then.

The projector asks the server for at most 100,000 points, without a word, fits its principal
components to 200 random combinations of the features and, of t-SNE and UMAP, to at most 10,000 and
5,000 points: its last row stands for a million as far as it shows one. It is given up, and says so,
after ten minutes without a picture.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
import threading
import time
from pathlib import Path

import psutil
from playwright.sync_api import Browser, Error, Frame, Page, Playwright, sync_playwright

from tests.benchmarks.embedding_workload import (
    FEATURES,
    LAYER,
    RUN,
    example,
    example_count,
    workload,
)
from tests.benchmarks.workload import print_table
from tests.end_to_end.conftest import FLAGS, TOUR_SEEN
from tests.tensorboard_process import TensorBoardProcess

POINTS = (10_000, 100_000, 1_000_000)
MOST_OF_THE_PROJECTOR = 100_000
REPEATS = 3
MOVES = 40
REST_SECONDS = 2
LONGEST_SECONDS = 300
PATIENCE_SECONDS = 600
"""For the projector: its page may not answer for minutes."""

WATCH = """() => {
  // points drawn, by frame; a frame is shown when the next one begins
  window.drawn = { first: null, last: null, frames: [] };
  let here = 0;
  const note = (count) => {
    if (here === 0) requestAnimationFrame((now) => {
      window.drawn.frames.push([now, here]);
      window.drawn.last = performance.timeOrigin + now;
      window.drawn.first ??= window.drawn.last;
      here = 0;
    });
    here += count;
  };
  for (const kind of [window.WebGLRenderingContext, window.WebGL2RenderingContext]) {
    if (!kind) continue;
    for (const [name, at] of [["drawArrays", 2], ["drawElements", 1], ["drawArraysInstanced", 3]]) {
      const draw = kind.prototype[name];
      if (draw) kind.prototype[name] = function (...given) {
        if (given[0] === this.POINTS && given[at] >= 1000) note(given[at]);
        return draw.apply(this, given);
      };
    }
  }
}"""


class Opened:
    """A page on which points are drawn, and what its watcher saw."""

    def __init__(self, browser: Browser, url: str):
        self.page: Page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
        self.page.add_init_script(f"({WATCH})()")
        self.page.add_init_script(TOUR_SEEN)
        self.opened = time.time()
        self.page.goto(url)

    def frame(self) -> Frame:
        """The one in which points were drawn, as soon as they were."""
        deadline = time.monotonic() + LONGEST_SECONDS
        while time.monotonic() < deadline:
            for frame in self.page.frames:
                if frame.evaluate("window.drawn?.first ?? null") is not None:
                    return frame
            self.page.wait_for_timeout(20)
        raise AssertionError("No points were drawn.")

    def first(self) -> float:
        """Seconds to the first picture."""
        return self.frame().evaluate("drawn.first") / 1e3 - self.opened

    def rest(self) -> float:
        """Seconds until the last frame, after which none followed for a while."""
        frame = self.frame()
        before, deadline = None, time.monotonic() + LONGEST_SECONDS
        while time.monotonic() < deadline:
            last = frame.evaluate("drawn.last")
            if last == before:
                break
            before = last
            self.page.wait_for_timeout(1e3 * REST_SECONDS)
        return last / 1e3 - self.opened

    def pan(self) -> tuple[float, float]:
        """Milliseconds between frames while the plot is dragged, and points drawn in one."""
        frame = self.frame()
        box = max(
            (canvas.bounding_box() for canvas in frame.locator("canvas").all()),
            key=lambda one: one["width"] * one["height"] if one else 0,
        )
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        mouse = self.page.mouse
        mouse.move(x, y)
        mouse.down()
        frame.evaluate("drawn.frames.length = 0")
        for move in range(MOVES):
            mouse.move(x + 3 * move, y + move)
            frame.evaluate("() => new Promise(requestAnimationFrame)")
        seen = frame.evaluate("drawn.frames")
        mouse.up()
        times = [one for one, _ in seen]
        apart = [after - before for before, after in zip(times, times[1:], strict=False)]
        return statistics.median(apart), statistics.median([count for _, count in seen])


def measured(browser: Browser, url: str, repeats: int) -> list[object]:
    """First picture, rest and pan."""
    firsts, alls, pans = [], [], []
    for _ in range(repeats):
        opened = Opened(browser, url)  # TensorBoard's own page, too
        firsts.append(opened.first())
        alls.append(opened.rest())
        pans.append(opened.pan())
        opened.page.context.close()
    apart, count = (statistics.median(column) for column in zip(*pans, strict=True))
    return [min(firsts), statistics.median(firsts), statistics.median(alls), apart, int(count)]


def projector_log(folder: Path, points: int) -> Path:
    """The same states as the projector reads them fastest: binary, without a table of names."""
    logdir = folder / f"projector_{points}"
    if not (logdir / "projector_config.pbtxt").exists():
        logdir.mkdir(parents=True)
        with open(logdir / "states.bytes", "wb") as file:
            left = points
            for number in range(example_count(points)):
                states = example(number, 0)[1][:left].astype("<f4")
                states.tofile(file)
                left -= len(states)
        (logdir / "projector_config.pbtxt").write_text(
            f'embeddings {{ tensor_name: "states" tensor_path: "states.bytes"'
            f" tensor_shape: {points} tensor_shape: {FEATURES} }}\n"
        )
    return logdir


def ours(
    browser: Browser, folder: Path, temporary: Path, points: int, repeats: int
) -> list[object]:
    logdir = workload(folder, points)
    with TensorBoardProcess(["--logdir", str(logdir)], temporary / "log.txt") as server:
        while server.get("runs").json["runs"][:1] != [
            {"run": RUN, "tags": example_count(points), "last_step": 0}
        ]:
            time.sleep(1)
        view = f"{server.url}/#vl_tb_plugin&p.vl_tb_plugin.view=embeddings"
        url = f"{view}&p.vl_tb_plugin.layer={LAYER}"
        fitted = Opened(browser, url)
        fitted.first()
        fitted.page.context.close()
        return [*measured(browser, url, repeats), from_another_view(browser, server.url, repeats)]


def from_another_view(browser: Browser, server: str, repeats: int) -> float:
    """Median of the seconds from a click on the view, of a page that shows another one."""
    times = []
    for _ in range(repeats):
        other = f"{server}/#vl_tb_plugin&p.vl_tb_plugin.view=examples&p.vl_tb_plugin.layer={LAYER}"
        opened = Opened(browser, other)
        tab = opened.page.frame_locator("iframe").get_by_test_id("tab-embeddings")
        tab.wait_for()
        opened.page.wait_for_load_state("networkidle")
        opened.opened = time.time()
        tab.click()
        times.append(opened.first())
        opened.page.context.close()
    return statistics.median(times)


def projector(
    playwright: Playwright, path: str | None, folder: Path, temporary: Path, points: int
) -> list[object]:
    logdir = projector_log(folder, points)
    with TensorBoardProcess(["--logdir", str(logdir)], temporary / "log.txt") as server:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        # nothing but its end gets an answer out of a page that works
        given_up = threading.Timer(PATIENCE_SECONDS, _kill_browsers)
        given_up.start()
        try:
            return [*measured(browser, f"{server.url}/#projector", 1), "-"]
        except (Error, AssertionError):
            return [f"none in {PATIENCE_SECONDS} s", *["-"] * 5]
        finally:
            given_up.cancel()
            browser.close()


def _kill_browsers() -> None:
    for process in psutil.Process().children(recursive=True):
        if "chrom" in process.name():
            process.kill()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--folder", type=Path, help="where the logs are kept from run to run")
    parser.add_argument("--points", type=int, nargs="*", default=POINTS)
    parser.add_argument("--repeats", type=int, default=REPEATS)
    parser.add_argument("--only", choices=["view", "projector"])
    arguments = parser.parse_args()
    path = shutil.which("chromium") or shutil.which("google-chrome")
    rows: list[list[object]] = []
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        temporary = Path(name)
        folder = arguments.folder or temporary
        for points in arguments.points:
            if arguments.only != "projector":
                browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
                times = ours(browser, folder, temporary, points, arguments.repeats)
                rows.append([points, "view", *times])
                browser.close()
            fetched = min(points, MOST_OF_THE_PROJECTOR)
            known = [row[0] for row in rows if row[1] == "projector"]
            if arguments.only != "view" and fetched not in known:
                times = projector(playwright, path, folder, temporary, fetched)
                rows.append([fetched, "projector", *times])
    print_table(
        f"Points x {FEATURES} in the browser, drawn in software",
        [
            "points",
            "",
            "first picture s",
            "median s",
            "at rest s",
            "pan ms",
            "points a frame",
            "from another view s",
        ],
        rows,
    )


if __name__ == "__main__":
    main()
