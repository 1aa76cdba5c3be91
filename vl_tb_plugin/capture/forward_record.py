"""What one forward pass left behind."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from vl_tb_plugin.capture.attention_piece import AttentionPiece
from vl_tb_plugin.capture.attention_watch import AttentionCall
from vl_tb_plugin.capture.families.structure import AttentionSite, HiddenStateSite
from vl_tb_plugin.example import InvalidExample


@dataclass(eq=False)
class ForwardRecord:
    """Attention and hidden states of a batch, by site and layer.

    Attributes:
        attention: pieces of the attention of every entry of the batch axis.
        hidden_states: each (batch, tokens, features), float32 on the CPU; later calls of the same
            module add entries.
        observed: results of the modules that the family wants to see, one per call.
        mechanisms: in what the attention was seen.
        problems: why something was not captured, a sentence each.
        calls: how often each watched module ran.
        input_ids: (batch, tokens) that the model was called with, where by name.
    """

    attention: dict[AttentionSite, dict[int, list[AttentionPiece]]] = field(default_factory=dict)
    hidden_states: dict[HiddenStateSite, dict[int, list[Tensor]]] = field(default_factory=dict)
    observed: dict[str, list[Any]] = field(default_factory=dict)
    mechanisms: set[str] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)
    calls: Counter[nn.Module] = field(default_factory=Counter)
    input_ids: Tensor | None = None

    def add_attention(self, site: AttentionSite, layer: int, call: AttentionCall) -> None:
        """Note what a watched call showed, or why it showed nothing clear."""
        where = f"Block {site.block}, layer {layer}"
        if len(call.seen) == 1 or (call.seen and site.packed):
            pieces = self.attention.setdefault(site, {}).setdefault(layer, [])
            pieces += _packed(call.seen) if site.packed else _entries(call.seen[0], pieces)
            self.mechanisms.update(call.mechanisms)
        elif call.problems:
            self.problems.append(f"{where}: {'; '.join(call.problems)}.")
        else:
            self.problems.append(f"{where}: saw {len(call.seen)} attentions in one call, not one.")

    def add_hidden_states(self, site: HiddenStateSite, layer: int, states: Tensor) -> None:
        """Keep a copy of hidden states."""
        copied = states.detach().float().to("cpu", copy=True)
        if copied.ndim == 2:  # one packed sequence
            copied = copied[None]
        elif copied.ndim == 4:  # a grid
            copied = copied.flatten(1, 2)
        self.hidden_states.setdefault(site, {}).setdefault(layer, []).append(copied)

    def check_batch(self, input_ids: Any) -> None:
        """Raise :class:`InvalidExample` if these are not the ids that this pass ran on."""
        if self.input_ids is None or not isinstance(input_ids, Tensor):
            return
        ran = self.input_ids
        if ran.shape != input_ids.shape or not torch.equal(ran.cpu(), input_ids.cpu()):
            raise InvalidExample(
                "batch['input_ids']",
                f"those of the last forward pass, shape {tuple(ran.shape)}",
                f"others, shape {tuple(input_ids.shape)} (ask for examples before the next pass;"
                " after generate(), run the model once over the whole text)",
            )


def _entries(seen: Tensor, before: list[AttentionPiece]) -> list[AttentionPiece]:
    first = max((piece.entry + 1 for piece in before), default=0)
    return [AttentionPiece(first + number, entry) for number, entry in enumerate(seen)]


def _packed(seen: list[Tensor]) -> list[AttentionPiece]:
    pieces, start = [], 0
    for stretch in seen:
        # equal stretches may also come as a batch: windows, or images of one size
        for probabilities in stretch:
            pieces.append(AttentionPiece(0, probabilities, start, start))
            start += probabilities.shape[1]
    return pieces
