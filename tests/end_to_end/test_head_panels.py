"""The panels of the Heads view: scatter, similarity with matching, budget."""

import re

import pytest
from playwright.sync_api import expect

SEEDS = {"run": "lxmert-seed0", "step": 4, "run_b": "lxmert-seed1", "step_b": 4}
STEPS = {"run": "lxmert-seed0", "step": 0, "run_b": "lxmert-seed0", "step_b": 4}


@pytest.fixture
def panel(open_tab, demo_server):
    """Open one panel of the Heads view on the demo's LXMERT."""

    def open_(name: str, **parameters):
        chosen = {"run": "lxmert-seed0", "step": 4} | parameters
        tab = open_tab(demo_server, view="heads", panel=name, **chosen)
        expect(tab.test_id(name)).to_be_visible()
        tab.frame.locator("[aria-busy=true]").first.wait_for(state="detached")
        return tab

    return open_


def dragged(tab, scatter, corner: tuple[float, float], opposite: tuple[float, float]) -> None:
    """Draw a rectangle, its corners in fractions of the plot."""
    box = scatter.bounding_box()
    for index, (x, y) in enumerate((corner, opposite)):
        place = box["x"] + x * box["width"], box["y"] + y * box["height"]
        tab.page.mouse.move(*place)
        if index == 0:
            tab.page.mouse.down()
    tab.page.mouse.up()


class TestScatter:
    def test_a_rectangle_picks_heads_and_the_link_keeps_them(self, panel):
        tab = panel("scatter", across="entropy", up="max_weight")
        scatter = tab.test_id("scatter-a").get_by_role("group")
        heads = int(re.match(r"\d+", scatter.get_attribute("aria-label")).group())
        dragged(tab, scatter, (0.01, 0.01), (0.99, 0.95))
        expect(tab.test_id("picked")).to_contain_text(f"{heads} picked")
        dragged(tab, scatter, (0.5, 0.01), (0.99, 0.95))
        picked = tab.state()["picked"].split(",")
        assert 0 < len(picked) < heads
        expect(scatter.locator(".head-mark[data-quiet=true]").first).to_be_attached()
        tab.frame.get_by_role("button", name="clear").click()
        assert "picked" not in tab.state()

    def test_the_keyboard_walks_from_head_to_head_and_chooses(self, panel):
        tab = panel("scatter", across="entropy", up="max_weight", mode="ab", **SEEDS)
        head = tab.test_id("scatter-b").get_by_role("button")
        head.press("Home")
        lowest = float(re.search(r"Entropy ([\d.]+)", head.get_attribute("aria-label")).group(1))
        head.press("End")
        expect(head).not_to_have_attribute("aria-label", re.compile(f"Entropy {lowest},"))
        highest = re.match(
            r"(.+), layer (\d+), head (\d+): Entropy ([\d.]+)", head.get_attribute("aria-label")
        )
        assert float(highest.group(4)) > lowest
        head.press("Enter")
        state = tab.state()
        assert (state["layer"], state["head"]) == highest.group(2, 3)
        tab.screenshot("scatter_of_heads")

    def test_a_difference_has_an_arrow_per_head(self, panel):
        tab = panel("scatter", mode="difference", **STEPS)
        both = tab.test_id("scatter-both")
        expect(both.locator(".head-arrow").first).to_be_attached()
        label = both.get_by_role("button").get_attribute("aria-label")
        assert re.search(r"[\d.]+ → [\d.]+ \([+−]?[\d.e-]+\)", label)


class TestSimilarity:
    def test_a_cell_compares_two_heads(self, panel):
        tab = panel("similarity", block="text_to_image", layer=2, head=1, arranged="layers")
        cell = tab.test_id("similarity-a").get_by_role("button")
        assert re.search(r"layer 2, head 1 and layer 1, head 0: ", cell.get_attribute("aria-label"))
        cell.press("ArrowRight")
        cell.press("Enter")
        assert tab.state()["compared_head"] == "1.1"
        expect(tab.test_id("compared").locator(".compared-heads figcaption")).to_have_text(
            ["layer 2, head 1", "layer 1, head 1"]
        )
        expect(tab.test_id("compared").locator(".image-heat")).to_have_count(2)
        nearest = tab.test_id("nearest").get_by_role("button")
        expect(nearest).to_have_count(7)
        numbers = [float(text) for text in nearest.locator("b").all_inner_texts()]
        assert numbers == sorted(numbers) and numbers[0] > 0
        tab.screenshot("similarity_of_heads")

    def test_heads_of_two_seeds_are_matched(self, panel):
        chosen = {"block": "text_to_image", "layer": 2, "head": 1, "cohort": "all"}
        tab = panel("similarity", mode="ab", **chosen, **SEEDS)
        matching = tab.test_id("matching")
        rows = matching.locator("tbody tr")
        expect(rows).to_have_count(8)
        columns = [rows.locator(f"td:nth-child({column})").all_inner_texts() for column in (1, 2)]
        for heads in columns:
            assert len(set(heads)) == 8
        matching.get_by_role("button", name="match", exact=True).click()
        assert tab.state()["matched"] == "1"
        partner = dict(zip(*columns, strict=True))["layer 2, head 1"]
        caption = tab.test_id("compared-chosen").locator("figcaption")
        expect(caption).to_have_text(f"A: layer 2, head 1 · B: {partner}")
        matching.get_by_role("button", name="to same number").click()
        expect(matching.get_by_role("columnheader", name="to same")).to_have_attribute(
            "aria-sort", "ascending"
        )


class TestBudget:
    def test_shares_are_read_and_a_layer_is_chosen_by_keyboard(self, panel):
        tab = panel("budget", block="text_to_image", layer=1, head=0)
        block = tab.test_id("budget-text_to_image")
        layers = block.get_by_role("slider", name="over the layers")
        told = layers.get_attribute("aria-valuetext")
        shares = [int(share) for share in re.findall(r"(\d+) %", told)]
        assert told.startswith("layer 1: image ") and abs(sum(shares) - 100) <= 2
        layers.press("ArrowRight")
        assert tab.state()["layer"] == "2"
        expect(layers).to_have_attribute("aria-valuetext", re.compile("layer 2: image"))
        block.get_by_role("slider", name="over the steps").press("Home")
        assert tab.state()["step"] == "0"
        tab.screenshot("budget")

    def test_two_steps_stand_side_by_side_and_subtracted(self, panel):
        tab = panel("budget", mode="ab", **STEPS)
        block = tab.test_id("budget-vision")
        expect(block.get_by_role("slider", name="over the layers")).to_have_count(2)
        expect(block.get_by_role("slider", name="over the steps")).to_have_count(1)
        tab.press("d")
        expect(block.get_by_role("slider")).to_have_count(0)
        expect(block.get_by_role("img", name="Change of the attention budget")).to_have_count(1)
