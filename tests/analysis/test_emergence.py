"""When a head emerges, in cases worked out by hand."""

import numpy as np
import pytest

from vl_tb_plugin.analysis.emergence import emergence

NAN = np.nan


def emerges(means, changed=True):
    return int(emergence(np.array(means, np.float32)[:, None], np.array([changed]))[0])


@pytest.mark.parametrize(
    ("means", "step"),
    [
        ([0, 0.1, 0.9, 1], 2),
        ([1, 0.9, 0.1, 0], 2),
        ([0, 0.9, 0.2, 1], 3),  # it went back
        ([0, 1], 1),
        ([0, 0.5, 0.51, 1], 2),  # the midpoint itself is on neither side
        ([0, 3, 3, 1], 1),
        ([0, NAN, 0.9, NAN, 1], 2),
        ([0, 0.1, NAN, 1], 3),
    ],
)
def test_a_head_emerges_where_it_crosses_the_midpoint_for_good(means, step):
    assert emerges(means) == step


@pytest.mark.parametrize("means", [[1, 5, 1], [NAN, 0, 1], [0, 1, NAN], [2]])
def test_a_head_without_a_change_from_first_to_last_does_not_emerge(means):
    assert emerges(means) == -1


def test_a_change_that_may_be_chance_is_no_emergence():
    assert emerges([0, 0, 1], changed=False) == -1


def test_heads_emerge_one_by_one():
    means = np.array([[[0, 0], [1, 0]], [[1, 0], [1, 0]], [[1, 1], [0, 0]]], np.float32)
    changed = np.array([[True, True], [True, False]])
    assert emergence(means, changed).tolist() == [[1, 2], [2, -1]]
