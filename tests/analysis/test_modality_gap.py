"""The two modality gaps against planted ones and SciPy's distances."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist, pdist

from vl_tb_plugin.analysis.modality_gap import centroid_gap, energy_coefficient

RNG = np.random.default_rng(0)


def test_the_gap_of_the_centres_is_their_distance():
    text, image = np.array([1.0, 0, 0]), np.array([0, 1.0, 0])
    assert centroid_gap(text, image) == pytest.approx(np.sqrt(2))
    assert centroid_gap(text, -text) == 2


def test_the_energy_coefficient_is_that_of_all_pairs_of_points():
    x, y = RNG.standard_normal((40, 6)), RNG.standard_normal((25, 6)) + 0.7
    between = 2 * cdist(x, y).mean()
    expected = (between - pdist(x).mean() - pdist(y).mean()) / between
    assert energy_coefficient(x, y) == pytest.approx(expected, rel=1e-9)


def test_draws_of_one_distribution_vary_about_zero():
    draws = [energy_coefficient(*RNG.standard_normal((2, 30, 4))) for _ in range(200)]
    assert abs(np.mean(draws)) < 3 * np.std(draws) / np.sqrt(200)
    assert np.std(draws) < 0.03


def test_clouds_with_one_centre_that_do_not_mix_are_apart():
    x = RNG.standard_normal((300, 3))
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    assert energy_coefficient(x, 0.1 * x[::-1]) > 0.1


def test_two_modalities_of_one_point_each_are_wholly_apart():
    x = np.ones((5, 3))
    assert energy_coefficient(x, -x) == pytest.approx(1)


@pytest.mark.parametrize(
    ("x", "y"), [(np.ones((1, 3)), np.zeros((9, 3))), (np.ones((4, 3)), np.ones((9, 3)))]
)
def test_it_is_not_defined_for_one_token_or_where_all_are_equal(x, y):
    assert np.isnan(energy_coefficient(x, y))
