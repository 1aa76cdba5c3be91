"""From what the model was shown back to the original image."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


def uncropped(
    boxes: npt.NDArray[np.float32], image: Any, image_processor: Any
) -> npt.NDArray[np.float32]:
    """Boxes in the model's input as boxes in the original image.

    A processor of CLIP's kind scales the shorter side and cuts the centre: then the model sees
    only part of the image. Other processors show all of it.

    Args:
        boxes: (n, 4) fractions of the model's input.
        image: the original, a PIL image or an array (height, width, ...); ``None`` if unknown.
        image_processor: with ``do_center_crop``, ``crop_size`` and ``size``; or ``None``.

    Returns:
        (n, 4) fractions of the original image; unchanged where either is unknown.
    """
    if image is None or not getattr(image_processor, "do_center_crop", False):
        return boxes
    width, height = image.size if hasattr(image, "convert") else np.shape(image)[1::-1]
    scaled = _scaled_size(width, height, image_processor)
    crop = image_processor.crop_size
    seen = np.array([crop["width"], crop["height"]], np.float32) / np.array(scaled, np.float32)
    start = (1 - seen) / 2
    return np.clip(np.tile(start, 2) + boxes * np.tile(seen, 2), 0, 1).astype(np.float32)


def _scaled_size(width: int, height: int, image_processor: Any) -> tuple[float, float]:
    size = image_processor.size if getattr(image_processor, "do_resize", False) else {}
    if "shortest_edge" in size:
        factor = size["shortest_edge"] / min(width, height)
        return width * factor, height * factor
    return size.get("width", width), size.get("height", height)
