"""From PIL images, floats and bytes to one form."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from vl_tb_plugin.example.array_input import InvalidExample, as_array, check_finite


def as_image(image: Any, argument: str) -> npt.NDArray[np.uint8]:
    if hasattr(image, "convert"):  # a PIL image
        return np.array(image.convert("RGB"))
    array = as_array(image, argument)[0]
    if array.ndim == 2:
        array = np.repeat(array[:, :, None], 3, axis=2)
    if array.ndim != 3 or array.shape[2] != 3 or 0 in array.shape:
        raise InvalidExample(
            argument, "shape (height, width, 3) or (height, width)", f"{array.shape}"
        )
    if array.dtype.kind == "f":
        check_finite(array, argument)
        if array.min() < 0 or array.max() > 1:
            raise InvalidExample(
                argument,
                "floats in [0, 1] or uint8",
                f"floats from {array.min():.4g} to {array.max():.4g} (undo normalisation first)",
            )
        array = np.round(array * 255)
    elif array.dtype.kind != "b" and (array.min() < 0 or array.max() > 255):
        raise InvalidExample(argument, "integers in 0..255", f"{array.min()} to {array.max()}")
    return np.ascontiguousarray(array.astype(np.uint8))
