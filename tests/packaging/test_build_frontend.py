"""``setup.py build_frontend`` on a frontend of three files, with and without Node.js."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SETUP = Path(__file__).parents[2] / "setup.py"


@pytest.fixture
def tree(tmp_path) -> Path:
    shutil.copy(SETUP, tmp_path)
    (tmp_path / "setup.cfg").write_text("[options]\npackages =\n  vl_tb_plugin\n")
    frontend = tmp_path / "plugin_frontend"
    (frontend / "src").mkdir(parents=True)
    (tmp_path / "vl_tb_plugin" / "static").mkdir(parents=True)
    package = {"name": "stub", "version": "0.0.0", "scripts": {"build": "node build.mjs"}}
    lock = package | {"lockfileVersion": 3, "packages": {"": {}}}
    (frontend / "package.json").write_text(json.dumps(package))
    (frontend / "package-lock.json").write_text(json.dumps(lock))
    (frontend / "build.mjs").write_text(
        "import { copyFileSync } from 'node:fs'\n"
        "copyFileSync('src/index.ts', '../vl_tb_plugin/static/index.js')\n"
    )
    (frontend / "src" / "index.ts").write_text("first")
    return tmp_path


def build_frontend(tree: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "setup.py", "--quiet", "build_frontend"],
        cwd=tree,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.fixture
def no_node(tmp_path) -> dict[str, str]:
    """A PATH with the shell that npm needs, and no Node.js."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "sh").symlink_to(shutil.which("sh"))
    return {"PATH": str(folder)}


@pytest.mark.parametrize("path", ["as_is", "no_node"])
def test_builds_when_the_source_changed_and_only_then(path, tree, request):
    environment = {} if path == "as_is" else request.getfixturevalue(path)
    built = tree / "vl_tb_plugin" / "static" / "index.js"

    done = build_frontend(tree, **environment)
    assert done.returncode == 0, done.stdout
    assert built.read_text() == "first"

    built.write_text("kept")
    done = build_frontend(tree, **environment)
    assert done.returncode == 0, done.stdout
    assert built.read_text() == "kept"

    (tree / "plugin_frontend" / "src" / "index.ts").write_text("second")
    done = build_frontend(tree, **environment)
    assert done.returncode == 0, done.stdout
    assert built.read_text() == "second"


def test_a_tree_without_frontend_sources_keeps_what_is_built(tree, no_node):
    (tree / "vl_tb_plugin" / "static" / "index.js").write_text("built")
    shutil.rmtree(tree / "plugin_frontend")
    done = build_frontend(tree, **no_node)
    assert done.returncode == 0, done.stdout


def test_says_what_to_do_where_npm_reaches_no_registry(tree):
    frontend = tree / "plugin_frontend"
    package = json.loads((frontend / "package.json").read_text())
    dependencies = {"dependencies": {"preact": "10.0.0"}}
    nowhere = "http://127.0.0.1:9/"
    package_lock = package | {
        "lockfileVersion": 3,
        "packages": {
            "": dependencies,
            "node_modules/preact": {"version": "10.0.0", "resolved": nowhere + "preact.tgz"},
        },
    }
    (frontend / "package.json").write_text(json.dumps(package | dependencies))
    (frontend / "package-lock.json").write_text(json.dumps(package_lock))
    done = build_frontend(
        tree, npm_config_registry=nowhere, npm_config_fetch_retries="0", npm_config_cache=str(tree)
    )
    assert done.returncode != 0
    assert "needs an npm registry" in done.stdout
    assert "Traceback" not in done.stdout
