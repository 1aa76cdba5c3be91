"""Neighbours of many points at once, churn and hubs: against loops over all pairs of points."""

import numpy as np
import pytest
import scipy.stats
from scipy.spatial.distance import cdist

from vl_tb_plugin.analysis.hubness import hubness, skewness
from vl_tb_plugin.analysis.neighbour_churn import by_example, churn, how_far
from vl_tb_plugin.analysis.neighbourhoods import distances_to, neighbourhoods
from vl_tb_plugin.analysis.neighbours import METRICS

COUNT = 7
CDIST = {"cosine": "cosine", "l2": "euclidean"}


def noise(seed: int, points: int = 300, features: int = 12) -> np.ndarray:
    # far from the origin: cosines close to one another
    return (np.random.default_rng(seed).standard_normal((points, features)) + 2).astype(np.float32)


def brute_force(points, query, metric, among=None):
    """Indices and distances of all other points, the nearest first, in double precision."""
    distance = cdist(points[[query]].astype(np.float64), points.astype(np.float64), CDIST[metric])
    allowed = [
        other for other in range(len(points)) if other != query and (among is None or among[other])
    ]
    order = sorted(allowed, key=lambda other: distance[0, other])
    return order, distance[0, order]


def everyone(points):
    return np.ones(len(points), np.bool_)


def around(points, metric="cosine", count=COUNT, queries=None):
    queries = np.arange(len(points)) if queries is None else queries
    return neighbourhoods(points, queries, [everyone(points)], count, metric=metric)[0]


class TestNeighbourhoods:
    @pytest.mark.parametrize("metric", METRICS)
    def test_they_are_those_of_a_loop_over_all_pairs(self, metric):
        points, queries = noise(0), np.array([0, 17, 299])
        third = np.arange(300) % 3 == 1
        every, some = neighbourhoods(
            points, queries, [everyone(points), third], COUNT, metric=metric
        )
        for row, query in enumerate(queries):
            for found, among in ((every, None), (some, third)):
                index, distance = brute_force(points, query, metric, among)
                assert found.index[row].tolist() == index[:COUNT]
                np.testing.assert_allclose(found.distance[row], distance[:COUNT], rtol=1e-4)

    def test_portions_of_queries_change_nothing(self, monkeypatch):
        whole = around(noise(1))
        monkeypatch.setattr("vl_tb_plugin.analysis.neighbourhoods._CELLS_AT_ONCE", 2000)
        np.testing.assert_array_equal(around(noise(1)).index, whole.index)

    def test_equal_points_follow_the_query_in_a_circle(self):
        points = np.repeat(noise(2, points=2), 20, axis=0)
        found = around(points, count=3)
        assert found.index[5].tolist() == [6, 7, 8]
        assert found.index[18].tolist() == [19, 0, 1]
        assert (found.distance == 0).all()

    def test_near_points_far_away_keep_their_order(self):
        steps = np.arange(1, 30, dtype=np.float32)
        points = np.stack([1000 + steps * steps / 50, np.full(29, 1000, np.float32)], axis=1)
        found = around(points, "l2", count=4)
        assert found.index[0].tolist() == [1, 2, 3, 4]

    def test_what_has_no_distance_neither_finds_nor_is_found(self):
        points = noise(3, points=6)
        points[1], points[2, 0] = 0, np.nan
        cosine, euclidean = (around(points, metric, count=4) for metric in METRICS)
        assert sorted(cosine.index[0].tolist()) == [-1, 3, 4, 5]
        assert np.isnan(cosine.distance[0, -1])
        assert (cosine.index[[1, 2]] == -1).all() and not cosine.complete.any()
        assert sorted(euclidean.index[1].tolist()) == [0, 3, 4, 5]

    @pytest.mark.parametrize("metric", METRICS)
    def test_distances_are_those_of_the_points_named(self, metric):
        points, queries = noise(4), np.array([4, 250])
        index = np.array([[3, 9, -1], [250, 0, 1]])
        found = distances_to(points, queries, index, metric=metric)
        expected = cdist(points[queries], points, CDIST[metric])
        known = np.take_along_axis(expected, index, axis=1)
        assert np.isnan(found[0, 2])
        np.testing.assert_allclose(found[index >= 0], known[index >= 0], atol=1e-5)


class TestChurn:
    def test_it_is_the_share_that_a_loop_over_sets_finds(self):
        before, after = around(noise(5)), around(noise(5) + 0.3 * noise(6))
        expected = [
            1 - len(set(one) & set(other)) / COUNT
            for one, other in zip(before.index, after.index, strict=True)
        ]
        assert 0.1 < np.mean(expected) < 0.9
        np.testing.assert_allclose(churn(before, after), expected, atol=1e-6)

    def test_the_same_states_have_none(self):
        points = np.repeat(noise(7, points=40), 5, axis=0)  # with ties
        assert (churn(around(points), around(points.copy())) == 0).all()

    @pytest.mark.parametrize("metric", METRICS)
    def test_turning_the_space_changes_no_neighbour(self, metric):
        points = noise(8)
        rotation, _ = np.linalg.qr(np.random.default_rng(8).standard_normal((12, 12)))
        turned = (3 * points @ rotation).astype(np.float32)
        assert np.mean(churn(around(points, metric), around(turned, metric))) < 0.002

    def test_spaces_without_relation_have_nearly_all(self):
        before, after = around(noise(9)), around(noise(10, features=30))
        assert np.mean(churn(before, after)) == pytest.approx(1 - COUNT / 299, abs=0.01)

    def test_too_few_neighbours_are_not_defined(self):
        points = noise(11, points=COUNT)
        assert np.isnan(churn(around(points), around(points))).all()

    def test_how_far_the_old_ones_are_is_one_where_nothing_changed(self):
        points = noise(12)
        found = around(points)
        far = distances_to(points, np.arange(300), np.roll(found.index, 1, axis=0))
        np.testing.assert_allclose(how_far(found.distance, found.distance), 1)
        assert (how_far(far, found.distance) > 1).mean() > 0.99
        assert np.isnan(how_far(np.ones((1, 2)), np.zeros((1, 2)))).all()

    def test_examples_count_alike_whatever_their_number_of_tokens(self):
        churned = np.array([0, 0, 0, 1, np.nan], np.float32)
        mean = by_example(churned, np.array([0, 0, 0, 1, 2]), 4)
        assert mean.mean == 0.5 and mean.samples == 2
        assert mean.low == 0 and mean.high == 1


class TestHubness:
    def test_skewness_is_scipys(self):
        values = np.random.default_rng(13).exponential(size=500)
        assert skewness(values) == pytest.approx(scipy.stats.skew(values))
        assert np.isnan(skewness(np.ones(4)))

    def test_points_are_counted_as_often_as_a_loop_finds_them(self):
        points, third = noise(14), np.arange(300) % 3 == 0
        (found,) = neighbourhoods(points, np.arange(300), [third], COUNT)
        answer = hubness(found, third)
        times = np.zeros(300, int)
        for query in range(300):
            times[brute_force(points, query, "cosine", third)[0][:COUNT]] += 1
        np.testing.assert_array_equal(answer.times, times)
        assert answer.orphans == np.mean(times[third] == 0)
        assert answer.skewness == pytest.approx(scipy.stats.skew(times[third]))

    def test_a_point_in_the_middle_of_all_is_the_hub(self):
        rng = np.random.default_rng(15)
        shell = rng.standard_normal((200, 40))
        shell /= np.linalg.norm(shell, axis=1, keepdims=True)
        points = np.concatenate([shell, np.zeros((1, 40))]).astype(np.float32)
        answer = hubness(around(points, "l2"), everyone(points))
        assert answer.times.argmax() == 200 and answer.times[200] == 200
        assert answer.skewness > 5

    def test_equal_points_share_evenly(self):
        answer = hubness(around(np.repeat(noise(16, points=3), 50, axis=0)), np.ones(150, bool))
        assert (answer.times == COUNT).all() and answer.orphans == 0

    def test_nobody_to_be_found_is_not_defined(self):
        points = noise(17, points=5)
        nobody = np.zeros(5, np.bool_)
        (found,) = neighbourhoods(points, np.arange(5), [nobody], 2)
        answer = hubness(found, nobody)
        assert np.isnan([answer.skewness, answer.orphans]).all()
