"""The arrays of a step: one Zarr v3 store in one ZIP file, readable with plain ``zarr``.

::

    attention/<block>/<example>      (layers, heads, rows, keys), as its attribute "decode" says
    attention_mean/<block>/<example> (layers, rows, keys): mean over heads
    .../<example>_row_maximum        (layers, heads, rows) or (layers, rows), where so encoded
    statistics/<block>/<part>        (examples, statistics + metrics, layers, heads) float32
    hidden_states/<sequence>/<part>  (layers, tokens, features) float16, float32 if too large
    relevancy/<part>                 (scores,) float32: the maps of relevancy, one after another
    logit_lens/<sequence>/<array>/<part>  (layers, positions, k) or (layers, positions): int32, and
                                     float16 probabilities; "words": bytes of JSON

Attention is cut so that a click decodes one chunk: one layer, and as many heads as keep it near
1 MB. The mean over heads is looked at most; kept by itself it costs as much as one more head, and
spares decoding them all. Statistics and hidden states are read over many examples at once, and a
map of relevancy is tiny, so examples are stacked: a part holds as many as make a chunk of about
1 MB. ZIP guards every chunk with a CRC-32.
"""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from vl_tb_plugin.example import EncodedProbabilities
from vl_tb_plugin.storage.chunked_array import ChunkedArray
from vl_tb_plugin.storage.manifest_pb2 import Slice


class TensorStore:
    """Reads slices of a published store. Threads may share one."""

    def __init__(self, path: Path):
        self._file = zipfile.ZipFile(path)
        self._arrays: dict[str, ChunkedArray] = {}
        self._latest_relevancy: tuple[str, npt.NDArray[np.float32]] = ("", np.zeros(0, np.float32))

    def attention(
        self, path: str, layer: int, head: int | slice | None, row: int | slice
    ) -> EncodedProbabilities:
        """Weights of one layer by *index*: (rows, keys), or (keys,) for one row.

        ``head`` is an index, too; a slice of them leads the shape; ``None`` means the mean over
        heads.
        """
        path = mean_path(path) if head is None else path
        where = (layer, row) if head is None else (layer, head, row)
        array = self._array(path)
        precision = str(array.attributes.get("precision", "uint8"))
        maxima = None
        if precision == "uint8_row_maximum":
            maxima = self._array(maximum_path(path))[where]
        return EncodedProbabilities(array[where], precision, maxima)

    def statistics(self, part: Slice) -> npt.NDArray[np.float32]:
        """(statistics + metrics, layers, heads) of one example."""
        return self._array(part.path)[part.offset]

    def stacked_statistics(self, path: str) -> npt.NDArray[np.float32]:
        """(examples, statistics + metrics, layers, heads) of every example of a part."""
        return self._array(path)[:]

    def hidden_states(self, part: Slice, layer: int, tokens: int) -> npt.NDArray[np.float32]:
        """(tokens, features) of one example and layer, by index."""
        end = part.offset + tokens
        return self.stacked_hidden_states(part.path, layer, part.offset, end).astype(np.float32)

    def stacked_hidden_states(
        self, path: str, layer: int, start: int, stop: int
    ) -> npt.NDArray[np.floating[Any]]:
        """(stop - start, features) of a part's examples and one layer, by index; as stored."""
        return self._array(path)[layer, start:stop]

    def relevancy(self, part: Slice, scores: int) -> npt.NDArray[np.float32]:
        """(scores,) of one map."""
        path, stacked = self._latest_relevancy
        if path != part.path:
            # whole, as it is compressed: the maps of many examples are asked for in turn
            stacked = self._array(part.path)[:]
            self._latest_relevancy = part.path, stacked
        return stacked[part.offset : part.offset + scores].copy()

    def layers_of(self, part: Slice, positions: int) -> npt.NDArray[Any]:
        """(layers, positions, ...) of one array of a logit lens."""
        window = slice(part.offset, part.offset + positions)
        return self._array(part.path)[:, window]

    def words(self, part: Slice, word_bytes: int) -> list[str]:
        """The texts of a logit lens's outputs."""
        raw = self._array(part.path)[part.offset : part.offset + word_bytes]
        found: list[str] = json.loads(raw.tobytes())
        return found

    def close(self) -> None:
        """Release the file."""
        self._file.close()

    def _array(self, path: str) -> ChunkedArray:
        array = self._arrays.get(path)
        if array is None:
            array = self._arrays.setdefault(path, ChunkedArray.open(self._file, path))
        return array


def mean_path(path: str) -> str:
    """Where the mean over heads of a block's weights lies."""
    return path.replace("attention/", "attention_mean/", 1)


def maximum_path(path: str) -> str:
    """Where the maxima of an array's rows lie, if it is so encoded."""
    return f"{path}_row_maximum"
