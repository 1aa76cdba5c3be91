"""The Attention view in a real browser: tokens, heads, scales, galleries, playing."""

import re

import pytest
from playwright.sync_api import expect

RUN = "lxmert-seed0"
HERE = {"view": "attention", "run": RUN, "step": 4, "tag": "val/000", "block": "text_to_image"}
TEXT = HERE | {"sequence": "text", "token": 2, "layer": 1, "head": 0}


@pytest.fixture
def attention(open_tab, demo_server):
    def open_(**parameters):
        tab = open_tab(demo_server, **(TEXT | parameters))
        tab.settle()
        return tab

    return open_


def picture(tab):
    return tab.frame.locator(".image-heat canvas").first.evaluate("e => e.toDataURL()")


def words(tab):
    return tab.frame.locator("[data-testid=attention-a] .word")


def head(tab, layer, number):
    name = re.compile(f"layer {layer}, head {number}: ")
    return tab.test_id("navigator").get_by_role("gridcell", name=name).first


def title(tab):
    return tab.test_id("attention").locator("h2")


def test_words_are_added_reached_and_named_in_the_title(attention):
    tab = attention()
    words(tab).nth(3).click(modifiers=["Control"])
    assert tab.state()["token"] == "2%2C3"
    expect(tab.frame.locator(".word[aria-pressed=true]")).to_have_count(2)
    words(tab).nth(6).click(modifiers=["Shift"])
    tab.settle()
    assert tab.state()["token"] == "2-6"
    shown = [words(tab).nth(index).inner_text() for index in range(2, 7)]
    expect(title(tab)).to_have_text(f"what “{' '.join(shown)}” looks at")
    tab.screenshot("attention-words")


def test_a_dragged_region_asks_about_its_patches(attention):
    tab = attention()
    box = tab.frame.locator(".image-heat").first.bounding_box()
    mouse = tab.page.mouse
    mouse.move(box["x"] + 5, box["y"] + 5)
    mouse.down()
    mouse.move(box["x"] + 0.45 * box["width"], box["y"] + 0.2 * box["height"], steps=3)
    mouse.up()
    tab.settle()
    assert tab.state()["sequence"] == "image"
    assert tab.state()["token"] == "0%2C1"
    expect(title(tab)).to_contain_text("2 image tokens look at")


def test_patches_are_walked_over_and_chosen_by_keyboard(attention):
    tab = attention(block="image_to_text", sequence="image", token=0)
    image = tab.frame.locator(".image-heat").first
    image.focus()
    image.press("ArrowRight")
    expect(tab.test_id("tooltip")).to_be_visible()
    image.press("ArrowDown")
    image.press("Enter")
    tab.settle()
    assert tab.state()["token"] == "5"
    assert tab.state()["step"] == "4"  # the page's own arrow keys did not hear them


def test_heads_are_combined_by_mean_and_by_maximum(attention):
    tab = attention()
    one = picture(tab)
    head(tab, 1, 2).click(modifiers=["Control"])
    tab.settle()
    mean = picture(tab)
    assert tab.state()["heads"] == "0%2C2"
    expect(tab.test_id("attention-a")).to_contain_text("mean of heads 0, 2")
    tab.test_id("combination").get_by_role("button", name="max").click()
    tab.settle()
    assert len({one, mean, picture(tab)}) == 3
    tab.frame.get_by_role("button", name="All heads of layer 1").first.click()
    tab.settle()
    expect(tab.test_id("attention-a")).to_contain_text("largest of heads 0-3")
    head(tab, 1, 0).click()
    tab.settle()
    assert picture(tab) == one


def test_scales_and_masked_sinks_change_the_picture_and_the_legend_says_so(attention):
    tab = attention()
    pictures = {picture(tab)}
    for scale, said in (("log", "logarithmic"), ("rank", "by rank")):
        tab.frame.get_by_role("combobox", name="Scale").select_option(scale)
        expect(tab.test_id("legend").first).to_contain_text(said)
        pictures.add(picture(tab))
    tab.frame.get_by_role("switch", name="mask sinks").click()
    tab.settle()
    expect(tab.test_id("sinks-masked")).to_contain_text("masked")
    assert len(pictures | {picture(tab)}) == 4


def test_a_gallery_is_one_request_and_a_click_chooses_the_head(attention):
    tab = attention()
    state, asked = tab.state(), []
    shown = f"tag=val%2F000&step={state['step']}&"
    tab.page.on("request", lambda request: asked.append(request.url))
    tab.frame.get_by_role("button", name="gallery").click()
    tab.settle()
    gallery = tab.test_id("attention-gallery")
    expect(gallery.locator(".gallery-item")).to_have_count(4)
    assert len([url for url in asked if "/attention" in url and shown in url]) == 1
    tab.frame.get_by_role("combobox", name="Ordered by").select_option("target")
    values = [float(text) for text in gallery.locator(".gallery-item .muted").all_inner_texts()]
    assert values == sorted(values, reverse=True)
    gallery.get_by_role("button", name="head 3").click()
    assert tab.state()["head"] == "3"
    tab.screenshot("attention-gallery")


def test_heads_and_examples_stand_side_by_side_on_one_scale(attention):
    tab = attention(heads="0-2", beside="heads")
    expect(tab.frame.locator(".attention-side")).to_have_count(3)
    expect(tab.frame.locator(".side-caption").nth(1)).to_have_text("layer 1, head 1")
    tab.frame.get_by_role("combobox", name="Beside").select_option("samples")
    tab.settle()
    expect(tab.frame.locator(".attention-side")).to_have_count(4)
    expect(tab.test_id("attention").get_by_test_id("legend")).to_have_count(1)
    tab.screenshot("attention-beside")


def test_tokens_are_played_to_the_last(attention):
    tab = attention()
    last = words(tab).count() - 1
    tab.frame.get_by_role("combobox", name="What to play").select_option("tokens")
    tab.frame.get_by_role("combobox", name="Speed").select_option("4")
    words(tab).nth(last - 2).click()
    tab.test_id("play").click()
    expect(words(tab).nth(last)).to_have_attribute("aria-pressed", "true")
    expect(tab.frame.get_by_role("button", name="Play: tokens")).to_be_visible()
