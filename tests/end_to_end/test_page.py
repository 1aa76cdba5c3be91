"""What a user does in the tab, done by a real browser on a log of the demo."""

import re

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.end_to_end.conftest import looks_of
from tests.logged_examples import joint_example
from tests.tensorboard_process import TensorBoardProcess
from vl_tb_plugin import SummaryWriter
from vl_tb_plugin.storage import manifest
from vl_tb_plugin.storage.run_folder import asset_folder


def pressed(tab, group: str) -> str:
    return tab.frame.get_by_role("group", name=group).locator("[aria-pressed=true]").inner_text()


def selected_cell(tab):
    return tab.frame.locator("[role=gridcell][aria-selected=true]").first


def colours(path) -> int:
    """How many different colours a picture has: a blank canvas has few."""
    return len(np.unique(np.asarray(Image.open(path).convert("RGB")).reshape(-1, 3), axis=0))


def test_the_first_picture_needs_no_click(tab):
    state = tab.state()
    assert state["run"] == "llava-seed0" and state["step"] == "4"
    assert state["tag"] == "val/000" and "head" in state and "statistic" in state
    expect(tab.test_id("question")).to_contain_text("?")
    expect(tab.frame.get_by_role("grid").first).to_be_visible()
    expect(selected_cell(tab)).to_have_attribute("aria-label", re.compile(r"layer \d, head \d: "))
    tab.screenshot("heads")


class TestSelection:
    def test_the_step_slider_drives_every_view(self, tab):
        for view in ("attention", "embeddings", "heads"):
            tab.test_id(f"tab-{view}").click()
            expect(tab.test_id(f"view-{view}")).to_be_visible()
            handle = tab.frame.get_by_role("slider", name="Step of A")
            before = int(handle.get_attribute("aria-valuenow"))
            handle.press("ArrowLeft" if before == 4 else "ArrowRight")
            after = {4: 2, 2: 4}[before]
            expect(tab.test_id("step-a")).to_contain_text(str(after))
            assert tab.state()["step"] == str(after)

    def test_choosing_a_run_shows_its_blocks(self, tab):
        tab.test_id("run-a").get_by_role("combobox").select_option("lxmert-seed1")
        expect(tab.frame.get_by_role("grid").first).to_be_visible()
        tab.settle()
        assert tab.state()["run"] == "lxmert-seed1"
        blocks = tab.frame.get_by_test_id("view-heads")
        expect(blocks).to_contain_text("text → image")

    def test_the_address_opens_the_same_picture(self, tab, open_tab, demo_server):
        tab.test_id("tab-attention").click()
        tab.frame.locator(".word").nth(2).click()
        tab.press("[")
        tab.press("m")
        tab.press("ArrowLeft")
        tab.settle()
        state = tab.state()
        again = open_tab(demo_server, **state)
        again.settle()
        assert again.state() == state
        for shown in (".image-heat", ".source", ".word[aria-pressed=true]", ".question"):
            first, second = (one.frame.locator(shown).first for one in (tab, again))
            assert looks_of(first) == looks_of(second), shown
        pictures = [one.frame.locator(".image-heat canvas") for one in (tab, again)]
        first, second = (one.first.evaluate("e => e.toDataURL()") for one in pictures)
        assert first == second

    def test_the_picker_filters_and_searches(self, tab):
        options = tab.frame.get_by_role("listbox").get_by_role("option")
        expect(options.first).to_have_attribute("aria-setsize", "24")
        tab.test_id("search").fill("colour")
        expect(tab.test_id("example-count")).to_contain_text(re.compile(r"\d+ of 24"))
        for text in options.all_inner_texts():
            assert "colour" in text
        tab.test_id("search").fill("")
        tab.frame.get_by_role("button", name="wrong").first.click()
        expect(options.first).to_contain_text("✗")
        options.nth(1).click()
        expect(options.nth(1)).to_have_attribute("aria-selected", "true")
        assert tab.state()["tag"] != "val/000" and tab.state()["show"] == "wrong"

    def test_the_keyboard_reaches_everything(self, tab):
        tab.press("2")
        expect(tab.test_id("view-attention")).to_be_visible()
        tab.press("ArrowDown")
        assert tab.state()["tag"] == "val/001"
        layer, head = tab.state()["layer"], tab.state()["head"]
        tab.press("[")
        tab.press("]")
        tab.press(".")
        assert tab.state()["layer"] in (layer, str(int(layer) + 1))
        assert tab.state()["head"] != head
        tab.press("/")
        expect(tab.test_id("search")).to_be_focused()
        tab.test_id("search").press("Escape")
        tab.press("?")
        expect(tab.frame.get_by_role("dialog")).to_contain_text("layer")
        tab.screenshot("help")


class TestHeads:
    def test_any_statistic_can_be_shown_and_every_value_is_spoken(self, tab):
        choice = tab.test_id("view-heads").get_by_role("combobox", name="Statistic")
        titles = choice.locator("option").all_inner_texts()
        assert "Entropy" in titles and "Sparsity (Hoyer)" in titles
        choice.select_option(label="Entropy")
        tab.settle()
        cell = tab.frame.get_by_role("gridcell", name=re.compile("layer 0, head 1: ")).first
        expect(cell).to_be_visible()
        expect(tab.test_id("legend").first).to_contain_text(re.compile(r"nats"))
        mean = tab.frame.get_by_role("gridcell", name=re.compile("layer 0, mean of 4 heads"))
        expect(mean.first).to_be_visible()

    def test_hovering_shows_the_value_and_clicking_selects(self, tab):
        cell = tab.frame.get_by_role("gridcell", name=re.compile("layer 1, head 2: ")).first
        cell.hover()
        expect(tab.test_id("tooltip")).to_contain_text("layer 1, head 2")
        cell.click()
        expect(cell).to_have_attribute("aria-selected", "true")
        assert (tab.state()["layer"], tab.state()["head"]) == ("1", "2")

    def test_arrow_keys_walk_over_the_matrix(self, tab):
        cell = tab.frame.get_by_role("gridcell", name=re.compile("layer 1, head 1: ")).first
        cell.click()
        cell.press("ArrowRight")
        expect(selected_cell(tab)).to_have_attribute("aria-label", re.compile("layer 1, head 2"))
        selected_cell(tab).press("ArrowUp")
        expect(selected_cell(tab)).to_have_attribute("aria-label", re.compile("layer 0, head 2"))


class TestAttention:
    @pytest.fixture(autouse=True)
    def opened(self, tab):
        tab.test_id("tab-attention").click()
        tab.settle()

    def image(self, tab):
        return tab.test_id("attention-a").locator(".image-heat").first

    def test_a_word_shows_where_it_looks_in_image_and_text(self, tab):
        words = tab.frame.locator(".word:not([aria-disabled])")
        words.nth(1).click()
        tab.settle()
        first = self.image(tab).screenshot()
        words.last.click()
        tab.settle()
        assert self.image(tab).screenshot() != first
        expect(words.last).to_have_attribute("aria-pressed", "true")
        tab.screenshot("attention-word")

    def test_a_patch_shows_where_it_looks(self, tab):
        box = self.image(tab).bounding_box()
        place = {"x": box["width"] * 0.1, "y": box["height"] * 0.1}
        self.image(tab).hover(position=place)
        expect(tab.test_id("tooltip")).to_be_visible()
        self.image(tab).click(position=place)
        tab.settle()
        token = tab.state()["token"]
        self.image(tab).click(position={"x": box["width"] * 0.9, "y": box["height"] * 0.9})
        tab.settle()
        assert int(tab.state()["token"]) == int(token) + 15
        tab.screenshot("attention-patch")

    def test_heads_can_be_averaged_and_patches_smoothed(self, tab):
        tab.frame.get_by_role("gridcell", name=re.compile("layer 0, head 1")).first.click()
        tab.settle()
        one_head = self.image(tab).screenshot()
        tab.frame.get_by_role("gridcell", name=re.compile("layer 0, mean")).first.click()
        tab.settle()
        mean = self.image(tab).screenshot()
        assert tab.state()["head"] == "mean"
        tab.frame.get_by_role("button", name="smooth").click()
        tab.settle()
        assert len({one_head, mean, self.image(tab).screenshot()}) == 3

    def test_streams_of_a_co_attention_model_are_shown_together(self, open_tab, demo_server):
        tab = open_tab(demo_server, view="attention", run="lxmert-seed0")
        tab.settle()
        side = tab.test_id("attention-a")
        expect(side).to_contain_text("text → image")
        expect(side).to_contain_text("cross language")
        box = self.image(tab).bounding_box()
        self.image(tab).click(position={"x": box["width"] * 0.4, "y": box["height"] * 0.4})
        tab.settle()
        assert tab.state()["sequence"] == "image"
        expect(side).to_contain_text("image → text")
        tab.screenshot("attention-co-attention")


class TestEmbeddings:
    def test_points_are_painted_and_say_what_they_are(self, tab):
        tab.test_id("tab-embeddings").click()
        tab.settle()
        plot = tab.test_id("plot-a")
        expect(plot).to_contain_text("of the variance")
        expect(tab.test_id("point-legend")).to_contain_text("image")
        path = tab.screenshot("embeddings")
        assert colours(path) > 200
        box = plot.bounding_box()
        tip = tab.test_id("tooltip")
        found = False
        for x in np.linspace(0.2, 0.8, 25):
            for y in (0.4, 0.5, 0.6):
                plot.hover(position={"x": box["width"] * x, "y": box["height"] * y}, force=True)
                found = found or tip.is_visible()
                if found:
                    break
            if found:
                break
        assert found
        tab.screenshot("embeddings-hover")

    def test_layer_and_step_change_the_points_but_not_the_axes(self, tab):
        tab.test_id("tab-embeddings").click()
        tab.settle()
        plot = tab.test_id("plot-a")
        axes = plot.inner_text()
        last = plot.screenshot()
        tab.press("ArrowLeft")
        tab.settle()
        assert plot.inner_text() == axes
        earlier = plot.screenshot()
        assert earlier != last
        tab.press("[")
        tab.settle()
        assert plot.screenshot() != earlier
        assert "depth" in tab.state()


class TestComparison:
    @pytest.mark.parametrize("view", ["heads", "attention", "embeddings"])
    def test_two_checkpoints_stand_side_by_side_and_as_difference(
        self, open_tab, demo_server, view
    ):
        tab = open_tab(demo_server, view=view, run="lxmert-seed0", size=(1600, 1000))
        tab.settle()
        tab.press("d")
        tab.settle()
        assert tab.state()["mode"] == "difference"
        assert tab.state()["step_b"] != tab.state()["step"]
        difference = tab.test_id(f"view-{view}").screenshot()
        tab.screenshot(f"difference-{view}")
        tab.press("s")
        tab.settle()
        assert tab.state()["mode"] == "ab"
        assert tab.test_id(f"view-{view}").screenshot() != difference
        tab.screenshot(f"side-by-side-{view}")

    def test_one_scale_serves_both_sides(self, open_tab, demo_server):
        run = "lxmert-seed0"
        tab = open_tab(
            demo_server, view="attention", run=run, run_b=run, mode="ab", step=0, step_b=4
        )
        tab.settle()
        assert tab.state()["mode"] == "ab"
        names = [item.inner_text() for item in tab.test_id("legend").all()]
        assert len(names) == len(set(names))

    def test_two_runs_stand_side_by_side(self, open_tab, demo_server):
        tab = open_tab(
            demo_server,
            view="heads",
            run="lxmert-seed0",
            run_b="lxmert-seed1",
            step=4,
            step_b=4,
            mode="ab",
        )
        tab.settle()
        assert tab.state()["run_b"] == "lxmert-seed1" and tab.state()["mode"] == "ab"
        expect(tab.test_id("step-b")).to_contain_text("4")

    def test_a_difference_that_makes_no_sense_is_refused_with_the_reason(
        self, open_tab, demo_server
    ):
        tab = open_tab(
            demo_server, view="attention", run="lxmert-seed0", run_b="llava-seed0", step=4, step_b=4
        )
        tab.settle()
        button = tab.frame.get_by_role("group", name="Compare").get_by_role("button").last
        expect(button).to_have_attribute("aria-disabled", "true")
        assert "token" in button.get_attribute("title")


def test_dark_mode_follows_tensorboard(tab):
    light = tab.test_id("view-heads").evaluate("e => getComputedStyle(e.ownerDocument.body).color")
    tab.page.evaluate("document.body.classList.add('dark-mode')")
    expect(tab.frame.locator("html, body, #app").first).to_be_attached()
    for view in ("heads", "attention", "embeddings"):
        tab.test_id(f"tab-{view}").click()
        tab.screenshot(f"dark-{view}")
    dark = tab.frame.locator("body").evaluate("e => getComputedStyle(e).color")
    assert dark != light


def test_a_checkpoint_logged_meanwhile_extends_the_slider(open_tab, tmp_path):
    writer = SummaryWriter(tmp_path / "logs" / "run")
    writer.add_vl_example("val/0", joint_example(seed=1), 0)
    writer.flush()
    with TensorBoardProcess(["--logdir", str(tmp_path / "logs")], tmp_path / "out") as server:
        server.wait_for_runs(1)
        tab = open_tab(server)
        expect(tab.test_id("step-a")).to_contain_text("0")
        writer.add_vl_example("val/0", joint_example(seed=2), 10)
        writer.flush()
        server.wait_for_runs(1, last_step=10)
        expect(tab.test_id("step-a")).to_contain_text("10")
        # before the server goes, or the page would rightly complain
        tab.settle()
        tab.page.close()
    writer.close()


def test_an_empty_logdir_says_how_to_begin(open_tab, tmp_path):
    (tmp_path / "logs").mkdir()
    with TensorBoardProcess(["--logdir", str(tmp_path / "logs")], tmp_path / "out") as server:
        tab = open_tab(server)
        expect(tab.test_id("empty")).to_contain_text("add_vl_batch")
        expect(tab.test_id("empty")).to_contain_text(str(tmp_path / "logs"))
        tab.screenshot("empty")


def test_a_log_of_a_newer_version_says_how_to_read_it(open_tab, tmp_path, monkeypatch):
    monkeypatch.setattr(manifest, "SCHEMA_VERSION", manifest.SCHEMA_VERSION + 1)
    with SummaryWriter(tmp_path / "logs") as writer:
        writer.add_vl_example("val/0", joint_example(), 0)
    with TensorBoardProcess(["--logdir", str(tmp_path / "logs")], tmp_path / "out") as server:
        server.wait_for_runs(1)
        tab = open_tab(server)
        for place in ("main", "[role=listbox]"):
            expect(tab.frame.locator(place)).to_contain_text("pip install --upgrade vl_tb_plugin")
        tab.screenshot("newer-version")


def test_files_that_are_missing_are_named_and_can_be_tried_again(open_tab, tmp_path):
    with SummaryWriter(tmp_path / "logs") as writer:
        writer.add_vl_example("val/0", joint_example(), 0)
    (store,) = asset_folder(tmp_path / "logs").glob("step_*")
    store.rename(tmp_path / "elsewhere")
    with TensorBoardProcess(["--logdir", str(tmp_path / "logs")], tmp_path / "out") as server:
        server.wait_for_runs(1)
        tab = open_tab(server)
        alert = tab.frame.get_by_role("alert").first
        expect(alert).to_contain_text("is gone")
        tab.screenshot("missing-files")
        (tmp_path / "elsewhere").rename(store)
        alert.get_by_role("button", name="Try again").click()
        expect(tab.frame.get_by_role("grid").first).to_be_visible()
        tab.problems.clear()  # the browser itself reports the answers that were provoked here
