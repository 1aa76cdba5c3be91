"""Which heads do what, for which samples, since when: the Heads view in a real browser."""

import re

import pytest
from playwright.sync_api import expect

RUN = "lxmert-seed0"
VALUE = re.compile(r"layer \d, head \d: (.+?)(?:,|$)")


@pytest.fixture
def heads(open_tab, demo_server):
    """Open the Heads view at a size that shows it whole."""

    def open_(**parameters):
        chosen = {"view": "heads", "run": RUN, "statistic": "entropy"} | parameters
        tab = open_tab(demo_server, size=(1600, 1000), **chosen)
        tab.settle()
        return tab

    return open_


def choose_samples(tab, start: str) -> None:
    choice = tab.test_id("samples").get_by_role("combobox")
    choice.locator(f"option[value='{start}']").wait_for(state="attached")
    choice.select_option(value=start)
    tab.settle()


def spoken(tab) -> list[str]:
    cells = tab.frame.locator(".heads-main [role=gridcell][aria-label*=', head ']")
    return cells.evaluate_all("cells => cells.map(cell => cell.getAttribute('aria-label'))")


def column(tab, number: int) -> list[str]:
    rows = tab.test_id("head-list").locator("[role=row][data-key]")
    return rows.locator(f"[role=gridcell]:nth-child({number})").all_inner_texts()


class TestSamples:
    def test_a_cohort_changes_the_numbers_and_says_how_many_samples(self, heads):
        tab = heads()
        alone = spoken(tab)
        assert not any("samples" in cell for cell in alone)
        choose_samples(tab, "all")
        over_all = spoken(tab)
        assert len(over_all) == len(alone) and over_all != alone
        assert all(re.search(r"\[.+, .+\], 24 samples$", cell) for cell in over_all)
        expect(tab.test_id("samples-note")).to_contain_text("Mean over 24 samples")
        assert tab.state()["cohort"] == "all"
        half = tab.test_id("samples").locator("option", has_text="digit (")
        choose_samples(tab, half.get_attribute("value"))
        count = re.search(r"\((\d+)\)", half.inner_text()).group(1)
        assert 0 < int(count) < 24
        assert all(f"], {count} samples" in cell for cell in spoken(tab))
        tab.frame.get_by_role("gridcell", name=re.compile("layer 1, head 2: ")).first.hover()
        expect(tab.test_id("tooltip")).to_contain_text(re.compile(rf"\[.+, .+\], {count} samples"))
        tab.screenshot("heads-cohort")

    def test_samples_that_flipped_need_a_second_checkpoint(self, heads):
        tab = heads(cohort="flipped")
        expect(tab.test_id("heads")).to_contain_text("choose a B")


class TestChange:
    @pytest.fixture
    def change(self, heads):
        return heads(mode="difference", step=0, run_b=RUN, step_b=4, cohort="all")

    def test_changes_beyond_chance_are_marked_where_samples_tell(self, change):
        marked = [cell for cell in spoken(change) if "beyond chance" in cell]
        marks = change.frame.locator("[data-marked=true]")
        note = change.test_id("samples-note")
        expect(note).to_contain_text(f"{len(marked)} of {len(spoken(change))} heads")
        expect(marks).to_have_count(len(marked))
        expect(change.test_id("chance-key")).to_be_visible()
        note.locator("summary").click()
        expect(note).to_contain_text("flip")
        change.screenshot("heads-beyond-chance")
        choose_samples(change, "")
        expect(note).to_contain_text("choose samples")
        expect(marks).to_have_count(0)

    def test_the_largest_change_is_one_click_away(self, change):
        change.test_id("largest-change").click()
        change.settle()
        found = [text.replace("−", "-").strip() for text in column(change, 6)]
        sizes = [abs(float(size)) for size in found]
        assert sizes == sorted(sizes, reverse=True) and sizes[0] > 0
        assert change.state()["sort"] == "-change"
        change.screenshot("heads-largest-change")


class TestOverSteps:
    def test_cells_become_charts_or_steps_of_emergence(self, heads):
        tab = heads()
        numbers = len(spoken(tab))
        tab.frame.get_by_role("button", name="Over steps").click()
        tab.settle()
        lines = tab.frame.locator(".matrix .sparkline .line")
        assert lines.count() > numbers  # the layers' means as well
        assert lines.first.get_attribute("d").count("L") == 2  # three checkpoints
        assert tab.state()["cells"] == "steps"
        tab.screenshot("heads-over-steps")
        tab.frame.get_by_role("button", name="Emergence").click()
        expect(tab.test_id("heads")).to_contain_text("Choose samples")
        choose_samples(tab, "all")
        found = [VALUE.match(cell).group(1) for cell in spoken(tab)]
        assert len(found) == numbers and set(found) <= {"2", "4", "does not emerge"}
        expect(tab.test_id("emergence-key")).to_contain_text("emerges at step")
        tab.screenshot("heads-emergence")

    def test_the_history_of_a_block_is_one_request(self, heads):
        tab = heads()
        asked: list[str] = []
        tab.page.on("request", lambda request: asked.append(request.url))
        tab.frame.get_by_role("gridcell", name=re.compile("layer 0, head 1: ")).last.click()
        choose_samples(tab, "all")
        histories = [url for url in asked if "cohort_history" in url and "cohort=all" in url]
        assert len([url for url in histories if url.endswith("statistic=entropy")]) == 1
        chart = tab.test_id("head-over-steps")
        expect(chart.locator(".band")).to_have_count(1)


def test_what_is_one_key_away_is_there_already(heads):
    tab = heads()
    tab.frame.get_by_role("gridcell", name=re.compile("layer 1, head 1: ")).first.click()
    tab.settle()
    fetched = tab.frame.locator("body").evaluate(
        "() => performance.getEntriesByType('resource').map((entry) => entry.name)"
    )
    choice = tab.frame.get_by_role("combobox", name="Statistic", exact=True)
    names = [one.get_attribute("value") for one in choice.locator("option").all()]
    beside = names[names.index("entropy") + 1]
    gallery = next(url for url in fetched if "attention_gallery" in url and "layer=1" in url)
    history = next(url for url in fetched if "cohort_history" in url and url.endswith("=entropy"))
    ahead = {
        gallery.replace("layer=1", "layer=2"),
        gallery.replace("step=4", "step=2"),
        history.replace("=entropy", f"={beside}"),
    }
    assert ahead <= set(fetched)
    asked: list[str] = []
    tab.page.on("request", lambda request: asked.append(request.url))
    choice.select_option(beside)
    tab.press("]")
    tab.settle()
    assert tab.state()["layer"] == "2"
    assert not ahead & set(asked)


class TestList:
    def test_a_condition_narrows_the_list_and_is_in_the_link(self, heads):
        tab = heads(panel="list")
        everything = int(tab.frame.locator(".head-table").get_attribute("aria-rowcount")) - 1
        condition = "entropy > 1 and not layer = 0"
        tab.test_id("head-filter").fill(condition)
        kept = column(tab, 3)
        assert 0 < len(kept) < everything and "0" not in kept
        assert all(float(value) > 1 for value in column(tab, 5))
        expect(tab.test_id("filter-outcome")).to_have_text(f"{len(kept)} of {everything}")
        assert (
            tab.state()["filter"].replace("+", " ").replace("%3E", ">").replace("%3D", "=")
            == condition
        )
        tab.frame.get_by_role("button", name="Matrix").click()
        passing = tab.frame.locator(".heads-main .cell:not([data-quiet]):not(.cell-mean)")
        expect(passing).to_have_count(len(kept))
        tab.screenshot("heads-filtered")
        tab.test_id("head-filter").fill("entropy > 1 and")
        expect(tab.test_id("filter-outcome")).to_contain_text("character 16")

    def test_every_column_sorts_both_ways(self, heads):
        tab = heads(panel="list")
        header = tab.frame.get_by_role("columnheader", name="Entropy")
        for direction in ("descending", "ascending"):
            tab.test_id("sort-value").click()
            expect(header).to_have_attribute("aria-sort", direction)
            values = [float(value) for value in column(tab, 5)]
            assert values == sorted(values, reverse=direction == "descending")

    def test_heads_are_picked_by_hand_or_keyboard_and_kept_in_the_link(self, heads):
        tab = heads(panel="list")
        rows = tab.test_id("head-list").locator("[role=row][data-key]")
        rows.nth(1).get_by_role("checkbox").check()
        rows.nth(3).click(modifiers=["Control"])
        expect(tab.test_id("picked")).to_contain_text("2 picked")
        rows.nth(0).click()
        rows.nth(0).press("ArrowDown")
        expect(rows.nth(1)).to_be_focused()
        rows.nth(1).press(" ")
        expect(tab.test_id("picked")).to_contain_text("1 picked")
        key = rows.nth(3).get_attribute("data-key")
        tab.frame.get_by_role("button", name="Matrix").click()
        picked = tab.frame.locator("[data-picked=true]")
        expect(picked).to_have_count(1)
        layer, head = re.search(r":(\d+)\.(\d+)$", key).groups()
        expect(picked).to_have_attribute(
            "aria-label", re.compile(f"layer {layer}, head {head}: .*picked")
        )
        tab.test_id("picked").get_by_role("button", name="clear").click()
        expect(picked).to_have_count(0)
