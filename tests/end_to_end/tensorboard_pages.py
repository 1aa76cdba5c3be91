"""TensorBoard's page, loaded once and used by one test after the other."""

from __future__ import annotations

from dataclasses import dataclass, field

from playwright.sync_api import Browser, Page

TOUR_SEEN = "localStorage.setItem('vl_tb_plugin.tour', 'done')"
"""Most tests are of users who know the page."""

GO_TO = """address => {
  document.querySelector("iframe").contentWindow.location.replace(address);
}"""
"""Loads an address into the plugin's frame, as a page of TensorBoard's own origin."""

AS_NEW = """([classes, hash]) => {
  localStorage.clear();
  sessionStorage.clear();
  document.activeElement?.blur();
  document.body.className = classes;
  location.hash = hash;
}"""
"""Takes back what a test can have changed in TensorBoard's page, and sets the address."""

MOST_KEPT = 4


@dataclass(eq=False)
class TensorBoardPage:
    """TensorBoard in a browser, on the tab of the plugin."""

    page: Page
    url: str
    loaded: bool = False
    body_classes: str = field(init=False)
    plugin_address: str = field(init=False)

    def open(self, hash_: str) -> None:
        """Load the plugin's page at an address; TensorBoard's around it if it is not there yet."""
        if self.loaded:
            self.page.evaluate(AS_NEW, [self.body_classes, hash_])
            self.page.evaluate(GO_TO, self.plugin_address)
        else:
            self.page.goto(f"{self.url}/#{hash_}")
            self.plugin_address = self.page.locator("iframe").evaluate("e => e.src")
            self.body_classes = self.page.evaluate("document.body.className")
            self.loaded = True

    def leave(self) -> None:
        """End the plugin's page and what it still asks for."""
        if not self.loaded:
            self.page.close()
            return
        frame = self.page.locator("iframe").element_handle().content_frame()
        assert frame is not None
        self.page.evaluate(GO_TO, "about:blank")
        frame.wait_for_url("about:blank")
        self.page.mouse.move(0, 0)


class TensorBoardPages:
    """Loads TensorBoard's page, or finds one that a test has left.

    TensorBoard's page takes five seconds of a processor, the plugin's in its frame less than one.
    So the outer page is kept. The plugin's page is always a new one: nothing of the test before
    is in it.
    """

    def __init__(self, browser: Browser):
        self._browser = browser
        self._left: list[TensorBoardPage] = []

    def take(self, url: str, size: tuple[int, int], *, new: bool) -> TensorBoardPage:
        """A page of the TensorBoard at a URL, to be opened; in a window of that size."""
        found = [one for one in self._left if one.url == url]
        width, height = size
        if found and not new:
            self._left.remove(found[0])
            found[0].page.set_viewport_size({"width": width, "height": height})
            return found[0]
        page = self._browser.new_page(viewport={"width": width, "height": height})
        page.add_init_script(TOUR_SEEN)
        return TensorBoardPage(page, url)

    def give_back(self, one: TensorBoardPage) -> None:
        """Keep a page for the next test, unless it was closed."""
        if one.page.is_closed():
            return
        self._left.append(one)
        if len(self._left) > MOST_KEPT:
            self._left.pop(0).page.close()
