"""Attention probabilities in eight bits, on a square-root scale.

A linear scale would lose a fifth of the mass of a diffuse row; the square root keeps small
weights: ``|error| <= sqrt(p) / 255 + 4e-6``.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

SQUARE_ROOT_UINT8 = "p = (value / 255) ** 2"
"""How to read a stored value, written beside the array."""

_TABLE = np.square(np.arange(256, dtype=np.float32) / 255, dtype=np.float32)


def quantise(probabilities: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """Probabilities in [0, 1] to uint8 of the same shape."""
    levels = np.sqrt(np.clip(probabilities, 0, 1))
    levels *= 255
    levels += 0.5
    return levels.astype(np.uint8)


def dequantise(values: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """The probabilities that :func:`quantise` kept, float32 of the same shape."""
    probabilities: npt.NDArray[np.float32] = _TABLE[values]
    return probabilities


def error_bound(probabilities: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Largest error of each probability read back, for an array of probabilities."""
    return (np.sqrt(probabilities) / 255 + 4e-6).astype(np.float32)
