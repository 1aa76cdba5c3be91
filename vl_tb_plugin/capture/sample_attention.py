"""The attention blocks of one sample, from what was kept of its batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from vl_tb_plugin.analysis.block_axes import BlockAxes
from vl_tb_plugin.analysis.head_importance import TITLE
from vl_tb_plugin.analysis.head_statistics import head_statistics
from vl_tb_plugin.analysis.relevancy_schedule import AttentionLayer
from vl_tb_plugin.analysis.visual_sinks import states_read, visual_sinks
from vl_tb_plugin.capture.capture_policy import CapturePolicy
from vl_tb_plugin.capture.families.forward_inputs import SampleSequence
from vl_tb_plugin.capture.forward_record import ForwardRecord
from vl_tb_plugin.capture.kept_attention import KeptLayer
from vl_tb_plugin.example import (
    Attention,
    EncodedProbabilities,
    HiddenStates,
    KeptWeights,
    TokenSequence,
)


def sample_attention(
    record: ForwardRecord,
    sample: int,
    sequences: Mapping[str, SampleSequence],
    target_boxes: npt.NDArray[np.float32],
    hidden_states: Sequence[HiddenStates],
    policy: CapturePolicy,
) -> list[Attention]:
    """The blocks in the order of the structure, layers ascending.

    Args:
        record: of the batch.
        sample: number of the sample.
        sequences: its sequences, complete.
        target_boxes: (n, 4) boxes that hold the evidence for the target.
        hidden_states: of the sample.
        policy: what of the weights is kept.
    """
    blocks = []
    recorded = record.blocks(sample)
    pairs = [names[1:] for names in recorded]
    for names, layers in recorded.items():
        query, key = sequences[names[1]].tokens, sequences[names[2]].tokens
        axes = BlockAxes(query, key, target_boxes)
        layers = _of_equal_heads(layers)
        states = states_read(names[1:], pairs, hidden_states)
        for number, layer in layers.items():
            layer.sums.extend(axes)
            if number in states:
                layer.sums.visual_sinks = visual_sinks(states[number], axes)
        rows = record.rows(sample, names[0])
        numbers = sorted(layers)
        first = layers[numbers[0]]
        blocks.append(
            Attention.captured(
                names,
                numbers,
                first.heads,
                None if len(rows) == len(query) else rows.tolist(),
                _kept_weights(layers, rows, key, policy),
                head_statistics([layers[number].sums for number in numbers]),
            )
        )
    return blocks


def by_block(
    record: ForwardRecord,
    sample: int,
    importance: Mapping[AttentionLayer, npt.NDArray[np.float32]],
) -> dict[str, dict[str, npt.NDArray[np.float32]]]:
    """Head importance as metrics of the blocks of a sample, ``{block: {title: (layers, heads)}}``.

    Args:
        record: of the batch.
        sample: number of the sample.
        importance: (heads,) by layer; 0 where there is none.
    """
    metrics = {}
    for (block, query, key), every in record.blocks(sample).items():
        layers = _of_equal_heads(every)
        nothing = np.zeros(next(iter(layers.values())).heads, np.float32)
        found = [AttentionLayer(block, number, query, key) for number in sorted(layers)]
        metrics[block] = {TITLE: np.stack([importance.get(one, nothing) for one in found])}
    return metrics


def weight_remarks(block: Attention) -> list[str]:
    """Which weights of a block a policy left out, though their statistics are there."""
    kept, remarks = block.weights, []
    layers, heads = len(block.layers), block.heads
    if len(kept.layers) < layers or len(kept.heads) < heads:
        remarks.append(
            f"Block {block.name}: weights of layers {list(kept.layers)} of {layers} and heads"
            f" {list(kept.heads)} of {heads} kept."
        )
    if kept.keys is not None and len(kept.keys) < block.shape[3]:
        count = len(kept.keys)
        remarks.append(f"Block {block.name}: weights on {count} of {block.shape[3]} keys kept.")
    return remarks


def _kept_weights(
    layers: Mapping[int, KeptLayer],
    rows: npt.NDArray[np.intp],
    key: TokenSequence,
    policy: CapturePolicy,
) -> KeptWeights:
    numbers = [number for number in sorted(layers) if layers[number].has_weights]
    heads = policy.heads_of(next(iter(layers.values())).heads)
    shape = (len(numbers), len(heads), len(rows), len(key))
    weights = EncodedProbabilities.empty(shape, policy.precision)
    mean = EncodedProbabilities.empty((shape[0], *shape[2:]), policy.precision)
    keys = _keys(policy, key)
    for index, number in enumerate(numbers):
        for target, source in zip(
            (weights, mean), layers[number].weights(rows, len(key)), strict=True
        ):
            target.values[index] = source.values
            if keys is not None:
                dropped = np.setdiff1d(np.arange(len(key)), keys)
                target.values[index][..., dropped] = 0
            if target.row_maximum is not None:
                target.row_maximum[index] = source.row_maximum
    return KeptWeights(weights, mean, tuple(numbers), heads, keys)


def _keys(policy: CapturePolicy, key: TokenSequence) -> tuple[int, ...] | None:
    if policy.keys == "all":
        return None
    if policy.keys == "image":
        return tuple(key.positions("image").tolist())
    if policy.keys == "text":
        return tuple(key.positions("text", "special", "generated").tolist())
    return tuple(int(one) for one in policy.keys if 0 <= int(one) < len(key))


def _of_equal_heads(layers: Mapping[int, KeptLayer]) -> dict[int, KeptLayer]:
    """Layers that one array can hold: those with as many heads as the first."""
    first: Any = layers[min(layers)]
    return {number: layer for number, layer in layers.items() if layer.heads == first.heads}
