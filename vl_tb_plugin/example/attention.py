"""Blocks of attention probabilities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from vl_tb_plugin.example.array_input import (
    InvalidExample,
    as_array,
    ascending,
    check_finite,
    check_name,
)
from vl_tb_plugin.example.token_sequence import TokenSequence

_ROW_SUM_TOLERANCE = {"float16": 5e-3, "bfloat16": 3e-2}


class Attention:
    """One block of attention probabilities: the layers of a stack between two sequences.

    Args:
        probabilities: (layers, heads, queries, keys), post-softmax: each row sums to 1 over the
            keys that the mask admits. Rows of padding queries may be anything in [0, 1].
        name: name of the block, unique in the example, e.g. ``"language"``, ``"text_to_image"``.
        query: name of the sequence that the rows belong to.
        key: name of the sequence that the columns belong to.
        layers: number of each layer in its stack, ascending; default ``0 .. layers - 1``.
        rows: which query positions the rows are, ascending, where not all were kept.
        metrics: extra layer x head numbers of your own, ``{title: (layers, heads) array}``.

    Raises:
        InvalidExample: for a wrong shape, NaN or infinity, values outside [0, 1].
    """

    name: str
    query: str
    key: str
    probabilities: npt.NDArray[np.float32]
    layers: tuple[int, ...]
    rows: tuple[int, ...] | None
    metrics: dict[str, npt.NDArray[np.float32]]

    def __init__(
        self,
        probabilities: Any,
        name: str = "self",
        query: str = "joint",
        key: str = "joint",
        layers: Sequence[int] | None = None,
        rows: Sequence[int] | None = None,
        metrics: Mapping[str, Any] | None = None,
    ):
        check_name(name, "attention name")
        where = f"attention {name!r}"
        self.name, self.query, self.key = name, query, key
        array, dtype = as_array(probabilities, f"{where}.probabilities")
        if array.ndim != 4 or 0 in array.shape:
            expected = "shape (layers, heads, queries, keys)"
            raise InvalidExample(f"{where}.probabilities", expected, f"{array.shape}")
        self.probabilities = array.astype(np.float32, copy=False)
        self._tolerance = _ROW_SUM_TOLERANCE.get(dtype, 1e-3)
        self._check_range(f"{where}.probabilities")
        layer_count, head_count, row_count, _ = array.shape
        self.layers = ascending(layers, layer_count, f"{where}.layers", "layer of probabilities")
        self.rows = None
        if rows is not None:
            self.rows = ascending(rows, row_count, f"{where}.rows", "row of probabilities")
        self.metrics = {
            str(title): _metric(values, (layer_count, head_count), f"{where}.metrics[{title!r}]")
            for title, values in (metrics or {}).items()
        }

    def __repr__(self) -> str:
        shape = " x ".join(map(str, self.probabilities.shape))
        return f"Attention({self.name!r}, {self.query} -> {self.key}, {shape})"

    @property
    def kind(self) -> str:
        """``"self"`` where queries and keys are the same sequence, else ``"cross"``."""
        return "self" if self.query == self.key else "cross"

    @property
    def query_positions(self) -> npt.NDArray[np.intp]:
        """Position in the query sequence of every row kept, shape (rows,)."""
        if self.rows is None:
            return np.arange(self.probabilities.shape[2])
        return np.asarray(self.rows, dtype=np.intp)

    def check_against(self, query: TokenSequence, key: TokenSequence) -> None:
        """Raise :class:`InvalidExample` if the block does not fit its sequences, or if the row of
        a query that is not padding does not sum to one."""
        where = f"attention {self.name!r}"
        _, _, row_count, key_count = self.probabilities.shape
        if self.rows is None and row_count != len(query):
            raise InvalidExample(
                f"{where}.probabilities",
                f"{len(query)} queries on axis 2, as in sequence {self.query!r}"
                " (give rows= where not all were kept)",
                f"{row_count}",
            )
        if self.rows is not None and self.rows[-1] >= len(query):
            expected = f"positions below {len(query)}"
            raise InvalidExample(f"{where}.rows", expected, f"{self.rows[-1]}")
        if key_count != len(key):
            raise InvalidExample(
                f"{where}.probabilities",
                f"{len(key)} keys on axis 3, as in sequence {self.key!r}",
                f"{key_count}",
            )
        positions = self.query_positions
        counted = np.array([query.modality[position] != "padding" for position in positions])
        sums = self.probabilities.sum(axis=-1)[:, :, counted]
        error = np.abs(sums - 1)
        if sums.size and float(error.max()) > self._tolerance:
            layer, head, row = (int(i) for i in np.unravel_index(error.argmax(), error.shape))
            position = int(positions[counted][row])
            raise InvalidExample(
                f"{where}.probabilities",
                "rows that sum to 1 (mark queries without any key as padding)",
                f"{float(sums[layer, head, row]):.4f} in layer {self.layers[layer]}, head {head},"
                f" query {position} ({query.tokens[position]!r})",
            )

    def _check_range(self, argument: str) -> None:
        check_finite(self.probabilities, argument)
        low, high = float(self.probabilities.min()), float(self.probabilities.max())
        if low < -1e-6 or high > 1 + self._tolerance:
            raise InvalidExample(
                argument,
                "post-softmax probabilities between 0 and 1",
                f"values from {low:.4g} to {high:.4g} (raw scores? apply softmax first)",
            )


def _metric(values: Any, shape: tuple[int, int], argument: str) -> npt.NDArray[np.float32]:
    matrix: npt.NDArray[np.float32] = as_array(values, argument)[0].astype(np.float32)
    if matrix.shape != shape:
        raise InvalidExample(argument, f"shape {shape}: layers x heads", f"{matrix.shape}")
    check_finite(matrix, argument)
    return matrix
