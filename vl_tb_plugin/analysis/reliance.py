"""How much of a map of relevancy lies on the image and how much on the text."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def image_reliance(image: npt.ArrayLike, text: npt.ArrayLike) -> float:
    """Share of the positive relevancy of image and text tokens that lies on image tokens.

    ``sum_image relu(s) / (sum_image relu(s) + sum_text relu(s))``: 1 is all image, 0 all text. It
    is a sum over tokens, so that many image tokens of little relevancy may outweigh few words; and
    it compares what a method gave the two modalities, whose scales are alike only as far as the
    method makes them so (as the rules of Chefer et al. do within one model).

    Args:
        image: (image tokens,) scores, NaN for none.
        text: (text tokens,) scores, NaN for none.

    Returns:
        NaN where no score is positive, or a modality has no score at all.
    """
    shares = [np.asarray(one, np.float64) for one in (image, text)]
    if any(np.isnan(one).all() for one in shares):  # so is an empty one
        return float("nan")
    on_image, on_text = (float(np.nansum(one.clip(0))) for one in shares)
    return on_image / (on_image + on_text) if on_image + on_text else float("nan")
