"""What a user does in the view of relevancy, done by a real browser on a real log."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.end_to_end.conftest import looks_of
from tests.logged_examples import grid_boxes, joint_example
from tests.tensorboard_process import TensorBoardProcess
from tests.waiting import wait_until
from vl_tb_plugin import (
    Evaluation,
    Example,
    Measure,
    PerturbationCurve,
    PerturbationTest,
    Relevancy,
    SummaryWriter,
    TokenSequence,
)

STEPS = (0, 100, 200)
GRID = 4
WORDS = ["[CLS]", "what", "colour", "is", "it", "?", "[SEP]"]
ANSWER = ["the", "tile", "is", "red"]
FRACTIONS = (0.0, 0.25, 0.5, 0.75, 1.0)


def hot_spot(cell: int, height: float) -> np.ndarray:
    """(GRID ** 2,) scores that fall with the distance from a cell."""
    rows, columns = np.divmod(np.arange(GRID**2), GRID)
    row, column = divmod(cell, GRID)
    return height * np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / 2)


def answered_example(step: int) -> Example:
    """Two streams, two targets, two methods; rollout from step 100 on; perturbation tests."""
    rng = np.random.default_rng(step)
    text = TokenSequence(WORDS, ["special"] + ["text"] * 5 + ["special"], name="text")
    image = TokenSequence(
        [str(cell) for cell in range(GRID**2)],
        ["image"] * GRID**2,
        name="image",
        boxes=grid_boxes(GRID),
    )
    maps = [
        Relevancy({"text": rng.random(7), "image": hot_spot(cell, 1 + step)}, method, target=target)
        for method in (("relevancy", "rollout") if step else ("relevancy",))
        for target, cell in (("red", 5), ("blue", 10))
    ]
    removal = np.argsort(-maps[0].scores["image"]).tolist()
    tests = [
        PerturbationTest(
            method,
            order,
            "image",
            FRACTIONS,
            [0.9, 0.6, 0.2, 0.1, 0.0],
            removal,
            [0, 4, 8, 12, 16],
            metric="probability",
            target="red",
            answers=["red", "red", "blue", "blue", "green"],
        )
        for method in ("relevancy", "random")
        for order in ("positive", "negative")
    ]
    return Example(
        [text, image],
        images=[rng.integers(0, 255, (64, 64, 3), dtype=np.uint8)],
        text="what colour is it ?",
        prediction="red",
        target="red",
        correct=True,
        relevancy=maps,
        perturbation=tests,
    )


def generated_example() -> Example:
    """A stream of patches, a question and a generated answer, each word of it explained."""
    tokens = [f"patch{cell}" for cell in range(GRID**2)] + WORDS[1:-1] + ANSWER
    boxes = np.full((len(tokens), 4), np.nan)
    boxes[: GRID**2] = grid_boxes(GRID)
    modality = ["image"] * GRID**2 + ["text"] * 5 + ["generated"] * len(ANSWER)
    maps = []
    for place, word in enumerate(ANSWER):
        position = len(tokens) - len(ANSWER) + place
        scores = np.full(len(tokens), np.nan)
        scores[:position] = 0.1
        scores[: GRID**2] = hot_spot(5 * place, 1)
        maps.append(Relevancy(scores, target=word, position=position))
    rng = np.random.default_rng(0)
    return Example(
        TokenSequence(tokens, modality, boxes=boxes),
        images=[rng.integers(0, 255, (64, 64, 3), dtype=np.uint8)],
        text="what colour is it ?",
        prediction="the tile is red",
        relevancy=maps,
    )


def evaluation(step: int) -> Evaluation:
    """Curves for image and text, and a measure of two methods."""
    curves = [
        PerturbationCurve(
            method,
            order,
            modality,
            FRACTIONS,
            tuple(start * (1 - np.array(FRACTIONS) ** 2)),
            (0.02,) * 5,
            64,
        )
        for method, start in (("relevancy", 0.5), ("random", 0.9))
        for order in ("positive", "negative")
        for modality in ("image", "text")
    ]
    measures = [
        Measure("pointing_game", step / 400, method, 0.02, 64)
        for method in ("relevancy", "rollout")
    ]
    return Evaluation(curves, measures)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TensorBoardProcess]:
    folder: Path = tmp_path_factory.mktemp("relevancy")
    with SummaryWriter(folder / "logs" / "answers") as writer:
        for step in STEPS:
            writer.add_vl_example("val/0", answered_example(step), step)
            writer.add_vl_evaluation("val", evaluation(step), step)
    with SummaryWriter(folder / "logs" / "generated") as writer:
        writer.add_vl_example("val/0", generated_example(), 0)
    with SummaryWriter(folder / "logs" / "without") as writer:
        writer.add_vl_example("val/0", joint_example(relevancy=[]), 0)
    with TensorBoardProcess(["--logdir", str(folder / "logs")], folder / "out") as process:
        last = [("answers", 200), ("generated", 0), ("without", 0)]
        wait_until(
            lambda: [(run["run"], run["last_step"]) for run in process.wait_for_runs(3)] == last
        )
        yield process


@pytest.fixture
def tab(open_tab, server):
    tab = open_tab(server, view="relevancy", run="answers", size=(1400, 900))
    tab.settle()
    return tab


def canvas(tab, test_id: str) -> str:
    """What is painted over the first image there."""
    return tab.test_id(test_id).locator("canvas").first.evaluate("e => e.toDataURL()")


def method_button(tab, name: str):
    return tab.frame.get_by_role("group", name="Methods").get_by_role("button", name=name)


def largest(tab, maps: str) -> list[str]:
    """The last numbers of the scales of a method: what its maps' colours end at."""
    return tab.test_id(maps).locator(".legend-numbers [data-edge=end]").all_inner_texts()


def test_a_map_is_shown_on_image_and_words_without_a_click(tab):
    side = tab.test_id("map-relevancy-a")
    expect(side.locator(".image-heat")).to_have_count(1)
    assert side.locator(".word").all_inner_texts() == WORDS
    expect(side.get_by_test_id("strongest")).to_contain_text("patch 5")
    assert largest(tab, "maps-relevancy")[0] == "201"
    tab.screenshot("relevancy")


def test_the_step_changes_the_map_and_marks_the_curves(tab):
    last = canvas(tab, "map-relevancy-a")
    marks = tab.test_id("faithfulness").locator(".mark")
    place = marks.first.get_attribute("x1")
    tab.press("ArrowLeft")
    tab.settle()
    assert tab.state()["step"] == "100"
    assert largest(tab, "maps-relevancy")[0] == "101"
    assert marks.first.get_attribute("x1") != place
    assert canvas(tab, "map-relevancy-a") == last  # the same shape, at its own scale


def test_methods_stand_side_by_side_each_with_its_own_scale(tab):
    method_button(tab, "Rollout").click()
    tab.settle()
    for method in ("relevancy", "rollout"):
        expect(tab.test_id(f"maps-{method}").get_by_test_id("legend")).to_have_count(2)
    assert tab.state()["methods"] == "relevancy%2Crollout"
    tab.screenshot("relevancy-methods")
    method_button(tab, "Relevancy").click()
    expect(tab.test_id("maps-relevancy")).to_have_count(0)


def test_the_class_explained_is_chosen_in_the_page(tab):
    red = canvas(tab, "map-relevancy-a")
    tab.test_id("targets").get_by_role("combobox").select_option("blue")
    tab.settle()
    expect(tab.test_id("relevancy").locator("h2")).to_have_text("Relevancy for “blue”")
    expect(tab.test_id("map-relevancy-a").get_by_test_id("strongest")).to_contain_text("patch 10")
    assert canvas(tab, "map-relevancy-a") != red


class TestTwoSteps:
    def compared(self, open_tab, server, mode: str, methods: str = "relevancy"):
        places = {"run": "answers", "run_b": "answers", "step": 0, "step_b": 200}
        tab = open_tab(
            server, view="relevancy", mode=mode, methods=methods, size=(1400, 900), **places
        )
        tab.settle()
        return tab

    def test_share_one_scale(self, open_tab, server):
        tab = self.compared(open_tab, server, "ab")
        maps = tab.test_id("maps-relevancy")
        expect(maps.locator(".image-heat")).to_have_count(2)
        expect(maps.get_by_test_id("legend")).to_have_count(2)
        assert largest(tab, "maps-relevancy")[0] == "201"
        assert canvas(tab, "map-relevancy-a") != canvas(tab, "map-relevancy-b")
        tab.screenshot("relevancy-side-by-side")

    def test_differ_by_shares_about_zero(self, open_tab, server):
        tab = self.compared(open_tab, server, "difference")
        legend = tab.test_id("maps-relevancy").get_by_test_id("legend").first
        expect(legend).to_contain_text("each map divided by its sum")
        numbers = legend.locator(".legend-numbers span").all_inner_texts()
        assert numbers[1] == "0" and numbers[0].replace("−", "+") == numbers[2]
        tab.screenshot("relevancy-difference")

    @pytest.mark.parametrize("mode", ["ab", "difference"])
    def test_say_which_of_them_lacks_a_map(self, open_tab, server, mode):
        tab = self.compared(open_tab, server, mode, "rollout")
        expect(tab.test_id("maps-rollout")).to_contain_text(
            "Rollout was not logged at step 0 of answers."
        )


class TestGeneratedWords:
    @pytest.fixture(autouse=True)
    def opened(self, open_tab, server):
        self.tab = open_tab(server, view="relevancy", run="generated", size=(1400, 900))
        self.tab.settle()
        self.words = self.tab.frame.get_by_role("group", name="Explained word").get_by_role(
            "button"
        )

    def pressed(self) -> str:
        return self.words.and_(self.tab.frame.locator("[aria-pressed=true]")).inner_text()

    def test_are_chosen_by_click_and_by_key_and_marked_in_the_text(self):
        assert self.words.all_inner_texts() == ANSWER
        first = canvas(self.tab, "map-relevancy-a")
        self.tab.press(".")
        assert self.pressed() == "tile"
        assert canvas(self.tab, "map-relevancy-a") != first
        self.words.nth(3).click()
        marked = self.tab.test_id("map-relevancy-a").locator(".word[aria-pressed=true]")
        expect(marked).to_have_text("red")
        self.tab.test_id("map-relevancy-a").get_by_role("button", name="is", exact=True).click()
        assert self.pressed() == "is"
        self.tab.screenshot("relevancy-words")

    def test_are_played_through(self):
        self.tab.press("p")
        expect(self.words.nth(2)).to_have_attribute("aria-pressed", "true")
        self.tab.frame.get_by_role("button", name="Pause the words").click()
        expect(self.tab.frame.get_by_role("button", name="Play the words")).to_be_visible()


class TestPerturbedInput:
    def slider(self, tab):
        return tab.frame.get_by_role("slider", name="Share of tokens removed")

    def test_is_stepped_through_to_what_the_model_answered(self, tab):
        side = tab.test_id("perturbed-a")
        expect(side.get_by_test_id("outcome")).to_contain_text("red")
        self.slider(tab).focus()
        tab.press("ArrowRight")
        expect(side.locator("rect.removed")).to_have_count(4)
        tab.press("ArrowRight")
        expect(side.locator("rect.removed")).to_have_count(8)
        expect(side.get_by_test_id("outcome")).to_contain_text("blue before: red")
        expect(side.get_by_test_id("outcome")).to_contain_text("probability 0.2")
        assert tab.state()["fraction"] == "0.5" and tab.state()["step"] == "200"
        self.slider(tab).scroll_into_view_if_needed()
        tab.screenshot("relevancy-perturbed")

    def test_can_lose_its_least_relevant_tokens_or_any(self, tab):
        panel = tab.test_id("perturbed-input")
        panel.get_by_role("button", name="least relevant first").click()
        panel.get_by_role("combobox").select_option("Random order")
        assert (tab.state()["order"], tab.state()["test"]) == ("negative", "random")


class TestOverTraining:
    def test_faithfulness_is_shown_at_the_step_and_as_areas(self, tab):
        panel = tab.test_id("faithfulness")
        expect(panel.locator(".line-chart")).to_have_count(4)
        expect(panel).to_contain_text("mean over 64 samples")
        expect(panel.get_by_test_id("series-legend")).to_contain_text("Random order")
        panel.get_by_role("button", name="text").click()
        assert tab.state()["modality"] == "text"
        expect(panel).to_contain_text("share of text tokens removed")
        panel.scroll_into_view_if_needed()
        tab.screenshot("relevancy-faithfulness")

    def test_a_click_on_a_curve_goes_to_the_step(self, tab):
        chart = tab.test_id("measures").locator(".line-chart").first
        chart.scroll_into_view_if_needed()
        chart.click(position={"x": 45, "y": 60})
        assert tab.state()["step"] == "0"

    def test_measures_have_a_chart_each_and_drift_has_any_measure(self, tab):
        expect(tab.test_id("measures")).to_contain_text("Pointing game")
        drift = tab.test_id("drift")
        expect(drift.locator(".line-chart")).to_have_count(2)
        before = drift.inner_text()
        drift.get_by_role("combobox").select_option(index=1)
        assert drift.inner_text() != before
        assert tab.state()["drift"] == "jensen_shannon"


def test_the_address_opens_the_same_picture(tab, open_tab, server):
    method_button(tab, "Rollout").click()
    tab.test_id("targets").get_by_role("combobox").select_option("blue")
    tab.press("m")
    tab.press("ArrowLeft")
    tab.settle()
    again = open_tab(server, size=(1400, 900), **tab.state())
    again.settle()
    assert again.state() == tab.state()
    for shown in ("maps-relevancy", "maps-rollout", "faithfulness"):
        first, second = (looks_of(one.test_id(shown)) for one in (tab, again))
        assert first == second, shown
    for maps in ("map-relevancy-a", "map-rollout-a"):
        assert canvas(tab, maps) == canvas(again, maps)


def test_methods_are_walked_through_by_key(tab):
    tab.press("]")
    expect(tab.test_id("maps-rollout")).to_be_visible()
    expect(tab.test_id("maps-relevancy")).to_have_count(0)
    tab.press("1")
    tab.press("4")
    expect(tab.test_id("maps-rollout")).to_be_visible()


def test_where_nothing_was_logged_the_page_says_how(open_tab, server):
    tab = open_tab(server, view="relevancy", run="without")
    tab.settle()
    expect(tab.test_id("unlogged")).to_contain_text("relevancy=maps")
    tab.screenshot("relevancy-unlogged")


@pytest.mark.parametrize("size", [(1400, 900), (1000, 760)])
def test_nothing_is_wider_than_the_page(open_tab, server, size):
    tab = open_tab(server, view="relevancy", run="answers", methods="relevancy,rollout", size=size)
    tab.settle()
    tab.page.evaluate("document.body.classList.add('dark-mode')")
    view = tab.test_id("view-relevancy")
    assert view.evaluate("e => e.scrollWidth <= e.clientWidth")
    tab.screenshot(f"relevancy-dark-{size[0]}")
