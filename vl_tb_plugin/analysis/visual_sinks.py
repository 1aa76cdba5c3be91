"""Which image tokens are visual sinks: they draw attention by a few large features, not by content.

Source: Kang et al., *See what you are told: visual attention sink in large multimodal models* (ICLR
2025, arXiv 2503.03321): with the dimensions in which the first token of a language model has
massive activations, a token is a sink where ``max |x_d| / rms(x)`` over those reaches 20.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import numpy.typing as npt

from vl_tb_plugin.analysis.block_axes import BlockAxes, FloatArray
from vl_tb_plugin.example import HiddenStates

MASSIVE = 20.0
"""An activation is massive from so many times the root mean square of its token's on."""


def visual_sinks(states: FloatArray, axes: BlockAxes) -> npt.NDArray[np.bool_] | None:
    """The visual sinks among the keys of a layer.

    Args:
        states: (keys, features) hidden states that the layer reads.
        axes: what the keys are.

    Returns:
        (keys,); ``None`` where the first key is an image token: its large features say nothing of
        the language model's.
    """
    if (axes.first_key & axes.image_keys).any() or not axes.image_keys.any():
        return None
    size = np.abs(states.astype(np.float32))
    size /= np.maximum(np.sqrt(np.mean(size**2, axis=1, keepdims=True)), np.finfo(np.float32).tiny)
    dimensions = (size[axes.first_key] >= MASSIVE).any(axis=0)
    return axes.image_keys & (size[:, dimensions].max(axis=1, initial=0) >= MASSIVE)


def states_read(
    block: tuple[str, str],
    blocks: Collection[tuple[str, str]],
    hidden_states: Sequence[HiddenStates],
) -> dict[int, FloatArray]:
    """The hidden states that the layers of a block read: (tokens, features) by the layer's number.

    Known where the layers of the block are those of its sequence: for attention within a sequence
    that no second block of the kind works on. Layer *n* then reads hidden state *n*.

    Args:
        block: its query and key sequence.
        blocks: the same of all blocks of the example.
        hidden_states: of the example.
    """
    query, key = block
    if query != key or sum(other == block for other in blocks) != 1:
        return {}
    return {
        layer: values
        for states in hidden_states
        if states.sequence == key
        for layer, values in zip(states.layers, states.values, strict=True)
    }
