"""Where a run keeps its files: TensorBoard's place for the assets of a plugin."""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path

PLUGIN_NAME = "vl_tb_plugin"

_STORE_NAME = re.compile(r"step_\d{12,}\.rank_\d+\.[0-9a-f]{8}\.zarr\.zip")
_DIGEST = re.compile(r"[0-9a-f]{64}")


def asset_folder(run_folder: str | os.PathLike[str]) -> Path:
    """The folder of our files inside a run's folder."""
    return Path(run_folder) / "plugins" / PLUGIN_NAME


def new_store_name(step: int, rank: int) -> str:
    """A file name for the tensors of one step and rank, never used before.

    A step that is logged twice gets two files: what was published is never changed.
    """
    return f"step_{step:012d}.rank_{rank}.{secrets.token_hex(4)}.zarr.zip"


def store_path(run_folder: str | os.PathLike[str], store: str) -> Path:
    """Path of a tensor store that a manifest names; raises ValueError if it could lie elsewhere."""
    if not _STORE_NAME.fullmatch(store):
        raise ValueError(f"{store!r} is not the name of a tensor store")
    return _contained(asset_folder(run_folder) / store, run_folder)


def image_path(run_folder: str | os.PathLike[str], digest: str) -> Path:
    """Path of an image by content hash; raises ValueError if it could lie elsewhere."""
    if not _DIGEST.fullmatch(digest):
        raise ValueError(f"{digest!r} is not a SHA-256 digest in hexadecimal")
    return _contained(asset_folder(run_folder) / "images" / f"{digest}.png", run_folder)


def publish_file(temporary: Path, final: Path) -> None:
    """Make a finished file visible under its name, durably: contents first, then the name."""
    with open(temporary, "rb") as file:
        os.fsync(file.fileno())
    os.replace(temporary, final)
    if os.name == "posix":
        folder = os.open(final.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _contained(path: Path, run_folder: str | os.PathLike[str]) -> Path:
    folder = os.path.realpath(asset_folder(run_folder))
    real = os.path.realpath(path)
    if os.path.commonpath([folder, real]) != folder:
        raise ValueError(f"{path.name!r} points outside the run's folder")
    return Path(real)
