"""Differences and what is beyond chance, against scipy and against data where nothing differs."""

import numpy as np
import pytest
from scipy import stats

from vl_tb_plugin.analysis.false_discovery import benjamini_hochberg
from vl_tb_plugin.analysis.paired_difference import beyond_chance, how_tested, paired_difference
from vl_tb_plugin.analysis.sign_flip_test import sign_flip_p


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def scipy_p(differences: np.ndarray) -> float:
    """By scipy: exact where there are at most 2 ** 14 patterns of signs."""
    return stats.permutation_test(
        (differences,),
        np.mean,
        permutation_type="samples",
        n_resamples=2**14,
        vectorized=True,
        rng=np.random.default_rng(1),
    ).pvalue


@pytest.mark.parametrize("samples", [2, 3, 6, 12])
def test_p_of_few_samples_is_exactly_that_of_scipy(rng, samples):
    values = rng.normal(0.5, 1, (samples, 20))
    assert np.allclose(sign_flip_p(values), [scipy_p(cell) for cell in values.T], atol=1e-12)


def test_p_of_many_samples_is_that_of_scipy_but_for_the_luck_of_the_draw(rng):
    values = rng.normal(0.25, 1, (40, 20))
    expected = np.array([scipy_p(cell) for cell in values.T])
    spread = np.sqrt(expected * (1 - expected) * (1e-4 + 2**-14))
    assert (np.abs(sign_flip_p(values) - expected) <= 4 * spread + 2e-4).all()


def test_equal_differences_are_ties_not_luck():
    # all patterns but two lie nearer to zero
    assert sign_flip_p(np.full((7, 1), 0.1))[0] == 2 / 2**7
    assert sign_flip_p(np.zeros((7, 1)))[0] == 1


def test_p_counts_the_samples_that_have_a_difference(rng):
    values = rng.normal(0.5, 1, (10, 3))
    values[4:, 0] = np.nan
    values[1:, 2] = np.nan
    p = sign_flip_p(values)
    assert p[0] == scipy_p(values[:4, 0])
    assert p[1] == scipy_p(values[:, 1])
    assert np.isnan(p[2])


@pytest.mark.parametrize("rate", [0.05, 0.2])
def test_what_is_rejected_is_what_scipy_adjusts_to_below_the_rate(rng, rate):
    p = np.concatenate([rng.random((3, 40)), rng.random((3, 12)) * 0.01], axis=1)
    p = np.concatenate([p, rng.random((1, 52)), np.full((1, 52), 0.001)])
    adjusted = stats.false_discovery_control(p, axis=1)
    rejected = benjamini_hochberg(p, rate)
    assert np.array_equal(rejected, adjusted <= rate)
    assert rejected[:3].any() and not rejected[:3].all()


def test_a_cell_that_was_not_tested_counts_not_among_the_tested():
    p = np.array([[0.02, np.nan, np.nan], [0.02, 0.9, 0.8], [np.nan, np.nan, np.nan]])
    assert benjamini_hochberg(p).tolist() == [[True, False, False], [False] * 3, [False] * 3]


@pytest.mark.parametrize("pairs", [6, 24])
def test_where_nothing_differs_hardly_ever_anything_is_beyond_chance(rng, pairs):
    noise = rng.standard_t(4, (pairs, 200, 3, 4))
    with_one = beyond_chance(noise).any(axis=(1, 2))
    assert with_one.mean() < 0.09  # 5 % of the statistics, and luck


def test_the_heads_that_differ_are_found(rng):
    differences = rng.normal(size=(40, 2, 4, 6))
    differences[:, 1, 2, :3] += 1.5
    found = beyond_chance(differences)
    assert found[1, 2, :3].all()
    assert found.sum() <= 5


def test_fewer_than_six_pairs_are_never_beyond_chance():
    steady = np.full((5, 1, 2, 2), 0.1)
    assert not beyond_chance(steady).any()
    assert beyond_chance(np.full((6, 1, 2, 2), 0.1)).all()
    assert "too few" in how_tested(5) and "at least 6" in how_tested(5)
    assert "all 64 patterns" in how_tested(6) and "10,000 random" in how_tested(13)


def test_effect_is_the_mean_in_standard_deviations_of_the_differences(rng):
    differences = rng.normal(2, 3, (50, 1, 2, 2))
    differences[10:, 0, 0, 0] = np.nan
    found = paired_difference(differences.astype(np.float32))
    known = differences[:10, 0, 0, 0]
    assert found.effect[0, 0, 0] == pytest.approx(known.mean() / known.std(ddof=1), rel=1e-5)
    rest = differences[:, 0, 1]
    assert np.allclose(found.effect[0, 1], rest.mean(axis=0) / rest.std(axis=0, ddof=1))
    assert np.allclose(found.difference[0, 1], rest.mean(axis=0))
    assert (found.low < found.difference).all() and (found.difference < found.high).all()


def test_equal_differences_have_no_effect_size():
    found = paired_difference(np.full((8, 1, 1, 1), 0.1, np.float32))
    assert np.isnan(found.effect).all() and found.beyond_chance.all()
