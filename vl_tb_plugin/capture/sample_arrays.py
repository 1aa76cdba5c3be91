"""Cuts the record of a batch into the arrays of one sample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from vl_tb_plugin.capture.attention_piece import AttentionPiece
from vl_tb_plugin.capture.families.forward_inputs import Part, SampleSequence
from vl_tb_plugin.capture.forward_record import ForwardRecord
from vl_tb_plugin.example import Attention, HiddenStates


def sample_attention(
    record: ForwardRecord, sequences: Mapping[str, SampleSequence]
) -> list[Attention]:
    """The attention blocks of one sample, layers ascending.

    Args:
        record: of the batch.
        sequences: of the sample, by name.
    """
    blocks: dict[tuple[str, str, str], dict[int, Tensor]] = {}
    for site, layers in record.attention.items():
        if site.query in sequences and site.key in sequences:
            query, key = sequences[site.query], sequences[site.key]
            query_parts, key_parts = query.parts(site.placement), key.parts(site.placement)
            shape = (len(query.tokens), len(key.tokens))
            arrays = blocks.setdefault((site.block, site.query, site.key), {})
            for number, pieces in layers.items():
                arrays[number] = _placed(pieces, query_parts, key_parts, shape)
    return [
        Attention(torch.stack([arrays[n] for n in sorted(arrays)]), *names, sorted(arrays))
        for names, arrays in blocks.items()
    ]


def sample_hidden_states(
    record: ForwardRecord, sequences: Mapping[str, SampleSequence]
) -> list[HiddenStates]:
    """The hidden states of one sample, one entry per sequence, layers ascending."""
    by_sequence: dict[str, dict[int, npt.NDArray[np.float32]]] = {}
    for site, layers in record.hidden_states.items():
        if site.sequence in sequences:
            sequence = sequences[site.sequence]
            arrays = by_sequence.setdefault(site.sequence, {})
            for number, calls in layers.items():
                parts = sequence.parts(site.placement)
                arrays[number] = _gathered(torch.cat(calls), parts, len(sequence.tokens))
    return [
        HiddenStates(np.stack([arrays[n] for n in sorted(arrays)]), name, layers=sorted(arrays))
        for name, arrays in by_sequence.items()
    ]


def _placed(
    pieces: Sequence[AttentionPiece],
    query_parts: Sequence[Part],
    key_parts: Sequence[Part],
    shape: tuple[int, int],
) -> Tensor:
    """(heads, queries, keys) of a sample: its pieces where they belong, zero elsewhere."""
    matrix = torch.zeros(pieces[0].probabilities.shape[0], *shape)
    for piece in pieces:
        _, queries, keys = piece.probabilities.shape
        for query_part in query_parts:
            rows, row_positions = _overlap(query_part, piece.entry, piece.query_start, queries)
            for key_part in key_parts if len(rows) else ():
                columns, positions = _overlap(key_part, piece.entry, piece.key_start, keys)
                cut = piece.probabilities[:, rows][:, :, columns]
                matrix[:, row_positions[:, None], positions[None, :]] = cut
    return matrix


def _overlap(part: Part, entry: int, start: int, count: int) -> tuple[Tensor, Tensor]:
    """Which of ``count`` tokens of an entry, from ``start`` on, lie in a part, and at which
    positions of the sequence."""
    if part.entry != entry:
        return torch.empty(0, dtype=torch.long), torch.empty(0, dtype=torch.long)
    first = max(start, part.start)
    last = min(start + count, part.start + len(part.positions))
    own = torch.arange(first, max(first, last))
    return own - start, torch.as_tensor(part.positions, dtype=torch.long)[own - part.start]


def _gathered(states: Tensor, parts: Sequence[Part], count: int) -> npt.NDArray[np.float32]:
    """(tokens, features) of a sample."""
    result = torch.zeros(count, states.shape[-1])
    for part in parts:
        own, positions = _overlap(part, part.entry, 0, states.shape[1])
        result[positions] = states[part.entry, own]
    return result.numpy()
