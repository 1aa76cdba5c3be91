"""What importing the package costs, and what it offers."""

import subprocess
import sys

import pytest

import vl_tb_plugin

IMPORT_ALL = """
import importlib, pkgutil, sys
for name in sys.argv[1:]:
    module = importlib.import_module(name)
    for info in pkgutil.walk_packages(getattr(module, "__path__", []), name + "."):
        importlib.import_module(info.name)
heavy = {"torch", "transformers"} & set(sys.modules)
assert not heavy, f"imported: {heavy}"
"""


@pytest.mark.parametrize("name", ["plugin", "storage", "analysis", "example"])
def test_what_tensorboard_loads_imports_no_torch(name):
    command = [sys.executable, "-c", IMPORT_ALL, f"vl_tb_plugin.{name}"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_loader_imports_little():
    code = (
        "import sys, tensorboard.plugins.base_plugin; before = set(sys.modules)\n"
        "import vl_tb_plugin, vl_tb_plugin.plugin.loader\n"
        "new = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
        "assert not new & {'torch', 'transformers', 'zarr', 'PIL', 'sklearn', 'scipy'}, new\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_public_names():
    assert vl_tb_plugin.__all__ == sorted(vl_tb_plugin.__all__)
    assert set(vl_tb_plugin.__all__) <= set(dir(vl_tb_plugin))
    for name in vl_tb_plugin.__all__:
        assert getattr(vl_tb_plugin, name).__doc__, f"{name} has no docstring"


def test_other_names_raise():
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = vl_tb_plugin.nonsense
