"""Who does not use a library need not have it, and who needs it is told how to get it."""

import subprocess
import sys

CODE = """
import importlib, sys

MISSING = {"accelerate", "lightning", "pytorch_lightning"}
sys.modules.update(dict.fromkeys(MISSING))

import vl_tb_plugin
from vl_tb_plugin import SummaryWriter, trace
assert "vl_tb_plugin.integrations" not in sys.modules

import vl_tb_plugin.integrations.probe_set
for name in ("transformers_callback", "lightning_callback"):
    try:
        importlib.import_module("vl_tb_plugin.integrations." + name)
    except ImportError as error:
        print(error)
"""


def test_a_missing_library_is_explained_and_asked_for_by_its_own_callback_alone():
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    trainer, lightning = done.stdout.splitlines()
    assert "pip install accelerate" in trainer
    assert "pip install lightning" in lightning
