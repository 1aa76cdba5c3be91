"""Taking regions away from models that see the features of an object detector."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from vl_tb_plugin.example import TokenSequence
from vl_tb_plugin.faithfulness.kept_rows import KeptRows
from vl_tb_plugin.faithfulness.reduced_batch import Batch, Positions, ReducedBatch

REGION_INPUTS = (
    "visual_feats",
    "visual_embeds",
    "visual_pos",
    "visual_token_type_ids",
    "image_text_alignment",
)
"""Inputs with one row per region, of LXMERT and VisualBERT."""


class RegionRemoval:
    """Drops the rows of regions from features, boxes and masks together.

    Those that stay keep their order. Samples that keep different numbers are padded and masked;
    without a mask, they run apart by number. Where regions are a stream of their own (LXMERT), a
    sample that keeps none gets one of zeros, features and box: attention needs something to look
    at.

    Args:
        sequences: of each sample, the token sequence whose last tokens are the regions.
        names: inputs with one row per region.
        mask: name of the input that tells real regions from padding, ``None`` if the model has
            none.
    """

    def __init__(
        self,
        sequences: Sequence[TokenSequence],
        *,
        names: Sequence[str] = REGION_INPUTS,
        mask: str | None = "visual_attention_mask",
    ):
        self._sequences = sequences
        self._names = names
        self._mask = mask

    def __call__(self, batch: Batch, positions: Positions) -> Batch | list[ReducedBatch]:
        """The batch without these regions, perhaps in several parts.

        Raises:
            ValueError: if a position is no region, or an input has no row per region.
        """
        if not any(map(len, positions)):
            return batch
        kept = self._kept(batch, positions)
        if self._mask is not None:
            return self._reduced(batch, kept)
        counts = list(map(len, kept))
        parts = []
        for count in dict.fromkeys(counts):
            own = [rows if len(rows) == count else [] for rows in kept]
            samples = [sample for sample, one in enumerate(counts) if one == count]
            parts.append(ReducedBatch(self._reduced(batch, own), samples))
        return parts

    def _kept(self, batch: Batch, positions: Positions) -> list[list[int]]:
        """Rows that stay, per sample: neither taken away nor padding."""
        given = self._given(batch)
        shapes = {name: tuple(one.shape[:2]) for name, one in given.items()}
        choices = next(iter(given.values())).ndim != 3 if given else False
        if not given or choices or len(set(shapes.values())) != 1:
            raise ValueError(
                "Regions are taken out of inputs (samples, regions, ...); this batch has"
                f" {shapes}. Pass a removal of your own."
            )
        samples, count = next(iter(shapes.values()))
        mask = None if self._mask is None else batch.get(self._mask)
        real = torch.ones(samples, count) if mask is None else mask
        kept = []
        for sample, (own, admitted) in enumerate(zip(positions, real.tolist(), strict=True)):
            sequence = self._sequences[sample]
            first = len(sequence) - count
            images = {int(one) for one in sequence.positions("image")}
            if first < 0 or not set(own) <= images or min(own, default=first) < first:
                raise ValueError(
                    f"{sequence} of sample {sample}: only image tokens among its last {count}, one"
                    f" per region, can be dropped, not all of {sorted(own)}. Pass a removal of your"
                    " own."
                )
            gone = {position - first for position in own}
            kept.append([row for row, one in enumerate(admitted) if one and row not in gone])
        return kept

    def _reduced(self, batch: Batch, kept: Sequence[Sequence[int]]) -> Batch:
        alone = [not rows and self._is_stream(batch, n) for n, rows in enumerate(kept)]
        rows = KeptRows.of(
            [[0] if one else own for own, one in zip(kept, alone, strict=True)], "right"
        )
        changed = {name: rows.of_tensor(batch[name]) for name in self._given(batch)}
        for values in changed.values():
            values[torch.tensor(alone, device=values.device)] = 0
        mask = None if self._mask is None else batch.get(self._mask)
        if mask is not None:
            changed[str(self._mask)] = rows.real.to(mask)
        elif self._mask is not None and not rows.real.all():
            device = next(iter(changed.values())).device
            changed[self._mask] = rows.real.long().to(device)
        return {**batch, **changed}

    def _given(self, batch: Batch) -> dict[str, Tensor]:
        """The inputs with one row per region."""
        return {name: batch[name] for name in self._names if batch.get(name) is not None}

    def _is_stream(self, batch: Batch, sample: int) -> bool:
        """Whether the sequence holds regions only."""
        count = next(iter(self._given(batch).values())).shape[1]
        return len(self._sequences[sample]) == count
