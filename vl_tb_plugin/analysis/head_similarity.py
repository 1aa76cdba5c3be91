"""Groups of heads that look at the same, and an order in which they lie side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

MOST_CLUSTERS = 12


@dataclass(frozen=True, eq=False)
class HeadClusters:
    """Heads in clusters.

    Attributes:
        order: (heads,) int32, heads in the order of the dendrogram's leaves.
        cluster: (heads,) int32, cluster of every head, numbered from 0 along ``order``.
        silhouette: mean silhouette, between -1 and 1; ``None`` for a single cluster.
    """

    order: npt.NDArray[np.int32]
    cluster: npt.NDArray[np.int32]
    silhouette: float | None

    @property
    def count(self) -> int:
        """How many clusters."""
        return int(self.cluster.max()) + 1

    @property
    def method(self) -> str:
        """How the clusters were found, in a sentence."""
        if self.silhouette is None:
            return "Fewer than 3 heads that differ: one cluster."
        return (
            f"Average linkage of the divergences, cut into {self.count} clusters: of 2 to"
            f" {MOST_CLUSTERS} the number with the best mean silhouette ({self.silhouette:.2f})."
        )


def cluster_heads(divergence: npt.NDArray[np.floating[Any]]) -> HeadClusters:
    """Hierarchical clusters of heads by average linkage (UPGMA, Sokal and Michener 1958).

    The tree is cut where the mean silhouette is best; leaves are ordered so that neighbours are
    alike (Bar-Joseph et al., Bioinformatics 2001).

    Args:
        divergence: (heads, heads), symmetric, zero on the diagonal.
    """
    heads = len(divergence)
    if heads < 3 or not divergence.any():
        order = np.arange(heads, dtype=np.int32)
        return HeadClusters(order, np.zeros(heads, np.int32), None)
    # slow to import: not before it is needed
    from scipy.cluster.hierarchy import cut_tree, leaves_list, linkage, optimal_leaf_ordering
    from scipy.spatial.distance import squareform

    distances = squareform(divergence, checks=False)
    tree = optimal_leaf_ordering(linkage(distances, "average"), distances)
    counts = np.arange(2, min(MOST_CLUSTERS, heads - 1) + 1)
    cuts = cut_tree(tree, counts).T
    scores = [mean_silhouette(divergence, cut) for cut in cuts]
    best = int(np.argmax(scores))
    order = leaves_list(tree).astype(np.int32)
    return HeadClusters(order, _numbered_along(order, cuts[best]), scores[best])


def mean_silhouette(
    divergence: npt.NDArray[np.floating[Any]], cluster: npt.NDArray[np.integer[Any]]
) -> float:
    """How much nearer heads are to their own cluster than to the next, between -1 and 1.

    ``(b - a) / max(a, b)`` with ``a`` the mean divergence to the others of a head's own cluster and
    ``b`` the least mean divergence to another one; 0 for a cluster of one (Rousseeuw, Journal of
    Computational and Applied Mathematics 1987).

    Args:
        divergence: (heads, heads), zero on the diagonal.
        cluster: (heads,) numbers from 0, at least two clusters, none empty.
    """
    belongs = cluster[:, None] == np.arange(cluster.max() + 1)  # (heads, clusters)
    sizes = belongs.sum(axis=0)
    totals = divergence @ belongs
    alone = sizes[cluster] == 1
    own = totals[belongs] / np.maximum(sizes[cluster] - 1, 1)
    nearest = np.where(belongs, np.inf, totals / sizes).min(axis=1)
    larger = np.maximum(own, nearest)
    width = np.where(alone | (larger == 0), 0, (nearest - own) / np.where(larger == 0, 1, larger))
    return float(width.mean())


def _numbered_along(
    order: npt.NDArray[np.int32], cluster: npt.NDArray[Any]
) -> npt.NDArray[np.int32]:
    """The same clusters, numbered as they come along the order."""
    numbers = {one: number for number, one in enumerate(dict.fromkeys(cluster[order].tolist()))}
    return np.array([numbers[one] for one in cluster.tolist()], np.int32)
