"""Hidden states of a sequence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from vl_tb_plugin.example.array_input import InvalidExample, as_array, ascending, check_finite
from vl_tb_plugin.example.token_sequence import TokenSequence


class HiddenStates:
    """Hidden states of one sequence: the embeddings and the output of every layer.

    Args:
        values: (layers, tokens, features); by default layer 0 holds the embeddings.
        sequence: name of the sequence that the tokens belong to.
        layers: number of each layer, ascending; default ``0 .. layers - 1``. Two sequences that
            meet in later layers carry the same numbers there.

    Raises:
        InvalidExample: for a wrong shape, NaN or infinity.
    """

    sequence: str
    values: npt.NDArray[np.floating[Any]]
    """(layers, tokens, features), float16 where given so, else float32."""
    layers: tuple[int, ...]

    def __init__(self, values: Any, sequence: str = "joint", layers: Sequence[int] | None = None):
        where = f"hidden states of {sequence!r}"
        self.sequence = sequence
        array = as_array(values, f"{where}.values")[0]
        if array.ndim != 3 or 0 in array.shape:
            expected = "shape (layers, tokens, features)"
            raise InvalidExample(f"{where}.values", expected, f"{array.shape}")
        # halves stay halves: memory, and the store keeps no more
        self.values = array if array.dtype == np.float16 else array.astype(np.float32, copy=False)
        check_finite(self.values, f"{where}.values")
        self.layers = ascending(layers, len(array), f"{where}.layers", "layer of values")

    def __repr__(self) -> str:
        shape = " x ".join(map(str, self.values.shape))
        return f"HiddenStates({self.sequence!r}, {shape})"

    def check_against(self, sequence: TokenSequence) -> None:
        """Raise :class:`InvalidExample` if the number of tokens is not the sequence's."""
        if self.values.shape[1] != len(sequence):
            raise InvalidExample(
                f"hidden states of {self.sequence!r}.values",
                f"{len(sequence)} tokens on axis 1, as in the sequence",
                f"{self.values.shape[1]}",
            )
