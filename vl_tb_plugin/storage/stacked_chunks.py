"""Chunks of stacked hidden states, read without Zarr's scheduling.

Zarr spreads the chunks of one read over an event loop and threads, which pays for one read of many
chunks. Hidden states are the opposite, many reads of one chunk each, and to schedule one takes as
long as to decode it.
"""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from numcodecs import blosc


@dataclass(frozen=True, eq=False)
class StackedChunks:
    """An array (layers, tokens, features), cut into chunks of one layer and ``length`` tokens."""

    file: zipfile.ZipFile
    path: str
    tokens: int
    length: int
    features: int
    dtype: np.dtype[Any]

    def read(self, layer: int, start: int, stop: int) -> npt.NDArray[np.floating[Any]]:
        """(stop - start, features) of one layer, by index."""
        stop = min(stop, self.tokens)
        first, last = start // self.length, max(start, stop - 1) // self.length
        chunks = [self._chunk(layer, number) for number in range(first, last + 1)]
        values = chunks[0] if len(chunks) == 1 else np.concatenate(chunks)
        return values[start - first * self.length : stop - first * self.length]

    def _chunk(self, layer: int, number: int) -> npt.NDArray[np.floating[Any]]:
        try:
            encoded = self.file.read(f"{self.path}/c/{layer}/{number}/0")
        except KeyError:  # nothing but zeros is not written
            return np.zeros((self.length, self.features), self.dtype)
        return np.frombuffer(blosc.decompress(encoded), self.dtype).reshape(-1, self.features)


def stacked_chunks(file: zipfile.ZipFile, path: str) -> StackedChunks | None:
    """The array at ``path``; None where it is laid out otherwise, which Zarr can read."""
    described = json.loads(file.read(f"{path}/zarr.json"))
    grid, keys = described["chunk_grid"], described["chunk_key_encoding"]
    codecs = described["codecs"]
    shape, chunk = described["shape"], grid["configuration"].get("chunk_shape")
    known = (
        grid["name"] == "regular"
        and keys == {"name": "default", "configuration": {"separator": "/"}}
        and [codec["name"] for codec in codecs] == ["bytes", "blosc"]
        and codecs[0]["configuration"] == {"endian": "little"}
        and described["data_type"] in ("float16", "float32")
        and described["fill_value"] == 0
        and not described.get("storage_transformers")
        and len(shape) == 3
        and (chunk[0], chunk[2]) == (1, shape[2])
    )
    if not known:
        return None
    dtype = np.dtype(described["data_type"]).newbyteorder("<")
    return StackedChunks(file, path, shape[1], chunk[1], shape[2], dtype)
