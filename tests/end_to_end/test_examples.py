"""The Examples view, in a real browser: the table, its links and keys, and flips."""

import pytest
from playwright.sync_api import expect

from tests.logged_examples import joint_example, noise_maps
from tests.tensorboard_process import TensorBoardProcess
from tests.waiting import wait_until
from vl_tb_plugin import SummaryWriter

MANY = 120
"""More examples than fit into the window."""


def example(number: int, step: int):
    """Example 0 is learnt after the first step, 1 unlearnt; the others are always right."""
    correct = {0: step > 0, 1: step == 0}.get(number, True)
    seed = number if number > 1 else number + step
    return joint_example(
        layers=1,
        heads=1,
        text=f"what is in picture {number} ?",
        prediction="cat" if correct else "dog",
        target="cat",
        correct=correct,
        fields={"loss": float(1000 - number) / 7, "kind": "animal" if number % 2 else "plant"},
        relevancy=noise_maps({"joint": 9}, target="cat", seed=seed),
    )


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("examples")
    with SummaryWriter(folder / "logs" / "run") as writer:
        for step in (0, 10):
            for number in range(MANY):
                writer.add_vl_example(f"val/{number:03d}", example(number, step), step)
    with TensorBoardProcess(["--logdir", str(folder / "logs")], folder / "out") as process:
        wait_until(
            lambda: (
                [
                    len(one["steps"])
                    for one in (
                        process.wait_for_runs(1) and process.get("examples", run="run")
                    ).json["examples"]
                ]
                == [2] * MANY
            )
        )
        yield process


@pytest.fixture
def table(open_tab, server):
    tab = open_tab(server, view="examples")
    rows(tab).first.wait_for()
    return tab


def rows(tab):
    return tab.test_id("example-table").locator("[role=row][data-key]")


def first_rows(tab) -> list[str]:
    return [row.get_attribute("data-key") for row in rows(tab).all()[:3]]


def test_every_row_is_there_and_only_those_in_sight_are_made(table):
    grid = table.test_id("example-table")
    expect(grid).to_have_attribute("aria-rowcount", str(MANY + 1))
    assert rows(table).count() < 60
    grid.evaluate("e => e.scrollTop = e.scrollHeight")
    last = grid.locator("[data-key='val/119']")
    expect(last).to_be_in_viewport()
    expect(last).to_contain_text("what is in picture 119 ?")
    table.screenshot("examples-scrolled")


def test_a_click_on_a_title_sorts_and_the_link_keeps_order_filter_and_search(
    table, open_tab, server
):
    title = table.frame.get_by_role("columnheader", name="loss")
    title.get_by_role("button").click()
    expect(title).to_have_attribute("aria-sort", "ascending")
    assert first_rows(table) == ["val/119", "val/118", "val/117"]
    table.frame.get_by_role("combobox", name="Field").select_option("field:kind=plant")
    table.test_id("search").fill("picture 11")
    expect(table.test_id("example-count")).to_have_text(f"5 of {MANY}")
    assert first_rows(table) == ["val/118", "val/116", "val/114"]
    again = open_tab(server, **table.state())
    expect(again.test_id("example-count")).to_have_text(f"5 of {MANY}")
    assert first_rows(again) == first_rows(table)


def test_the_keyboard_walks_through_the_rows_and_opens_one(table):
    for _ in range(30):
        table.press("ArrowDown")
    chosen = table.test_id("example-table").locator("[aria-selected=true]")
    expect(chosen).to_have_attribute("data-key", "val/030")
    expect(chosen).to_be_in_viewport()
    table.press("Enter")
    expect(table.test_id("view-attention")).to_be_visible()
    card = table.frame.get_by_role("listbox").locator("[aria-selected=true]")
    expect(card).to_have_attribute("data-tag", "val/030")
    expect(card).to_be_in_viewport()


def test_a_strip_tells_what_was_answered_when_and_goes_there(table):
    strip = rows(table).first.locator(".strip")
    expect(strip).to_have_attribute(
        "aria-label", "correct at 1 of 2 steps, first at 10; the answer changed at 10"
    )
    box = strip.bounding_box()
    strip.hover(position={"x": box["width"] * 0.2, "y": box["height"] / 2})
    expect(table.test_id("tooltip")).to_contain_text("step 0: dog · wrong")
    strip.click(position={"x": box["width"] * 0.2, "y": box["height"] / 2})
    expect(table.test_id("step-a")).to_contain_text("0")
    assert table.state()["step"] == "0"


def test_the_boxes_of_the_evidence_lie_on_the_thumbnail(table):
    picture = rows(table).first.locator(".thumbnail")
    expect(picture.locator("img")).to_be_visible()
    image = picture.locator("img").bounding_box()
    box = picture.locator(".outline-over").first.bounding_box()
    # the evidence is the upper left quarter; strokes reach out by the same on either side
    assert box["x"] + box["width"] / 2 == pytest.approx(image["x"] + image["width"] / 4, abs=1)


def test_flips_are_ranked_and_open_side_by_side(open_tab, server):
    tab = open_tab(
        server, view="examples", run="run", step=0, run_b="run", step_b=10, size=(1600, 900)
    )
    flips = tab.test_id("flips")
    cards = flips.get_by_role("option")
    expect(cards).to_have_count(2)
    tab.settle()
    changes = [
        float(card.locator(".flip-change").get_attribute("data-value")) for card in cards.all()
    ]
    assert changes == sorted(changes, reverse=True) and changes[-1] > 0
    for card in cards.all():
        expect(card.locator("canvas")).to_have_count(2)
    tab.screenshot("examples-flips")
    card = cards.last
    tag = card.get_attribute("data-tag")
    card.click()
    assert tab.state()["tag"] == tag
    tab.test_id("flip-open-relevancy").click()
    expect(tab.test_id("view-relevancy")).to_be_visible()
    assert tab.state()["mode"] == "ab" and tab.state()["tag"] == tag
