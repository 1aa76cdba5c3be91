"""Writes the arrays of a step; ``tensor_store.py`` says how they are laid out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import zarr
from zarr.codecs import BloscCodec, ZstdCodec
from zarr.storage import ZipStore

from vl_tb_plugin.example import EncodedProbabilities, KeptWeights, LogitLens
from vl_tb_plugin.example.encoded_probabilities import DECODING
from vl_tb_plugin.storage.manifest import LogitLensSlices
from vl_tb_plugin.storage.manifest_pb2 import Slice
from vl_tb_plugin.storage.run_folder import publish_file
from vl_tb_plugin.storage.tensor_store import maximum_path, mean_path

CHUNK_BYTES = 1 << 20


class TensorStoreWriter:
    """Writes the store of one step under a temporary name; :meth:`publish` makes it visible."""

    def __init__(self, path: Path):
        self.path = path
        self._temporary = path.with_name(path.name + ".tmp")
        path.parent.mkdir(parents=True, exist_ok=True)
        self._zip = ZipStore(self._temporary, mode="w")
        self._root = zarr.create_group(self._zip)
        self._stacks: dict[str, _Stack] = {}

    def add_attention(self, block: str, weights: KeptWeights, example: int, tag: str) -> str:
        """Write the weights of one block of one example; returns their path."""
        path = f"attention/{block}/{example:06d}"
        self._create_attention(path, weights.probabilities, ("layer", "head"), tag)
        self._create_attention(mean_path(path), weights.mean, ("layer",), tag)
        return path

    def add_statistics(self, block: str, statistics: npt.NDArray[np.float32], tag: str) -> Slice:
        """Stack one example's (statistics + metrics, layers, heads)."""
        dimensions = ("example", "statistic", "layer", "head")
        return self._stack(f"statistics/{block}", 0, dimensions, statistics[None], tag)

    def add_hidden_states(self, sequence: str, states: npt.NDArray[Any], tag: str) -> Slice:
        """Stack one example's (layers, tokens, features)."""
        # massive activations can leave float16's range: those states keep float32
        fits = float(np.abs(states).max()) <= float(np.finfo(np.float16).max)
        values = states.astype(np.float16) if fits else states
        dimensions = ("layer", "token", "feature")
        return self._stack(f"hidden_states/{sequence}", 1, dimensions, values, tag)

    def add_relevancy(self, scores: Sequence[npt.NDArray[np.float32]], tag: str) -> Slice:
        """Stack one map: (tokens,) scores of each of its sequences."""
        return self._stack("relevancy", 0, ("score",), np.concatenate(scores), tag)

    def add_logit_lens(self, lens: LogitLens, tag: str) -> LogitLensSlices:
        """Stack the arrays and the words of one logit lens."""
        path = f"logit_lens/{lens.sequence}"

        def stacked(name: str, values: npt.NDArray[Any] | None) -> Slice | None:
            if values is None:
                return None
            dimensions = ("layer", "position", "rank")[: values.ndim]
            return self._stack(f"{path}/{name}", 1, dimensions, values, tag)

        words = json.dumps(list(lens.words.values()), ensure_ascii=False).encode()
        outputs = stacked("outputs", lens.outputs)
        probabilities = stacked("probabilities", lens.probabilities)
        assert outputs is not None and probabilities is not None
        return LogitLensSlices(
            outputs,
            probabilities,
            self._stack(f"{path}/words", 0, ("byte",), np.frombuffer(words, np.uint8), tag),
            len(words),
            stacked("answer_ranks", lens.answer_ranks),
            stacked("answer_probabilities", lens.answer_probabilities),
        )

    def publish(self) -> None:
        """Close the file, make it durable and give it its name."""
        for stack in self._stacks.values():
            stack.write(self._root)
        self._zip.close()
        publish_file(self._temporary, self.path)

    def discard(self) -> None:
        """Drop what was written so far."""
        try:
            self._zip.close()
        finally:
            self._temporary.unlink(missing_ok=True)

    def _create_attention(
        self, path: str, encoded: EncodedProbabilities, dimensions: tuple[str, ...], tag: str
    ) -> None:
        precision, shape = encoded.precision, encoded.values.shape
        array = self._root.create_array(
            path,
            shape=shape,
            dtype=encoded.values.dtype,
            chunks=attention_chunks(shape, encoded.values.itemsize),
            compressors=ZstdCodec(level=1),
            attributes={"tag": tag, "precision": precision, "decode": DECODING[precision]},
            dimension_names=(*dimensions, "query", "key"),
        )
        for layer, values in enumerate(encoded.values):
            array[layer] = values
        if encoded.row_maximum is not None:
            self._root.create_array(
                maximum_path(path),
                data=encoded.row_maximum,
                chunks=(1, *encoded.row_maximum.shape[1:]),
                compressors=ZstdCodec(level=1),
                dimension_names=(*dimensions, "query"),
            )

    def _stack(
        self,
        path: str,
        axis: int,
        dimensions: tuple[str, ...],
        values: npt.NDArray[Any],
        tag: str,
    ) -> Slice:
        stack = self._stacks.get(path)
        if stack is None or not stack.takes(values):
            if stack is not None:
                stack.write(self._root)
            part = 0 if stack is None else stack.part + 1
            stack = self._stacks[path] = _Stack(path, part, axis, dimensions)
        return stack.append(values, tag)


class _Stack:
    """A part that still grows in memory."""

    def __init__(self, path: str, part: int, axis: int, dimensions: tuple[str, ...]):
        self.part = part
        self._path = f"{path}/{part:06d}"
        self._axis = axis
        self._dimensions = dimensions
        self._pieces: list[npt.NDArray[Any]] = []
        self._tags: list[str] = []
        self._offsets: list[int] = []
        self._length = 0

    def takes(self, values: npt.NDArray[Any]) -> bool:
        first = self._pieces[0]
        axis = self._axis
        fits = _without(first.shape, axis) == _without(values.shape, axis)
        length = self._length + values.shape[axis]
        return fits and first.dtype == values.dtype and self._chunk_bytes(length) <= CHUNK_BYTES

    def append(self, values: npt.NDArray[Any], tag: str) -> Slice:
        offset = self._length
        self._pieces.append(values)
        self._tags.append(tag)
        self._offsets.append(offset)
        self._length += values.shape[self._axis]
        return Slice(path=self._path, offset=offset)

    def write(self, root: zarr.Group) -> None:
        values = np.concatenate(self._pieces, axis=self._axis)
        whole = self._axis == 0
        root.create_array(
            self._path,
            data=values,
            chunks=values.shape if whole else (1, *values.shape[1:]),
            # of activations nearly as small as Zstandard, and read three times as fast
            compressors=BloscCodec(cname="lz4", clevel=5, shuffle="bitshuffle"),
            attributes={"tags": self._tags, "offsets": self._offsets},
            dimension_names=self._dimensions,
        )

    def _chunk_bytes(self, length: int) -> int:
        """Bytes of a chunk if the part were that long: all of it, or one layer of it."""
        first = self._pieces[0]
        per_entry = first.nbytes // first.shape[self._axis]
        return length * per_entry // (1 if self._axis == 0 else first.shape[0])


def attention_chunks(shape: tuple[int, ...], itemsize: int = 1) -> tuple[int, ...]:
    """One layer, as many whole heads as fit into about 1 MB; long heads split by rows.

    Args:
        shape: (layers, heads, rows, keys), or (layers, rows, keys).
        itemsize: bytes per weight.
    """
    rows, keys = shape[-2:]
    room = CHUNK_BYTES // itemsize
    if rows * keys > room:
        return *(1 for _ in shape[:-2]), max(1, room // keys), keys
    heads = (min(count, room // (rows * keys)) for count in shape[1:-2])
    return 1, *heads, rows, keys


def _without(shape: tuple[int, ...], axis: int) -> tuple[int, ...]:
    return shape[:axis] + shape[axis + 1 :]
