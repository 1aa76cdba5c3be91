"""Many hidden states are searched in files; the answer is that of a search in memory."""

import os

import numpy as np
import pytest

from vl_tb_plugin.plugin.hidden_state_catalogue import LoggedStates, TokenPlaces
from vl_tb_plugin.plugin.hidden_state_reading import StatesPortion
from vl_tb_plugin.plugin.mapped_space import MappedSpaces
from vl_tb_plugin.plugin.request import BadRequest

FEATURES = 80


class Logged:
    """Groups of twenty tokens, of which the last two are padding, and what reads their states."""

    def __init__(self, run, groups, dtype=np.float16, store="step_0"):
        token = np.arange(18, dtype=np.int32)
        places = TokenPlaces(20, token, np.zeros(18, np.uint8))
        self.run = run
        self.groups = [
            LoggedStates(f"val/{n}", 0, "joint", (3,), FEATURES, store, "part", 20 * n, places)
            for n in range(groups)
        ]
        rng = np.random.default_rng(groups)
        self.values = rng.standard_normal((groups, 18, FEATURES)).astype(dtype)
        self.reads = 0

    def read(self, groups):
        self.reads += 1
        for one in groups:
            yield StatesPortion((one,), self.values[one.offset // 20])

    def space(self, spaces):
        spaces.make(self.run, self.groups, 3, self.read, lambda share, message: None)
        return spaces.find(self.run, self.groups, 3)


@pytest.fixture
def spaces(tmp_path):
    return MappedSpaces(tmp_path / "cache")


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_values_are_those_that_were_read_in_their_own_precision(spaces, tmp_path, dtype):
    logged = Logged(tmp_path, 30, dtype)
    space = logged.space(spaces)
    assert space.values.dtype == dtype
    np.testing.assert_array_equal(space.values, logged.values.reshape(-1, FEATURES))
    leading = space.leading
    np.testing.assert_allclose(leading.axes @ leading.axes.T, np.eye(64), atol=1e-5)
    points = space.values.astype(np.float64)
    np.testing.assert_allclose(leading.coordinates, points @ leading.axes.T, atol=1e-5)
    rest = points - points @ leading.axes.T @ leading.axes
    length = np.linalg.norm(rest, axis=1)
    assert (leading.rest >= length).all() and (leading.rest <= 1.05 * length + 0.05).all()
    space.release()
    np.testing.assert_array_equal(space.values, logged.values.reshape(-1, FEATURES))


def test_files_are_made_once_and_found_by_another_server(spaces, tmp_path):
    logged = Logged(tmp_path, 5)
    logged.space(spaces)
    reads = logged.reads
    logged.space(MappedSpaces(tmp_path / "cache"))
    assert logged.reads == reads
    Logged(tmp_path, 5, store="step_1").space(spaces)
    assert len(os.listdir(tmp_path / "cache")) == 2


def test_the_least_recently_used_make_room(tmp_path):
    Logged(tmp_path, 5).space(MappedSpaces(tmp_path / "other"))
    size = sum(file.stat().st_size for file in (tmp_path / "other").rglob("*.npy"))
    spaces = MappedSpaces(tmp_path / "cache", most_bytes=3 * size)
    logged = [Logged(tmp_path, 5, store=f"step_{number}") for number in range(4)]
    for turn in (0, 1, 0, 2, 3):
        logged[turn].space(spaces)
    reads = [each.reads for each in logged]
    logged[0].space(spaces)
    logged[3].space(spaces)
    assert [each.reads for each in logged] == reads
    logged[1].space(spaces)
    assert logged[1].reads > reads[1]


def test_a_copy_that_fails_leaves_nothing_and_says_where(spaces, tmp_path):
    logged = Logged(tmp_path, 5)

    def fail(groups):
        yield from logged.read(groups[:2])
        raise OSError("No space left on device")

    with pytest.raises(BadRequest, match=r"cache.*No space left.*XDG_CACHE_HOME"):
        spaces.make(tmp_path, logged.groups, 3, fail, lambda share, message: None)
    assert os.listdir(tmp_path / "cache") == []
    assert spaces.find(tmp_path, logged.groups, 3) is None


def test_progress_is_told(spaces, tmp_path):
    told = []
    logged = Logged(tmp_path, 4)
    spaces.make(tmp_path, logged.groups, 3, logged.read, lambda *one: told.append(one))
    assert [share for share, _ in told] == [0, 0.25, 0.5, 0.75, 1]
    assert told[-1][1] == "copying the hidden states"
