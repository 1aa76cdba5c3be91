"""Principal components against scikit-learn."""

import numpy as np
import pytest
from sklearn.decomposition import PCA

from vl_tb_plugin.analysis.projection import CovarianceAccumulator, portion_moments


@pytest.fixture
def points():
    rng = np.random.default_rng(0)
    return (rng.standard_normal((400, 12)) @ rng.standard_normal((12, 12)) + 5).astype(np.float32)


def fitted(portions, components=3):
    accumulator = CovarianceAccumulator(portions[0].shape[1])
    for portion in portions:
        accumulator.add(portion_moments(portion))
    return accumulator.principal_components(components)


def test_components_equal_those_of_scikit_learn(points):
    ours, theirs = fitted([points]), PCA(3).fit(points.astype(np.float64))
    assert np.allclose(np.abs(ours.axes), np.abs(theirs.components_), atol=1e-5)
    assert np.allclose(ours.explained_variance, theirs.explained_variance_ratio_, atol=1e-6)
    assert np.allclose(np.abs(ours.project(points)), np.abs(theirs.transform(points)), atol=1e-3)


def test_portions_and_their_order_do_not_matter(points):
    whole = fitted([points])
    for portions in ([points[:1], points[1:37], points[37:]], [points[200:], points[:200]]):
        assert np.allclose(fitted(portions).axes, whole.axes, atol=1e-5)


def test_signs_stand_still(points):
    assert np.allclose(fitted([points]).axes, fitted([points * 1.01]).axes, atol=1e-4)
    assert (fitted([points]).axes.max(axis=1) >= -fitted([points]).axes.min(axis=1)).all()


def test_fewer_features_than_components_leave_the_rest_zero():
    basis = fitted([np.array([[0.0, 1.0], [1.0, 0.0]], np.float32)])
    assert basis.project(np.ones((1, 2), np.float32)).shape == (1, 3)
    assert basis.explained_variance.tolist() == pytest.approx([1, 0, 0], abs=1e-6)


def test_points_that_coincide_explain_nothing():
    basis = fitted([np.ones((5, 4), np.float32)])
    assert basis.explained_variance.tolist() == [0, 0, 0]


def test_a_feature_that_is_always_huge_costs_no_precision(points):
    points[:, 4] = 300 + points[:, 4]  # as a massive activation; halves hold it in steps of 0.25
    halves = points.astype(np.float16)
    ours, theirs = fitted([halves[:150], halves[150:]]), PCA(3).fit(halves.astype(np.float64))
    assert np.allclose(np.abs(ours.axes), np.abs(theirs.components_), atol=1e-5)
    assert np.allclose(np.abs(ours.project(halves)), np.abs(theirs.transform(halves)), atol=1e-3)
