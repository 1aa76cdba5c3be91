"""Baselines of relevancy: raw attention, rollout, attention Grad-CAM, as functions of arrays.

Sources: Abnar, Zuidema, *Quantifying attention flow in transformers* (ACL 2020) for rollout; the
baselines of Chefer, Gur, Wolf (ICCV 2021), section 5, for how each reads two sequences.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from vl_tb_plugin.analysis.relevancy import Contributions, FloatArray, Relevancies
from vl_tb_plugin.analysis.relevancy_schedule import (
    AttentionLayer,
    CrossAttention,
    Schedule,
    attention_of,
)


def last_layers(schedule: Schedule, contributions: Contributions) -> Relevancies:
    """The last self-attention of each sequence, and the last cross-attention of each pair.

    Of mean attention this is the baseline *raw attention*; of attention weighted by its mean
    gradient *attention Grad-CAM*; of its layer-wise relevance *partial LRP*.

    Args:
        schedule: says which layer is the last.
        contributions: by layer, (queries, keys).
    """
    result: Relevancies = {}
    for layer in schedule.layers:
        if layer in contributions:
            result[(layer.query, layer.key)] = contributions[layer]
    return result


def rollout(
    schedule: Schedule, mean_attention: Contributions, lengths: Mapping[str, int]
) -> Relevancies:
    """Attention rollout, through cross-attention as the authors of relevancy compare it.

    Within a sequence: rows of ``mean_h A + I`` sum to one again and are multiplied through all
    layers. Across: the last cross-attention between the rollouts of its two sequences, of the
    asking one as far as it has come before that layer.

    Args:
        schedule: the order of the layers.
        mean_attention: by layer, (queries, keys), mean over the heads; layers that are missing
            are as if they were not there.
        lengths: number of tokens, by sequence.
    """
    crossings: dict[tuple[str, str], int] = {}
    for number, step in enumerate(schedule.steps):
        for update in step:
            if isinstance(update, CrossAttention) and update.attention in mean_attention:
                crossings[(update.attention.query, update.attention.key)] = number
    result: Relevancies = {}
    for name in schedule.sequences:
        layers = [layer for layer in schedule.layers if layer.is_self and layer.query == name]
        result[(name, name)] = _multiplied(layers, mean_attention, lengths[name])
    for (query, key), number in crossings.items():
        before = [attention_of(update) for step in schedule.steps[:number] for update in step]
        own = [layer for layer in before if layer.is_self and layer.query == query]
        last = [attention_of(update) for update in schedule.steps[number]]
        (cross,) = [layer for layer in last if (layer.query, layer.key) == (query, key)]
        rolled = _multiplied(own, mean_attention, lengths[query])
        other = result[(key, key)]
        result[(query, key)] = rolled.T @ mean_attention[cross] @ other
    return result


def _multiplied(
    layers: Sequence[AttentionLayer], mean_attention: Contributions, length: int
) -> FloatArray:
    identity = np.eye(length, dtype=np.float32)
    product: FloatArray = identity
    for layer in layers:
        if layer in mean_attention:
            joined = mean_attention[layer] + identity
            product = joined / joined.sum(axis=1, keepdims=True) @ product
    return product
