"""The hidden states that a logit lens reads, and the logits that it is held against."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from vl_tb_plugin.capture.capture_policy import CapturePolicy
from vl_tb_plugin.capture.families.forward_inputs import SampleSequence
from vl_tb_plugin.capture.families.structure import HiddenStateSite
from vl_tb_plugin.capture.kept_hidden_states import KeptHiddenStates, gathered
from vl_tb_plugin.capture.logit_lens.found_head import FoundHead

_TOLERANCE = {torch.float32: 1e-3, torch.float64: 1e-3}
"""By how much logits may differ, as a share of the largest one; half precision: a twentieth."""


class LensStates(KeptHiddenStates):
    """Hidden states of one sequence, of all layers, in the precision of the model.

    Args:
        head: the output head that reads them.
        layers: numbers of all hidden states, by sequence.
    """

    def __init__(self, head: FoundHead, layers: Mapping[str, Sequence[int]]):
        super().__init__(CapturePolicy(max_bytes=None), layers)
        self.head = head
        self.layers = tuple(layers[head.stated.sequence])
        self._said: Tensor | None = None
        self._first_length = 0
        self._dtype = torch.float32

    def add(
        self, site: HiddenStateSite, layer: int, states: Tensor, *, follows: bool = False
    ) -> None:
        """Keep the states of one call, where they are of the sequence that is read."""
        if site.sequence == self.head.stated.sequence:
            self._first_length = self._first_length or states.shape[-2]
            self._dtype = states.dtype
            super().add(site, layer, states, follows=follows)

    def add_output(self, output: Any) -> None:
        """Keep one row of the logits of the first forward pass: entry 0, its last token where the
        head decodes, else its first, or its only one."""
        if self._said is not None:
            return
        logits = output.get(self.head.stated.logits) if isinstance(output, Mapping) else None
        if isinstance(logits, Tensor) and logits.ndim in (2, 3):
            row = logits.detach()[0]
            if row.ndim == 2:
                row = row[-1 if self.head.decodes else 0]
            self._said = row.float().cpu().clone()

    def rows(self, layer: int, sequence: SampleSequence, positions: Sequence[int]) -> Tensor:
        """(positions, features) of one sample."""
        for site, layers in self._calls.items():
            if layer in layers:
                every = gathered(layers[layer], sequence, site.placement)
                return every[torch.as_tensor(positions, dtype=torch.long)]
        raise LookupError(f"hidden state {layer} was not seen")

    def problem(self, read: Tensor) -> str:
        """Why a lens must not be trusted; empty where it may.

        Args:
            read: (features,) the last hidden state of the row that :meth:`add_output` kept.
        """
        if self._said is None:
            return "Logit lens: the model gave no logits to check the output head against."
        logits = self.head.logits(read[None], self.layers[-1])[0].cpu()
        if logits.shape == self._said.shape:
            ruled_out = self.ruled_out(logits)
            difference = (logits - self._said)[~ruled_out].abs().max()
            most = self._said[~ruled_out].abs().max()
            if difference <= _TOLERANCE.get(self._dtype, 5e-2) * most:
                return ""
        return (
            "Logit lens: what the output head makes of the last hidden state is not what the model"
            " said (another head, or the weights have changed since)."
        )

    def last_of_first_entry(self) -> Tensor:
        """(features,) the last hidden state of the token whose logits were kept."""
        layer = self.layers[-1]
        for layers in self._calls.values():
            if layer in layers:
                first: Tensor = layers[layer][0][0]
                return first[self._first_length - 1 if self.head.decodes else 0]
        raise LookupError(f"hidden state {layer} was not seen")

    def ruled_out(self, logits: Tensor) -> Tensor:
        """(outputs,) whether the model can't say an output (image tokens of a vocabulary)."""
        if self._said is None:
            return torch.zeros(logits.shape[-1], dtype=torch.bool)
        return self._said <= torch.finfo(torch.float16).min

    def _copied(self, states: Tensor) -> Tensor:
        return states.to("cpu", copy=True)
