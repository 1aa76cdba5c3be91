"""The rules of relevancy, worked out by hand on matrices of two tokens."""

import numpy as np

from vl_tb_plugin.analysis.relevancy import (
    RULES,
    normalised,
    relevancy,
    relevancy_row,
)
from vl_tb_plugin.analysis.relevancy_baselines import last_layers, rollout
from vl_tb_plugin.analysis.relevancy_schedule import (
    AttentionLayer,
    CrossAttention,
    Schedule,
    in_order,
)

WORDS = [AttentionLayer("language", number, "text", "text") for number in range(3)]
PATCHES = [AttentionLayer("vision", number, "image", "image") for number in range(3)]
TO_IMAGE = AttentionLayer("text_to_image", 1, "text", "image")
TO_TEXT = AttentionLayer("image_to_text", 1, "image", "text")
LENGTHS = {"text": 2, "image": 3}
A = np.array([[0.5, 0.25], [0.0, 1.0]])
B = np.array([[0.0, 2.0], [1.0, 0.0]])
V = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 3.0], [1.0, 1.0, 0.0]])
X = np.array([[1.0, 0.0, 2.0], [0.0, 1.0, 0.0]])
Y = np.array([[1.0, 0.0], [0.0, 1.0], [2.0, 2.0]])
I2, I3 = np.eye(2), np.eye(3)


def test_self_attention_multiplies_what_is_below():
    """Equation 6 twice: (I + B)(I + A)."""
    state = relevancy(Schedule.of(WORDS[:2]), {WORDS[0]: A, WORDS[1]: B}, LENGTHS)
    assert np.allclose(state["text", "text"], [[1.5, 4.25], [1.5, 2.25]])


def test_self_attention_passes_on_what_came_across():
    """Equation 7: (I + B) X, once X has come by equation 10 of a text that took from itself."""
    schedule = Schedule.of([WORDS[0], CrossAttention(TO_IMAGE), WORDS[1]])
    state = relevancy(schedule, {WORDS[0]: A, TO_IMAGE: X, WORDS[1]: B}, LENGTHS)
    # rows of A sum to .75 and 1: normalised [[2/3, 1/3], [0, 1]]
    crossed = np.array([[5 / 3, 1 / 3], [0, 2]]).T @ X
    assert np.allclose(state["text", "image"], (I2 + B) @ crossed)


def test_normalised_relevancy_is_shares_of_what_was_gained():
    """Equations 8 and 9; a row that gained nothing stays."""
    gained = np.array([[3.0, 1.0], [0.0, 0.0]])
    assert np.allclose(normalised(I2 + gained), [[1.75, 0.25], [0.0, 1.0]])


def test_co_attention_starts_from_the_values_before_the_layer():
    """Equations 10 and 11, both directions at once."""
    step = (CrossAttention(TO_IMAGE, returns=True), CrossAttention(TO_TEXT, returns=True))
    schedule = Schedule(((WORDS[0],), (PATCHES[0],), step))
    layers = {WORDS[0]: A, PATCHES[0]: V, TO_IMAGE: X, TO_TEXT: Y}
    state = relevancy(schedule, layers, LENGTHS)
    words = np.array([[5 / 3, 1 / 3], [0, 2]])
    patches = I3 + V / V.sum(axis=1, keepdims=True)
    assert np.allclose(state["text", "image"], words.T @ X @ patches)
    assert np.allclose(state["image", "text"], patches.T @ Y @ words)
    # nothing had crossed before, so nothing comes back
    assert np.allclose(state["text", "text"], I2 + A)
    again = relevancy(schedule, layers, LENGTHS, start=state)
    assert not np.allclose(again["text", "text"], (I2 + A) @ (I2 + A))


def test_an_encoder_decoder_gets_nothing_back():
    schedule = Schedule.of(
        [PATCHES[0], WORDS[0], CrossAttention(TO_IMAGE), CrossAttention(TO_TEXT)]
    )
    layers = {PATCHES[0]: V, WORDS[0]: A, TO_IMAGE: X, TO_TEXT: Y}
    state = relevancy(schedule, layers, LENGTHS)
    assert np.allclose(state["text", "text"], I2 + A)
    assert np.allclose(state["image", "image"], I3 + V)


def test_where_self_attention_gave_nothing_to_anybody_cross_attention_adds_nothing():
    """Equation 8 is 0 / 0 for every token; the authors' code drops the sum."""
    schedule = Schedule.of([WORDS[0], CrossAttention(TO_IMAGE)])
    state = relevancy(schedule, {WORDS[0]: np.zeros((2, 2)), TO_IMAGE: X}, LENGTHS)
    assert not state["text", "image"].any()
    without = relevancy(Schedule.of([CrossAttention(TO_IMAGE)]), {TO_IMAGE: X}, LENGTHS)
    assert np.allclose(without["text", "image"], X)


def test_ablations():
    schedule = Schedule.of([WORDS[0], CrossAttention(TO_IMAGE), WORDS[1]])
    layers = {WORDS[0]: A, TO_IMAGE: X, WORDS[1]: B}

    def crossed(method):
        return relevancy(schedule, layers, LENGTHS, RULES[method])["text", "image"]

    assert np.allclose(crossed("no_normalisation"), (I2 + B) @ (I2 + A).T @ X)
    assert np.allclose(crossed("no_self_in_rule_10"), (I2 + B) @ X)
    replaced = relevancy(schedule, layers, LENGTHS, RULES["no_aggregation"])
    assert np.allclose(replaced["text", "text"], B @ A)
    assert np.allclose(replaced["text", "image"], B @ A.T @ X)


def test_a_row_can_be_carried_from_the_last_layer_to_the_first():
    rng = np.random.default_rng(0)
    layers = {layer: rng.random((2, 2)) for layer in WORDS}
    matrix = relevancy(Schedule.of(WORDS), layers, LENGTHS)["text", "text"]
    row = I2[1]
    for layer in reversed(WORDS):
        row = relevancy_row(row, layers[layer])
    assert np.allclose(row, matrix[1])


def test_rollout_multiplies_attention_with_its_residual_path():
    schedule = Schedule.of([WORDS[0], PATCHES[0], CrossAttention(TO_IMAGE), WORDS[1]])
    mean = {WORDS[0]: A / A.sum(1, keepdims=True), WORDS[1]: B / B.sum(1, keepdims=True)}
    mean |= {PATCHES[0]: V / V.sum(1, keepdims=True), TO_IMAGE: X / X.sum(1, keepdims=True)}
    state = rollout(schedule, mean, LENGTHS)
    first, second = ((mean[layer] + I2) / 2 for layer in WORDS[:2])
    assert np.allclose(state["text", "text"], second @ first)
    # across: the text as far as it had come before the cross-attention
    assert np.allclose(
        state["text", "image"], first.T @ mean[TO_IMAGE] @ (mean[PATCHES[0]] + I3) / 2
    )


def test_last_layers_are_those_of_each_pair_of_sequences():
    schedule = Schedule.of([WORDS[0], PATCHES[0], CrossAttention(TO_IMAGE), WORDS[1]])
    found = last_layers(schedule, {WORDS[0]: A, WORDS[1]: B, TO_IMAGE: X})
    assert found.keys() == {("text", "text"), ("text", "image")}
    assert found["text", "text"] is B


def test_an_encoder_comes_before_the_decoder_that_looks_at_it():
    queries = [AttentionLayer("decoder", number, "queries", "queries") for number in range(2)]
    looks = [AttentionLayer("to_image", number, "queries", "image") for number in range(2)]
    schedule = in_order([*queries, *looks, *PATCHES])
    expected = [*PATCHES, queries[0], looks[0], queries[1], looks[1]]
    assert list(schedule.layers) == expected
    assert not any(update.returns for (update,) in schedule.steps if hasattr(update, "returns"))


def test_streams_that_look_at_each_other_change_at_once():
    layers = [WORDS[1], PATCHES[1], TO_IMAGE, TO_TEXT]
    both, *selves = in_order(layers).steps
    assert both == (CrossAttention(TO_IMAGE, True), CrossAttention(TO_TEXT, True))
    assert [update for step in selves for update in step] == [WORDS[1], PATCHES[1]]


def test_a_decoder_waits_for_streams_that_look_at_each_other():
    queries = AttentionLayer("decoder", 0, "queries", "queries")
    looks = AttentionLayer("to_text", 0, "queries", "text")
    schedule = in_order([queries, looks, WORDS[1], PATCHES[1], TO_IMAGE, TO_TEXT])
    assert schedule.layers[-2:] == (queries, looks)
    assert not schedule.steps[-1][0].returns


def test_layers_count_from_a_start_layer_of_each_block():
    schedule = Schedule.of([*WORDS, *PATCHES[:2]])
    assert schedule.from_layer(-1).layers == (WORDS[2], PATCHES[1])
    assert schedule.from_layer(1).layers == (WORDS[1], WORDS[2], PATCHES[1])
    assert schedule.from_layer(-9) == schedule
