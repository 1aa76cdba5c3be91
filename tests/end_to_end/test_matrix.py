"""The token matrix in a real browser: what it says of a cell is what was logged."""

import io
import re

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.logged_examples import joint_example
from tests.tensorboard_process import TensorBoardProcess
from vl_tb_plugin import SummaryWriter

STEPS = (0, 7)


@pytest.fixture(scope="module")
def examples():
    """297 tokens: too many for one tile, so that there are two levels."""
    return [joint_example(text_tokens=40, grid=16, layers=1, heads=2, seed=step) for step in STEPS]


@pytest.fixture(scope="module")
def server(examples, tmp_path_factory):
    folder = tmp_path_factory.mktemp("matrix")
    with SummaryWriter(folder / "run") as writer:
        for step, example in zip(STEPS, examples, strict=True):
            writer.add_vl_example("val/0", example, step)
    with TensorBoardProcess(["--logdir", str(folder)], folder / "log.txt") as process:
        process.wait_for_runs(1, last_step=STEPS[-1])
        yield process


@pytest.fixture
def open_matrix(open_tab, server):
    def open_(**parameters):
        chosen = {"view": "attention", "block": "self", "layer": 0, "head": 1, "layout": "matrix"}
        tab = open_tab(server, **(chosen | parameters))
        plots(tab).first.locator("canvas").wait_for()
        tab.settle()
        return tab

    return open_


def plots(tab):
    return tab.frame.locator(".matrix-plot")


def canvas(tab):
    return plots(tab).first.locator("canvas")


def zoom_in(tab, times=3):
    box = canvas(tab).bounding_box()
    tab.page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.5 * box["height"])
    for _ in range(times):
        tab.page.mouse.wheel(0, -400)
    expect(tab.test_id("matrix-joined")).to_have_text("one weight per cell")
    tab.settle()


def point_at(tab, across, down):
    """Value, query position and key position that the tip tells of a place on the canvas."""
    box = canvas(tab).bounding_box()
    tab.page.mouse.move(box["x"] + across * box["width"], box["y"] + down * box["height"])
    tip = tab.test_id("tooltip")
    expect(tip).to_contain_text(re.compile(r"^\S*\d"))
    value = float(tip.locator("b").inner_text().replace("−", "-"))
    return value, *(position(name) for name in tip.inner_text().split("\n")[-1].split(" → "))


def position(name):
    """Position of a token by its name in the tip: `word3 (4)` in quotes, or `patch7`."""
    in_text = re.search(r"\((\d+)\)$", name)
    return int(in_text[1]) if in_text else 41 + int(name.removeprefix("patch"))


def half_digit(value):
    """Half of the third significant digit, to which the tip rounds."""
    return 0 if value == 0 else 0.5 * 10 ** (np.floor(np.log10(abs(value))) - 2)


def bound(weight):
    return np.sqrt(weight) / 255 + 4e-6


def test_the_tip_of_a_cell_is_the_weight_that_was_logged(open_matrix, examples):
    tab = open_matrix()
    tab.frame.get_by_role("button", name="picture").wait_for()
    zoom_in(tab)
    weights = examples[1].attention[0].probabilities[0, 1]
    seen = set()
    for across, down in [(0.4, 0.4), (0.7, 0.5), (0.9, 0.9)]:
        value, query, key = point_at(tab, across, down)
        exact = weights[query, key]
        assert abs(value - exact) <= bound(exact) + half_digit(value)
        seen.add((query, key))
    assert len(seen) == 3
    tab.screenshot("matrix")


def test_a_cell_of_many_weights_says_so(open_matrix, examples):
    tab = open_matrix(size=(1280, 560))
    expect(tab.test_id("matrix-joined")).to_have_text("largest of 2 × 1 weights per cell")
    box = canvas(tab).bounding_box()
    tab.page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.5 * box["height"])
    tip = tab.test_id("tooltip")
    expect(tip).to_contain_text("largest of 2 × 1")
    first, last = map(int, re.search(r"joint tokens (\d+)–(\d+) → ", tip.inner_text()).groups())
    key = position(tip.inner_text().split(" → ")[-1])
    value = float(tip.locator("b").inner_text())
    exact = examples[1].attention[0].probabilities[0, 1, first : last + 1, key].max()
    assert last == first + 1
    assert abs(value - exact) <= bound(exact) + half_digit(value)


def test_every_token_has_a_label_where_there_is_room(open_matrix):
    tab = open_matrix(window="100-100-120-115")
    top, left, right = 74, 20, 56  # below the corner, between the title and the strip
    labels = np.asarray(picture(tab).convert("L"))[top:, left:right] < 150
    lines = np.flatnonzero(labels.any(axis=1))
    assert (np.diff(lines) > 8).sum() + 1 == 15


def test_a_click_chooses_the_query_and_with_shift_the_key(open_matrix):
    tab = open_matrix()
    zoom_in(tab)
    _, query, key = point_at(tab, 0.6, 0.6)
    canvas(tab).click(position=place(tab, 0.6, 0.6))
    assert (tab.state()["token"], tab.state().get("role")) == (str(query), None)
    canvas(tab).click(position=place(tab, 0.6, 0.6), modifiers=["Shift"])
    assert (tab.state()["token"], tab.state()["role"]) == (str(key), "key")
    tab.frame.get_by_role("button", name="picture").click()
    expect(tab.test_id("attention")).to_contain_text("what looks at")


def place(tab, across, down):
    box = canvas(tab).bounding_box()
    return {"x": across * box["width"], "y": down * box["height"]}


def test_the_link_opens_the_same_part(open_matrix):
    tab = open_matrix(scale="rank")
    zoom_in(tab, 4)
    tab.page.mouse.down()
    tab.page.mouse.move(500, 500, steps=4)
    tab.page.mouse.up()
    tab.page.mouse.move(0, 0)
    tab.page.wait_for_function("location.hash.includes('window=')")
    state: dict[str, str] = {}
    while state != tab.state():  # the link follows a moment later
        state = tab.state()
        tab.page.wait_for_timeout(400)
    tab.settle()
    again = open_matrix(**state)
    again.page.mouse.move(0, 0)
    assert again.state() == state
    first, second = (np.asarray(picture(one)).astype(int) for one in (tab, again))
    assert (np.abs(first - second).max(axis=-1) > 8).mean() < 0.01  # the link's edges are rounded
    again.frame.get_by_role("button", name="whole").click()
    again.page.wait_for_function("!location.hash.includes('window=')")


def picture(tab):
    return Image.open(io.BytesIO(canvas(tab).screenshot())).convert("RGB")


def test_the_keyboard_goes_from_cell_to_cell_and_says_each(open_matrix):
    tab = open_matrix()
    canvas(tab).focus()
    for _ in range(4):
        tab.press("+")
    expect(tab.test_id("matrix-joined")).to_have_text("one weight per cell")
    spoken = plots(tab).first.locator("[aria-live]")
    tab.press("ArrowRight")
    expect(spoken).to_have_text(re.compile(r"patch\d+ looks at patch\d+: 0?\.?\d"))
    before = spoken.inner_text()
    tab.press("ArrowDown")
    expect(spoken).not_to_have_text(before)
    tab.press("Enter")
    name = spoken.inner_text().split(" looks at ")[0]
    assert tab.state()["token"] == str(position(name))
    assert tab.state()["step"] == str(STEPS[-1])  # the arrows were the matrix's own
    tab.press("0")
    expect(tab.frame.get_by_role("button", name="whole")).to_be_disabled()


def test_side_by_side_and_difference_show_the_same_cells(open_matrix, examples):
    tab = open_matrix(mode="difference", step=0, run_b="run", step_b=7)
    zoom_in(tab)
    exact = [example.attention[0].probabilities[0, 1] for example in examples]
    for across, down in [(0.4, 0.4), (0.8, 0.7)]:
        value, query, key = point_at(tab, across, down)
        a, b = (weights[query, key] for weights in exact)
        assert abs(value - (b - a)) <= bound(a) + bound(b) + half_digit(value)
    tab.screenshot("matrix_difference")
    tab.frame.get_by_role("button", name="A | B").click()
    expect(plots(tab)).to_have_count(2)
    point_at(tab, 0.6, 0.6)
    expect(tab.frame.locator(".cross-hair")).to_have_count(2)
    tab.screenshot("matrix_side_by_side")
