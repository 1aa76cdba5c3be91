"""Means over samples and their intervals against scipy and against data of a known mean."""

import numpy as np
import pytest
from scipy import stats

from vl_tb_plugin.analysis.bootstrap_interval import bootstrap_interval


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def scipy_interval(values: np.ndarray) -> tuple[float, float]:
    """The percentile interval of one cell by scipy, of many more resamples."""
    found = stats.bootstrap(
        (values,), np.mean, n_resamples=50_000, method="percentile", rng=np.random.default_rng(1)
    )
    return found.confidence_interval


@pytest.mark.parametrize("samples", [5, 24, 100])
def test_intervals_are_those_of_scipy_but_for_the_luck_of_the_draw(rng, samples):
    values = rng.exponential(size=(samples, 2, 3)).astype(np.float32)
    found = bootstrap_interval(values)
    error = values.std(axis=0) / np.sqrt(samples)
    for cell in np.ndindex(2, 3):
        low, high = scipy_interval(values[:, *cell])
        assert abs(found.low[cell] - low) < 0.15 * error[cell]
        assert abs(found.high[cell] - high) < 0.15 * error[cell]
    assert np.allclose(found.mean, values.mean(axis=0), rtol=1e-6)


def test_95_of_100_intervals_hold_the_true_mean(rng):
    values = rng.normal(3, 2, (60, 4000)).astype(np.float32)
    found = bootstrap_interval(values)
    holds = (found.low <= 3) & (found.high >= 3)
    assert 0.92 < holds.mean() < 0.965  # a percentile bootstrap of 60 is a little too narrow


def test_a_cell_counts_the_samples_where_it_is_defined(rng):
    values = rng.normal(size=(30, 3)).astype(np.float32)
    holes = values.copy()
    holes[rng.permutation(30)[:12], 1] = np.nan
    holes[1:, 2] = np.nan
    found = bootstrap_interval(holes)
    assert found.samples.tolist() == [30, 18, 1]
    alone = bootstrap_interval(holes[~np.isnan(holes[:, 1]), 1])
    assert found.mean[1] == alone.mean
    assert found.low[1] == pytest.approx(alone.low, rel=1e-5)
    assert found.low[0] == pytest.approx(bootstrap_interval(values).low[0], rel=1e-5)
    assert found.mean[2] == values[0, 2]
    assert np.isnan([found.low[2], found.high[2]]).all()


def test_a_cell_without_samples_is_not_defined():
    found = bootstrap_interval(np.full((4, 1), np.nan, np.float32))
    assert found.samples[0] == 0 and np.isnan([found.mean, found.low, found.high]).all()


def test_equal_samples_have_an_interval_without_width():
    found = bootstrap_interval(np.full((9, 1), 0.1, np.float32))
    assert found.low == found.mean == found.high == np.float32(0.1)


def test_an_interval_that_is_narrow_beside_its_mean_is_resolved(rng):
    noise = rng.normal(size=(40, 1))
    near, far = bootstrap_interval(noise), bootstrap_interval(noise + 1e6)
    assert np.allclose(far.high - 1e6, near.high, atol=0.07)  # float32 has steps of 0.06 there
    assert far.low < far.mean < far.high


def test_the_same_numbers_have_the_same_interval(rng):
    values = rng.normal(size=(20, 5))
    assert np.array_equal(bootstrap_interval(values).low, bootstrap_interval(values).low)


def test_many_cells_have_the_intervals_of_each_by_itself(rng):
    values = rng.normal(size=(10, 5000))
    found = bootstrap_interval(values)
    for cell in (0, 2047, 2048, 4999):
        alone = bootstrap_interval(values[:, cell])
        assert found.low[cell] == pytest.approx(alone.low, rel=1e-6)
