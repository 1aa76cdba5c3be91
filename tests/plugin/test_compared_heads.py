"""What a comparison of heads looks at where looking at everything would take too long."""

import numpy as np
import pytest

from vl_tb_plugin.plugin.compared_heads import evenly, rows_note, rows_to_compare


@pytest.mark.parametrize(
    ("most", "chosen"),
    [(1, [0]), (2, [0, 9]), (4, [0, 3, 6, 9]), (10, list(range(10))), (99, list(range(10)))],
)
def test_items_are_taken_evenly_from_first_to_last(most, chosen):
    assert evenly(range(10), most) == chosen


def test_work_stays_bounded_whatever_the_size():
    for heads, keys, samples in [(144, 600, 5), (256, 600, 5), (144, 60, 32), (24, 40, 32)]:
        pairs = heads * (heads - 1) // 2
        rows = rows_to_compare(np.arange(keys), samples, pairs, keys)
        assert samples * len(rows) * pairs * keys <= 3.5e8
        assert len(rows) >= min(keys, 16 // samples)


def test_small_matrices_are_compared_whole():
    assert np.array_equal(rows_to_compare(np.arange(40), 32, 276, 40), np.arange(40))


def test_the_note_says_what_was_left_out():
    assert rows_note(72, 8, 8) == "Mean over 72 rows of 8 samples; rows of padding left out."
    assert "evenly spaced among the cohort's 64" in rows_note(10, 1, 64)
