"""A model of many heads: its matrix is painted, and cells are found by place, key and pointer."""

import csv
import io
import re

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.logged_examples import joint_example
from tests.tensorboard_process import TensorBoardProcess
from vl_tb_plugin import SummaryWriter

LAYERS, HEADS = 20, 24
YELLOW = (253, 231, 37)
"""The end of viridis."""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("many_heads")
    with SummaryWriter(folder / "run") as writer:
        writer.add_vl_example("val/0", joint_example(grid=6, layers=LAYERS, heads=HEADS), 0)
    with TensorBoardProcess(["--logdir", str(folder)], folder / "log.txt") as process:
        process.wait_for_runs(1)
        yield process


@pytest.fixture
def tab(open_tab, server):
    chosen = {"view": "heads", "statistic": "entropy", "block": "self", "layer": 3, "head": 5}
    tab = open_tab(server, size=(1440, 900), **chosen)
    tab.frame.locator(".heads-main .matrix-colours").wait_for()
    tab.settle()
    return tab


def matrix(tab):
    return tab.frame.locator(".heads-main .matrix")


def place(tab, layer: int, head: int) -> tuple[float, float]:
    """The centre of a head's cell on the page."""
    row = matrix(tab).locator("[role=row]").nth(layer).bounding_box()
    column = matrix(tab).locator(".matrix-head").nth(head).bounding_box()
    return column["x"] + column["width"] / 2, row["y"] + row["height"] / 2


def values(tab) -> np.ndarray:
    """(layers, heads) of the statistic, from the table that the panel gives."""
    panel = tab.frame.locator(".heads-main .panel").first
    panel.get_by_test_id("panel-download").click()
    with tab.page.expect_download() as started:
        tab.frame.get_by_test_id("download-csv").click()
    names, *rows = csv.reader(io.StringIO(started.value.path().read_text()))
    assert names == ["layer", *(f"head {head}" for head in range(HEADS)), "mean"]
    table = np.array(rows, float)
    assert table[:, 0].tolist() == list(range(LAYERS))
    np.testing.assert_allclose(table[:, 1:-1].mean(axis=1), table[:, -1], rtol=1e-5)
    return table[:, 1:-1]


def test_the_colour_of_a_cell_is_that_of_its_value(tab):
    known = values(tab)
    picture = np.asarray(Image.open(io.BytesIO(tab.page.screenshot())).convert("RGB")).astype(int)
    shades = np.array(
        [
            [
                picture[tuple(int(at) for at in place(tab, layer, head)[::-1])]
                for head in range(HEADS)
            ]
            for layer in range(LAYERS)
        ]
    )
    highest = np.unravel_index(known.argmax(), known.shape)
    np.testing.assert_allclose(shades[highest], YELLOW, atol=8)
    # green grows with the value all along viridis
    order = known.ravel().argsort()
    green = np.delete(shades[..., 1].ravel()[order], [0, -1])
    assert (np.diff(green) >= -1).all()


def test_a_head_is_chosen_where_it_is_clicked(tab):
    known = values(tab)
    tab.page.mouse.click(*place(tab, 17, 21))
    selected = matrix(tab).locator("[aria-selected=true]")
    expect(selected).to_have_attribute("aria-label", re.compile("layer 17, head 21: "))
    label = selected.get_attribute("aria-label")
    assert float(label.split(": ")[1].split()[0]) == pytest.approx(known[17, 21], rel=1e-2)
    assert (tab.state()["layer"], tab.state()["head"]) == ("17", "21")
    tab.screenshot("many-heads")


def test_the_pointer_is_told_what_it_is_on(tab):
    tab.page.mouse.move(*place(tab, 9, 2))
    expect(tab.test_id("tooltip")).to_contain_text("layer 9, head 2")
    expect(
        matrix(tab).get_by_role("gridcell", name=re.compile("layer 9, head 2: "))
    ).to_be_visible()
    tab.page.mouse.move(*place(tab, 10, 3))
    expect(tab.test_id("tooltip")).to_contain_text("layer 10, head 3")
    assert matrix(tab).get_by_role("gridcell").count() == 2  # the chosen one and this


def test_where_the_pointer_rested_a_click_needs_no_request(tab):
    with tab.page.expect_response(re.compile("attention_gallery.*layer=15")):
        tab.page.mouse.move(*place(tab, 15, 7))
    asked = []
    tab.page.on("request", lambda request: asked.append(request.url))
    tab.page.mouse.click(*place(tab, 15, 7))
    selected = matrix(tab).locator("[aria-selected=true]")
    expect(selected).to_have_attribute("aria-label", re.compile("layer 15, head 7: "))
    expect(tab.test_id("head-preview")).to_contain_text("layer 15, head 7")
    expect(tab.test_id("gallery")).to_contain_text("every head of layer 15")
    assert not [url for url in asked if "layer=15" in url]


def test_keys_walk_from_head_to_head(tab):
    matrix(tab).locator("[aria-selected=true]").focus()
    for key, label in (("ArrowDown", "layer 4, head 5: "), ("ArrowRight", "layer 4, head 6: ")):
        tab.press(key)
        focused = matrix(tab).locator(":focus")
        expect(focused).to_have_attribute("aria-label", re.compile(label))
        expect(tab.test_id("tooltip")).to_contain_text(label.removesuffix(": "))


def test_pictures_out_of_sight_follow_what_was_chosen(tab):
    items = tab.frame.get_by_test_id("gallery").locator(".gallery-item")
    last = items.last
    expect(last).to_have_attribute("data-unseen", "")
    assert items.first.get_attribute("data-unseen") is None
    canvases = last.locator(".image-heat canvas")
    before = canvases.evaluate("canvas => canvas.toDataURL()")
    tab.page.mouse.click(*place(tab, 12, 0))
    tab.settle()
    last.scroll_into_view_if_needed()
    expect(canvases).to_be_visible()
    tab.page.wait_for_timeout(400)
    assert canvases.evaluate("canvas => canvas.toDataURL()") != before
