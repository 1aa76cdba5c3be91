"""A real log of the demo, a real TensorBoard on it, a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    FrameLocator,
    Locator,
    Page,
    Request,
    expect,
    sync_playwright,
)

from tests.demo_runs import DemoRuns
from tests.tensorboard_process import TensorBoardProcess
from tests.waiting import wait_until

ROOT = Path(__file__).parents[2]
SCREENSHOTS = ROOT / "build" / "screenshots"
"""Pictures of what the tests saw, to look at; not committed."""

TOUR_SEEN = "localStorage.setItem('vl_tb_plugin.tour', 'done')"
"""Most tests are of users who know the page."""

expect.set_options(timeout=30_000)
"""A busy machine may take that long; what never comes fails all the same."""

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--enable-unsafe-swiftshader",
]


@pytest.fixture(scope="session")
def demo_server(
    demo_runs: DemoRuns, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TensorBoardProcess]:
    log = tmp_path_factory.mktemp("tensorboard") / "log.txt"
    with TensorBoardProcess(["--logdir", str(demo_runs.logdir)], log) as server:
        # every run whole: TensorBoard shows what it has while it still reads
        complete = [(24, 4)] * 3
        wait_until(
            lambda: [(run["tags"], run["last_step"]) for run in server.wait_for_runs(3)] == complete
        )
        yield server


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        instance = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield instance
        instance.close()


def looks_of(element: Locator) -> str:
    """What an element holds, but for how often its pictures were painted and in which order its
    attributes were set."""
    html = re.sub(r' data-painted="\d+"', "", element.inner_html())
    attributes = r'(?: [\w-]+="[^"]*")+'
    return re.sub(
        attributes, lambda found: " ".join(sorted(re.findall(r'[\w-]+="[^"]*"', found[0]))), html
    )


class VisionLanguageTab:
    """The plugin's tab in a page of its own, and everything that went wrong in it."""

    def __init__(self, page: Page, url: str):
        self.page = page
        self.url = url
        self.problems: list[str] = []
        self.foreign_requests: list[str] = []
        page.add_init_script(TOUR_SEEN)
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("console", self._note)
        page.on("request", self._check)

    @property
    def frame(self) -> FrameLocator:
        """The plugin's frame."""
        return self.page.frame_locator("iframe")

    def open(self, **parameters: object) -> VisionLanguageTab:
        """Open TensorBoard on the tab, in the state that the parameters describe."""
        state = "".join(f"&p.vl_tb_plugin.{name}={value}" for name, value in parameters.items())
        self.page.goto(f"{self.url}/#vl_tb_plugin{state}")
        self.frame.get_by_test_id("tab-heads").wait_for()
        return self

    def test_id(self, name: str):
        """An element of the plugin's page."""
        return self.frame.get_by_test_id(name)

    def press(self, key: str) -> None:
        """Press a key, wherever the focus is."""
        self.page.keyboard.press(key)

    def settle(self) -> None:
        """Wait until no panel is loading and nothing is fetched."""
        self.page.wait_for_load_state("networkidle")
        self.frame.locator("[aria-busy=true]").first.wait_for(state="detached")

    def screenshot(self, name: str) -> Path:
        """Keep a picture of the page."""
        self.settle()
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        path = SCREENSHOTS / f"{name}.png"
        self.page.screenshot(path=path)
        return path

    def state(self) -> dict[str, str]:
        """The parameters in the address, which follows a moment after what was chosen."""
        # the page's own clock: it may be busy painting while ours goes on
        address = self.page.evaluate(
            "() => new Promise((done) => setTimeout(() => done(location.hash), 300))"
        )
        found = re.findall(r"p\.vl_tb_plugin\.(\w+)=([^&]*)", address)
        return dict(found)

    def _note(self, message: ConsoleMessage) -> None:
        # TensorBoard's own page warns of its own libraries
        if message.type == "error" or "Content Security Policy" in message.text:
            self.problems.append(message.text)

    def _check(self, request: Request) -> None:
        if not request.url.startswith((self.url, "data:", "blob:")):
            self.foreign_requests.append(request.url)


@pytest.fixture
def open_tab(browser: Browser):
    """Open the tab of a server; checks at the end that nothing went wrong in the page."""
    opened: list[VisionLanguageTab] = []

    def open_(server: TensorBoardProcess, *, size=(1280, 800), **parameters) -> VisionLanguageTab:
        page = browser.new_page(viewport={"width": size[0], "height": size[1]})
        tab = VisionLanguageTab(page, server.url)
        opened.append(tab)
        return tab.open(**parameters)

    yield open_
    for tab in opened:
        tab.page.close()
    for tab in opened:
        assert tab.problems == []
        assert tab.foreign_requests == []


@pytest.fixture
def tab(open_tab, demo_server: TensorBoardProcess) -> VisionLanguageTab:
    """The tab on the demo's logs, as a user first meets it."""
    tab = open_tab(demo_server)
    tab.settle()
    return tab
