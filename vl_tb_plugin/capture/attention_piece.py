"""A rectangle of one sample's attention matrix, as one call of a module computed it."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True, eq=False)
class AttentionPiece:
    """Probabilities of one entry of the batch axis.

    Attributes:
        entry: number on the batch axis; calls that add entries count on.
        probabilities: (heads, queries, keys), float32 on the CPU.
        query_start: number, within the entry, of the first query.
        key_start: number, within the entry, of the first key.
    """

    entry: int
    probabilities: Tensor
    query_start: int = 0
    key_start: int = 0
