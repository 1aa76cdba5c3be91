"""The curves of the Embeddings view: geometry of hidden states, and similarity of layers."""

import csv
import re

import pytest
from playwright.sync_api import expect

RUN = {"run": "lxmert-seed0", "step": 4}
STEPS = {"run": "lxmert-seed0", "step": 0, "run_b": "lxmert-seed0", "step_b": 4}
SEEDS = {"run": "lxmert-seed0", "step": 4, "run_b": "lxmert-seed1", "step_b": 4}


@pytest.fixture
def curves(open_tab, demo_server):
    """Open the curves of the demo's LXMERT."""

    def open_(**parameters):
        chosen = RUN | parameters
        tab = open_tab(demo_server, view="embeddings", embedding_panel="curves", **chosen)
        tab.test_id("cka").locator(".cell-grid").first.wait_for()
        tab.test_id("geometry").locator(".line-chart").first.wait_for()
        tab.frame.locator("[aria-busy=true]").first.wait_for(state="detached")
        return tab

    return open_


def chart(tab, name):
    return tab.test_id("geometry").get_by_role("img", name=name)


def clicked(tab, element, x):
    """Click at a fraction of the element's width."""
    box = element.bounding_box()
    element.click(position={"x": x * box["width"], "y": box["height"] / 2})


def test_a_click_on_a_curve_chooses_the_layer_then_the_step(curves):
    tab = curves(depth=3)
    shown = tab.frame.get_by_test_id("depth")
    expect(shown).to_have_text("3")
    assert chart(tab, "Length, over the layers").locator(".line.series").count() == 2
    clicked(tab, chart(tab, "Modality gap, over the layers"), 0.15)
    expect(shown).to_have_text("0")
    tab.frame.get_by_role("button", name="over steps").click()
    clicked(tab, chart(tab, "Modality gap, over the steps"), 0.15)
    expect(tab.test_id("geometry")).to_contain_text("Layer 0")
    assert (tab.state()["step"], tab.state()["curves_over"]) == ("0", "steps")


def test_tooltip_and_table_say_the_values_of_the_answer(curves, demo_server):
    tab = curves(depth=2)
    answer = demo_server.get("geometry", run="lxmert-seed0")
    steps, layers = answer.header["steps"], answer.header["layers"]
    names = [measure["name"] for measure in answer.header["measures"]]
    expected = {
        part: answer.array("values")[names.index(f"norm_{part}"), steps.index(4)]
        for part in ("text", "image")
    }
    lengths = chart(tab, "Length, over the layers")
    box = lengths.bounding_box()
    lengths.hover(position={"x": 0.9 * box["width"], "y": box["height"] / 2})
    told = tab.test_id("tooltip").inner_text()
    assert f"layer {layers[-1]}" in told
    tab.test_id("geometry").get_by_test_id("panel-download").click()
    with tab.page.expect_download() as download:
        tab.test_id("download-csv").click()
    rows = list(csv.reader(download.value.path().read_text().splitlines()))
    table = [row for row in rows if row[0] == "Length, over the layers"]
    for part, values in expected.items():
        found = re.search(rf"step 4, {part}\s+([\d.]+)", told)
        assert float(found.group(1)) == pytest.approx(values[-1], rel=5e-3)
        column = table[0].index(f"step 4, {part}")
        assert [float(row[column]) for row in table[1:]] == pytest.approx(values.tolist())


def test_two_steps_have_two_lines_each_and_a_matrix_between_them(curves):
    tab = curves(mode="ab", **STEPS)
    gap = chart(tab, "Modality gap, over the layers")
    assert [gap.locator(f".line.{side}").count() for side in "ab"] == [1, 1]
    for pair in ("a-a", "b-b", "a-b"):
        expect(tab.test_id(f"cka-{pair}").locator(".cell-grid")).to_be_visible()
    tab.screenshot("curves_of_two_steps")


def test_a_cell_chooses_two_layers_and_the_keyboard_reaches_it(curves, demo_server):
    tab = curves(depth=0)
    cell = tab.test_id("cka-a-a").get_by_role("button")
    cell.press("ArrowRight")
    found = demo_server.get("cka", run="lxmert-seed0", step=4).array("cka")[0, 1]
    said = re.fullmatch(r"layers 0 and 1: ([\d.]+)", cell.get_attribute("aria-label"))
    assert float(said.group(1)) == pytest.approx(found, abs=5e-3)
    cell.press("ArrowDown")
    cell.press("ArrowDown")
    cell.press("Enter")
    expect(tab.frame.get_by_test_id("depth")).to_have_text("2")
    assert tab.state()["compared_layer"] == "1"
    tab.test_id("cka").get_by_role("button", name="image").click()
    expect(cell).to_have_attribute("aria-label", re.compile(r"layers 2 and 1: "))
    assert tab.state()["cka_tokens"] == "image"


def test_a_difference_of_runs_is_drawn_over_layers_and_steps(curves):
    tab = curves(mode="difference", **SEEDS)
    expect(chart(tab, "Change of: Length, over the layers").locator(".line")).to_have_count(2)
    expect(tab.test_id("cka-a-b")).to_be_visible()
    expect(tab.test_id("cka-a-a")).to_have_count(0)
    tab.frame.get_by_role("button", name="over steps").click()
    expect(chart(tab, "Change of: Length, over the steps").locator(".line")).to_have_count(2)
