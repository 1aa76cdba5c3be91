"""Comparisons of maps against scipy and against cases worked out by hand."""

import math

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon
from scipy.stats import spearmanr

from vl_tb_plugin.analysis.map_comparison import jensen_shannon, spearman, top_overlap

COMPARISONS = (spearman, jensen_shannon, top_overlap)


def pairs():
    rng = np.random.default_rng(0)
    for length in (2, 3, 10, 257):
        yield rng.standard_normal((2, length))
        yield rng.integers(0, 3, (2, length)) + np.eye(2, length)  # ties
        yield rng.random((2, length)).astype(np.float32)


@pytest.mark.parametrize("pair", list(pairs()))
def test_rank_correlation_is_that_of_scipy(pair):
    assert spearman(*pair) == pytest.approx(spearmanr(*pair).statistic, abs=1e-12)


@pytest.mark.parametrize("pair", list(pairs()))
def test_divergence_is_the_square_of_scipys_distance(pair):
    clipped = np.abs(pair).astype(float)
    assert jensen_shannon(*clipped) == pytest.approx(jensenshannon(*clipped) ** 2, abs=1e-12)


def test_rank_correlation_sees_order_alone():
    rising = np.arange(6.0)
    assert spearman(rising, np.exp(rising)) == 1
    assert spearman(rising, -(rising**3)) == -1


def test_divergence_ends_at_zero_and_the_logarithm_of_two():
    assert jensen_shannon([1, 2, 3], [10, 20, 30]) == pytest.approx(0, abs=1e-12)
    assert jensen_shannon([1, 2, 0, 0], [0, 0, 3, 1]) == pytest.approx(math.log(2))


def test_divergence_counts_negative_scores_as_zero():
    assert jensen_shannon([1, 2, -5], [1, -3, 2]) == jensen_shannon([1, 2, 0], [1, 0, 2])


def test_divergence_of_huge_scores_is_finite():
    huge = np.finfo(np.float64).max
    assert jensen_shannon([huge, huge], [1, 1]) == 0


def test_top_overlap_is_the_intersection_over_union_of_the_highest():
    a, b = np.arange(20.0), np.arange(20.0)
    b[0] = 18.5  # 19 and 0 against 19 and 18
    assert top_overlap(a, a) == 1
    assert top_overlap(a, b) == pytest.approx(1 / 3)
    assert top_overlap(a, -a) == 0


@pytest.mark.parametrize(("share", "count"), [(0.1, 1), (0.3, 1), (0.5, 2), (1, 4)])
def test_top_overlap_takes_the_nearest_count_but_at_least_one(share, count):
    a, b = np.array([4.0, 3, 2, 1]), np.array([1.0, 2, 3, 4])
    shared = max(0, 2 * count - 4)
    assert top_overlap(a, b, share) == shared / (2 * count - shared)


def test_of_equal_scores_earlier_tokens_are_at_the_top():
    assert top_overlap([1, 1, 0], [1, 0, 0], share=0.34) == 1
    assert top_overlap([1, 1, 0], [0, 1, 0], share=0.34) == 0


@pytest.mark.parametrize("compare", [spearman, top_overlap])
def test_a_constant_map_cannot_be_ranked(compare):
    assert math.isnan(compare([0.3, 0.3, 0.3], [1, 2, 3]))
    assert math.isnan(compare([1, 2, 3], [0.3, 0.3, 0.3]))


def test_a_map_without_a_positive_score_has_no_shares():
    assert math.isnan(jensen_shannon([0, -1], [1, 2]))
    assert jensen_shannon([1, 1], [2, 2]) == 0  # uniform, not undefined


@pytest.mark.parametrize("compare", COMPARISONS)
@pytest.mark.parametrize(
    ("a", "b"), [([1, 2], [1, 2, 3]), ([[1, 2]], [[1, 2]]), ([1, np.nan], [1, 2]), ([], [])]
)
def test_maps_that_do_not_fit_are_refused(compare, a, b):
    with pytest.raises(ValueError, match="Maps to compare"):
        compare(a, b)
