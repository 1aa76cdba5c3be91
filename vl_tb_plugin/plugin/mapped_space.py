"""Hidden states of one layer as files mapped to memory, too many to be kept in it.

A search reads the leading components of all points and the states of a few
(``analysis/neighbours.py``); in the tensor store these few lie in chunks that hold hundreds of
others each. So the states are copied once, as they are, to the user's cache folder: the files are
of this machine, and made again when they are gone. The least recently used ones are removed as they
exceed a bound.
"""

from __future__ import annotations

import hashlib
import mmap
import os
import random
import shutil
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from vl_tb_plugin.analysis.leading_components import (
    COMPONENTS,
    LeadingComponents,
    leading_axes,
    leading_components,
)
from vl_tb_plugin.analysis.projections.reduction import Progress
from vl_tb_plugin.plugin.hidden_state_catalogue import LoggedStates
from vl_tb_plugin.plugin.hidden_state_reading import StatesPortion
from vl_tb_plugin.plugin.request import BadRequest

MOST_BYTES = 16 << 30
_SAMPLED_POINTS = 1 << 14
_ABANDONED_SECONDS = 3600
_ARRAYS = ("values", "axes", "coordinates", "squared", "rest")

Read = Callable[[Sequence[LoggedStates]], Iterable[StatesPortion]]


@dataclass(frozen=True, eq=False)
class MappedSpace:
    """``values`` (points, features) as stored, and the leading components of the same points."""

    values: npt.NDArray[np.floating[Any]]
    leading: LeadingComponents
    mapping: mmap.mmap

    def release(self) -> None:
        """Give back the memory of the values that were read; the system keeps them while it can.

        Around each one that is read it maps others: a few searches, and all count as ours.
        """
        if hasattr(mmap, "MADV_DONTNEED"):
            self.mapping.madvise(mmap.MADV_DONTNEED)


class MappedSpaces:
    """Finds them in a folder, and makes them."""

    def __init__(self, folder: Path, most_bytes: int = MOST_BYTES):
        self.folder = folder
        self._most_bytes = most_bytes

    def find(
        self, run_folder: Path, groups: Sequence[LoggedStates], layer: int
    ) -> MappedSpace | None:
        """The states of these sequences, one after the other; None where they are not copied yet.

        Args:
            run_folder: of the run that they are of.
            groups: in the order of the catalogue, of one width.
            layer: its number.
        """
        folder = self.folder / space_name(run_folder, groups, layer)
        now = time.time()
        try:
            os.utime(folder, (now, now))
            return _opened(folder)
        except FileNotFoundError:  # also where another server makes room at this moment
            return None

    def make(
        self,
        run_folder: Path,
        groups: Sequence[LoggedStates],
        layer: int,
        read: Read,
        progress: Progress,
    ) -> None:
        """Copy them, unless another server was quicker.

        Args:
            run_folder, groups, layer: as above.
            read: reads the values of what the catalogue says, in the same order.
            progress: told how far it is.

        Raises:
            BadRequest: where there is no room for the files.
        """
        folder = self.folder / space_name(run_folder, groups, layer)
        if not folder.is_dir():
            self._make(folder, groups, read, progress)

    def _make(
        self, folder: Path, groups: Sequence[LoggedStates], read: Read, progress: Progress
    ) -> None:
        temporary = folder.with_name(f"{folder.name}.{os.getpid()}.tmp")
        try:
            for dtype in (np.float16, np.float32):
                shutil.rmtree(temporary, ignore_errors=True)
                temporary.mkdir(parents=True)
                self._make_room(groups, np.dtype(dtype))
                try:
                    _write(temporary, groups, read, np.dtype(dtype), progress)
                    break
                except _Wider:
                    continue  # some states left the range of sixteen bits
            os.replace(temporary, folder)
        except OSError as error:
            if not folder.is_dir():  # another server was quicker
                raise BadRequest(
                    f"So many hidden states are copied to {self.folder} before they are searched,"
                    f" which failed: {error}. The variable XDG_CACHE_HOME names another place.",
                    507,
                ) from error
        finally:
            shutil.rmtree(temporary, ignore_errors=True)

    def _make_room(self, groups: Sequence[LoggedStates], dtype: np.dtype[Any]) -> None:
        points = sum(len(group.places.token) for group in groups)
        wanted = points * (groups[0].features * dtype.itemsize + 4 * (COMPONENTS + 2))
        known = []
        for one in self.folder.iterdir():
            try:
                used = one.stat().st_mtime
                if one.suffix != ".tmp":
                    known.append((used, sum(x.stat().st_size for x in one.iterdir()), one))
                elif time.time() - used > _ABANDONED_SECONDS:
                    shutil.rmtree(one, ignore_errors=True)
            except OSError:
                continue  # another server was quicker
        total = wanted + sum(size for _, size, _ in known)
        for _, size, one in sorted(known, key=lambda item: item[0]):
            if total <= self._most_bytes:
                break
            shutil.rmtree(one, ignore_errors=True)
            total -= size
        free = shutil.disk_usage(self.folder).free
        if wanted > free:
            raise OSError(f"{wanted / 1e9:.1f} GB are needed, {free / 1e9:.1f} GB are free")


class _Wider(Exception):
    pass


def space_name(run_folder: Path, groups: Sequence[LoggedStates], layer: int) -> str:
    """What was published never changes: files, places and layer say what the values are."""
    digest = hashlib.blake2b(repr((os.path.realpath(run_folder), layer)).encode(), digest_size=16)
    for one in groups:
        digest.update(repr((one.store, one.path, one.offset)).encode())
        digest.update(one.places.token.tobytes())
    return digest.hexdigest()


def _write(
    folder: Path,
    groups: Sequence[LoggedStates],
    read: Read,
    dtype: np.dtype[Any],
    progress: Progress,
) -> None:
    progress(0, "finding the main directions")
    axes = leading_axes(np.concatenate([one.values for one in read(_sampled(groups))]))
    points = sum(len(group.places.token) for group in groups)
    shapes = {
        "values": (dtype, (points, groups[0].features)),
        "coordinates": (np.dtype(np.float32), (points, len(axes))),
        "squared": (np.dtype(np.float32), (points,)),
        "rest": (np.dtype(np.float32), (points,)),
    }
    with ExitStack() as opened:
        files = {name: opened.enter_context(open(folder / f"{name}.npy", "wb")) for name in shapes}
        for name, (kind, shape) in shapes.items():
            _write_header(files[name], kind, shape)
        done = 0
        for portion in read(groups):
            if portion.values.dtype.itemsize > dtype.itemsize:
                raise _Wider
            leading = leading_components(portion.values, axes)
            portion.values.astype(dtype, copy=False).tofile(files["values"])
            for name in ("coordinates", "squared", "rest"):
                getattr(leading, name).tofile(files[name])
            done += len(portion.values)
            progress(done / points, "copying the hidden states")
    np.save(folder / "axes.npy", axes)


def _write_header(file: IO[bytes], dtype: np.dtype[Any], shape: tuple[int, ...]) -> None:
    described = np.lib.format.dtype_to_descr(dtype)
    header = {"descr": described, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)


def _sampled(groups: Sequence[LoggedStates]) -> list[LoggedStates]:
    """Some of them, in the same order; the same ones each time."""
    order = list(range(len(groups)))
    random.Random(0).shuffle(order)
    chosen, points = set(), 0
    for index in order:
        chosen.add(index)
        points += len(groups[index].places.token)
        if points >= _SAMPLED_POINTS:
            break
    return [group for index, group in enumerate(groups) if index in chosen]


def _opened(folder: Path) -> MappedSpace:
    mapped = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in _ARRAYS}
    mapping = mapped["values"]._mmap
    # plain views: what is picked from them are plain arrays
    arrays = {name: array.view(np.ndarray) for name, array in mapped.items()}
    values = arrays.pop("values")
    return MappedSpace(values, LeadingComponents(**arrays), mapping)
