"""What one forward pass left behind."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from vl_tb_plugin.capture.attention_watch import AttentionCall
from vl_tb_plugin.capture.families.structure import AttentionSite, HiddenStateSite
from vl_tb_plugin.example import InvalidExample


@dataclass(eq=False)
class ForwardRecord:
    """Attention and hidden states of a batch, by site and layer.

    Attributes:
        attention: each (batch, heads, queries, keys), float32 on the CPU.
        hidden_states: each (batch, tokens, features), float32 on the CPU.
        mechanisms: in what the attention was seen.
        problems: why something was not captured, a sentence each.
        calls: how often each watched module ran.
        input_ids: (batch, tokens) that the model was called with, where by name.
    """

    attention: dict[AttentionSite, dict[int, Tensor]] = field(default_factory=dict)
    hidden_states: dict[HiddenStateSite, dict[int, Tensor]] = field(default_factory=dict)
    mechanisms: set[str] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)
    calls: Counter[nn.Module] = field(default_factory=Counter)
    input_ids: Tensor | None = None

    def add_attention(self, site: AttentionSite, layer: int, call: AttentionCall) -> None:
        """Note what a watched call showed, or why it showed nothing clear."""
        where = f"Block {site.block}, layer {layer}"
        if len(call.seen) == 1:
            self.attention.setdefault(site, {})[layer] = call.seen[0]
            self.mechanisms.update(call.mechanisms)
        elif call.problems:
            self.problems.append(f"{where}: {'; '.join(call.problems)}.")
        else:
            self.problems.append(f"{where}: saw {len(call.seen)} attentions in one call, not one.")

    def add_hidden_states(self, site: HiddenStateSite, layer: int, states: Tensor) -> None:
        """Keep a copy of hidden states (batch, tokens, features)."""
        copied = states.detach().float().to("cpu", copy=True)
        self.hidden_states.setdefault(site, {})[layer] = copied

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

    def lengths(self) -> dict[str, int]:
        """Number of tokens that each sequence was seen to have, by name."""
        lengths: dict[str, int] = {}
        for site, layers in self.attention.items():
            shape = next(iter(layers.values())).shape
            lengths.setdefault(site.query, shape[2])
            lengths.setdefault(site.key, shape[3])
        for states_site, states_layers in self.hidden_states.items():
            shape = next(iter(states_layers.values())).shape
            lengths.setdefault(states_site.sequence, shape[1])
        return lengths
