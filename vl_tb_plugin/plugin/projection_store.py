"""Finished projections as files: one Zarr store in one ZIP file each, beside the logs.

They lie in the folder ``projections`` of the run's own files; where that cannot be written, in the
user's cache folder. The name says which request it answers, and of what was logged.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from pathlib import Path
from typing import Any

import numpy as np

from vl_tb_plugin.plugin.cache_folder import cache_folder
from vl_tb_plugin.plugin.fitted_projection import FittedProjection
from vl_tb_plugin.plugin.projection_request import ProjectionRequest
from vl_tb_plugin.plugin.run_folders import RunFolders
from vl_tb_plugin.storage.run_folder import asset_folder, publish_file

FOLDER = "projections"
_SUFFIX = ".zarr.zip"
_ROWS = 1 << 18
"""Of a chunk: a click reads one layer and step, most of which are smaller."""
_ABANDONED_SECONDS = 86_400


class ResultFolders:
    """Where results of a run lie."""

    def __init__(self, folders: RunFolders):
        self._folders = folders

    def of(self, run: str) -> list[Path]:
        """Everywhere that results may lie, the first choice first."""
        folder = os.path.realpath(self._folders.folder(run))
        name = hashlib.blake2b(folder.encode(), digest_size=10).hexdigest()
        return [asset_folder(folder) / FOLDER, cache_folder() / FOLDER / name]

    def writable(self, run: str) -> Path:
        """Where a new result goes, made if need be; raises OSError where nothing can be written."""
        beside, cached = self.of(run)
        try:
            beside.mkdir(exist_ok=True)
            probe = beside / f".{os.getpid()}.probe"
            probe.touch()
            probe.unlink()
            return beside
        except OSError:
            cached.mkdir(parents=True, exist_ok=True)
            return cached

    def find(self, run: str, name: str) -> Path | None:
        """The result of that name, where there is one."""
        return next((one / name for one in self.of(run) if (one / name).is_file()), None)


def result_name(request: ProjectionRequest, version: str) -> str:
    """The file name of a result.

    Args:
        request: that it answers.
        version: of what was logged, as the run index has it.
    """
    return f"{request.method}_{request.digest}_{version}{_SUFFIX}"


def write_projection(path: Path, fitted: FittedProjection, request: ProjectionRequest) -> None:
    """Write a result; it is there whole or not at all. Older versions of it are removed."""
    import zarr
    from zarr.codecs import BloscCodec
    from zarr.storage import ZipStore

    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    store = ZipStore(temporary, mode="w")
    try:
        root = zarr.create_group(
            store, attributes={"request": request.as_json(), "header": json.dumps(fitted.header)}
        )
        for name in ("places", "groups", "positions", "token", "modality"):
            values = np.asarray(getattr(fitted, name))
            root.create_array(
                name,
                data=values,
                chunks=(max(1, min(len(values), _ROWS)), *values.shape[1:]),
                compressors=BloscCodec(cname="zstd", clevel=1, shuffle="shuffle"),
            )
        store.close()
        publish_file(temporary, path)
    finally:
        store.close()
        temporary.unlink(missing_ok=True)
    _remove_older(path)


def read_projection(path: Path) -> FittedProjection:
    """A result; its points are read when they are asked for."""
    import zarr
    from zarr.storage import ZipStore

    root: Any = zarr.open_group(ZipStore(path, mode="r"), mode="r")
    return FittedProjection(
        json.loads(str(root.attrs["header"])),
        np.asarray(root["places"][:]),
        np.asarray(root["groups"][:]),
        root["positions"],
        root["token"],
        root["modality"],
    )


def _remove_older(path: Path) -> None:
    """Results of the same request on fewer steps, and what killed processes left."""
    request, _, _ = path.name.rpartition("_")
    for other in path.parent.glob(f"{request}_*"):
        ours = other.name.startswith(path.name)
        if not ours and other.name.endswith((_SUFFIX, ".job.json")):
            other.unlink(missing_ok=True)
    for left in path.parent.glob("*.tmp"):
        try:
            if time.time() - left.stat().st_mtime > _ABANDONED_SECONDS:
                left.unlink()
        except OSError:
            continue  # another process was quicker
