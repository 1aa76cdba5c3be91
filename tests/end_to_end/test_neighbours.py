"""The Neighbours panel of the Embeddings view: what is near, what changes, what is a hub."""

import re

import pytest

RUN = "lxmert-seed0"
HERE = {"view": "embeddings", "embedding_panel": "neighbours", "run": RUN, "tag": "val/000"}


@pytest.fixture(scope="module")
def steps(demo_server):
    return demo_server.get("examples", run=RUN).json["steps"]


def percent(share: float) -> str:
    return "<1 %" if 0 < share < 0.005 else f"{round(100 * share)} %"


def test_nearest_tokens_are_those_of_the_space_and_lead_on(open_tab, demo_server, steps):
    tab = open_tab(demo_server, **HERE, step=steps[-1])
    tab.frame.get_by_text("Choose a word or a patch above").wait_for()
    (text,) = [
        sequence["tokens"]
        for sequence in demo_server.get("manifest", run=RUN, tag=HERE["tag"], step=steps[-1]).json[
            "sequences"
        ]
        if sequence["name"] == "text"
    ]
    word = tab.test_id("example-tokens").get_by_role("button", name=text[2], exact=True)
    word.first.click()
    columns = tab.test_id("nearest-text").get_by_role("table")
    columns.wait_for()
    assert (tab.state()["sequence"], tab.state()["token"]) == ("text", "2")

    asked = {"run": RUN, "tag": "val/000", "step": steps[-1], "sequence": "text", "token": 2}
    layers = demo_server.get("neighbours", **asked, layer="all", modality="text", distinct=1).json[
        "layers"
    ]
    told = columns.locator("tbody tr").evaluate_all(
        "rows => rows.map((row) => [...row.querySelectorAll('td')].map((td) => td.dataset.value))"
    )
    for rank, row in enumerate(told):
        for layer, words in zip(layers, row, strict=True):
            one = layer["neighbours"][rank]
            assert words.startswith(f"“{one['text']}”, text token {one['token']} of {one['tag']}")
    # new is who is not among the nearest words of the layer before
    words = [{one["text"] for one in layer["neighbours"]} for layer in layers]
    new = sum(len(after - before) for before, after in zip(words[:-1], words[1:], strict=True))
    assert columns.locator("[data-new=true]").count() == new

    # across modalities: a click on the nearest patch asks for its neighbours
    patch = tab.test_id("nearest-image").locator("tbody tr").first.locator("td").last
    found = re.search(r"image token (\d+) of (\S+),", patch.get_attribute("data-value"))
    patch.get_by_role("button").click()
    tab.frame.get_by_role("heading", name=re.compile("Nearest to region")).wait_for()
    tab.settle()
    assert (tab.state()["token"], tab.state()["sequence"]) == (found[1], "image")
    assert tab.state().get("tag", "val/000") == found[2]
    tab.test_id("nearest").get_by_role("button", name="steps").click()
    tab.test_id("nearest-image").get_by_role("button", name=f"step {steps[0]}", exact=True).click()
    tab.settle()
    assert (tab.state()["columns"], tab.state()["step"]) == ("steps", str(steps[0]))


def test_churn_between_two_checkpoints_and_the_tokens_that_changed(open_tab, demo_server, steps):
    both = {"step": steps[0], "run_b": RUN, "step_b": steps[-1], "mode": "ab"}
    tab = open_tab(demo_server, **HERE, **both, depth=2, sequence="text", token=2)
    tab.test_id("churn-pairs").wait_for()
    asked = {"run": RUN, "step": steps[0], "other_step": steps[-1], "layer": 2}
    answer = demo_server.get("churn", **asked, sequence="text").json
    shown = tab.test_id("churn-pairs").locator("tr").all_inner_texts()
    assert [text.split()[-2:] for text in shown] == [
        percent(pair["churn"]).split() for pair in answer["pairs"]
    ]
    tab.test_id("nearest-text-a").wait_for()
    tab.test_id("nearest-text-b").wait_for()

    tab.test_id("churn-pairs").get_by_role("button", name="text → image").click()
    tab.test_id("changed").get_by_role("button", name="this example").click()
    rows = tab.test_id("changed-tokens").locator("[role=row][data-key]")
    tab.settle()
    keys = rows.evaluate_all("rows => rows.map((row) => row.dataset.key)")
    own = demo_server.get("churn", **asked, sequence="text", tag="val/000").json["example"]
    words = [one for one in own if one["modality"] == "text"]
    words.sort(key=lambda one: (-one["churn"]["image"], -one["farther"]["image"]))
    assert keys == [f"val/000 text {one['token']}" for one in words]
    rows.last.click()
    assert tab.state()["token"] == str(words[-1]["token"])
    chosen = {name: tab.state()[name] for name in ("pair", "changed", "embedding_panel")}
    assert chosen == {"pair": "text-image", "changed": "example", "embedding_panel": "neighbours"}


def test_hubs_are_listed_and_can_be_asked_about(open_tab, demo_server, steps):
    tab = open_tab(demo_server, **HERE, step=steps[-1], depth=1)
    tab.frame.get_by_role("button", name="one of the hubs").click()
    first = tab.test_id("hubs-a").locator("tbody tr").first
    first.wait_for()
    answer = demo_server.get("hubness", run=RUN, step=steps[-1], layer=1).json
    hub = answer["pairs"][0]["hubs"][0]
    assert first.locator(".hub-times").get_attribute("data-value") == str(hub["times"])
    first.get_by_role("button").click()
    tab.test_id(f"nearest-{hub['modality']}").wait_for()
    told = tab.state().get("tag", "val/000"), tab.state()["sequence"], tab.state()["token"]
    assert told == (hub["tag"], hub["sequence"], str(hub["token"]))
