"""Linear CKA against its two closed forms, and what it must not see."""

import numpy as np
import pytest

from vl_tb_plugin.analysis.linear_cka import PairVectors, linear_cka

RNG = np.random.default_rng(0)


def cka(x, y, *, debiased=True):
    return linear_cka([PairVectors.of(x)], [PairVectors.of(y)], debiased=debiased).item()


def feature_form(x, y):
    """Kornblith et al. 2019, equation of linear CKA: Frobenius norms of centred features."""
    x, y = x - x.mean(axis=0), y - y.mean(axis=0)
    norm = np.linalg.norm
    return norm(y.T @ x) ** 2 / (norm(x.T @ x) * norm(y.T @ y))


def unbiased_hsic(x, y):
    """Song et al. 2012, equation of the unbiased estimate, of linear kernels."""
    k, other = x @ x.T, y @ y.T
    np.fill_diagonal(k, 0)
    np.fill_diagonal(other, 0)
    n, one = len(k), np.ones(len(k))
    products = np.trace(k @ other) + (one @ k @ one) * (one @ other @ one) / ((n - 1) * (n - 2))
    return (products - 2 / (n - 2) * (one @ k @ other @ one)) / (n * (n - 3))


@pytest.fixture(scope="module")
def related():
    """Two representations of 60 points, of 12 and 7 features, far from the origin."""
    x = RNG.standard_normal((60, 12)) + 3
    return x, x @ RNG.standard_normal((12, 7)) + RNG.standard_normal((60, 7)) - 5


def test_the_biased_form_is_that_of_the_features(related):
    np.testing.assert_allclose(cka(*related, debiased=False), feature_form(*related), rtol=1e-5)


def test_the_debiased_form_is_the_ratio_of_unbiased_estimates(related):
    x, y = related
    expected = unbiased_hsic(x, y) / np.sqrt(unbiased_hsic(x, x) * unbiased_hsic(y, y))
    np.testing.assert_allclose(cka(x, y), expected, rtol=1e-5)


@pytest.mark.parametrize("debiased", [True, False])
def test_neither_rotation_nor_shift_nor_scale_changes_it(related, debiased):
    x, y = related
    rotation = np.linalg.qr(RNG.standard_normal((7, 7)))[0]
    turned = 40 * y @ rotation + RNG.standard_normal(7)
    np.testing.assert_allclose(
        cka(x, turned, debiased=debiased), cka(x, y, debiased=debiased), rtol=1e-5
    )
    np.testing.assert_allclose(cka(y, turned, debiased=debiased), 1, rtol=1e-6)


def test_stretching_one_feature_changes_it(related):
    x, _ = related
    assert cka(x, x * np.where(np.arange(12) == 3, 10, 1)) < 0.6


def test_unrelated_representations_with_many_features_only_seem_alike_to_the_biased_form():
    x, y = RNG.standard_normal((2, 50, 400))
    assert cka(x, y, debiased=False) > 0.8
    assert abs(cka(x, y)) < 0.1


def test_many_layers_at_once_are_each_with_each(related):
    layers = [RNG.standard_normal((60, 5)) for _ in range(3)]
    every = linear_cka(*[[PairVectors.of(x) for x in group] for group in (layers, related)])
    assert every.shape == (3, 2)
    np.testing.assert_allclose(every[2, 1], cka(layers[2], related[1]), atol=1e-6)


def test_a_layer_where_all_tokens_are_the_same_has_none(related):
    same = np.full((60, 5), 0.1)
    assert np.isnan(cka(same, related[0])) and np.isnan(cka(same, related[0], debiased=False))


def test_three_points_are_too_few_without_bias():
    x = RNG.standard_normal((3, 5))
    assert np.isnan(cka(x, x)) and cka(x, x, debiased=False) == pytest.approx(1)
