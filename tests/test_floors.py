"""The floors of the house: imports lead downwards only (see ARCHITECTURE.md)."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "vl_tb_plugin"

FLOORS = {
    "example": set(),
    "analysis": {"example"},
    "storage": {"example", "analysis"},
    "capture": {"example", "analysis"},
    "faithfulness": {"example", "analysis", "capture"},
    "writer": {"example", "storage", "capture"},
    "planner": {"example", "storage", "capture"},
    "plugin": {"example", "analysis", "storage"},
    "integrations": {"example", "storage", "capture", "writer"},
}
"""What each floor may import of the others."""

OUTSIDE = {
    "example": {"torch", "transformers", "tensorboard", "zarr"},
    "analysis": {"torch", "transformers", "tensorboard", "zarr", "werkzeug"},
    "storage": {"torch", "transformers", "werkzeug"},
    "capture": {"tensorboard", "zarr", "werkzeug"},
    "faithfulness": {"tensorboard", "zarr", "werkzeug"},
    "plugin": {"torch", "transformers"},
    "integrations": {"tensorboard", "zarr", "werkzeug"},
}
"""Packages that must not be seen on a floor."""


def modules(floor: str) -> list[Path]:
    single = PACKAGE / f"{floor}.py"
    return [single] if single.exists() else sorted((PACKAGE / floor).rglob("*.py"))


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} imports relatively"
            names.add(node.module)
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def floors_of(names: set[str]) -> set[str]:
    return {name.split(".")[1] for name in names if name.startswith("vl_tb_plugin.")} & set(FLOORS)


@pytest.mark.parametrize("floor", FLOORS)
def test_a_floor_imports_lower_floors_only(floor):
    assert modules(floor)
    for path in modules(floor):
        assert floors_of(imported(path)) <= FLOORS[floor] | {floor}, path.name


@pytest.mark.parametrize("floor", OUTSIDE)
def test_a_floor_does_not_know_what_is_not_its_business(floor):
    for path in modules(floor):
        roots = {name.split(".")[0] for name in imported(path)}
        assert not roots & OUTSIDE[floor], path.name


def test_every_part_of_the_package_has_a_floor():
    parts = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or path.is_dir()}
    assert parts - {"__init__", "__pycache__", "static", "py"} == set(FLOORS)
