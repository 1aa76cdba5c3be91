"""Slices of an array of a Zarr v3 store, read without Zarr's scheduling.

Zarr spreads the chunks of one read over an event loop and threads, which pays for one read of many
chunks. What is asked of a step is the opposite, many reads of a few chunks each, and to schedule
one takes longer than to decode it.
"""

from __future__ import annotations

import itertools
import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from numcodecs import blosc, zstd

_DECODERS: Mapping[str, Callable[[bytes], bytes]] = {
    "blosc": blosc.decompress,
    "zstd": zstd.decompress,
}
_DTYPES = ("uint8", "int32", "float16", "float32")

Place = int | slice


class UnreadableArray(ValueError):
    """An array that a newer version may have written."""


@dataclass(frozen=True, eq=False)
class ChunkedArray:
    """An array, cut into chunks of one shape; threads may share it."""

    file: zipfile.ZipFile
    path: str
    shape: tuple[int, ...]
    chunk: tuple[int, ...]
    dtype: np.dtype[Any]
    codec: str
    attributes: Mapping[str, Any]

    @classmethod
    def open(cls, file: zipfile.ZipFile, path: str) -> ChunkedArray:
        """The array at ``path``; raises :class:`UnreadableArray` for what we do not write."""
        described = json.loads(file.read(f"{path}/zarr.json"))
        grid, keys = described["chunk_grid"], described["chunk_key_encoding"]
        codecs = described["codecs"]
        known = (
            grid["name"] == "regular"
            and keys == {"name": "default", "configuration": {"separator": "/"}}
            and len(codecs) == 2
            and codecs[0]["name"] == "bytes"
            and codecs[0].get("configuration", {}).get("endian", "little") == "little"
            and codecs[1]["name"] in _DECODERS
            and described["data_type"] in _DTYPES
            and described["fill_value"] == 0
            and not described.get("storage_transformers")
        )
        if not known:
            raise UnreadableArray(
                f"Array {path!r} is laid out in a way that this version of vl_tb_plugin does not"
                " know. Update vl_tb_plugin where TensorBoard runs."
            )
        return cls(
            file,
            path,
            tuple(described["shape"]),
            tuple(grid["configuration"]["chunk_shape"]),
            np.dtype(described["data_type"]).newbyteorder("<"),
            codecs[1]["name"],
            described.get("attributes", {}),
        )

    def __getitem__(self, where: Place | tuple[Place, ...]) -> npt.NDArray[Any]:
        """Values at indices and slices without steps; axes that are left out are whole.

        What lies in one chunk is a view of it that can't be written to.
        """
        given = where if isinstance(where, tuple) else (where,)
        places = (*given, *(slice(None) for _ in self.shape[len(given) :]))
        ranges = [_range(place, length) for place, length in zip(places, self.shape, strict=True)]
        numbers = [
            range(start // size, max(start, stop - 1) // size + 1)
            for (start, stop), size in zip(ranges, self.chunk, strict=True)
        ]
        if all(len(one) == 1 for one in numbers):
            values = self._inside(tuple(one[0] for one in numbers), ranges)
        else:
            values = np.empty([stop - start for start, stop in ranges], self.dtype)
            for number in itertools.product(*numbers):
                some = self._inside(number, ranges)
                first = [
                    max(0, one * size - start)
                    for one, size, (start, _) in zip(number, self.chunk, ranges, strict=True)
                ]
                ends = (begin + length for begin, length in zip(first, some.shape, strict=True))
                values[tuple(map(slice, first, ends))] = some
        return values[tuple(0 if isinstance(place, int) else slice(None) for place in places)]

    def _inside(self, number: tuple[int, ...], ranges: list[tuple[int, int]]) -> npt.NDArray[Any]:
        """What of the ranges lies in a chunk."""
        starts = [one * size for one, size in zip(number, self.chunk, strict=True)]
        inside = tuple(
            slice(max(0, start - first), stop - first)
            for (start, stop), first in zip(ranges, starts, strict=True)
        )
        return self._decoded(number)[inside]

    def _decoded(self, number: tuple[int, ...]) -> npt.NDArray[Any]:
        try:
            encoded = self.file.read("/".join([self.path, "c", *map(str, number)]))
        except KeyError:  # nothing but zeros is not written
            return np.zeros(self.chunk, self.dtype)
        return np.frombuffer(_DECODERS[self.codec](encoded), self.dtype).reshape(self.chunk)


def _range(place: Place, length: int) -> tuple[int, int]:
    if isinstance(place, slice):
        start, stop, step = place.indices(length)
        assert step == 1
        return start, max(start, stop)
    index = place + length if place < 0 else place
    if not 0 <= index < length:
        raise IndexError(f"Index {place} is outside an axis of {length}.")
    return index, index + 1
