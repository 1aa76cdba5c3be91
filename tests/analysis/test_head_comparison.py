"""Heads compared with heads: divergences, clusters and matches, against scipy and scikit-learn."""

import numpy as np
import pytest
from scipy.cluster.hierarchy import is_valid_linkage, leaves_list, linkage
from scipy.spatial.distance import jensenshannon, squareform
from sklearn.cluster import AgglomerativeClustering
from sklearn.metrics import adjusted_rand_score, silhouette_score

from tests.logged_examples import softmaxed_noise
from vl_tb_plugin.analysis.head_divergence import divergence_sum
from vl_tb_plugin.analysis.head_matching import match_heads
from vl_tb_plugin.analysis.head_similarity import cluster_heads, mean_silhouette


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def peaked_noise(shape, rng):
    """Rows from nearly uniform to nearly a single key, some weights zero."""
    weights = softmaxed_noise(shape, rng) ** rng.uniform(0.1, 12, (*shape[:-1], 1))
    weights /= weights.sum(axis=-1, keepdims=True)
    weights[weights < 1e-5] = 0
    return weights


@pytest.mark.parametrize("keys", [2, 17, 40_000])
def test_divergences_are_the_squares_of_scipys_distances(rng, keys):
    weights = peaked_noise((5, 3, keys), rng)  # scipy and ours divide by the sums
    expected = (jensenshannon(weights[:, None], weights[None], axis=-1) ** 2).sum(axis=-1)
    assert np.allclose(divergence_sum(weights), expected, atol=1e-5)


def test_heads_of_two_checkpoints_are_compared_row_by_row(rng):
    first, second = peaked_noise((4, 6, 9), rng), peaked_noise((3, 6, 9), rng)
    expected = (jensenshannon(first[:, None], second[None], axis=-1) ** 2).sum(axis=-1)
    assert np.allclose(divergence_sum(first, second), expected, atol=1e-5)


def test_equal_rows_do_not_diverge_and_disjoint_rows_do_by_ln_2_each():
    weights = np.zeros((3, 4, 6), np.float32)
    weights[:2, :, :3] = 1 / 3
    weights[2, :, 3:] = [0.5, 0.25, 0.25]
    expected = 4 * np.log(2) * np.array([[0, 0, 1], [0, 0, 1], [1, 1, 0]])
    assert np.allclose(divergence_sum(weights), expected, atol=1e-5)


def grouped_heads(rng, groups=4, heads=6):
    """Divergences of heads that look alike within groups, in random order, and their groups."""
    centres = softmaxed_noise((groups, 5, 12), rng) ** 4
    group = rng.permutation(np.repeat(np.arange(groups), heads))
    weights = centres[group] * rng.uniform(0.8, 1.2, (len(group), 5, 12))
    return divergence_sum(weights) / 5, group


def test_heads_that_look_alike_are_a_cluster(rng):
    divergence, group = grouped_heads(rng)
    found = cluster_heads(divergence)
    assert adjusted_rand_score(group, found.cluster) == 1
    assert found.count == 4 and "cut into 4 clusters" in found.method


def test_clusters_are_those_of_average_linkage(rng):
    divergence = squareform(rng.random(30 * 29 // 2))
    found = cluster_heads(divergence)
    expected = AgglomerativeClustering(found.count, metric="precomputed", linkage="average")
    assert adjusted_rand_score(expected.fit_predict(divergence), found.cluster) == 1
    scores = []
    for count in range(2, 13):
        expected.set_params(n_clusters=count)
        cut = expected.fit_predict(divergence)
        scores.append(silhouette_score(divergence, cut, metric="precomputed"))
    assert found.count == np.argmax(scores) + 2
    assert found.silhouette == pytest.approx(max(scores))


def test_the_silhouette_is_that_of_scikit_learn(rng):
    divergence = squareform(rng.random(20 * 19 // 2))
    cluster = np.concatenate([rng.integers(0, 4, 19), [4]])  # one of a single head
    expected = silhouette_score(divergence, cluster, metric="precomputed")
    assert mean_silhouette(divergence, cluster) == pytest.approx(expected)


def test_a_cluster_lies_together_in_the_order_and_is_numbered_along_it(rng):
    divergence, _ = grouped_heads(rng)
    found = cluster_heads(divergence)
    along = found.cluster[found.order]
    assert sorted(found.order) == list(range(len(divergence)))
    assert along.tolist() == sorted(along)
    tree = linkage(squareform(divergence, checks=False), "average")
    assert is_valid_linkage(tree)

    def length(order):
        return divergence[order[:-1], order[1:]].sum()

    assert length(found.order) <= length(leaves_list(tree)) + 1e-12


@pytest.mark.parametrize("heads", [1, 2, 5])
def test_heads_that_cannot_be_told_apart_are_one_cluster(heads):
    found = cluster_heads(np.zeros((heads, heads)))
    assert found.count == 1 and found.order.tolist() == list(range(heads))


def test_permuted_heads_are_matched_back(rng):
    weights = peaked_noise((24, 8, 10), rng)
    permutation = rng.permutation(24)
    noisy = weights[permutation] * rng.uniform(0.9, 1.1, (24, 8, 10))
    heads, others = match_heads(divergence_sum(weights, noisy))
    assert heads.tolist() == list(range(24))
    assert np.array_equal(permutation[others], heads)


def test_a_head_is_matched_once_even_where_two_would_like_it(rng):
    divergence = np.array([[0.1, 0.2, 0.9], [0.1, 0.5, 0.9]])
    heads, others = match_heads(divergence)
    assert (heads.tolist(), others.tolist()) == ([0, 1], [1, 0])
