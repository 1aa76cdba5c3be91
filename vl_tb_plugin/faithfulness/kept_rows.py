"""Rows of a batch's tensors that stay, put together again with padding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor


@dataclass(frozen=True)
class KeptRows:
    """Which rows of axis 1 each sample keeps, in their order.

    Attributes:
        index: (samples, width) numbers of the rows; 0 where a sample has fewer.
        real: (samples, width) bool: false where a sample has fewer.
    """

    index: Tensor
    real: Tensor

    @classmethod
    def of(cls, kept: Sequence[Sequence[int]], side: Literal["left", "right"]) -> KeptRows:
        """Rows that each sample keeps, padded to the longest on one side."""
        width = max(map(len, kept))
        index = torch.zeros(len(kept), width, dtype=torch.long)
        real = torch.zeros(len(kept), width, dtype=torch.bool)
        for sample, rows in enumerate(kept):
            start = width - len(rows) if side == "left" else 0
            place = slice(start, start + len(rows))
            index[sample, place] = torch.tensor(rows, dtype=torch.long)
            real[sample, place] = True
        return cls(index, real)

    def of_tensor(self, values: Tensor, padding: Any = None) -> Tensor:
        """The rows of (samples, rows, ...): (samples, width, ...).

        Args:
            values: of the batch.
            padding: what stands where a sample has fewer rows, by default any of its rows.
        """
        index = self.index.to(values.device)
        taken = values[torch.arange(len(index), device=values.device)[:, None], index]
        if padding is not None:
            taken[~self.real.to(values.device)] = padding
        return taken
