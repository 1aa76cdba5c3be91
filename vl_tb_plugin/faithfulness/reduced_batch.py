"""A batch some of whose tokens are gone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Batch = Mapping[str, Any]
"""Inputs of a model by name."""

Positions = Sequence[Sequence[int]]
"""For each sample, positions of tokens in its token sequence."""


@dataclass(frozen=True)
class ReducedBatch:
    """Inputs without the tokens that were to go, right for some of the samples.

    Attributes:
        batch: inputs of *all* samples, so that a metric finds each in its place.
        samples: those for which it is what was asked for; the output for others means nothing.
    """

    batch: Batch
    samples: Sequence[int]


Removal = Callable[[Batch, Positions], Batch | Sequence[ReducedBatch]]
"""Takes tokens out of a batch, which stays as it is.

Returns the inputs without them; or, where the samples can't go through the model together, several
batches that are right for some of the samples each, and together for all.
"""
