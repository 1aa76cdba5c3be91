"""How much of a point's neighbourhood is another one elsewhere: at another checkpoint, say.

*Churn* is the share of a point's nearest neighbours that are no longer among them: 0 where all are
the same, ``1 - count / candidates`` on average where neighbourhoods have nothing to do with each
other. Neighbours are searched in each space on its own, so the spaces need not be aligned, nor be
of one width (Hamilton, Leskovec, Jurafsky, *Cultural Shift or Linguistic Drift?*, EMNLP 2016,
compare words over time by their neighbours for that reason).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from vl_tb_plugin.analysis.bootstrap_interval import MeanInterval, bootstrap_interval
from vl_tb_plugin.analysis.neighbourhoods import Neighbourhoods

_PAIRS_AT_ONCE = 8_000_000


def churn(before: Neighbourhoods, after: Neighbourhoods) -> npt.NDArray[np.float32]:
    """Share of each query's neighbours before that are not among those after.

    Args:
        before: of the queries in one space; ``count`` of each.
        after: of the same queries, among the same points, in the other.

    Returns:
        (queries,) float32; NaN where a query has fewer neighbours than asked for in one of them.
    """
    queries, count = before.index.shape
    kept = np.zeros(queries, np.int64)
    portion = max(1, _PAIRS_AT_ONCE // max(1, count * count))
    for start in range(0, queries, portion):
        part = slice(start, start + portion)
        same = before.index[part, :, None] == after.index[part, None, :]
        kept[part] = same.any(axis=2).sum(axis=1)
    share = 1 - kept.astype(np.float32) / np.float32(max(count, 1))
    return np.where(before.complete & after.complete, share, np.float32(np.nan))


def how_far(
    gone: npt.NDArray[np.float32], nearest: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """How far the neighbours before are now, as a multiple of the distance of those after.

    Args:
        gone: (queries, count) distances of the neighbours before, in the space after.
        nearest: (queries, count) distances of the neighbours after, in the same space.

    Returns:
        (queries,) float32, 1 where nothing changed; NaN where it is not defined, and where the
        neighbours after lie at no distance at all.
    """
    own = nearest.mean(axis=1)
    return gone.mean(axis=1) / np.where(own > 0, own, np.float32(np.nan))


def by_example(
    churned: npt.NDArray[np.float32], example: npt.NDArray[np.int64], examples: int
) -> MeanInterval:
    """Mean churn over examples, each the mean over its tokens, with a bootstrap interval.

    Tokens of one example change together, so examples are resampled, not tokens.

    Args:
        churned: (queries, ...) NaN where it is not defined.
        example: (queries,) which example each is of, from 0 on.
        examples: how many there are.
    """
    cells = churned.reshape(len(churned), -1)
    known = ~np.isnan(cells)
    total = np.zeros((examples, cells.shape[1]))
    count = np.zeros((examples, cells.shape[1]))
    np.add.at(total, example, np.where(known, cells, 0))
    np.add.at(count, example, known)
    means = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return bootstrap_interval(means.reshape(examples, *churned.shape[1:]))
