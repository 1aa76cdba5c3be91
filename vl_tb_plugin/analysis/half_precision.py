"""Numbers of sixteen bits in thirty-two, several times as fast as NumPy's own conversion."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

_EXPONENT = np.int16(0x7C00)
_KEPT = np.int32(np.uint32(0x8FFFE000).view(np.int32))
_EXPONENTS_APART = np.float32(2.0**112)


def as_float32(values: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.float32]:
    """The same numbers as float32, exactly; float32 is returned as it is.

    A half's exponent and fraction, moved to where those of a float32 lie, are the number divided by
    2^(127 - 15), numbers below the normal ones included; only infinity and NaN are not.
    """
    if values.dtype != np.float16:
        return values.astype(np.float32, copy=False)
    bits = np.ascontiguousarray(values).view(np.int16)
    if ((bits & _EXPONENT) == _EXPONENT).any():
        return values.astype(np.float32)
    moved = bits.astype(np.int32)  # keeps the sign in all bits above
    moved <<= 13
    moved &= _KEPT
    result = moved.view(np.float32)
    result *= _EXPONENTS_APART
    return result
