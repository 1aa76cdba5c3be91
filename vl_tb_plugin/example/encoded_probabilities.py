"""Attention probabilities as they are kept: in eight bits on a square-root scale, or in more.

A linear scale of eight bits would lose a fifth of the mass of a diffuse row; the square root keeps
small weights: ``|error| <= sqrt(p) / 255 + 4e-6``. Scaled by the row's maximum ``m`` it is
``sqrt(p m) / 255 + 4e-6 m``: better where no weight is large, for a third more on disk.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from vl_tb_plugin.example.array_input import InvalidExample
from vl_tb_plugin.example.array_library import as_numpy, library_of

Precision = Literal["uint8", "uint8_row_maximum", "float16", "float32"]

PRECISIONS: tuple[str, ...] = get_args(Precision)

BYTES = {"uint8": 1, "uint8_row_maximum": 1, "float16": 2, "float32": 4}
"""Bytes per weight before compression."""

DECODING = {
    "uint8": "p = (value / 255) ** 2",
    "uint8_row_maximum": "p = (value / 255) ** 2 * row_maximum[..., row]",
    "float16": "p = value",
    "float32": "p = value",
}
"""How to read a stored value, written beside the array."""

_TABLE = np.square(np.arange(256, dtype=np.float32) / 255, dtype=np.float32)


@dataclass(frozen=True, eq=False)
class EncodedProbabilities:
    """Probabilities (..., rows, keys) in one of :data:`PRECISIONS`.

    Attributes:
        values: of the same shape, uint8, float16 or float32.
        precision: how they are to be read.
        row_maximum: (..., rows) float32, for ``uint8_row_maximum`` only.
    """

    values: npt.NDArray[Any]
    precision: str = "uint8"
    row_maximum: npt.NDArray[np.float32] | None = None

    @classmethod
    def empty(cls, shape: tuple[int, ...], precision: str) -> EncodedProbabilities:
        """All zero, to be filled part by part."""
        dtype = "uint8" if precision.startswith("uint8") else precision
        maxima = np.zeros(shape[:-1], np.float32) if precision == "uint8_row_maximum" else None
        return cls(np.zeros(shape, dtype), precision, maxima)

    def __getitem__(self, index: Any) -> EncodedProbabilities:
        """A part, by an index of the axes before the keys."""
        maxima = None if self.row_maximum is None else self.row_maximum[index]
        return EncodedProbabilities(self.values[index], self.precision, maxima)

    @property
    def nbytes(self) -> int:
        """Bytes in memory."""
        return self.values.nbytes + (0 if self.row_maximum is None else self.row_maximum.nbytes)

    def decoded(self) -> npt.NDArray[np.float32]:
        """The probabilities, float32."""
        if not self.precision.startswith("uint8"):
            return self.values.astype(np.float32)
        probabilities: npt.NDArray[np.float32] = _TABLE[self.values]
        if self.row_maximum is not None:
            probabilities *= self.row_maximum[..., None]
        return probabilities

    def error_bound(self) -> npt.NDArray[np.float32]:
        """Largest error of each probability read back."""
        probabilities = self.decoded()
        if self.precision == "float32":
            return np.zeros_like(probabilities)
        if self.precision == "float16":
            return probabilities * np.float32(2**-11) + np.float32(3e-8)
        scale = 1.0 if self.row_maximum is None else self.row_maximum[..., None]
        return (np.sqrt(probabilities * scale) / 255 + 4e-6 * scale).astype(np.float32)


def encode(probabilities: Any, precision: str) -> EncodedProbabilities:
    """Probabilities in that precision.

    Args:
        probabilities: (..., rows, keys), none below 0, none above 1 by more than rounding; an array
            of numpy, or a tensor of torch, which is worked on where it lies.
        precision: one of :data:`PRECISIONS`.
    """
    if not precision.startswith("uint8"):
        return EncodedProbabilities(as_numpy(probabilities).astype(precision), precision)
    if precision == "uint8":
        return EncodedProbabilities(_levels(probabilities**0.5))
    maxima = library_of(probabilities).amax(probabilities, -1)
    relative = probabilities / (maxima + float(np.finfo(np.float32).tiny))[..., None]
    return EncodedProbabilities(_levels(relative**0.5), precision, as_numpy(maxima))


def check_precision(precision: str, argument: str) -> str:
    """Raises :class:`InvalidExample` for what is none of :data:`PRECISIONS`."""
    if precision not in PRECISIONS:
        raise InvalidExample(argument, f"one of {', '.join(PRECISIONS)}", repr(precision))
    return precision


def _levels(levels: Any) -> npt.NDArray[np.uint8]:
    levels *= 255
    if isinstance(levels, np.ndarray):
        codes = np.empty(levels.shape, np.uint8)
        return np.add(levels, 0.5, out=codes, casting="unsafe")  # rounds in one pass
    levels += 0.5
    return as_numpy(levels.byte())
