"""UMAP (McInnes, Healy, Melville 2018), by umap-learn."""

from __future__ import annotations

import re
import warnings

import numpy as np
import numpy.typing as npt

from vl_tb_plugin.analysis.projections.reduction import MissingLibrary, Progress, starting_places

_MANY_POINTS = 10_000


def epochs(points: int) -> int:
    """How many epochs: umap-learn's own choice, 500, and 200 above 10,000 points."""
    return 500 if points <= _MANY_POINTS else 200


def umap_embedding(
    values: npt.NDArray[np.float32],
    *,
    components: int,
    neighbours: int,
    min_distance: float,
    seed: int,
    initial: npt.NDArray[np.float32] | None,
    progress: Progress,
) -> npt.NDArray[np.float32]:
    """Positions (points, components) of points (points, features), of which there are at least 4.

    Args:
        values: the points, with Euclidean distances.
        components: 2 or 3.
        neighbours: of each point, from 2 on; fewer where there are not as many points.
        min_distance: how close points may come, 0 to 1.
        seed: equal seeds give equal positions.
        initial: (points, components) where points start, default their first components.
        progress: told of every phase and of the epochs.

    Raises:
        MissingLibrary: umap-learn is not installed.
    """
    progress(0.0, "loading umap-learn")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of libraries that only its other classes need
            from umap import UMAP
    except ImportError as error:
        raise MissingLibrary("UMAP") from error
    fit = UMAP(
        n_components=components,
        n_neighbors=min(neighbours, len(values) - 1),
        min_dist=min_distance,
        n_epochs=epochs(len(values)),
        init=starting_places(values, components, initial).astype(np.float32),
        random_state=seed,
        n_jobs=1,
        transform_seed=seed,
        tqdm_kwds={
            "disable": False,
            "file": _Epochs(progress),
            "bar_format": "{n_fmt}/{total_fmt}",
            "mininterval": 0.2,
        },
    )
    progress(0.02, "finding neighbours, after compiling for about 20 s")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # points that coincide, a graph in several parts: shown
        return np.asarray(fit.fit_transform(values), np.float32)


class _Epochs:
    """The file that umap-learn's progress bar is written to."""

    def __init__(self, progress: Progress):
        self._progress = progress

    def write(self, shown: str) -> None:
        found = re.search(r"(\d+)/(\d+)", shown)
        if found is not None:
            done, of = int(found[1]), int(found[2])
            # finding neighbours takes about a third of the time
            self._progress(0.3 + 0.7 * done / max(of, 1), f"epoch {done} of {of}")

    def flush(self) -> None:
        pass
