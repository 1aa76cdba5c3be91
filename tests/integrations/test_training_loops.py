"""The examples of training loops run, and their logs can be looked at."""

import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.logged_runs import logged_runs

ROOT = Path(__file__).parents[2]
IDS = [f"val/{number:03d}" for number in range(8)]


def stores_of_eight_samples(logdir, steps) -> set[str]:
    """Files of the one run in the folder, which has all samples at all steps."""
    (run,) = logged_runs(logdir).values()
    assert list(run) == IDS
    manifests = []
    for by_step in run.values():
        assert list(by_step) == steps
        manifests += by_step.values()
    assert all(manifest.target and manifest.prediction for manifest in manifests)
    return {manifest.store for manifest in manifests}


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning")
def test_the_lightning_example(tmp_path):
    importlib.import_module("lightning_callback").main(["--logdir", str(tmp_path), "--steps", "8"])
    assert stores_of_eight_samples(tmp_path, steps=list(range(1, 9)))


@pytest.mark.parametrize("name, shares", [("accelerate_loop", 2), ("trainer_callback", 1)])
def test_two_processes_make_one_run(tmp_path, name, shares):
    """In Accelerate's example each process logs its share; with Trainer the first logs all."""
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node", "2"]
    command += ["--standalone", f"examples/{name}.py", "--cpu"]
    command += ["--logdir", str(tmp_path), "--steps", "2"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert len(stores_of_eight_samples(tmp_path, steps=[0, 1, 2])) == 3 * shares
