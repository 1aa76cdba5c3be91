"""How the hidden states of one layer lie in their space: lengths, directions, dimensions, outliers.

Points are added portion by portion. What a mean can tell is computed of all of them; what needs
pairs of points or a decomposition, of those that the caller keeps.

Sources: Roy and Vetterli, *The effective rank* (EUSIPCO 2007); Ethayarajh, *How contextual are
contextualized word representations?* (EMNLP 2019) for the mean cosine; Sun et al., *Massive
activations in large language models* (COLM 2024); those of the gap in ``modality_gap.py``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from vl_tb_plugin.analysis.modality_gap import centroid_gap, energy_coefficient

FloatArray = npt.NDArray[np.floating[Any]]

_NAN = float("nan")


def effective_rank(values: FloatArray) -> float:
    """Exponential of the entropy of the singular values as shares of their sum.

    The values are centred before: else the mean, which most tokens share, is taken for the one
    dimension that counts. All of one size: the number of dimensions; a single one: 1.

    Args:
        values: (points, features).

    Returns:
        NaN below two points, and where all points are one.
    """
    if len(values) < 2:
        return _NAN
    centred = values.astype(np.float64)
    centred -= centred.mean(axis=0)
    product = centred.T @ centred if centred.shape[0] > centred.shape[1] else centred @ centred.T
    eigenvalues = np.linalg.eigvalsh(product)
    # what rounding leaves of zero would count many times over once its root is taken
    eigenvalues = eigenvalues[eigenvalues > 1e-12 * max(eigenvalues[-1], 0)]
    singular = np.sqrt(eigenvalues)
    if not len(singular) or singular[-1] <= 1e-6 * np.abs(values).max():
        return _NAN
    shares = singular / singular.sum()
    return float(np.exp(-(shares * np.log(shares)).sum()))


@dataclass
class PointSums:
    """Sums over points (tokens of one modality, say) of one layer."""

    features: int
    points: int = 0
    directed: int = 0
    """Points that have a length, and so a direction."""
    lengths: float = 0.0
    kept: list[FloatArray] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.directions = np.zeros(self.features)

    def add(self, values: npt.NDArray[np.float32], keep: npt.NDArray[np.bool_]) -> None:
        """Add points (points, features), of which those in ``keep`` (points,) are held."""
        lengths = np.sqrt(np.einsum("pf,pf->p", values, values, dtype=np.float64))
        self.points += len(values)
        self.lengths += float(lengths.sum())
        with np.errstate(divide="ignore"):
            weights = np.where(lengths > 0, 1 / lengths, 0)
        self.directed += int((lengths > 0).sum())
        self.directions += weights.astype(np.float32) @ values
        if keep.any():
            self.kept.append(values[keep])

    @property
    def mean_length(self) -> float:
        """Mean Euclidean length."""
        return self.lengths / self.points if self.points else _NAN

    @property
    def mean_direction(self) -> npt.NDArray[np.float64]:
        """(features,) mean of the unit vectors."""
        return self.directions / self.directed if self.directed else self.directions * np.nan

    @property
    def mean_cosine(self) -> float:
        """Of all pairs of different points: ``(|sum of unit vectors|^2 - n) / (n (n - 1))``."""
        count = self.directed
        if count < 2:
            return _NAN
        return float((self.directions @ self.directions - count) / (count * (count - 1)))

    @property
    def kept_points(self) -> FloatArray:
        """(kept points, features)."""
        return np.concatenate(self.kept) if self.kept else np.zeros((0, self.features), np.float32)

    @property
    def kept_directions(self) -> FloatArray:
        """(kept points with a length, features) of unit length."""
        values = self.kept_points
        lengths = np.linalg.norm(values, axis=1)
        return values[lengths > 0] / lengths[lengths > 0, None]  # type: ignore[no-any-return]


@dataclass
class LargestActivation:
    """The largest absolute value of any point, its feature, and the typical size beside it."""

    value: float = _NAN
    feature: int = -1
    kept: list[FloatArray] = field(default_factory=list)

    def add(self, values: npt.NDArray[np.float32], keep: npt.NDArray[np.bool_]) -> None:
        """Add points (points, features), of which those in ``keep`` (points,) tell the median."""
        if not values.size:
            return
        by_feature = np.maximum(values.max(axis=0), -values.min(axis=0))
        feature = int(by_feature.argmax())
        if not by_feature[feature] <= self.value:
            self.value, self.feature = float(by_feature[feature]), feature
        self.kept.append(np.abs(values[keep]).ravel())

    @property
    def ratio(self) -> float:
        """The largest by the median of the absolute values of the kept points."""
        kept = np.concatenate([*self.kept, np.zeros(0, np.float32)])
        median = float(np.median(kept)) if len(kept) else 0.0
        return self.value / median if median > 0 else _NAN


def text_and_image_gaps(text: PointSums, image: PointSums) -> dict[str, float]:
    """The two modality gaps and the mean cosine of a text token and an image token."""
    if text.features != image.features or not text.points:  # two spaces, or none
        return dict.fromkeys(("centroids", "energy", "cosine"), _NAN)
    means = text.mean_direction, image.mean_direction
    return {
        "centroids": centroid_gap(*means),
        "energy": energy_coefficient(text.kept_directions, image.kept_directions),
        "cosine": float(means[0] @ means[1]),
    }
