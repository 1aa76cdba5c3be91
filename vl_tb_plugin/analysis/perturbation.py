"""Perturbation test: which tokens go, and when.

A map is faithful if the model's answer falls apart soon once the tokens that it calls relevant go
(*positive* order: a lower area under the metric is better), and late once those go that it calls
irrelevant (*negative*: higher is better). Protocol and fractions: Chefer, Gur, Wolf, *Generic
Attention-model Explainability* (ICCV 2021), section 4.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import numpy.typing as npt

TEXT_FRACTIONS = (0.0, 0.25, 0.5, 0.75, 0.8, 0.85, 0.9, 0.95, 1.0)
"""Published shares of text tokens to take."""
IMAGE_FRACTIONS = TEXT_FRACTIONS
"""Published shares of image tokens to take from a model with a stream for the image."""
SINGLE_STREAM_IMAGE_FRACTIONS = (0.0, 0.5, 0.75, 0.95, 0.96, 0.97, 0.98, 0.99, 1.0)
"""Published shares of image tokens to take from a model with one stream for text and image."""


def kept_count(count: int, fraction: float) -> int:
    """How many of ``count`` tokens stay once a share of them was taken: ``(1 - fraction) * count``,
    rounded.

    The share is read as the decimal number that it prints as, so 0.8 of 10 leaves 2 and 0.9 of 10
    leaves 1, which truncated products of floats miss. A half goes to the even number, as
    everywhere in Python: 0.75 of 10 leaves 2.

    Raises:
        ValueError: if the fraction is not in [0, 1].
    """
    share = Fraction(repr(float(fraction))) if math.isfinite(fraction) else Fraction(-1)
    if not 0 <= share <= 1:
        raise ValueError(f"A fraction of tokens to take is in [0, 1], not {fraction}.")
    return round((1 - share) * count)


def removal_order(scores: npt.ArrayLike, order: str) -> npt.NDArray[np.intp]:
    """Positions of tokens in the order in which they go.

    Args:
        scores: (tokens,); NaN for tokens that always stay (padding, special tokens).
        order: ``"positive"``: highest score first; ``"negative"``: lowest first.

    Returns:
        (k,) positions of the ``k`` tokens with a score. Of equal scores, earlier tokens go first,
        in both orders.

    Raises:
        ValueError: for another order.
    """
    if order not in ("positive", "negative"):
        raise ValueError(f"order is 'positive' or 'negative', not {order!r}.")
    values = np.asarray(scores, np.float64)
    positions = np.flatnonzero(~np.isnan(values))
    ranked = -values[positions] if order == "positive" else values[positions]
    return positions[np.argsort(ranked, kind="stable")]
