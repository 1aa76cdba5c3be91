"""Nearest neighbours against scikit-learn's exhaustive search."""

import time

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from vl_tb_plugin.analysis.half_precision import as_float32
from vl_tb_plugin.analysis.leading_components import (
    distance_bounds,
    leading_axes,
    leading_components,
)
from vl_tb_plugin.analysis.neighbours import METRICS, distances, nearest


@pytest.fixture(scope="module")
def points():
    # more than one portion, far from the origin: cosines close to one another
    return (np.random.default_rng(0).standard_normal((5000, 24)) + 0.5).astype(np.float32)


@pytest.mark.parametrize("metric", METRICS)
def test_the_nearest_are_those_of_scikit_learn(points, metric):
    oracle = NearestNeighbors(n_neighbors=20, algorithm="brute", metric=metric)
    oracle.fit(points.astype(np.float64))
    for query in points[[0, 2047, 2048, 4999]]:
        expected, index = oracle.kneighbors(query[None].astype(np.float64))
        found = nearest(points, query, 20, metric=metric)
        np.testing.assert_array_equal(found.index, index[0])
        np.testing.assert_allclose(found.distance, expected[0], atol=2e-6)


def test_only_those_asked_for_are_found(points):
    among = np.arange(len(points)) % 7 == 3
    found = nearest(points, points[0], 50, among=among)
    assert (found.index % 7 == 3).all() and len(found.index) == 50
    everything = nearest(points, points[0], len(points))
    rest = everything.index[everything.index % 7 == 3][:50]
    np.testing.assert_array_equal(found.index, rest)


def test_of_each_label_only_the_nearest_is_found(points):
    labels = np.arange(len(points)) % 5
    found = nearest(points, points[12], 10, labels=labels)
    everything = nearest(points, points[12], len(points)).index
    expected = [everything[everything % 5 == label][0] for label in range(5)]
    assert sorted(found.index) == sorted(expected)
    assert (np.diff(found.distance) >= 0).all()


def test_of_equally_near_ones_the_first_come_first():
    points = np.ones((6, 3), np.float32)
    assert nearest(points, points[0], 4, metric="l2").index.tolist() == [0, 1, 2, 3]


def test_the_length_of_a_vector_is_nothing_to_the_cosine(points):
    found = nearest(points * 1000, points[5], 1)
    assert found.index[0] == 5 and found.distance[0] < 1e-6


def test_what_has_no_distance_is_not_found():
    points = np.array([[0, 0], [1, 0], [np.nan, 1], [np.inf, 1]], np.float32)
    assert nearest(points, points[1], 4).index.tolist() == [1]
    assert nearest(points, points[1], 4, metric="l2").index.tolist() == [1, 0]
    assert len(nearest(points, points[0], 4).index) == 0


POINTS = 1600


def decaying(rng):
    """Clusters, most variance in few of 96 directions, far from the origin."""
    scale = np.arange(1, 97) ** -1.0
    rotation = np.linalg.qr(rng.standard_normal((96, 96)))[0]
    points = rng.standard_normal((40, 96))[rng.integers(0, 40, POINTS)]
    return ((points + 0.3 * rng.standard_normal((POINTS, 96))) * scale) @ rotation + 0.2


def massive(rng):
    """One feature a hundred times as large as all others."""
    points = decaying(rng)
    points[:, 7] = 300 + rng.standard_normal(len(points))
    return points


DATA = {
    "decaying": decaying,
    "massive": massive,
    # nothing to prune by: right all the same
    "isotropic": lambda rng: rng.standard_normal((POINTS, 96)),
    "lattice, full of ties": lambda rng: (
        rng.integers(-1, 2, (POINTS, 96)) * (rng.random(96) < 0.05)
    ),
    "duplicates": lambda rng: np.repeat(rng.standard_normal((POINTS // 4, 96)), 4, axis=0),
    "all the same": lambda rng: np.ones((POINTS, 96)),
    "zeros among them": lambda rng: decaying(rng) * (rng.random((POINTS, 1)) < 0.5),
    "of low rank": lambda rng: rng.standard_normal((POINTS, 3)) @ rng.standard_normal((3, 96)),
}


def exhaustively(points, query, metric, allowed):
    """Indices and distances of all of them that are defined, by double precision; sorted."""
    points, query = points.astype(np.float64), query.astype(np.float64)
    if metric == "l2":
        distance = np.linalg.norm(points - query, axis=1)
    else:
        with np.errstate(invalid="ignore", divide="ignore"):
            lengths = np.linalg.norm(points, axis=1) * np.linalg.norm(query)
            distance = 1 - (points * query).sum(axis=1) / lengths
    allowed &= ~np.isnan(distance)
    distance = distance.round(7)
    order = np.argsort(distance, kind="stable")
    return order[allowed[order]], distance[order[allowed[order]]]


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("data", DATA)
def test_what_leading_components_rule_out_was_none_of_the_nearest(data, metric):
    rng = np.random.default_rng(5)
    points = DATA[data](rng).astype(np.float16)
    leading = leading_components(points, leading_axes(points[::7], 8))
    labels = rng.integers(0, 300, len(points))
    for query in rng.choice(len(points), 2, replace=False):
        among = rng.random(len(points)) < rng.random()
        for count in (1, 30):
            options = {"metric": metric, "among": among}
            found = nearest(points, points[query], count, leading=leading, **options)
            index, distance = exhaustively(points, points[query], metric, among.copy())
            np.testing.assert_allclose(found.distance, distance[:count], atol=3e-7, rtol=3e-7)
            # the same points, but where several are equally far
            last = distance[:count][-1:] - 1e-6
            assert set(index[distance < last]) <= set(found.index) <= set(np.flatnonzero(among))
            directly = nearest(points, points[query], count, **options)
            np.testing.assert_array_equal(found.index, directly.index)
            np.testing.assert_array_equal(found.distance, directly.distance)
        found = nearest(points, points[query], 10, leading=leading, labels=labels, **options)
        directly = nearest(points, points[query], 10, labels=labels, **options)
        np.testing.assert_array_equal(found.index, directly.index)


class Counted(np.ndarray):
    """Points that count how many of them are picked."""

    read = 0

    def __getitem__(self, item):
        Counted.read += len(item) if isinstance(item, np.ndarray) else 0
        return np.asarray(self)[item]


def test_leading_components_spare_reading_nearly_all_points():
    rng = np.random.default_rng(5)
    points = decaying(rng).astype(np.float16)
    leading = leading_components(points, leading_axes(points[::7], 24))
    Counted.read = 0
    nearest(points.view(Counted), points[11], 10, leading=leading)
    assert 512 <= Counted.read < 800  # those that set the bound, those that passed it


@pytest.mark.parametrize("metric", METRICS)
def test_of_a_word_that_is_everywhere_few_points_are_read(metric):
    rng = np.random.default_rng(5)
    points = np.concatenate([decaying(rng) for _ in range(8)]).astype(np.float16)
    half = len(points) // 2
    labels = np.arange(len(points))
    labels[:half] = -1
    points[:half] = points[0] + points[:half] / 10
    leading = leading_components(points, leading_axes(points[::7], 24))
    options = {"metric": metric, "labels": labels}
    Counted.read = 0
    found = nearest(points.view(Counted), points[0], 10, leading=leading, **options)
    assert Counted.read < half / 2
    directly = nearest(points, points[0], 10, **options)
    np.testing.assert_array_equal(found.index, directly.index)
    np.testing.assert_array_equal(found.distance, directly.distance)
    assert (labels[found.index] == -1).sum() == 1


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("data", DATA)
def test_the_bound_is_never_above_the_distance(data, metric):
    points = DATA[data](np.random.default_rng(6)).astype(np.float32)
    leading = leading_components(points, leading_axes(points[::5], 8))
    for query in (0, 1321):
        true = distances(points, points[query], metric).astype(np.float64)
        least = distance_bounds(leading, points[query], metric).least
        defined = ~np.isnan(true)
        true = true**2 if metric == "l2" else true
        assert (least[defined] <= true[defined] + 1e-12).all()


def test_every_half_is_converted_exactly():
    halves = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    finite = halves[np.isfinite(halves)]
    for values in (halves, finite, finite.reshape(2, -1).T):
        converted = as_float32(values)
        assert converted.dtype == np.float32
        np.testing.assert_array_equal(converted, values.astype(np.float32))
        assert (np.signbit(converted) == np.signbit(values)).all()


def test_twenty_thousand_states_are_searched_while_one_waits():
    points = np.random.default_rng(1).standard_normal((20_000, 768), np.float32)
    best = min(_seconds(points) for _ in range(3))
    assert best < 1  # about 0.03 on an idle core; the bound only catches a change of order


def _seconds(points: np.ndarray) -> float:
    start = time.process_time()  # what others do on the machine does not count
    nearest(points, points[7], 10)
    return time.process_time() - start
