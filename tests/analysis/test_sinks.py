"""The rule for attention sinks, on rows whose sinks are known."""

import numpy as np

from vl_tb_plugin.analysis.block_axes import BlockAxes
from vl_tb_plugin.analysis.sinks import sink_keys
from vl_tb_plugin.example import TokenSequence


def axes(modality):
    sequence = TokenSequence([str(position) for position in range(len(modality))], modality)
    return BlockAxes(sequence, sequence, np.zeros((0, 4), np.float32))


def test_the_first_key_is_a_sink_whatever_it_receives_and_padding_is_not_the_first():
    of = axes(["padding", "special", "text", "text"])
    assert sink_keys(np.array([0, 0.1, 0.5, 0.4]), of).tolist() == [1]


def test_a_key_is_a_sink_from_more_than_ten_times_the_uniform_weight_on():
    of = axes(["text"] * 40)
    received = np.full(40, 0.01)
    received[7], received[9] = 0.2501, 0.2499  # ten times 1/40 is 0.25
    assert sink_keys(received, of).tolist() == [0, 7]


def test_padding_does_not_make_the_uniform_weight_smaller():
    of = axes(["text"] * 20 + ["padding"] * 20)
    received = np.zeros(40)
    received[5], received[6] = 0.4, 0.6  # ten times 1/20 is 0.5
    assert sink_keys(received, of).tolist() == [0, 6]


def test_a_key_that_was_not_logged_is_no_sink():
    assert sink_keys(np.array([0.1, np.nan]), axes(["text", "text"])).tolist() == [0]
