"""Hidden states that are kept, in half precision, of as many layers as the policy allows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from vl_tb_plugin.capture.capture_policy import CapturePolicy
from vl_tb_plugin.capture.families.forward_inputs import SampleSequence
from vl_tb_plugin.capture.families.structure import HiddenStateSite
from vl_tb_plugin.example import HiddenStates


class KeptHiddenStates:
    """Hidden states of a batch, by sequence and layer.

    Args:
        policy: which layers, in which precision, within how many bytes.
        layers: numbers of all hidden states, by sequence.

    Attributes:
        reserved: bytes that one sample's hidden states take.
        remarks: what was left out and why.
    """

    def __init__(self, policy: CapturePolicy, layers: Mapping[str, Sequence[int]]):
        self.reserved = 0
        self.remarks: list[str] = []
        self._policy = policy
        self._layers = layers
        self._chosen: dict[str, tuple[int, ...]] = {}
        self._calls: dict[HiddenStateSite, dict[int, list[Tensor]]] = {}

    def add(
        self, site: HiddenStateSite, layer: int, states: Tensor, *, follows: bool = False
    ) -> None:
        """Keep the states of one call.

        Args:
            site: where they are.
            layer: their number.
            states: (batch, tokens, features), (tokens, features) or (batch, rows, columns,
                features).
            follows: whether they continue the tokens of the last call; else they are further
                entries of the batch axis.
        """
        states = states.detach()
        if states.ndim == 2:  # one packed sequence
            states = states[None]
        elif states.ndim == 4:  # a grid
            states = states.flatten(1, 2)
        if layer not in self._chosen_layers(site.sequence, states):
            return
        kept = self._copied(states)
        calls = self._calls.setdefault(site, {}).setdefault(layer, [])
        if follows and calls:
            calls[-1] = torch.cat([calls[-1], kept.to(calls[-1].dtype)], dim=1)
        else:
            calls.append(kept)

    def of_sample(self, sequences: Mapping[str, SampleSequence]) -> list[HiddenStates]:
        """The hidden states of one sample, one entry per sequence, layers ascending."""
        by_sequence: dict[str, dict[int, npt.NDArray[Any]]] = {}
        for site, layers in self._calls.items():
            if site.sequence in sequences:
                arrays = by_sequence.setdefault(site.sequence, {})
                for number, calls in layers.items():
                    own = gathered(calls, sequences[site.sequence], site.placement)
                    arrays[number] = own.numpy()
        return [
            HiddenStates(np.stack([arrays[n] for n in sorted(arrays)]), name, sorted(arrays))
            for name, arrays in by_sequence.items()
        ]

    def _copied(self, states: Tensor) -> Tensor:
        if self._policy.hidden_states_dtype == "float16":
            half = states.half()
            if bool(half.isfinite().all()):
                return half.to("cpu", copy=True)
        return states.float().to("cpu", copy=True)

    def _chosen_layers(self, sequence: str, states: Tensor) -> tuple[int, ...]:
        if sequence not in self._chosen:
            wanted = self._policy.hidden_layers_of(self._layers[sequence])
            size = 2 if self._policy.hidden_states_dtype == "float16" else 4
            per_layer = states.shape[1] * states.shape[2] * size
            chosen = wanted
            if self._policy.max_bytes is not None:
                room = self._policy.max_bytes // 2 // len(self._layers)
                chosen = _spread(wanted, room // max(1, per_layer))
            if len(chosen) < len(wanted):
                self.remarks.append(
                    f"Hidden states of {sequence}: layers {list(chosen)} of {len(wanted)} kept"
                    f" (max_bytes={self._policy.max_bytes})."
                )
            self._chosen[sequence] = chosen
            self.reserved += len(chosen) * per_layer
        return self._chosen[sequence]


def _spread(layers: tuple[int, ...], count: int) -> tuple[int, ...]:
    """So many of the layers: the last, the first, the others evenly between."""
    if count >= len(layers):
        return layers
    if count <= 1:
        return layers[len(layers) - count :]
    places = np.linspace(0, len(layers) - 1, count).round().astype(int)
    return tuple(layers[place] for place in places)


def gathered(calls: Sequence[Tensor], sequence: SampleSequence, placement: str) -> Tensor:
    """(tokens, features) of a sample; the calls' entries follow one another."""
    entries = [entry for call in calls for entry in call]
    result = torch.zeros(len(sequence.tokens), entries[0].shape[-1], dtype=entries[0].dtype)
    for part in sequence.parts(placement):
        own = entries[part.entry][part.start : part.start + len(part.positions)]
        positions = torch.as_tensor(part.positions[: len(own)], dtype=torch.long)
        result[positions] = own.to(result.dtype)
    return result
