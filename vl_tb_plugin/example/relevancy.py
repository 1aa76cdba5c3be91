"""Relevancy of tokens for an output of the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from vl_tb_plugin.example.array_input import InvalidExample, as_array, check_name
from vl_tb_plugin.example.evaluation import check_fractions, check_order
from vl_tb_plugin.example.token_sequence import TokenSequence


class Relevancy:
    """How much each token mattered for one output of the model, by one method.

    Args:
        scores: (tokens,) numbers by name of the sequence; NaN where the method says nothing of a
            token. A single array belongs to the sequence ``"joint"``.
        method: name of the method: one of
            :data:`vl_tb_plugin.analysis.relevancy_methods.METHODS`, or any other of your own
            (``"integrated_gradients"``, ``"shap"`` ...).
        target: what is explained, as the views show it: the class, the word.
        position: where what is explained is a token that the model generated, its position in the
            sequence that grew.

    Raises:
        InvalidExample: for a wrong shape, infinity, a negative position, or no scores.
    """

    method: str
    target: str
    position: int | None
    scores: dict[str, npt.NDArray[np.float32]]

    def __init__(
        self,
        scores: Mapping[str, Any] | Any,
        method: str = "relevancy",
        *,
        target: str = "",
        position: int | None = None,
    ):
        check_name(method, "relevancy method")
        self.method, self.target = method, str(target)
        self.position = None if position is None else int(position)
        if self.position is not None and self.position < 0:
            raise InvalidExample(f"{self}.position", "0 or more", f"{position}")
        given = scores if isinstance(scores, Mapping) else {"joint": scores}
        if not given:
            raise InvalidExample(f"{self}.scores", "scores of at least one sequence", "none")
        self.scores = {name: _scores(values, self._where(name)) for name, values in given.items()}

    def __repr__(self) -> str:
        target = f" of {self.target!r}" if self.target else ""
        return f"Relevancy({self.method!r}{target})"

    @property
    def nbytes(self) -> int:
        """Bytes in memory."""
        return sum(values.nbytes for values in self.scores.values())

    def check_against(self, sequences: Mapping[str, TokenSequence]) -> None:
        """Raise :class:`InvalidExample` unless there is one score per token of known sequences."""
        for name, values in self.scores.items():
            if name not in sequences:
                raise InvalidExample(f"{self}.scores", f"sequences among {list(sequences)}", name)
            if len(values) != len(sequences[name]):
                raise InvalidExample(
                    self._where(name), f"{len(sequences[name])} scores", f"{len(values)}"
                )

    def _where(self, sequence: str) -> str:
        return f"{self}.scores[{sequence!r}]"


class PerturbationTest:
    """What became of one sample as its tokens were taken away in the order of a relevancy map.

    Args:
        method: the map's method, ``"random"`` for a random order.
        order: ``"positive"`` takes the most relevant tokens first, ``"negative"`` the least.
        sequence: name of the sequence that lost tokens.
        fractions: (n,) shares of the tokens that were taken, between 0 and 1, ascending.
        values: (n,) the metric at each; NaN where unknown.
        removal: positions of the tokens in the order in which they go.
        removed: (n,) how many of them had gone at each fraction, ascending.
        metric: name of the metric.
        target: what the map explains.
        answers: what the model said at each fraction, where known.

    Raises:
        InvalidExample: if the lengths don't fit each other, or a number is out of its range.
    """

    def __init__(
        self,
        method: str,
        order: str,
        sequence: str,
        fractions: Sequence[float],
        values: Sequence[float],
        removal: Sequence[int],
        removed: Sequence[int],
        *,
        metric: str = "accuracy",
        target: str = "",
        answers: Sequence[str] = (),
    ):
        check_order(order)
        check_name(method, "perturbation method")
        self.method, self.order, self.sequence = method, order, str(sequence)
        self.metric, self.target = str(metric), str(target)
        self.fractions = tuple(float(one) for one in fractions)
        self.values = tuple(float(one) for one in values)
        self.removal = tuple(int(one) for one in removal)
        self.removed = tuple(int(one) for one in removed)
        self.answers = tuple(str(one) for one in answers)
        count = len(self.fractions)
        for name in ("values", "removed", "answers"):
            own = len(getattr(self, name))
            if own != count and (own or name != "answers"):
                raise InvalidExample(f"perturbation {name}", f"{count}, one a fraction", f"{own}")
        check_fractions(self.fractions)
        most, removed = len(self.removal), list(self.removed)
        if removed != sorted(removed) or not all(0 <= one <= most for one in removed):
            expected = f"ascending counts from 0 to {most}, the length of removal"
            raise InvalidExample("perturbation removed", expected, f"{removed}")
        if len(set(self.removal)) != most:
            raise InvalidExample("perturbation removal", "each position once", "repeated ones")

    def __repr__(self) -> str:
        return f"PerturbationTest({self.method!r}, {self.order}, {self.sequence!r})"

    def check_against(self, sequences: Mapping[str, TokenSequence]) -> None:
        """Raise :class:`InvalidExample` unless the tokens are those of a known sequence."""
        if self.sequence not in sequences:
            raise InvalidExample(
                f"{self}.sequence", f"one of the sequences {list(sequences)}", repr(self.sequence)
            )
        length = len(sequences[self.sequence])
        outside = [one for one in self.removal if not 0 <= one < length]
        if outside:
            raise InvalidExample(f"{self}.removal", f"positions below {length}", f"{outside}")


def _scores(values: Any, where: str) -> npt.NDArray[np.float32]:
    array = as_array(values, where)[0].astype(np.float32)
    if array.ndim != 1 or not len(array):
        raise InvalidExample(where, "shape (tokens,)", f"{array.shape}")
    if np.isinf(array).any():
        raise InvalidExample(where, "finite numbers, or NaN for none", "infinity")
    return array
