"""t-SNE (van der Maaten, Hinton 2008), by openTSNE (Poličar, Stražar, Zupan 2024)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from vl_tb_plugin.analysis.projections.reduction import MissingLibrary, Progress, starting_places

EXAGGERATION = 12
EXAGGERATED_ITERATIONS = 250
ITERATIONS = 500
_TOLD_EVERY = 10


def possible_perplexity(wanted: float, points: int) -> float:
    """The perplexity where there are enough points for it: three times as many neighbours."""
    return max(1.0, min(wanted, (points - 1) / 3))


def t_sne(
    values: npt.NDArray[np.float32],
    *,
    components: int,
    perplexity: float,
    seed: int,
    initial: npt.NDArray[np.float32] | None,
    progress: Progress,
    threads: int = 1,
) -> npt.NDArray[np.float32]:
    """Positions (points, components) of points (points, features), of which there are at least 4.

    250 iterations with an exaggeration of 12, then 500 without; the learning rate is the number of
    points over the exaggeration (Belkina et al. 2019).

    Args:
        values: the points, with Euclidean distances.
        components: 2 or 3.
        perplexity: see :func:`possible_perplexity`.
        seed: equal seeds give equal positions.
        initial: (points, components) where points start, default their first components.
        progress: told every 10 iterations.
        threads: how many work at it; the positions do not depend on it.

    Raises:
        MissingLibrary: openTSNE is not installed.
    """
    progress(0.0, "loading openTSNE")
    try:
        from openTSNE import TSNE
    except ImportError as error:
        raise MissingLibrary("t-SNE") from error
    start = starting_places(values, components, initial)
    # small at first, or points keep the places where they started (Kobak, Berens 2019)
    start = 1e-4 * (start - start.mean(axis=0)) / max(float(start[:, 0].std()), 1e-12)
    fit = TSNE(
        n_components=components,
        perplexity=possible_perplexity(perplexity, len(values)),
        early_exaggeration=EXAGGERATION,
        early_exaggeration_iter=EXAGGERATED_ITERATIONS,
        n_iter=ITERATIONS,
        initialization=start,
        # the interpolation knows two dimensions
        negative_gradient_method="bh" if components > 2 else "auto",
        random_state=seed,
        n_jobs=threads,
        callbacks=_Told(progress),
        callbacks_every_iters=_TOLD_EVERY,
    )
    progress(0.0, "finding neighbours")
    return np.asarray(fit.fit(values), np.float32)


class _Told:
    """openTSNE counts the iterations of each phase from the start."""

    def __init__(self, progress: Progress):
        self._progress = progress
        self._before = 0
        self._latest = 0

    def __call__(self, iteration: int, error: float, embedding: Any) -> None:
        if iteration < self._latest:
            self._before = EXAGGERATED_ITERATIONS
        self._latest = iteration
        done, of = self._before + iteration, EXAGGERATED_ITERATIONS + ITERATIONS
        self._progress(done / of, f"iteration {done} of {of}")
