"""The scatter plot in a real browser, on points whose places are known."""

import io
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.end_to_end.conftest import ROOT

FRONTEND = ROOT / "plugin_frontend"
STYLES = ("base", "controls", "chart", "head_panels", "scatter")
BLUE, ORANGE = (0, 114, 178), (230, 159, 0)
SIZE = (900, 700)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory) -> Path:
    """A page with nothing but the plot, as one script."""
    script = tmp_path_factory.mktemp("scatter") / "scatter.js"
    subprocess.run(
        [
            *("node_modules/.bin/esbuild", "tests/pages/scatter.tsx"),
            *("--bundle", "--format=iife", "--global-name=scatter", "--log-level=warning"),
            *("--jsx=automatic", "--jsx-import-source=preact", f"--outfile={script}"),
        ],
        cwd=FRONTEND,
        check=True,
    )
    return script


@pytest.fixture(scope="module")
def page(browser, bundle):
    context = browser.new_context(viewport=dict(zip(("width", "height"), SIZE, strict=True)))
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: message.type == "error" and problems.append(message.text))
    styles = "".join((FRONTEND / f"src/styles/{name}.css").read_text() for name in STYLES)
    page.set_content(f"<html><head><style>{styles}</style></head><body></body></html>")
    page.add_script_tag(path=bundle)
    yield page
    context.close()
    assert problems == []


class Plot:
    """A plot of made points, and where each of them lies on the screen."""

    def __init__(self, page: Page, count: int, components: int):
        self.page = page
        self.count = count
        page.evaluate(
            """([count, components]) => {
                Object.assign(scatter.happened, { chosen: [], hovered: [], selected: [] });
                scatter.show({ count, components });
            }""",
            [count, components],
        )
        self.wait_painted()
        flat = page.evaluate("[...scatter.points().positions]") if count < 1e5 else []
        self.positions = np.array(flat).reshape(-1, components)
        self.box = page.locator(".scatter").bounding_box()

    def wait_painted(self, count: int | None = None) -> None:
        """Wait until all points are painted."""
        wanted = self.count if count is None else count
        self.page.wait_for_function(
            f"document.querySelector('canvas')?.dataset.painted === '{wanted}'"
        )

    def pixels(self) -> np.ndarray:
        """Places of the points of a plane, shape (points, 2), before the view was moved."""
        width, height = self.box["width"], self.box["height"]
        # everything lies within -4..4, with a margin of 6 % on each side
        scale = min(width, height) / (8 * 1.12)
        middle = np.array([self.box["x"] + width / 2, self.box["y"] + height / 2])
        return middle + scale * self.positions[:, :2] * [1, -1]

    def alone(self) -> int:
        """A point that is far from all others."""
        pixels = self.pixels()
        apart = np.linalg.norm(pixels[:, None] - pixels, axis=-1)
        np.fill_diagonal(apart, np.inf)
        return int(apart.min(axis=1).argmax())

    def draw(self, corners, *, shift=False) -> None:
        """Drag the pointer along the corners, in pixels of the page."""
        mouse = self.page.mouse
        if shift:
            self.page.keyboard.down("Shift")
        mouse.move(*corners[0])
        mouse.down()
        for corner in corners[1:]:
            mouse.move(*corner, steps=2)
        mouse.up()
        if shift:
            self.page.keyboard.up("Shift")

    def happened(self, what: str):
        return self.page.evaluate(f"scatter.happened.{what}")

    def picture(self) -> np.ndarray:
        """What the plot shows, shape (height, width, 3), uint8."""
        png = self.page.locator(".scatter").screenshot()
        return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def near(picture: np.ndarray, colour) -> int:
    """How many pixels have a colour, to within what soft edges change."""
    return int((np.abs(picture.astype(int) - colour).max(axis=-1) < 40).sum())


@pytest.fixture
def plot(page):
    return lambda count=300, components=2: Plot(page, count, components)


class TestPlane:
    def test_points_lie_where_they_should_in_their_colours(self, plot):
        shown = plot()
        picture = shown.picture()
        for point in range(8):
            x, y = shown.pixels()[point] - [shown.box["x"], shown.box["y"]]
            around = picture[round(y) - 2 : round(y) + 3, round(x) - 2 : round(x) + 3]
            if point % 4 < 2:
                assert near(around, (BLUE, ORANGE)[point % 4]) > 0

    def test_pointer_finds_the_nearest_and_a_click_chooses_it(self, page, plot):
        shown = plot()
        point = shown.alone()
        x, y = shown.pixels()[point]
        page.mouse.move(x + 4, y + 3)
        page.wait_for_function(f"scatter.happened.hovered.at(-1) === {point}")
        expect(page.locator(".ring.hovered")).to_be_attached()
        page.mouse.click(x + 4, y + 3)
        assert shown.happened("chosen") == [point]

    def test_dragging_moves_and_the_wheel_zooms_about_the_pointer(self, page, plot):
        shown = plot()
        point = shown.alone()
        x, y = shown.pixels()[point]
        start = np.array([shown.box["x"] + 20, shown.box["y"] + 20])
        shown.draw([start, start + [60, 40]])
        page.mouse.move(x + 60, y + 40)
        page.mouse.wheel(0, -300)
        page.mouse.click(x + 60, y + 40)
        assert shown.happened("chosen") == [point]
        page.mouse.dblclick(*start)
        assert shown.happened("camera") is None

    def test_arrows_move_plus_and_minus_zoom_0_shows_all(self, page, plot):
        shown = plot()
        page.locator(".scatter").focus()
        page.keyboard.press("ArrowRight")
        moved = shown.happened("camera")
        assert moved["x"] > 0
        page.keyboard.press("+")
        assert shown.happened("camera")["half"] < moved["half"]
        page.keyboard.press("-")
        assert shown.happened("camera")["half"] == pytest.approx(moved["half"])
        page.keyboard.press("0")
        assert shown.happened("camera") is None


class TestSelecting:
    def test_a_lasso_takes_what_lies_within(self, page, plot):
        shown = plot()
        pixels = shown.pixels()
        left, top = shown.box["x"], shown.box["y"]
        middle = np.array([left + shown.box["width"] / 2, top + shown.box["height"] / 2])
        # the triangle right of the middle: |dy| < dx, and not farther than 300 pixels
        corners = [middle, middle + [300, 300], middle + [300, -300]]
        page.get_by_role("button", name="lasso").click()
        shown.draw(corners)
        away = pixels - middle
        inside = (np.abs(away[:, 1]) < away[:, 0]) & (away[:, 0] < 300)
        (selected,) = shown.happened("selected")
        assert selected == {"points": np.flatnonzero(inside).tolist(), "how": "replace"}
        assert 50 < inside.sum() < 250

    def test_a_rectangle_with_shift_adds(self, page, plot):
        shown = plot()
        left, top = shown.box["x"], shown.box["y"]
        page.get_by_role("button", name="rectangle").click()
        corner = np.array([left + shown.box["width"] / 2, top + 5])
        shown.draw([corner, [left + shown.box["width"] - 5, top + 300]], shift=True)
        pixels = shown.pixels()
        inside = (pixels[:, 0] > corner[0]) & (pixels[:, 1] < top + 300)
        (selected,) = shown.happened("selected")
        assert selected == {"points": np.flatnonzero(inside).tolist(), "how": "add"}

    def test_without_a_tool_shift_draws_a_lasso_and_escape_gives_up(self, page, plot):
        shown = plot()
        left, top = shown.box["x"] + 30, shown.box["y"] + 30
        square = [[left, top], [left + 500, top], [left + 500, top + 500], [left, top + 500]]
        shown.draw(square, shift=True)
        assert len(shown.happened("selected")) == 1
        page.locator(".scatter").focus()
        page.keyboard.down("Shift")
        page.mouse.move(left, top)
        page.mouse.down()
        page.mouse.move(left + 300, top + 300, steps=3)
        expect(page.get_by_test_id("select-line")).to_be_attached()
        page.keyboard.press("Escape")
        expect(page.get_by_test_id("select-line")).not_to_be_attached()
        page.mouse.up()
        page.keyboard.up("Shift")
        assert len(shown.happened("selected")) == 1
        assert shown.happened("camera") is None

    def test_hidden_points_are_gone_and_dimmed_ones_recede(self, page, plot):
        shown = plot()
        before = shown.picture()
        page.evaluate(
            "scatter.change({}, Uint8Array.from({length: 300}, (_, i) => [3, 2, 0, 1][i % 4]))"
        )
        shown.wait_painted(225)
        after = shown.picture()
        assert near(before, BLUE) > 200
        assert near(after, BLUE) == 0
        assert near(after, ORANGE) < 0.2 * near(before, ORANGE)


class TestSpace:
    def test_dragging_turns_the_right_button_moves_and_keys_do_both(self, page, plot):
        shown = plot(components=3)
        first = shown.picture()
        middle = [shown.box["x"] + 400, shown.box["y"] + 300]
        shown.draw([middle, [middle[0] + 120, middle[1]]])
        turned = shown.happened("camera")
        assert not np.array_equal(shown.picture(), first)
        page.mouse.move(*middle)
        page.mouse.down(button="right")
        page.mouse.move(middle[0] + 90, middle[1], steps=2)
        page.mouse.up(button="right")
        moved = shown.happened("camera")
        assert moved["yaw"] == turned["yaw"] and moved["x"] != turned["x"]
        page.locator(".scatter").focus()
        page.keyboard.press("ArrowUp")
        assert shown.happened("camera")["pitch"] < moved["pitch"]
        page.keyboard.press("Shift+ArrowUp")
        assert shown.happened("camera")["y"] > moved["y"]
        for title in ("first", "second", "third"):
            expect(page.locator(".scatter").get_by_text(title)).to_be_visible()

    def test_two_fingers_zoom(self, page, plot):
        shown = plot(components=3)
        devices = page.context.new_cdp_session(page)
        y = shown.box["y"] + 300

        def touch(kind, *across):
            points = [{"x": x, "y": y, "id": index} for index, x in enumerate(across)]
            devices.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

        touch("touchStart", 400, 500)
        touch("touchMove", 350, 550)
        page.wait_for_function("scatter.happened.camera !== null")
        near_by = shown.happened("camera")["half"]
        touch("touchMove", 250, 650)
        page.wait_for_function(f"scatter.happened.camera.half < {0.7 * near_by}")
        touch("touchEnd")


class TestBesidesPoints:
    def test_trails_lead_to_their_dots_and_labels_say_whose(self, page, plot):
        shown = plot(count=4)
        page.evaluate(
            """() => scatter.change({
                trails: {
                    positions: Float32Array.of(-3, -3, NaN, NaN, -3, 3, 3, 3),
                    places: 4, colours: Uint8Array.of(1), emphasis: Uint8Array.of(1), current: 3,
                },
                labels: [{ place: [3, 3], text: "a token" }],
            })"""
        )
        expect(page.get_by_text("a token")).to_be_attached()
        picture = shown.picture()
        height, width = picture.shape[:2]
        scale = min(width, height) / (8 * 1.12)
        column = round(width / 2 - 3 * scale)
        row = round(height / 2 - 3 * scale)
        # from the third place to the last; the second is not defined, so nothing leads there
        # late on its way a trail no longer fades
        late = slice(column + round(4.5 * scale), column + round(5.8 * scale))
        assert near(picture[row - 2 : row + 3, late], ORANGE) > 1.3 * scale
        assert near(picture[row + 20 :, column - 3 : column + 4], ORANGE) == 0

    def test_pictures_stand_in_place_of_points_unless_they_are_too_many(self, page, plot):
        shown = plot(count=600)
        pictures = """count => {
            const picture = document.createElement("canvas");
            picture.width = picture.height = 8;
            const context = picture.getContext("2d");
            context.fillStyle = "rgb(255 0 255)";
            context.fillRect(0, 0, 8, 8);
            const points = Array.from({ length: count }, (_, point) => point);
            const box = [0, 0, 8, 8];
            scatter.change({ pictures: points.map((point) => ({ point, picture, box })) });
        }"""
        page.evaluate(pictures, 100)
        shown.wait_painted(500)
        assert near(shown.picture(), (255, 0, 255)) > 100 * 8**2
        page.evaluate(pictures, 501)
        shown.wait_painted(600)
        assert near(shown.picture(), (255, 0, 255)) == 0


def test_a_reset_graphics_card_costs_a_moment(page, plot):
    shown = plot()
    before = shown.picture()
    page.evaluate(
        """() => {
            const gl = document.querySelector("canvas").getContext("webgl2");
            window.card = gl.getExtension("WEBGL_lose_context");
            card.loseContext();
        }"""
    )
    expect(page.get_by_text("The graphics card was reset")).to_be_visible()
    page.evaluate("card.restoreContext()")
    expect(page.get_by_text("The graphics card was reset")).not_to_be_attached()
    shown.wait_painted()
    assert near(shown.picture(), BLUE) == pytest.approx(near(before, BLUE), rel=0.02)


def test_of_very_many_points_some_are_seen_while_the_plot_moves_and_all_when_it_rests(page, plot):
    shown = plot(count=300_000)
    whole = shown.picture()
    page.locator(".scatter").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    page.wait_for_function("+document.querySelector('canvas').dataset.painted < 3e5")
    shown.wait_painted()
    page.mouse.move(2, 2)
    assert np.abs(shown.picture().astype(int) - whole).mean() < 1
