"""Every measure of the geometry of hidden states, of one layer at one step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from vl_tb_plugin.analysis.hidden_state_geometry import (
    LargestActivation,
    PointSums,
    effective_rank,
    text_and_image_gaps,
)
from vl_tb_plugin.example import MODALITIES

KEPT_TOKENS = 1024
"""Of how many tokens of a modality pairs are formed and singular values computed."""

TEXT = tuple(MODALITIES.index(name) for name in ("text", "generated"))
"""Modalities that count as text."""
IMAGE = (MODALITIES.index("image"),)


@dataclass(frozen=True)
class GeometryMeasure:
    """One number per layer and step; measures of one ``group`` share a scale, a ``part`` each."""

    name: str
    group: str
    part: str
    title: str
    unit: str
    description: str


def _of_each(
    group: str, title: str, unit: str, description: str, more: tuple[tuple[str, str], ...] = ()
) -> tuple[GeometryMeasure, ...]:
    parts = (("text", "text"), ("image", "image"), *more)
    return tuple(
        GeometryMeasure(f"{group}_{name}", group, part, title, unit, description)
        for name, part in parts
    )


MEASURES = (
    GeometryMeasure(
        "modality_gap",
        "modality_gap",
        "",
        "Modality gap",
        "",
        "Distance between the mean direction of text tokens and that of image tokens: 0 for the"
        " same centre, 2 at most (Liang et al. 2022).",
    ),
    GeometryMeasure(
        "modality_gap_distribution",
        "modality_gap_distribution",
        "",
        "Separation of the modalities",
        "",
        "How differently the directions of text and image tokens are distributed: 0 where they mix,"
        " 1 where each modality is one point. Energy distance as a share of twice the mean distance"
        f" between the modalities, of up to {KEPT_TOKENS:,} tokens each (Székely and Rizzo 2013).",
    ),
    *_of_each("norm", "Length", "", "Mean Euclidean length (norm) of the hidden states."),
    *_of_each(
        "effective_rank",
        "Effective rank",
        "dimensions",
        "How many dimensions the tokens spread over: the exponential of the entropy of the singular"
        f" values after centring, of up to {KEPT_TOKENS:,} tokens (Roy and Vetterli 2007). It can't"
        " exceed the number of tokens, so compare it where these are as many.",
    ),
    *_of_each(
        "anisotropy",
        "Anisotropy",
        "",
        "Mean cosine of two different tokens: 0 where directions are spread evenly, 1 where all"
        " point the same way (Ethayarajh 2019).",
        (("between", "text with image"),),
    ),
    GeometryMeasure(
        "massive_activation",
        "massive_activation",
        "",
        "Massive activation",
        "× median",
        "The largest absolute value of any token, special ones included, by the median of the"
        " absolute values (Sun et al. 2024).",
    ),
)
"""In the order of :attr:`LayerGeometry.values`. Text counts generated tokens in; special tokens are
left out but for the massive activation, which usually is theirs; padding is always left out."""


class LayerGeometry:
    """Takes the hidden states of one layer portion by portion."""

    def __init__(self) -> None:
        self._text: PointSums | None = None
        self._image: PointSums | None = None
        self._largest = LargestActivation()

    def add(
        self,
        values: npt.NDArray[np.floating[Any]],
        modality: npt.NDArray[np.uint8],
        keep: npt.NDArray[np.bool_],
        keep_of_any: npt.NDArray[np.bool_],
    ) -> None:
        """Add tokens without padding.

        Args:
            values: (points, features).
            modality: (points,) index into ``MODALITIES``.
            keep: (points,) of which pairs are formed, among those of the modality.
            keep_of_any: (points,) that tell the median size, among all.

        Raises:
            ValueError: where tokens of one modality differ in the number of features.
        """
        values = values.astype(np.float32, copy=False)
        of_text, of_image = np.isin(modality, TEXT), np.isin(modality, IMAGE)
        self._text = _added(self._text, values[of_text], keep[of_text])
        self._image = _added(self._image, values[of_image], keep[of_image])
        self._largest.add(values, keep_of_any)

    @property
    def values(self) -> npt.NDArray[np.float32]:
        """(measures,) NaN where not defined."""
        text, image = self._text or PointSums(0), self._image or PointSums(0)
        gaps = text_and_image_gaps(text, image)
        numbers = {
            "modality_gap": gaps["centroids"],
            "modality_gap_distribution": gaps["energy"],
            "norm_text": text.mean_length,
            "norm_image": image.mean_length,
            "effective_rank_text": effective_rank(text.kept_points),
            "effective_rank_image": effective_rank(image.kept_points),
            "anisotropy_text": text.mean_cosine,
            "anisotropy_image": image.mean_cosine,
            "anisotropy_between": gaps["cosine"],
            "massive_activation": self._largest.ratio,
        }
        return np.array([numbers[measure.name] for measure in MEASURES], np.float32)

    @property
    def largest(self) -> tuple[float, int]:
        """The largest absolute value and its feature, -1 where there is none."""
        return self._largest.value, self._largest.feature


def _added(
    sums: PointSums | None, values: npt.NDArray[np.float32], keep: npt.NDArray[np.bool_]
) -> PointSums | None:
    if not len(values):
        return sums
    if sums is None:
        sums = PointSums(values.shape[1])
    if sums.features != values.shape[1]:
        raise ValueError(f"{values.shape[1]} features beside {sums.features}")
    sums.add(values, keep)
    return sums
