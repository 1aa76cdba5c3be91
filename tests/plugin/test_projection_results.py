"""Where results are kept, what is sampled, and what is said when a library is missing."""

import shutil

import numpy as np
import pytest
from tensorboard.backend.event_processing.data_provider import MultiplexerDataProvider
from tensorboard.backend.event_processing.plugin_event_multiplexer import EventMultiplexer

from tests.waiting import wait_until
from vl_tb_plugin import Example, HiddenStates, SummaryWriter, TokenSequence
from vl_tb_plugin.plugin import projection_fit, projections, unfinished_jobs
from vl_tb_plugin.plugin.fitted_projection import FittedProjection
from vl_tb_plugin.plugin.hidden_state_reading import HiddenStateReading
from vl_tb_plugin.plugin.jobs import JobQueue
from vl_tb_plugin.plugin.planned_points import planned_points
from vl_tb_plugin.plugin.projection_fit import fit_projection
from vl_tb_plugin.plugin.projection_plan import ProjectionPlanner
from vl_tb_plugin.plugin.projection_request import ProjectionRequest
from vl_tb_plugin.plugin.projection_store import (
    ResultFolders,
    read_projection,
    result_name,
    write_projection,
)
from vl_tb_plugin.plugin.request import BadRequest
from vl_tb_plugin.plugin.run_folders import RunFolders
from vl_tb_plugin.plugin.run_index import RunIndex
from vl_tb_plugin.plugin.store_cache import StoreCache
from vl_tb_plugin.storage.run_folder import PLUGIN_NAME

STEPS, TAGS = (0, 3), 20


class Logs:
    """The parts of the plugin, on a folder of logs."""

    def __init__(self, folder):
        multiplexer = EventMultiplexer(tensor_size_guidance={PLUGIN_NAME: 0})
        multiplexer.AddRunsFromDirectory(str(folder)).Reload()
        self.index = RunIndex(MultiplexerDataProvider(multiplexer, str(folder)))
        self.folders = RunFolders(str(folder), "")
        self.reading = HiddenStateReading(self.index, self.folders, StoreCache())
        self.planner = ProjectionPlanner(self.index, self.folders, self.reading)
        self.jobs = JobQueue()
        self.projections = projections.Projections(
            self.index, self.folders, StoreCache(), self.reading, self.jobs
        )


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("logs")
    sequence = TokenSequence([str(number) for number in range(9)], ["text"] * 9, name="joint")
    rng = np.random.default_rng(0)
    with SummaryWriter(folder / "run") as writer:
        for step in STEPS:
            for number in range(TAGS):
                states = HiddenStates(rng.standard_normal((3, 9, 8)))
                writer.add_vl_example(
                    f"val/{number:02}", Example(sequence, hidden_states=states), step
                )
    return folder


@pytest.fixture
def logs(written, tmp_path):
    return Logs(shutil.copytree(written, tmp_path, dirs_exist_ok=True))


def request(**values):
    return ProjectionRequest(("run",), ("joint",), (1,), **values)


class TestSampling:
    def test_whole_examples_up_to_the_limit_the_same_at_every_step(self, logs):
        plan = logs.planner.plan("", request(method="tsne", limit=100, seed=1))
        points = planned_points(plan)
        # nine tokens at two steps: five of twenty examples
        assert (plan.points, plan.of, len(points.tags)) == (90, 9 * 2 * TAGS, 5)
        assert sorted(points.examples) == [(0, step, tag) for step in STEPS for tag in points.tags]

    def test_the_seed_chooses_them(self, logs):
        def chosen(seed):
            plan = logs.planner.plan("", request(method="tsne", limit=100, seed=seed))
            return planned_points(plan).tags

        assert chosen(1) == chosen(1) != chosen(2)

    def test_principal_components_see_all(self, logs):
        plan = logs.planner.plan("", request(limit=100))
        assert plan.points == plan.of == 9 * 2 * TAGS


class TestFiles:
    def test_a_result_is_read_as_it_was_written(self, logs, tmp_path):
        plan = logs.planner.plan("", request())
        fitted = fit_projection(plan, StoreCache().open, lambda share, message: None)
        path = tmp_path / "result.zarr.zip"
        write_projection(path, fitted, plan.request)
        read = read_projection(path)
        assert read.header == fitted.header
        for name in ("groups", "positions", "token", "modality"):
            shown = getattr(read.shown("run", 1, 3), name)
            assert np.array_equal(shown, getattr(fitted.shown("run", 1, 3), name)), name
            assert shown.dtype == getattr(fitted, name).dtype
        assert read.shown("run", 2, 3) is None
        assert not list(tmp_path.glob("*.tmp"))

    def test_a_result_of_more_steps_replaces_the_older_one_of_the_same_request(self, tmp_path):
        none = np.zeros((0, 2))
        fitted = FittedProjection({}, none, none, none, none[:, 0], none[:, 0])
        one, other = request(method="tsne"), request(method="tsne", seed=4)
        for asked, version in ((one, "1"), (other, "1"), (one, "2")):
            write_projection(tmp_path / result_name(asked, version), fitted, asked)
        names = {path.name for path in tmp_path.iterdir()}
        assert names == {result_name(one, "2"), result_name(other, "1")}

    def test_logs_that_cannot_be_written_leave_results_to_the_cache(
        self, logs, tmp_path, monkeypatch
    ):
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        results = ResultFolders(logs.folders)
        beside = tmp_path / "run/plugins/vl_tb_plugin/projections"
        assert results.writable("run") == beside
        beside.rmdir()
        beside.touch()  # stands in the way, whoever we are
        cached = results.writable("run")
        assert cached.is_relative_to(tmp_path / "cache" / "vl_tb_plugin")
        (cached / "result").touch()
        assert results.find("run", "result") == cached / "result"


class TestUnfinishedJobs:
    def test_one_is_taken_up_where_its_writer_is_gone_and_the_logs_are_the_same(
        self, logs, monkeypatch
    ):
        folder = ResultFolders(logs.folders).writable("run")
        same, changed = request(method="tsne"), request(method="umap")
        version = logs.index.version("", ["run"])
        unfinished_jobs.note(folder / result_name(same, version), same.as_json())
        unfinished_jobs.note(folder / result_name(changed, "earlier"), changed.as_json())
        (folder / "broken.job.json").write_text("{")
        logs.projections.take_up("")
        assert [one["id"] for one in logs.jobs.all()] == [result_name(same, version)]
        logs.jobs.cancel(result_name(same, version))
        left = {result_name(changed, "earlier") + ".job.json", "broken.job.json"}
        wait_until(lambda: {path.name for path in folder.glob("*.json")} == left)

    def test_one_whose_writer_works_is_left_to_it(self, tmp_path, monkeypatch):
        unfinished_jobs.note(tmp_path / "result", {"method": "pca"})
        monkeypatch.setattr(unfinished_jobs.os, "getpid", lambda: 0)  # seen by another process
        assert list(unfinished_jobs.abandoned(tmp_path)) == []


def test_a_missing_library_is_named_with_what_installs_it(logs, monkeypatch):
    monkeypatch.setattr(projections, "find_spec", lambda name: None)
    with pytest.raises(BadRequest, match=r"pip install 'vl_tb_plugin\[projections\]'") as refused:
        logs.projections.find("", request(method="umap"))
    assert refused.value.status == 501
    assert isinstance(logs.projections.find("", request()), FittedProjection)


def test_a_projection_that_was_fitted_is_not_fitted_again(logs, monkeypatch):
    first = logs.projections.find("", request())
    monkeypatch.setattr(projections, "fit_projection", None)
    assert np.array_equal(logs.projections.find("", request()).positions, first.positions)


def test_what_takes_long_is_fitted_by_a_process_and_read_from_its_file(logs, monkeypatch):
    at_once = logs.projections.find("", request())
    monkeypatch.setattr(projections, "_AT_ONCE_BYTES", 0)
    asked = request(components=2)
    job = logs.projections.find("", asked)
    assert job["title"] == "PCA of layer 1, 360 points"
    wait_until(lambda: logs.jobs.known(job["id"])["state"] == "done")
    found = logs.projections.find("", asked)
    for step in STEPS:
        positions = found.shown("run", 1, step).positions
        assert np.allclose(positions, at_once.shown("run", 1, step).positions[:, :2], atol=1e-5)
    assert logs.projections.find("", asked) is found  # open still


def test_each_step_starts_where_the_same_tokens_were_at_the_step_before(logs, monkeypatch):
    starts = []

    def fake(values, *, initial, **_):
        starts.append(initial)
        return values[:, :2] + len(starts)

    monkeypatch.setattr(projection_fit, "t_sne", fake)
    plan = logs.planner.plan("", request(method="tsne", components=2, align="previous"))
    fitted = fit_projection(plan, StoreCache().open, lambda share, message: None)
    first, second = (fitted.shown("run", 1, step) for step in STEPS)
    assert starts[0] is None
    assert np.array_equal(starts[1], first.positions)  # the same tokens in the same order
    assert np.array_equal(first.groups, second.groups)
    assert "starts where the one before ended" in fitted.header["alignment"]
