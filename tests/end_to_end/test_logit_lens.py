"""The logit lens in a real browser: what it says of a token in a layer is what was logged."""

import csv
import io
import json

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.logged_examples import joint_example, noise_lens
from tests.tensorboard_process import TensorBoardProcess
from tests.waiting import wait_until
from vl_tb_plugin import SummaryWriter

LAYERS, WORDS = 3, 4
LENSES = {step: noise_lens(1 + WORDS + 4, layers=LAYERS, seed=step) for step in (0, 7)}
"""Nine tokens: one special, four words, two by two patches."""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lens")
    with SummaryWriter(folder / "run") as writer:
        for step, lens in LENSES.items():
            writer.add_vl_example("val/0", joint_example(seed=1, logit_lens=lens), step)
            writer.add_vl_example("val/without", joint_example(seed=2), step)
    with TensorBoardProcess(["--logdir", str(folder)], folder / "log.txt") as process:
        wait_until(lambda: [one["tags"] for one in process.wait_for_runs(1, last_step=7)] == [2])
        yield process


@pytest.fixture
def open_lens(open_tab, server):
    def open_(**parameters):
        chosen = {"view": "embeddings", "embedding_panel": "lens", "tag": "val/0", "step": 7}
        tab = open_tab(server, **(chosen | parameters))
        cells(tab).first.wait_for()
        return tab

    return open_


def table(tab, side="a"):
    return tab.test_id(f"lens-table-{side}")


def cells(tab, side="a"):
    return table(tab, side).locator(".lens-cell")


def cell(tab, position, layer, side="a"):
    row = table(tab, side).locator(f"[data-key='{position}']")
    return row.locator(f"[data-column='layer-{layer}'] .lens-cell")


def best(lens, layer, position):
    return lens.words[int(lens.outputs[layer, position, 0])]


def test_the_table_shows_the_top_word_of_every_token_and_layer_and_the_others_on_hover(open_lens):
    tab = open_lens()
    lens = LENSES[7]
    expect(cells(tab)).to_have_count((1 + WORDS) * LAYERS)
    for position in range(1 + WORDS):
        for layer in range(LAYERS):
            expect(cell(tab, position, layer)).to_have_text(best(lens, layer, position))
    cell(tab, 2, 1).hover()
    tip = tab.test_id("tooltip")
    for rank in range(3):
        expect(tip).to_contain_text(lens.words[int(lens.outputs[1, 2, rank])])
        share = float(lens.probabilities[1, 2, rank])
        expect(tip).to_contain_text(f"{round(100 * share)} %")
    expect(tip).to_contain_text(f"“thing4”: rank {lens.answer_ranks[1, 2] + 1}")
    tab.test_id("lens").get_by_role("button", name="patches").click()
    expect(cells(tab)).to_have_count(4 * LAYERS)
    expect(cell(tab, 8, 1)).to_have_text(best(lens, 1, 8))
    wait_until(lambda: tab.state().get("lens_rows") == "patches")


def test_a_click_chooses_token_and_layer_and_keys_walk_on(open_lens):
    tab = open_lens()
    cell(tab, 2, 1).click()
    wait_until(lambda: (tab.state().get("token"), tab.state().get("depth")) == ("2", "1"))
    expect(cell(tab, 2, 1)).to_have_attribute("data-chosen", "true")
    table(tab).focus()
    tab.press("ArrowDown")
    tab.press("ArrowLeft")
    expect(cell(tab, 3, 0)).to_have_attribute("data-chosen", "true")
    spoken = tab.test_id("lens-a").locator(".lens-table .only-spoken")
    expect(spoken).to_contain_text(f"word2, layer 0: {best(LENSES[7], 0, 3)}")


def test_patches_carry_the_words_of_the_layer(open_lens):
    tab = open_lens(depth=0)
    lens = LENSES[7]
    written = tab.test_id("lens-a").locator(".patch-words span")
    expect(written).to_have_text([best(lens, 0, position) for position in range(5, 9)])
    tab.press("]")
    expect(written).to_have_text([best(lens, 1, position) for position in range(5, 9)])
    picture = tab.test_id("lens-a").locator(".image-heat")
    box = picture.bounding_box()
    picture.click(position={"x": 0.75 * box["width"], "y": 0.25 * box["height"]})
    wait_until(lambda: tab.state().get("token") == "6")
    tab.screenshot("logit_lens")


def test_colours_say_the_depth_from_the_layer_on_at_which_the_word_stays(open_lens):
    tab = open_lens(lens_colour="depth")
    lens = LENSES[7]
    for position in range(1 + WORDS):
        first = lens.outputs[:, position, 0].tolist()
        settled = next(n for n in range(LAYERS) if len(set(first[n:])) == 1)
        coloured = [
            "background" in (cell(tab, position, layer).get_attribute("style") or "")
            for layer in range(LAYERS)
        ]
        assert coloured == [layer >= settled for layer in range(LAYERS)]


def test_two_checkpoints_stand_side_by_side_and_are_subtracted(open_lens):
    tab = open_lens(step=0, run_b="run", step_b=7, mode="ab")
    expect(cell(tab, 1, 2, "a")).to_have_text(best(LENSES[0], 2, 1))
    expect(cell(tab, 1, 2, "b")).to_have_text(best(LENSES[7], 2, 1))
    tab.press("d")
    expect(table(tab, "a")).to_have_count(0)
    changed = [
        best(LENSES[0], layer, position) != best(LENSES[7], layer, position)
        for position in range(1 + WORDS)
        for layer in range(LAYERS)
    ]
    marks = cells(tab, "b").evaluate_all("all => all.map((one) => one.dataset.changed)")
    assert marks == [json.dumps(one) for one in changed]
    cell(tab, 1, 2, "b").hover()
    expect(tab.test_id("tooltip")).to_contain_text(best(LENSES[0], 2, 1))


def test_the_table_can_be_downloaded(open_lens):
    tab = open_lens()
    tab.test_id("lens").get_by_role("button", name="Download").click()
    with tab.page.expect_download() as download:
        tab.frame.get_by_role("menuitem", name="CSV").click()
    rows = list(csv.reader(io.StringIO(download.value.path().read_text())))
    assert rows[0] == ["token", "0", "1", "2"]
    expected = [best(LENSES[7], layer, 2) for layer in range(LAYERS)]
    assert np.array_equal(next(row for row in rows if row[0] == "word1")[1:], expected)


def test_an_example_without_a_lens_says_how_to_log_one(open_tab, server):
    tab = open_tab(server, view="embeddings", embedding_panel="lens", tag="val/without", step=7)
    expect(tab.test_id("unlogged")).to_contain_text('CapturePolicy(logit_lens="all")')
