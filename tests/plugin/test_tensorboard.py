"""How the plugin behaves in TensorBoard: found by itself, active with data, live, light."""

import json
import time
import urllib.request

import pytest

from tests.logged_examples import joint_example
from tests.tensorboard_process import TensorBoardProcess
from tests.waiting import wait_until
from vl_tb_plugin import SummaryWriter
from vl_tb_plugin.storage import manifest
from vl_tb_plugin.storage.run_folder import asset_folder

MODES = pytest.mark.parametrize("load_fast", ["true", "false"], ids=["fast", "slow"])


def log(folder, steps, tag="val/0"):
    with SummaryWriter(folder) as writer:
        for step in steps:
            writer.add_vl_example(tag, joint_example(), step)


def listed(tensorboard) -> dict:
    with urllib.request.urlopen(f"{tensorboard.url}/data/plugins_listing") as response:
        return json.load(response)["vl_tb_plugin"]


def test_it_is_inactive_without_data_and_serves_its_page_all_the_same(tmp_path):
    (tmp_path / "logs").mkdir()
    with TensorBoardProcess(["--logdir", str(tmp_path / "logs")], tmp_path / "out") as tensorboard:
        assert listed(tensorboard)["enabled"] is False
        assert tensorboard.get("runs").json["runs"] == []
        page = tensorboard.get("index.js")
        assert page.status == 200
        assert page.headers["Content-Type"].startswith("text/javascript")


@MODES
def test_a_checkpoint_logged_meanwhile_appears_without_restart(tmp_path, load_fast):
    writer = SummaryWriter(tmp_path / "logs" / "run")
    writer.add_vl_example("val/0", joint_example(), 0)
    writer.flush()
    arguments = ["--logdir", str(tmp_path / "logs"), f"--load_fast={load_fast}"]
    with TensorBoardProcess(arguments, tmp_path / "out") as tensorboard:
        tensorboard.wait_for_runs(1, last_step=0)
        before = tensorboard.get("runs").json["version"]
        assert listed(tensorboard)["enabled"] is True
        writer.add_vl_example("val/0", joint_example(seed=1), 10)
        writer.flush()
        tensorboard.wait_for_runs(1, last_step=10)
        assert tensorboard.get("runs").json["version"] != before
        assert tensorboard.get("examples", run="run").json["steps"] == [0, 10]
        answer = tensorboard.get("statistics", run="run", tag="val/0", step=10, block="self")
        assert answer.status == 200
    writer.close()


@MODES
def test_a_step_logged_twice_shows_what_was_logged_last(tmp_path, load_fast):
    for prediction in ("first", "second"):
        with SummaryWriter(tmp_path / "logs") as writer:
            writer.add_vl_example("val/0", joint_example(prediction=prediction), 3)
        # TensorBoard reads event files in the order of their names, which begin with the second
        time.sleep(1.1)
    arguments = ["--logdir", str(tmp_path / "logs"), f"--load_fast={load_fast}"]
    with TensorBoardProcess(arguments, tmp_path / "out") as tensorboard:
        (run,) = tensorboard.wait_for_runs(1)
        assert run["run"] == "."

        def shown() -> tuple[list[int], list[str]]:
            (example,) = tensorboard.get("examples", run=".").json["examples"]
            return example["steps"], example["predictions"]

        # the two event files are read one after the other
        wait_until(lambda: shown() != ([3], ["first"]))
        assert shown() == ([3], ["second"])


def test_runs_named_by_logdir_spec_find_their_files(tmp_path):
    log(tmp_path / "one", [0])
    log(tmp_path / "two" / "deep", [1])
    spec = f"first:{tmp_path / 'one'},second:{tmp_path / 'two'}"
    with TensorBoardProcess(["--logdir_spec", spec], tmp_path / "out") as tensorboard:
        runs = [entry["run"] for entry in tensorboard.wait_for_runs(2)]
        for run, step in zip(runs, (0, 1), strict=True):
            answer = tensorboard.get("statistics", run=run, tag="val/0", step=step, block="self")
            assert answer.status == 200, (run, answer.body)


def test_a_prefix_of_the_path_changes_nothing(tmp_path):
    log(tmp_path / "logs", [0])
    arguments = ["--logdir", str(tmp_path / "logs"), "--path_prefix", "/deep/down"]
    with TensorBoardProcess(arguments, tmp_path / "out") as tensorboard:
        assert tensorboard.url.endswith("/deep/down")
        tensorboard.wait_for_runs(1)
        assert tensorboard.get("examples", run=".").json["steps"] == [0]


def test_a_log_of_a_newer_version_is_explained(tmp_path, monkeypatch):
    monkeypatch.setattr(manifest, "SCHEMA_VERSION", manifest.SCHEMA_VERSION + 1)
    log(tmp_path / "logs", [0])
    with TensorBoardProcess(["--logdir", str(tmp_path / "logs")], tmp_path / "out") as tensorboard:
        tensorboard.wait_for_runs(1)
        (example,) = tensorboard.get("examples", run=".").json["examples"]
        assert "pip install --upgrade" in example["problem"]
        answer = tensorboard.get("manifest", run=".", tag="val/0", step=0)
        assert answer.status == 404 and "newer vl_tb_plugin" in answer.json["error"]


def test_a_log_whose_files_were_left_behind_is_explained(tmp_path):
    log(tmp_path / "logs", [0])
    for path in asset_folder(tmp_path / "logs").glob("step_*"):
        path.unlink()
    with TensorBoardProcess(["--logdir", str(tmp_path / "logs")], tmp_path / "out") as tensorboard:
        tensorboard.wait_for_runs(1)
        answer = tensorboard.get("statistics", run=".", tag="val/0", step=0, block="self")
        assert answer.status == 404 and "is gone" in answer.json["error"]


def test_a_damaged_store_is_explained(tmp_path):
    log(tmp_path / "logs", [0])
    (store,) = asset_folder(tmp_path / "logs").glob("step_*")
    store.write_bytes(store.read_bytes()[:-200])
    with TensorBoardProcess(["--logdir", str(tmp_path / "logs")], tmp_path / "out") as tensorboard:
        tensorboard.wait_for_runs(1)
        answer = tensorboard.get("statistics", run=".", tag="val/0", step=0, block="self")
        assert answer.status == 500 and "damaged" in answer.json["error"]
