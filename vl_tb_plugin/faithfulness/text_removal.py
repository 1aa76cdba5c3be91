"""Taking words out of a prompt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import torch
from torch import Tensor

from vl_tb_plugin.example import TokenSequence
from vl_tb_plugin.faithfulness.kept_rows import KeptRows
from vl_tb_plugin.faithfulness.reduced_batch import Batch, Positions

TEXT_INPUTS = (
    "input_ids",
    "inputs_embeds",
    "attention_mask",
    "token_type_ids",
    "mm_token_type_ids",
    "position_ids",
    "bbox",
    "cross_attention_mask",
)
"""Inputs with one row per token of the prompt."""


class TextRemoval:
    """Drops text tokens from ``input_ids`` and from all inputs that go with it.

    The tokens that stay move together, special tokens and the places of images among them; samples
    are padded to the longest one again. A position in the token sequence must be a column of
    ``input_ids``: so it is where text comes first (LXMERT, VisualBERT, ViLT) or the prompt holds a
    place for every image token (LLaVA). ``labels`` are cut, too, where there is one per token.

    Args:
        sequences: of each sample, the token sequence that holds its text.
        names: inputs with one row per token of the prompt.
        padding_side: where padding goes, by default where it is now, else to the right.
        padding_id: of the padding, by default what is padding now, else 0. It is masked.
    """

    def __init__(
        self,
        sequences: Sequence[TokenSequence],
        *,
        names: Sequence[str] = TEXT_INPUTS,
        padding_side: Literal["left", "right"] | None = None,
        padding_id: int | None = None,
    ):
        self._sequences = sequences
        self._names = names
        self._side = padding_side
        self._padding_id = padding_id

    def __call__(self, batch: Batch, positions: Positions) -> Batch:
        """The batch without these tokens.

        Raises:
            ValueError: if a position is no text token of ``input_ids``, a sample would be left
                without any token, or an input has no row per token.
        """
        if not any(map(len, positions)):
            return batch
        given = self._given(batch)
        shape = next(iter(given.values())).shape[:2]
        mask = batch.get("attention_mask")
        real = torch.ones(shape, dtype=torch.bool) if mask is None else mask.bool().cpu()
        kept = []
        for sample, (own, admitted) in enumerate(zip(positions, real.tolist(), strict=True)):
            self._check(sample, own, shape[1])
            gone = set(own)
            kept.append([n for n, one in enumerate(admitted) if one and n not in gone])
            if not kept[-1]:
                raise ValueError(
                    f"Sample {sample} would be left without a token. Special tokens stay: let"
                    " trace() know the tokenizer, so that it tells them apart."
                )
        left = self._side == "left" or (self._side is None and not real[:, 0].all())
        rows = KeptRows.of(kept, "left" if left else "right")
        padding = {"attention_mask": 0, "input_ids": self._padding(batch, real), "labels": -100}
        changed = {name: rows.of_tensor(one, padding.get(name)) for name, one in given.items()}
        if mask is None and not rows.real.all():
            device = next(iter(given.values())).device
            changed["attention_mask"] = rows.real.long().to(device)
        return {**batch, **changed}

    def _given(self, batch: Batch) -> dict[str, Tensor]:
        """The inputs with one row per token."""
        given = {name: batch[name] for name in self._names if batch.get(name) is not None}
        shapes = {name: tuple(one.shape[:2]) for name, one in given.items()}
        choices = "input_ids" in given and given["input_ids"].ndim != 2
        if not given or choices or len(set(shapes.values())) != 1:
            raise ValueError(
                "Text is taken out of inputs (samples, tokens, ...), among them input_ids or"
                f" inputs_embeds; this batch has {shapes}. Pass a removal of your own."
            )
        labels: Any = batch.get("labels")
        per_token = isinstance(labels, Tensor) and tuple(labels.shape) in shapes.values()
        if per_token and not labels.is_floating_point():
            given["labels"] = labels
        return given

    def _padding(self, batch: Batch, real: Tensor) -> int | None:
        if self._padding_id is not None or batch.get("input_ids") is None:
            return self._padding_id
        ids = batch["input_ids"].cpu()[~real]
        return int(ids[0]) if len(ids) else 0

    def _check(self, sample: int, positions: Sequence[int], columns: int) -> None:
        sequence = self._sequences[sample]
        modality = sequence.modality
        text = {int(one) for one in sequence.positions("text")}
        last = max(positions, default=0)
        inserted = len(modality) != columns and "image" in modality[:last]
        if not set(positions) <= text or last >= columns or inserted:
            raise ValueError(
                f"{sequence} of sample {sample}: only text tokens that stand in input_ids"
                f" ({columns} columns) at their own position can be dropped, not all of"
                f" {sorted(positions)}. Pass a removal of your own."
            )
