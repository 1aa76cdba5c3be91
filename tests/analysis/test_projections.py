"""Alignment against a known turn and SciPy; t-SNE and UMAP by what they promise."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from scipy.spatial import procrustes
from scipy.stats import ortho_group

from vl_tb_plugin.analysis.projections.directions import RunningMean, unit
from vl_tb_plugin.analysis.projections.procrustes import matched
from vl_tb_plugin.analysis.projections.reduction import carried_on
from vl_tb_plugin.analysis.projections.t_sne import t_sne


class TestProcrustes:
    @pytest.mark.parametrize("components", [2, 3])
    def test_it_recovers_a_known_turn_with_reflection_scale_and_shift(self, components):
        rng = np.random.default_rng(0)
        points = rng.standard_normal((40, components)).astype(np.float32)
        rotation = ortho_group.rvs(components, random_state=1)
        rotation[0] *= -np.sign(np.linalg.det(rotation))  # one that mirrors
        target = (2.5 * points @ rotation + 7).astype(np.float32)
        turn = matched(points, target)
        assert np.allclose(turn.rotation, rotation, atol=1e-5)
        assert turn.scale == pytest.approx(2.5, rel=1e-5)
        assert turn.left_over == pytest.approx(0, abs=1e-9)
        assert np.allclose(turn.apply(points), target, atol=1e-4)

    def test_what_is_left_over_is_what_scipy_finds(self):
        rng = np.random.default_rng(2)
        points, target = rng.standard_normal((2, 30, 2)).astype(np.float32)
        assert matched(points, target).left_over == pytest.approx(procrustes(target, points)[2])

    def test_points_that_coincide_cannot_be_matched(self):
        with pytest.raises(ValueError, match="coincide"):
            matched(np.ones((3, 2), np.float32), np.eye(3, 2, dtype=np.float32))


def clusters():
    """Two groups of 30 points far apart, and the first group's points once more."""
    rng = np.random.default_rng(0)
    first = rng.standard_normal((30, 6))
    second = 20 + rng.standard_normal((30, 6))
    return np.concatenate([first, second, first]).astype(np.float32)


def separated(one, other):
    """Whether a line parts them."""
    direction = other.mean(axis=0) - one.mean(axis=0)
    return (one @ direction).max() < (other @ direction).min()


@pytest.fixture(scope="module")
def fits():
    said = []

    def fit(threads):
        return t_sne(
            clusters(),
            components=2,
            perplexity=8,
            seed=0,
            initial=None,
            progress=lambda share, message: said.append((share, message)),
            threads=threads,
        )

    return fit(1), fit(2), said


class TestTSNE:
    def test_equal_seeds_give_equal_positions_however_many_threads(self, fits):
        assert np.array_equal(fits[0], fits[1])

    def test_groups_stay_apart_and_equal_points_together(self, fits):
        positions = fits[0]
        assert separated(positions[:30], positions[30:60])
        distances = np.linalg.norm(positions[:30, None] - positions[None, 60:], axis=2)
        assert (distances.argmin(axis=1) == np.arange(30)).mean() > 0.9

    def test_progress_rises_to_the_last_iteration(self, fits):
        said = fits[2][: len(fits[2]) // 2]
        assert [share for share, _ in said] == sorted(share for share, _ in said)
        assert said[-1] == (1.0, "iteration 750 of 750")

    def test_points_stay_where_they_started_from(self):
        points = clusters()[:60]
        assert (points[30:, :2].mean(axis=0) > points[:30, :2].mean(axis=0)).all()
        mirrored = -points[:, :2]
        positions = t_sne(
            points, components=2, perplexity=8, seed=0, initial=mirrored, progress=print
        )
        assert (positions[30:].mean(axis=0) < positions[:30].mean(axis=0)).all()


UMAP_FIT = """
import json
import numpy as np
from vl_tb_plugin.analysis.projections.umap_embedding import umap_embedding
rng = np.random.default_rng(0)
points = np.concatenate([rng.standard_normal((6, 4)), 20 + rng.standard_normal((6, 4))])
said = []
fits = [
    umap_embedding(points.astype("f4"), components=2, neighbours=3, min_distance=0.1, seed=seed,
                   initial=None, progress=lambda share, message: said.append((share, message)))
    for seed in (0, 0)
]
print(json.dumps([[fit.tolist() for fit in fits], said]))
"""


def test_umap_repeats_with_its_seed_keeps_groups_apart_and_tells_its_epochs():
    # compiling would take longer than these few points do without
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    command = [sys.executable, "-c", UMAP_FIT]
    output = subprocess.run(command, env=environment, check=True, capture_output=True).stdout
    fits, said = json.loads(output)
    assert fits[0] == fits[1]
    positions = np.array(fits[0])
    assert separated(positions[:6], positions[6:])
    assert said[-1] == [1.0, "epoch 500 of 500"]


def test_a_step_starts_where_its_tokens_were_and_new_ones_start_in_the_middle():
    before = np.array([[0, 0], [np.nan, np.nan], [10, 4]], np.float32)
    start = carried_on(before, seed=0)
    assert start[[0, 2]].tolist() == [[0, 0], [10, 4]]
    assert np.allclose(start[1], [5, 2], atol=0.3)
    assert np.array_equal(start, carried_on(before, seed=0))


def test_a_mean_by_portions_is_the_mean():
    values = np.random.default_rng(0).standard_normal((50, 3)).astype(np.float32)
    mean = RunningMean(3)
    for portion in np.split(values, [7, 7, 20]):
        mean.add(portion)
    assert np.allclose(mean.mean, values.mean(axis=0, dtype=float), atol=1e-7)


def test_means_that_are_equal_have_no_direction_between_them():
    with pytest.raises(ValueError, match="no direction"):
        unit(np.zeros(3))
