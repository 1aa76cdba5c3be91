"""The wheel and the sdist hold what they should, and installing the sdist needs no Node.js."""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).parents[2]
NOT_SOURCE = shutil.ignore_patterns(
    ".git", ".venv", ".*_cache", "__pycache__", "node_modules", "build", "dist", "runs", "logs"
)
REFERENCE = re.compile(r"""(?:\bfrom|\bimport|\bimport\(|new URL\()\s*["'`]([^"'`\s]+\.\w+)["'`]""")

pytestmark = pytest.mark.timeout(600)


def build(tree: Path, kind: str, **options) -> Path:
    command = [sys.executable, "-m", "build", f"--{kind}", "--outdir", tree.parent / kind, tree]
    done = subprocess.run(command, capture_output=True, text=True, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return next((tree.parent / kind).iterdir())


@pytest.fixture(scope="session")
def sdist(tmp_path_factory) -> Path:
    tree = tmp_path_factory.mktemp("packaging") / "tree"
    shutil.copytree(ROOT, tree, ignore=NOT_SOURCE)
    return build(tree, "sdist")


@pytest.fixture(scope="session")
def unpacked_sdist(sdist, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("from_sdist")
    shutil.unpack_archive(sdist, folder)
    return next(folder.iterdir())


@pytest.fixture(scope="session")
def wheel(unpacked_sdist) -> zipfile.ZipFile:
    """Built from the sdist, with no Node.js in the PATH and no npm registry to be reached."""
    environment = {"PATH": str(unpacked_sdist.parent), "npm_config_offline": "true"}
    return zipfile.ZipFile(build(unpacked_sdist, "wheel", env=os.environ | environment))


def test_wheel_holds_the_package_and_nothing_else(wheel):
    names = {name for name in wheel.namelist() if ".dist-info/" not in name}
    kinds = ("*.py", "*.proto", "*.pyi", "py.typed")
    package = ROOT / "vl_tb_plugin"
    expected = {
        path.relative_to(ROOT).as_posix()
        for kind in kinds
        for path in package.rglob(kind)
        if "static" not in path.parts
    }
    static = {name for name in names if name.startswith("vl_tb_plugin/static/")}
    assert names - static == expected
    assert "vl_tb_plugin/static/index.js" in static
    assert not any("/." in name for name in static)


def test_every_file_that_the_frontend_refers_to_is_in_the_wheel(wheel):
    names = set(wheel.namelist())
    seen, to_do = set(), ["vl_tb_plugin/static/index.js"]
    while to_do:
        name = to_do.pop()
        assert name in names
        seen.add(name)
        if not name.endswith(".js"):
            continue
        for reference in REFERENCE.findall(wheel.read(name).decode()):
            # Relative, so that it works below any --path_prefix.
            assert "://" not in reference and not reference.startswith("/"), reference
            target = str(PurePosixPath(name).parent / reference)
            if target not in seen:
                to_do.append(target)


def test_frontend_exports_render(wheel):
    index = wheel.read("vl_tb_plugin/static/index.js").decode()
    assert re.search(r"\bexport\s*\{[^}]*\brender\b|\bexport\s+(async\s+)?function render\b", index)


def test_wheel_metadata(wheel):
    folder = next(name for name in wheel.namelist() if name.endswith("/METADATA"))[
        : -len("METADATA")
    ]
    entry_points = wheel.read(folder + "entry_points.txt").decode().split()
    assert entry_points[:2] == ["[tensorboard_plugins]", "vl_tb_plugin"]
    assert entry_points[3] == "vl_tb_plugin.plugin.loader:VLPluginLoader"
    assert folder + "licenses/LICENSE" in wheel.namelist()
    assert "License-Expression: MIT" in wheel.read(folder + "METADATA").decode()


def test_sdist_holds_sources_and_the_built_frontend(unpacked_sdist):
    for name in (
        "LICENSE",
        "README.md",
        "setup.py",
        "constraints.txt",
        "plugin_frontend/package.json",
        "plugin_frontend/package-lock.json",
        "tests/packaging/test_distributions.py",
        "vl_tb_plugin/static/index.js",
    ):
        assert (unpacked_sdist / name).is_file(), name
    assert any((unpacked_sdist / "plugin_frontend" / "src").iterdir())
    assert not (unpacked_sdist / "plugin_frontend" / "node_modules").exists()
