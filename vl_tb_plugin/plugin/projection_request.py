"""Which projection is asked for: everything that two pictures of the same points can differ by."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from werkzeug.wrappers import Request

from vl_tb_plugin.plugin.request import BadRequest, number, one_of

METHODS = ("pca", "tsne", "umap", "axes")
NEIGHBOUR_METHODS = ("tsne", "umap")
_TITLES = {"pca": "PCA", "tsne": "t-SNE", "umap": "UMAP", "axes": "Chosen axes"}
_BOUNDS = {
    "components": (2, 3),
    "seed": (0, (1 << 32) - 1),
    "perplexity": (2, 500),
    "neighbours": (2, 500),
    "min_distance": (0, 1),
    "limit": (100, 1_000_000),
}
_FORM = 1
"""Raised when the same request gives another result than before: older results then don't count."""


@dataclass(frozen=True)
class ProjectionRequest:
    """What is fitted, and how. Parameters that the method has no use for have their defaults.

    Attributes:
        runs: names, ascending.
        sequences: names, in the order shown.
        layers: numbers, ascending.
        method: one of ``METHODS``.
        components: 2 or 3.
        points: "tokens", or "pooled": one point per modality of each sequence of an example.
        align: "joint", "previous" or "procrustes".
        seed: of all that is random.
        perplexity: of t-SNE.
        neighbours: of UMAP.
        min_distance: of UMAP.
        limit: most points that t-SNE and UMAP are fitted on.
        axes: descriptions of the axes chosen, as in http_api.md.
    """

    runs: tuple[str, ...]
    sequences: tuple[str, ...]
    layers: tuple[int, ...]
    method: str = "pca"
    components: int = 3
    points: str = "tokens"
    align: str = "joint"
    seed: int = 0
    perplexity: float = 30.0
    neighbours: int = 15
    min_distance: float = 0.1
    limit: int = 50_000
    axes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raises ``BadRequest`` for what is out of bounds."""
        for name, (low, high) in _BOUNDS.items():
            if not low <= getattr(self, name) <= high:
                raise BadRequest(f"Parameter {name!r} must be a number from {low} to {high:,}.")

    @property
    def digest(self) -> str:
        """The same for the same request, always."""
        text = json.dumps([_FORM, asdict(self)], sort_keys=True)
        return hashlib.blake2b(text.encode(), digest_size=10).hexdigest()

    @property
    def title(self) -> str:
        """What a person calls the method."""
        return _TITLES[self.method]

    @property
    def parameters(self) -> dict[str, Any]:
        """Those that the method uses."""
        if self.method == "tsne":
            return {"seed": self.seed, "perplexity": self.perplexity, "limit": self.limit}
        if self.method == "umap":
            return {
                "seed": self.seed,
                "neighbours": self.neighbours,
                "min_distance": self.min_distance,
                "limit": self.limit,
            }
        return {"axes": list(self.axes)} if self.method == "axes" else {}

    def as_json(self) -> dict[str, Any]:
        """For :meth:`from_json`."""
        return asdict(self)

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> ProjectionRequest:
        """Raises TypeError where it is of another form, ``BadRequest`` where out of bounds."""
        lists = {name: tuple(one) for name, one in value.items() if isinstance(one, list)}
        request = ProjectionRequest(**{**value, **lists})
        if request.method not in METHODS:
            raise TypeError(f"no method {request.method!r}")
        return request


def projection_request(
    request: Request, runs: tuple[str, ...], sequences: tuple[str, ...], layers: tuple[int, ...]
) -> ProjectionRequest:
    """The request, with what only the logs can tell given."""
    method = one_of(request, "method", METHODS)
    neighbouring = method in NEIGHBOUR_METHODS
    align = one_of(request, "align", ("joint", "previous", "procrustes"))
    if align == "previous" and not neighbouring:
        raise BadRequest("Parameter 'align' may be previous for tsne and umap only.")
    if align == "procrustes" and method == "axes":
        raise BadRequest("Chosen axes are the same in all runs: there is nothing to align.")
    axes: tuple[str, ...] = ()
    if method == "axes":
        axes = tuple(request.args[name] for name in ("x", "y", "z") if request.args.get(name))
        if len(axes) < 2:
            raise BadRequest("Chosen axes need the parameters 'x' and 'y'.")
        components = len(axes)
    else:
        components = int(one_of(request, "components", ("2", "3") if neighbouring else ("3", "2")))
    return ProjectionRequest(
        runs=tuple(sorted(set(runs))),
        sequences=sequences,
        layers=layers,
        method=method,
        components=components,
        points=one_of(request, "points", ("tokens", "pooled")),
        # one run: there is nothing to turn
        align="joint" if align == "procrustes" and len(set(runs)) == 1 else align,
        seed=_integer(request, "seed", 0) if neighbouring else 0,
        perplexity=_decimal(request, "perplexity", 30.0) if method == "tsne" else 30.0,
        neighbours=_integer(request, "neighbours", 15) if method == "umap" else 15,
        min_distance=_decimal(request, "min_distance", 0.1) if method == "umap" else 0.1,
        limit=_integer(request, "limit", 50_000) if neighbouring else 50_000,
        axes=axes,
    )


def _integer(request: Request, name: str, default: int) -> int:
    return number(request, name) if name in request.args else default


def _decimal(request: Request, name: str, default: float) -> float:
    try:
        return float(request.args.get(name, default))
    except ValueError:
        return math.nan  # within no bounds
