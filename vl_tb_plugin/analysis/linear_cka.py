"""Similarity of the representations that layers, checkpoints and models have of the same tokens.

Linear centred kernel alignment (Kornblith et al., *Similarity of neural network representations
revisited*, ICML 2019): of features ``X`` and ``Y``, each centred, ``|Y'X|^2 / (|X'X| |Y'Y|)`` with
Frobenius norms. It does not change when either is rotated, shifted or scaled as a whole.

That estimate is too high where there are few points beside many features: unrelated
representations seem alike. The debiased form takes the unbiased estimate of the Hilbert-Schmidt
independence criterion instead (Song et al., *Feature selection via dependence maximization*, JMLR
2012; used for CKA by Nguyen, Raghu and Kornblith, ICLR 2021): unrelated ones vary about 0.

Both are cosines between matrices of what points have to do with each other, so each representation
becomes one vector of pairs of points, and all pairs of representations one product. For the first
form that matrix is ``K = XX'`` of centred features (``<K, L> = |Y'X|^2``), for the second it is
*U-centred* (Székely and Rizzo, *Partial distance correlation*, Annals of Statistics 2014): the
inner product of two such matrices is the unbiased estimate, but for a factor.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

FEWEST_POINTS = 4
"""Below, the debiased form is not defined."""

_SPREAD = 1e-6
"""Of the largest value: less is rounding."""


@dataclass(frozen=True, eq=False)
class PairVectors:
    """One representation as a unit vector over pairs of points, in either form.

    Attributes:
        debiased: (points (points - 1) / 2,) float32; NaN where all points are one, or too few.
        biased: (points (points + 1) / 2,) float32; likewise.
    """

    debiased: npt.NDArray[np.float32]
    biased: npt.NDArray[np.float32]

    @classmethod
    def of(cls, values: npt.NDArray[np.floating[Any]]) -> PairVectors:
        """Of the features of some points: (points, features)."""
        # a product does not depend on where the origin is once centred, but its rounding does
        centred = values.astype(np.float64)
        centred -= centred.mean(axis=0)
        size = np.sqrt(np.mean(centred**2))
        spread = size > _SPREAD * np.abs(values).max()
        narrow = (centred / (size if spread else np.nan)).astype(np.float32)
        gram = (narrow @ narrow.T).astype(np.float64)
        upper = np.triu_indices(len(gram))
        # off the diagonal each pair stands for two cells
        biased = np.where(upper[0] == upper[1], 1.0, np.sqrt(2.0)) * gram[upper]
        debiased = np.full(len(gram) * (len(gram) - 1) // 2, np.nan)
        if len(gram) >= FEWEST_POINTS:
            debiased = _u_centred(gram)[np.triu_indices(len(gram), 1)]
        return cls(_unit(debiased), _unit(biased))


def linear_cka(
    first: list[PairVectors], second: list[PairVectors], *, debiased: bool = True
) -> npt.NDArray[np.float32]:
    """(first, second) CKA of representations of the same points; NaN where not defined."""
    form = "debiased" if debiased else "biased"
    rows, columns = (np.stack([getattr(one, form) for one in each]) for each in (first, second))
    return rows @ columns.T  # type: ignore[no-any-return]


def _u_centred(gram: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Without the diagonal, so that each row and column of the rest sums up to zero."""
    count = len(gram)
    off = gram - np.diag(np.diag(gram))
    rows = off.sum(axis=0)
    whole = rows.sum() / ((count - 1) * (count - 2))
    return off - rows[:, None] / (count - 2) - rows / (count - 2) + whole  # type: ignore[no-any-return]


def _unit(vector: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    """Of length one; NaN stays NaN."""
    return (vector / np.linalg.norm(vector)).astype(np.float32)
