"""Cuts the record of a batch into the arrays of one sample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from vl_tb_plugin.capture.forward_record import ForwardRecord
from vl_tb_plugin.example import Attention, HiddenStates


def sample_attention(
    record: ForwardRecord, entries: Mapping[str, Sequence[int]]
) -> list[Attention]:
    """The attention blocks of one sample, layers ascending.

    Args:
        record: of the batch.
        entries: by sequence of the sample, its entries on the batch axis. Several entries follow
            one another and do not attend to each other.
    """
    blocks = []
    for site, layers in record.attention.items():
        if site.query in entries and site.key in entries:
            numbers = sorted(layers)
            stacked = torch.stack(
                [_block_diagonal(layers[number], entries[site.query]) for number in numbers]
            )
            blocks.append(Attention(stacked, site.block, site.query, site.key, layers=numbers))
    return blocks


def sample_hidden_states(
    record: ForwardRecord, entries: Mapping[str, Sequence[int]]
) -> list[HiddenStates]:
    """The hidden states of one sample, one entry per sequence, layers ascending."""
    by_sequence: dict[str, dict[int, Tensor]] = {}
    for site, layers in record.hidden_states.items():
        by_sequence.setdefault(site.sequence, {}).update(layers)
    result = []
    for sequence, layers in by_sequence.items():
        if sequence in entries:
            numbers = sorted(layers)
            chosen = list(entries[sequence])
            stacked = np.stack([layers[number][chosen].flatten(0, 1) for number in numbers])
            result.append(HiddenStates(stacked, sequence, layers=numbers))
    return result


def _block_diagonal(layer: Tensor, entries: Sequence[int]) -> Tensor:
    """(batch, heads, queries, keys) to (heads, all queries, all keys) of some entries."""
    if len(entries) == 1:
        return layer[entries[0]]
    _, heads, queries, keys = layer.shape
    joined = torch.zeros(heads, len(entries) * queries, len(entries) * keys)
    for place, entry in enumerate(entries):
        rows = slice(place * queries, (place + 1) * queries)
        joined[:, rows, place * keys : (place + 1) * keys] = layer[entry]
    return joined
