"""What the output head of a model reads in the hidden states of every layer: the logit lens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from vl_tb_plugin.example.array_input import InvalidExample, as_array, ascending, check_finite
from vl_tb_plugin.example.token_sequence import TokenSequence

Numbers = npt.NDArray[np.int32]


class LogitLens:
    """The output head applied to the hidden states of every layer of one sequence.

    nostalgebraist, *interpreting GPT: the logit lens* (2020). An *output* is what the head has one
    logit for: a token of the vocabulary, or a class.

    Args:
        outputs: (layers, positions, k) numbers of the most probable outputs, best first.
        probabilities: (layers, positions, k) of them: softmax over all outputs.
        words: text of every output in ``outputs``, and of the answer, by number.
        sequence: name of the sequence that the tokens belong to.
        layers: number of each layer, ascending, as in :class:`HiddenStates`; the last one is what
            the model says in the end. Default ``0 .. layers - 1``.
        positions: positions of the tokens in the sequence, ascending; default all.
        answer: number of the output that the model says for the whole example, if one is known.
        answer_ranks: (layers, positions) how many outputs are more probable than the answer; 0
            where it is the most probable one. Given with ``answer``.
        answer_probabilities: (layers, positions) of the answer. Given with ``answer``.
        answer_is: how the answer was defined, a sentence.

    Raises:
        InvalidExample: for wrong shapes, an output without a word, probabilities outside of [0, 1],
            or an answer of which ranks or probabilities are missing.
    """

    sequence: str
    layers: tuple[int, ...]
    positions: tuple[int, ...] | None
    outputs: Numbers
    """(layers, positions, k) int32."""
    probabilities: npt.NDArray[np.float16]
    """(layers, positions, k)."""
    words: dict[int, str]
    answer: int | None
    answer_ranks: Numbers | None
    """(layers, positions) int32."""
    answer_probabilities: npt.NDArray[np.float16] | None
    """(layers, positions)."""

    def __init__(
        self,
        outputs: Any,
        probabilities: Any,
        words: Mapping[int, str],
        sequence: str = "joint",
        *,
        layers: Sequence[int] | None = None,
        positions: Sequence[int] | None = None,
        answer: int | None = None,
        answer_ranks: Any = None,
        answer_probabilities: Any = None,
        answer_is: str = "",
    ):
        where = self._where = f"logit lens of {sequence!r}"
        self.sequence = sequence
        self.outputs = _whole_numbers(outputs, f"{where}.outputs")
        if self.outputs.ndim != 3 or 0 in self.outputs.shape:
            expected = "shape (layers, positions, k)"
            raise InvalidExample(f"{where}.outputs", expected, f"{self.outputs.shape}")
        depth, count, _ = self.outputs.shape
        self.layers = ascending(layers, depth, f"{where}.layers", "layer of outputs")
        self.positions = None
        if positions is not None:
            self.positions = ascending(positions, count, f"{where}.positions", "position")
        self.probabilities = _probabilities(
            probabilities, self.outputs.shape, f"{where}.probabilities"
        )
        self.answer = None if answer is None else int(answer)
        self.answer_is = str(answer_is)
        self.answer_ranks = self.answer_probabilities = None
        for name, given in (("ranks", answer_ranks), ("probabilities", answer_probabilities)):
            if (given is None) != (self.answer is None):
                expected = "an array with an answer, None without one"
                raise InvalidExample(
                    f"{where}.answer_{name}", expected, "None" if given is None else "an array"
                )
        if self.answer is not None:
            self.answer_ranks = _whole_numbers(answer_ranks, f"{where}.answer_ranks")
            _check_shape(self.answer_ranks, (depth, count), f"{where}.answer_ranks")
            self.answer_probabilities = _probabilities(
                answer_probabilities, (depth, count), f"{where}.answer_probabilities"
            )
        known = {int(number): str(word) for number, word in words.items()}
        missing = [number for number in self.numbers if number not in known]
        if missing:
            raise InvalidExample(
                f"{where}.words", "a text for every output", f"none for {missing[:5]}"
            )
        self.words = {number: known[number] for number in self.numbers}

    def __repr__(self) -> str:
        shape = " x ".join(map(str, self.outputs.shape))
        return f"LogitLens({self.sequence!r}, {shape})"

    @property
    def numbers(self) -> list[int]:
        """Numbers of all outputs that occur, ascending."""
        found = np.unique(self.outputs).tolist()
        return sorted({*found, *([] if self.answer is None else [self.answer])})

    @property
    def nbytes(self) -> int:
        """Bytes that the arrays hold in memory."""
        arrays = (self.outputs, self.probabilities, self.answer_ranks, self.answer_probabilities)
        return sum(array.nbytes for array in arrays if array is not None)

    def check_against(self, sequence: TokenSequence) -> None:
        """Raise :class:`InvalidExample` if the positions are not those of the sequence's tokens."""
        count = self.outputs.shape[1]
        if self.positions is None and count != len(sequence):
            raise InvalidExample(
                f"{self._where}.outputs",
                f"{len(sequence)} positions on axis 1, as in the sequence, or positions=",
                f"{count}",
            )
        if self.positions is not None and self.positions[-1] >= len(sequence):
            raise InvalidExample(
                f"{self._where}.positions", f"below {len(sequence)}", f"{self.positions[-1]}"
            )


def _whole_numbers(given: Any, argument: str) -> Numbers:
    array = as_array(given, argument)[0]
    if array.dtype.kind not in "iu" or (array.size and array.min() < 0):
        raise InvalidExample(argument, "integers from 0 on", f"dtype {array.dtype}")
    return array.astype(np.int32)


def _probabilities(given: Any, shape: tuple[int, ...], argument: str) -> npt.NDArray[np.float16]:
    array = as_array(given, argument)[0]
    _check_shape(array, shape, argument)
    check_finite(array, argument)
    if array.min() < 0 or array.max() > 1 + 1e-3:
        raise InvalidExample(argument, "numbers from 0 to 1", f"{array.min()} to {array.max()}")
    # half precision is right to a thousandth of each
    return np.minimum(array, 1).astype(np.float16)


def _check_shape(array: npt.NDArray[Any], shape: tuple[int, ...], argument: str) -> None:
    if array.shape != shape:
        raise InvalidExample(argument, f"shape {shape}", f"{array.shape}")
