"""From whatever array a user has to numpy, and the checks that all parts of an example share."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt


class InvalidExample(ValueError):
    """An argument does not fit: the message says which one, what was expected, what came."""

    def __init__(self, argument: str, expected: str, got: str):
        self.argument = argument
        self.expected = expected
        self.got = got
        super().__init__(f"{argument}: expected {expected}, got {got}.")


def as_array(values: Any, argument: str) -> tuple[npt.NDArray[Any], str]:
    """A numeric numpy copy of ``values`` and the name of the dtype that it came in.

    Accepts numpy arrays, torch tensors of any device and dtype (bfloat16 is widened to float32),
    and anything else that numpy understands (JAX and TensorFlow arrays, lists). It is always a
    copy, so that the caller may go on and change the original.

    Raises:
        InvalidExample: if it does not become a numeric array.
    """
    source = values
    dtype = str(getattr(values, "dtype", "")).removeprefix("torch.")
    if hasattr(values, "detach"):  # a torch tensor, recognised without importing torch
        source = values.detach().cpu()
        if dtype == "bfloat16" or dtype.startswith("float8"):
            source = source.float()
        source = source.numpy()
    try:
        array = np.array(source, order="C")
    except (TypeError, ValueError) as error:
        raise InvalidExample(argument, "a numeric array", f"{type(values).__name__}") from error
    if array.dtype.name == "bfloat16":  # ml_dtypes, as JAX and TensorFlow have it
        array = array.astype(np.float32)
    if array.dtype.kind not in "fiub":
        raise InvalidExample(argument, "a numeric array", f"dtype {array.dtype}")
    return array, dtype or array.dtype.name


def ascending(given: Sequence[int] | None, count: int, argument: str, what: str) -> tuple[int, ...]:
    if given is None:
        return tuple(range(count))
    numbers = tuple(int(number) for number in given)
    if len(numbers) != count:
        raise InvalidExample(argument, f"{count} numbers, one per {what}", f"{len(numbers)}")
    if numbers[0] < 0 or any(b <= a for a, b in itertools.pairwise(numbers)):
        raise InvalidExample(argument, "ascending numbers from 0 on", f"{list(numbers)}")
    return numbers


def check_name(name: Any, argument: str) -> None:
    # names become parts of paths in the tensor store
    if not isinstance(name, str) or not name or "/" in name or name.startswith((".", "__")):
        raise InvalidExample(
            argument,
            "a non-empty string without '/' that does not start with '.' or '__'",
            repr(name),
        )


def check_finite(array: npt.NDArray[Any], argument: str) -> None:
    # a sum is finite only if every term is: one pass, no boolean array the size of the input
    if array.dtype.kind == "f" and not math.isfinite(float(array.sum(dtype=np.float64))):
        bad = int(array.size - np.isfinite(array).sum())
        raise InvalidExample(
            argument, "finite numbers", f"NaN or infinity in {bad} of {array.size}"
        )


def check_boxes(boxes: npt.NDArray[np.float32], argument: str) -> None:
    slack = 1e-3
    inside = (boxes >= -slack).all(axis=1) & (boxes <= 1 + slack).all(axis=1)
    ordered = (boxes[:, 0] <= boxes[:, 2]) & (boxes[:, 1] <= boxes[:, 3])
    if not (inside & ordered).all():
        worst = boxes[~(inside & ordered)][0].tolist()
        raise InvalidExample(
            argument, "x0 <= x1, y0 <= y1 as fractions of the image in [0, 1]", f"{worst}"
        )
