"""One picture turned onto another by points that both have (Schönemann 1966; Gower 1975).

A rotation or reflection, one scale for all axes, and a shift: neither t-SNE nor UMAP nor principal
components fix more than that, so nothing that a picture says is lost.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, eq=False)
class Similarity:
    """``(points - mean) @ rotation * scale + target_mean``.

    Attributes:
        rotation: (components, components), orthogonal; may reflect.
        scale: above 0.
        mean: (components,) of the points that were matched.
        target_mean: (components,) of the points that they were matched to.
        left_over: share of the target's variance that the match does not explain, 0 to 1.
    """

    rotation: npt.NDArray[np.float64]
    scale: float
    mean: npt.NDArray[np.float64]
    target_mean: npt.NDArray[np.float64]
    left_over: float

    def apply(self, points: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """(points, components), turned."""
        turned = (points - self.mean) @ self.rotation * self.scale + self.target_mean
        return turned.astype(np.float32)


def matched(points: npt.NDArray[np.float32], target: npt.NDArray[np.float32]) -> Similarity:
    """The similarity that brings points closest to the target, by squared distances.

    Args:
        points: (points, components).
        target: (points, components), the same points in the other picture.

    Raises:
        ValueError: there is none, or all of one side coincide.
    """
    if points.shape != target.shape or not len(points):
        raise ValueError(f"shapes {points.shape} and {target.shape} cannot be matched")
    mean, target_mean = points.mean(axis=0, dtype=float), target.mean(axis=0, dtype=float)
    ours, theirs = points - mean, target - target_mean
    size, target_size = float((ours**2).sum()), float((theirs**2).sum())
    if size == 0 or target_size == 0:
        raise ValueError("points that all coincide cannot be matched")
    left, strength, right = np.linalg.svd(ours.T @ theirs)
    explained = float(strength.sum()) ** 2 / (size * target_size)
    return Similarity(
        left @ right, float(strength.sum()) / size, mean, target_mean, max(0.0, 1 - explained)
    )
