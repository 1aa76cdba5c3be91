"""Downloads, done by a real browser, and opened as who gets them would."""

from __future__ import annotations

import csv
import io
import json
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from urllib.parse import parse_qsl

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator, expect

from tests.tensorboard_process import TensorBoardProcess


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
        content = panel.locator("> .panel-body")
        with Image.open(io.BytesIO(content.screenshot())) as picture:
            shown = np.asarray(picture.convert("RGB"), np.float32)
        height, width, _ = shown.shape
        name, path = download(tab, "panel-download", "download-png", within=panel)
        assert name == f"vl_{view}_lxmert-seed0_step4_val-001.png"
        box, body = panel.bounding_box(), content.bounding_box()
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

    def test_csv_of_words_says_which_token_has_which_weight(self, open_tab, demo_server):
        place = {"run": "lxmert-seed0", "tag": "val/001", "step": 4}
        tab = open_tab(demo_server, view="attention", **place)
        tab.settle()
        words = tab.test_id("attention")
        _, path = download(tab, "panel-download", "download-csv", within=words)
        names, *rows = csv.reader(io.StringIO(path.read_text()))
        assert names[-4:] == ["position", "token", "modality", "weight"]
        manifest = demo_server.get("manifest", **place).json
        text = next(item for item in manifest["sequences"] if item["name"] == "text")
        assert [row[-3] for row in rows] == [text["tokens"][int(row[-4])] for row in rows]
        assert len({row[-1] for row in rows}) > 2
        assert all(0 <= float(row[-1]) <= 1 for row in rows if row[-1])

    def test_only_panels_with_something_to_see_can_be_downloaded(self, tab):
        expect(tab.test_id("examples").get_by_test_id("panel-download")).to_have_count(0)
        expect(tab.test_id("head-over-steps").get_by_test_id("panel-download")).to_be_visible()


class TestSavedPage:
    def test_it_answers_without_a_server_as_the_page_does(
        self, open_tab, demo_server, browser, tmp_path
    ):
        place = {"run": "lxmert-seed0", "step": 4, "tag": "val/001"}
        tab = open_tab(demo_server, view="attention", **place)
        tab.settle()
        name, downloaded = download(tab, "download", "download-view-html")
        assert name == "vl_attention_lxmert-seed0_step4_val-001.html"
        path = tmp_path / name
        path.write_bytes(downloaded.read_bytes())
        assert path.stat().st_size < 5_000_000
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        problems, requests = [], []
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(path.as_uri())
        expect(page.get_by_test_id("file-banner")).to_contain_text("lxmert-seed0 @ step 4")
        expect(page.get_by_test_id("tour")).to_have_count(0)
        expect(page.get_by_role("listbox").get_by_role("option")).to_have_count(1)
        # what was not looked at before it was saved: two other words, in the other direction
        for shown in (tab.frame, page):
            shown.locator(".attention-words .word").nth(2).click()
            shown.locator(".attention-words .word").nth(3).click(modifiers=["ControlOrMeta"])
            shown.get_by_role("button", name="looked at by").click()
            expect(shown.locator("[aria-busy=true]")).to_have_count(0)
            expect(shown.locator("h2 mark")).to_be_visible()
        tab.settle()
        for part in (".source >> nth=0", ".words", "h2 mark"):
            live, saved = (shown.locator(part).first.inner_text() for shown in (tab.frame, page))
            assert live == saved, part
        heat = ".image-heat canvas >> nth=0"
        live, saved = (
            shown.locator(heat).evaluate("canvas => canvas.toDataURL()")
            for shown in (tab.frame, page)
        )
        assert live == saved
        # another head is not in it: that is said, and is no failure
        other = (int(tab.state()["head"]) + 1) % 4
        page.get_by_role("gridcell", name=re.compile(f"head {other}: ")).last.click()
        expect(page.get_by_test_id("attention")).to_contain_text("not part of this file")
        expect(page.get_by_role("alert")).to_have_count(0)
        page.close()
        assert problems == []
        assert [url for url in requests if not url.startswith(("file:", "data:"))] == []

    def test_the_chosen_head_is_in_it_where_the_page_took_it_out_of_a_gallery(
        self, open_tab, demo_server
    ):
        tab = open_tab(demo_server, view="heads", run="lxmert-seed0", step=4, tag="val/001")
        tab.settle()
        _, path = download(tab, "download", "download-view-html")
        text = re.search(r'id="vl-snapshot"[^>]*>(.*?)</script>', path.read_text(), re.DOTALL)[1]
        kept = [key for key in json.loads(text)["answers"] if key.startswith("attention?")]
        chosen = {name: tab.state()[name] for name in ("block", "layer", "head")}
        assert [
            key
            for key in kept
            if chosen.items() <= dict(parse_qsl(key.removeprefix("attention?"))).items()
        ]


class TestTokenCard:
    def test_it_follows_the_chosen_token_and_leads_to_its_neighbours(self, open_tab, demo_server):
        tab = open_tab(demo_server, view="attention", run="lxmert-seed0", step=4, tag="val/001")
        tab.settle()
        tab.press("i")
        card = tab.test_id("token-card")
        tab.frame.locator(".attention-words .word").nth(1).click()
        word = tab.frame.locator(".attention-words .word").nth(1).inner_text()
        expect(card.locator(".token-card-name")).to_have_text(f"“{word}”")
        tab.screenshot("token_card")
        assert tab.state()["card"] == "1"
        neighbour = card.locator(".neighbour").first
        tag = re.search(r"of (val/\d+)", neighbour.get_attribute("aria-label"))[1]
        neighbour.click()
        tab.settle()
        assert tab.state()["tag"] == tag
        card.get_by_role("button", name="Close the token card").click()
        expect(card).to_have_count(0)


class TestTour:
    def test_it_begins_once_and_covers_nothing_it_explains(
        self, browser, demo_server: TensorBoardProcess
    ):
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        page = context.new_page()
        page.goto(f"{demo_server.url}/#vl_tb_plugin")
        frame = page.frame_locator("iframe")
        tour = frame.get_by_test_id("tour")
        frame.locator(".matrix").first.wait_for()
        for stop in range(1, 7):
            expect(tour).to_contain_text(f"{stop} / 6")
            note, ring = (_box_at_rest(one) for one in (tour, frame.locator(".tour-ring")))
            assert not _overlap(note, ring), stop
            tour.get_by_role("button", name="Next" if stop < 6 else "Done").click()
        expect(tour).to_have_count(0)
        page.reload()
        frame.locator(".matrix").first.wait_for()
        expect(tour).to_have_count(0)
        frame.get_by_test_id("help").click()
        frame.get_by_role("button", name="Take the tour").click()
        expect(tour).to_be_visible()
        page.keyboard.press("Escape")
        expect(tour).to_have_count(0)
        context.close()

    def test_who_follows_a_link_is_not_guided(self, browser, demo_server: TensorBoardProcess):
        context = browser.new_context()
        page = context.new_page()
        page.goto(f"{demo_server.url}/#vl_tb_plugin&p.vl_tb_plugin.step=2")
        page.frame_locator("iframe").locator(".matrix").first.wait_for()
        expect(page.frame_locator("iframe").get_by_test_id("tour")).to_have_count(0)
        context.close()


def _box_at_rest(element: Locator) -> dict[str, float]:
    """Where an element is once it no longer glides to its place."""
    before = None
    while (box := element.bounding_box()) != before:
        before = box
        element.page.wait_for_timeout(350)
    return box


def _overlap(one: dict[str, float], other: dict[str, float]) -> bool:
    return (
        one["x"] < other["x"] + other["width"]
        and other["x"] < one["x"] + one["width"]
        and one["y"] < other["y"] + other["height"]
        and other["y"] < one["y"] + one["height"]
    )
