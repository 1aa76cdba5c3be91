"""Downloads, done by a real browser, and opened as who gets them would."""

from __future__ import annotations

import csv
import io
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect


def download(tab, button: str, entry: str, *, within=None) -> tuple[str, Path]:
    """Choose an entry of a download menu; the file's name and where it was saved."""
    (within or tab.frame).get_by_test_id(button).click()
    with tab.page.expect_download() as started:
        tab.test_id(entry).click()
    return started.value.suggested_filename, started.value.path()


class TestPictures:
    @pytest.mark.parametrize(("view", "dark"), [("attention", True), ("embeddings", False)])
    def test_a_panel_looks_as_on_the_page(self, open_tab, demo_server, view, dark):
        tab = open_tab(demo_server, view=view, run="lxmert-seed0", step=4, tag="val/001")
        if dark:
            tab.page.evaluate("document.body.classList.add('dark-mode')")
        tab.settle()
        panel = tab.test_id(view)
        with Image.open(io.BytesIO(panel.locator(".panel-body").screenshot())) as picture:
            shown = np.asarray(picture.convert("RGB"), np.float32)
        height, width, _ = shown.shape
        name, path = download(tab, "panel-download", "download-png", within=panel)
        assert name == f"vl_{view}_lxmert-seed0_step4_val-001.png"
        box, body = panel.bounding_box(), panel.locator(".panel-body").bounding_box()
        left, top = body["x"] - box["x"], body["y"] - box["y"]
        with Image.open(path) as picture:
            assert picture.width == 2 * np.ceil(box["width"])
            corners = [2 * left, 2 * top, 2 * (left + width), 2 * (top + height)]
            part = picture.convert("RGB").crop([round(corner) for corner in corners])
        drawn = np.asarray(part.resize((width, height)), np.float32)
        apart = np.abs(drawn - shown).mean(axis=-1)
        coloured = np.ptp(shown, axis=-1) > 60
        assert coloured.sum() > 200
        # drawn at twice the size: the edges of letters and marks differ, areas do not
        assert np.median(apart) < 1 and apart.mean() < 6
        assert np.median(apart[coloured]) < 20

    def test_svg_needs_nothing_else_and_says_what_it_shows(self, tab):
        name, path = download(tab, "download", "download-view-svg")
        text = path.read_text()
        assert name == "vl_heads_llava-seed0_step4_val-000.svg"
        assert ElementTree.fromstring(text).tag == "{http://www.w3.org/2000/svg}svg"
        assert "data/plugin" not in text.split("vl_tb_plugin&")[0]
        assert "llava-seed0 @ step 4 · val/000" in text
        assert "p.vl_tb_plugin.run=llava-seed0" in text

    def test_csv_holds_the_numbers_in_full(self, open_tab, demo_server):
        place = {"run": "llava-seed0", "tag": "val/000", "step": 4}
        tab = open_tab(demo_server, view="attention", **place)
        tab.settle()
        navigator = tab.test_id("navigator")
        name, path = download(tab, "panel-download", "download-csv", within=navigator)
        assert name == "vl_navigator_llava-seed0_step4_val-000.csv"
        names, *rows = csv.reader(io.StringIO(path.read_text()))
        state = tab.state()
        answer = demo_server.get("statistics", **place, block=state["block"])
        logged = answer.array("values")[answer.header["statistics"].index(state["statistic"])]
        assert names == ["layer", *(f"head {head}" for head in range(logged.shape[1])), "mean"]
        np.testing.assert_array_equal(np.array(rows)[:, 1:-1].astype(np.float32), logged)

    def test_only_panels_with_something_to_see_can_be_downloaded(self, tab):
        expect(tab.test_id("examples").get_by_test_id("panel-download")).to_have_count(0)
        expect(tab.test_id("head-over-steps").get_by_test_id("panel-download")).to_be_visible()
