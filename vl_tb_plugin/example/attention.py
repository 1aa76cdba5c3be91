"""Blocks of attention probabilities."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
from vl_tb_plugin.example.encoded_probabilities import (
    EncodedProbabilities,
    check_precision,
    encode,
)
from vl_tb_plugin.example.token_sequence import TokenSequence

_ROW_SUM_TOLERANCE = {"float16": 5e-3, "bfloat16": 3e-2}


@dataclass(frozen=True, eq=False)
class KeptWeights:
    """The weights of a block that are kept, encoded.

    Attributes:
        probabilities: (layers, heads, rows, keys) of the layers and heads below.
        mean: (layers, rows, keys), the mean over *all* heads.
        layers: numbers of the layers whose weights are kept, ascending.
        heads: numbers of the heads whose weights are kept, ascending.
        keys: positions of the keys kept, ascending, where not all were; the others read zero.
    """

    probabilities: EncodedProbabilities
    mean: EncodedProbabilities
    layers: tuple[int, ...]
    heads: tuple[int, ...]
    keys: tuple[int, ...] | None = None

    @property
    def nbytes(self) -> int:
        """Bytes in memory."""
        return self.probabilities.nbytes + self.mean.nbytes


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
        precision: in which the weights are stored: ``uint8`` (square-root scale),
            ``uint8_row_maximum``, ``float16`` or ``float32``.

    Raises:
        InvalidExample: for a wrong shape, NaN or infinity, values outside [0, 1].
    """

    name: str
    query: str
    key: str
    layers: tuple[int, ...]
    heads: int
    """Number of heads."""
    rows: tuple[int, ...] | None
    metrics: dict[str, npt.NDArray[np.float32]]
    precision: str
    statistics: npt.NDArray[np.float32] | None
    """(statistics, layers, heads) where they were computed as the model ran."""

    def __init__(
        self,
        probabilities: Any,
        name: str = "self",
        query: str = "joint",
        key: str = "joint",
        layers: Sequence[int] | None = None,
        rows: Sequence[int] | None = None,
        metrics: Mapping[str, Any] | None = None,
        precision: str = "uint8",
    ):
        check_name(name, "attention name")
        where = f"attention {name!r}"
        self.name, self.query, self.key = name, query, key
        array, dtype = as_array(probabilities, f"{where}.probabilities")
        if array.ndim != 4 or 0 in array.shape:
            expected = "shape (layers, heads, queries, keys)"
            raise InvalidExample(f"{where}.probabilities", expected, f"{array.shape}")
        self.precision = check_precision(precision, f"{where}.precision")
        self.statistics = None
        self._exact: npt.NDArray[np.float32] | None = array.astype(np.float32, copy=False)
        self._kept: KeptWeights | None = None
        self._tolerance = _ROW_SUM_TOLERANCE.get(dtype, 1e-3)
        self._check_range(self._exact, f"{where}.probabilities")
        layer_count, head_count, row_count, _ = array.shape
        self.heads = head_count
        self.layers = ascending(layers, layer_count, f"{where}.layers", "layer of probabilities")
        self.rows = None
        if rows is not None:
            self.rows = ascending(rows, row_count, f"{where}.rows", "row of probabilities")
        self.metrics = self._checked_metrics(metrics or {})

    @classmethod
    def captured(
        cls,
        names: tuple[str, str, str],
        layers: Sequence[int],
        heads: int,
        rows: Sequence[int] | None,
        kept: KeptWeights,
        statistics: npt.NDArray[np.float32],
    ) -> Attention:
        """A block whose weights were encoded, and statistics computed, as the model ran.

        Args:
            names: of the block, the query and the key sequence.
            layers: number of each layer with statistics.
            heads: number of heads with statistics.
            rows: query positions kept, where not all were.
            kept: the weights.
            statistics: (statistics, layers, heads).
        """
        block = cls.__new__(cls)
        block.name, block.query, block.key = names
        block.layers, block.heads = tuple(layers), heads
        block.rows = None if rows is None else tuple(rows)
        block.metrics, block.precision = {}, kept.probabilities.precision
        block.statistics = statistics
        block._exact, block._kept = None, kept
        return block

    def with_metrics(self, metrics: Mapping[str, Any]) -> Attention:
        """The same block with further layer x head numbers, ``{title: (layers, heads) array}``.

        Raises:
            InvalidExample: for a wrong shape, NaN or infinity.
        """
        other = copy.copy(self)
        other.metrics = {**self.metrics, **self._checked_metrics(metrics)}
        return other

    def _checked_metrics(self, given: Mapping[str, Any]) -> dict[str, npt.NDArray[np.float32]]:
        shape, where = (len(self.layers), self.heads), f"attention {self.name!r}.metrics"
        return {
            str(title): _metric(values, shape, f"{where}[{title!r}]")
            for title, values in given.items()
        }

    def __repr__(self) -> str:
        shape = " x ".join(map(str, self.shape))
        return f"Attention({self.name!r}, {self.query} -> {self.key}, {shape})"

    @property
    def shape(self) -> tuple[int, ...]:
        """(layers, heads, rows, keys) of the weights kept."""
        kept = self._kept
        return self.probabilities.shape if kept is None else kept.probabilities.values.shape

    @property
    def probabilities(self) -> npt.NDArray[np.float32]:
        """(layers, heads, rows, keys) of the weights kept; decoded where they are encoded."""
        if self._exact is not None:
            return self._exact
        assert self._kept is not None
        return self._kept.probabilities.decoded()

    @property
    def weights(self) -> KeptWeights:
        """The weights in the precision in which they are stored."""
        if self._kept is not None:
            return self._kept
        exact = self.probabilities.clip(0, 1)
        return KeptWeights(
            encode(exact, self.precision),
            encode(exact.mean(axis=1), self.precision),
            self.layers,
            tuple(range(self.heads)),
        )

    @property
    def nbytes(self) -> int:
        """Bytes in memory."""
        return self.probabilities.nbytes if self._kept is None else self._kept.nbytes

    @property
    def kind(self) -> str:
        """``"self"`` where queries and keys are the same sequence, else ``"cross"``."""
        return "self" if self.query == self.key else "cross"

    @property
    def query_positions(self) -> npt.NDArray[np.intp]:
        """Position in the query sequence of every row kept, shape (rows,)."""
        if self.rows is None:
            return np.arange(self.shape[2])
        return np.asarray(self.rows, dtype=np.intp)

    def check_against(self, query: TokenSequence, key: TokenSequence) -> None:
        """Raise :class:`InvalidExample` if the block does not fit its sequences, or if the row of
        a query that is not padding does not sum to one."""
        where = f"attention {self.name!r}"
        _, _, row_count, key_count = self.shape
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
        if self._exact is None:
            return  # rows are checked where they are whole; codes sum to one only roughly
        positions = self.query_positions
        counted = np.array([query.modality[position] != "padding" for position in positions])
        sums = self._exact.sum(axis=-1)[:, :, counted]
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

    def _check_range(self, exact: npt.NDArray[np.float32], argument: str) -> None:
        check_finite(exact, argument)
        low, high = float(exact.min()), float(exact.max())
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
