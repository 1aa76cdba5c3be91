"""Visual sinks, on hidden states whose massive activations are known."""

import numpy as np
import pytest

from vl_tb_plugin.analysis.block_axes import BlockAxes
from vl_tb_plugin.analysis.head_statistics import STATISTICS, head_statistics, layer_sums
from vl_tb_plugin.analysis.visual_sinks import MASSIVE, states_read, visual_sinks
from vl_tb_plugin.example import HiddenStates, TokenSequence

FEATURES = 4096


def axes(modality):
    sequence = TokenSequence([str(position) for position in range(len(modality))], modality)
    return BlockAxes(sequence, sequence, np.zeros((0, 4), np.float32))


def states(tokens, massive):
    """Of root mean square one, but for `massive`: {(token, feature): value}."""
    values = np.random.default_rng(0).choice([-1.0, 1.0], (tokens, FEATURES)).astype(np.float32)
    for place, value in massive.items():
        values[place] = value
    return values


def test_a_sink_is_an_image_token_massive_where_the_first_token_is():
    of = axes(["special", "image", "image", "image", "text"])
    values = states(5, {(0, 7): -30, (1, 7): 24, (2, 9): 40, (4, 7): 40})
    assert visual_sinks(values, of).tolist() == [False, True, False, False, False]


def test_massive_is_measured_by_the_tokens_own_root_mean_square():
    of = axes(["text", "image"])
    values = states(2, {(0, 3): 50, (1, 3): 24})
    values[1] *= 1e-3
    root = np.sqrt(np.mean(values[1] ** 2))
    assert abs(values[1, 3]) / root > MASSIVE
    assert visual_sinks(values, of).tolist() == [False, True]


def test_without_massive_activations_there_are_none():
    assert not visual_sinks(states(3, {}), axes(["special", "image", "text"])).any()


@pytest.mark.parametrize("modality", [["image", "text"], ["special", "text"]])
def test_not_defined_where_an_image_comes_first_or_there_is_none(modality):
    assert visual_sinks(states(2, {}), axes(modality)) is None


def test_the_mass_on_them_is_a_statistic():
    of = axes(["special", "image", "image", "text"])
    rows = np.array([[[0.4, 0.5, 0.1, 0], [0.1, 0.2, 0.3, 0.4]]], np.float32)
    sums = layer_sums(rows, np.array([2, 3]), of)
    name = list(STATISTICS).index("mass_visual_sink")
    assert np.isnan(head_statistics([sums])[name]).all()
    sums.visual_sinks = visual_sinks(states(4, {(0, 7): 40, (1, 7): 40}), of)
    assert head_statistics([sums])[name] == pytest.approx((0.5 + 0.2) / 2)


def test_a_layer_reads_the_hidden_state_of_its_number_where_no_other_block_works_on_the_sequence():
    hidden = HiddenStates(np.arange(12, dtype=np.float32).reshape(3, 2, 2))
    joint, crossed = ("joint", "joint"), ("joint", "image")
    read = states_read(joint, [joint, crossed], [hidden])
    assert {layer: values.tolist() for layer, values in read.items()} == {
        layer: hidden.values[layer].tolist() for layer in range(3)
    }
    assert states_read(joint, [joint, joint], [hidden]) == {}
    assert states_read(crossed, [joint, crossed], [hidden]) == {}
