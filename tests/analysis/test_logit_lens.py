"""From which layer on the head reads what the model says in the end."""

import numpy as np

from vl_tb_plugin.analysis.logit_lens import NEVER, answer_depth, settled_depth

LAYERS = (0, 1, 4, 5)


def test_the_answer_appears_where_it_stays_the_most_probable_to_the_end():
    ranks = np.array([[0, 7, 0], [3, 0, 0], [0, 0, 0], [0, 0, 0]])
    assert answer_depth(ranks, LAYERS).tolist() == [4, 1, 0]


def test_an_answer_that_the_last_layer_does_not_say_never_appears():
    assert answer_depth(np.array([[0], [0], [0], [1]]), LAYERS).tolist() == [NEVER]


def test_a_reading_settles_at_the_last_layer_at_the_latest():
    first = np.array([[5, 1], [5, 2], [5, 2], [5, 3]])
    outputs = np.stack([first, np.zeros_like(first)], axis=-1)
    assert settled_depth(outputs, LAYERS).tolist() == [0, 5]
