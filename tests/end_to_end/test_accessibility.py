"""What a screen reader is told, and whether the page fits screens from a laptop's to a wall's."""

import pytest

VIEWS = ("heads", "attention", "embeddings", "relevancy")

UNNAMED = """() => {
  const controls = "button, input, select, textarea, a[href], [role=button], [role=grid], " +
    "[role=slider], [role=switch], [role=tab], [role=img], [role=listbox], [role=dialog], summary";
  const named = (element) => {
    const ids = (element.getAttribute("aria-labelledby") ?? "").split(" ").filter(Boolean);
    const texts = [
      element.getAttribute("aria-label"),
      ...ids.map((id) => document.getElementById(id)?.textContent),
      ...[...(element.labels ?? [])].map((label) => label.textContent),
      element.matches("input, select, [role=img]") ? "" : element.textContent,
      element.querySelector("img")?.alt,
    ];
    return texts.some((text) => text?.trim());
  };
  return [...document.querySelectorAll(controls)]
    .filter((element) => element.checkVisibility() && !element.closest("[aria-hidden=true]"))
    .filter((element) => !named(element))
    .map((element) => element.outerHTML.slice(0, 160));
}"""
"""Controls and pictures that have no name."""

CUT_OFF = """() => {
  const page = document.querySelector(".page");
  const places = ".topbar button, .toolbar button, .panel-head button";
  const buttons = [...document.querySelectorAll(places)];
  const cut = buttons.filter((button) => {
    const { left, right } = button.getBoundingClientRect();
    return button.checkVisibility() && (left < 0 || right > innerWidth + 1);
  });
  const wide = page.scrollWidth > innerWidth + 1 ? ["the page is wider than the window"] : [];
  return [...wide, ...cut.map((button) => button.outerHTML.slice(0, 160))];
}"""
"""What does not fit into the window."""


@pytest.mark.parametrize("view", VIEWS)
def test_everything_that_can_be_used_has_a_name(open_tab, demo_server, view):
    tab = open_tab(
        demo_server, view=view, run="lxmert-seed0", mode="ab", run_b="lxmert-seed1", card=1
    )
    tab.settle()
    body = tab.frame.locator("body")
    assert body.evaluate(UNNAMED) == []
    tab.test_id("download").click()
    assert body.evaluate(UNNAMED) == []


@pytest.mark.parametrize("size", [(1280, 800), (3840, 2160)], ids=["laptop", "4K"])
def test_every_view_fits(open_tab, demo_server, size):
    tab = open_tab(demo_server, size=size, run="lxmert-seed0")
    for view in VIEWS:
        tab.test_id(f"tab-{view}").click()
        tab.settle()
        assert tab.frame.locator("body").evaluate(CUT_OFF) == [], view
    size_of_text = tab.frame.locator("body").evaluate(
        "e => parseFloat(getComputedStyle(e).fontSize)"
    )
    assert size_of_text >= 13 * (1 if size[0] < 2000 else 1.5)
