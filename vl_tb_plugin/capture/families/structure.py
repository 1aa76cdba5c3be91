"""What a family states about a model: where attention and hidden states are, as data.

Layers are numbered from 0 on one common depth. *Attention layer n reads hidden state n and leads
to hidden state n + 1*; hidden state 0 holds the embeddings, as in transformers' own
``hidden_states`` and ``attentions``. Streams that meet in later layers carry the same numbers
there; a shorter stream then has a gap before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class AttentionSite:
    """Modules that compute one block of attention, one layer each.

    Args:
        path: path of the module in the model, matched from its end at a dot. ``{layer}`` stands
            for the number of a layer in its stack, ``*`` for anything; without ``{layer}`` the
            block has one layer.
        block: name of the block, e.g. ``"language"``.
        query: name of the sequence that asks.
        key: name of the sequence that is looked at.
        first_layer: number of layer 0 of this stack on the common depth.
        call: which call within a forward pass, where the same module runs several times.
    """

    path: str
    block: str
    query: str
    key: str
    first_layer: int = 0
    call: int = 0


@dataclass(frozen=True)
class HiddenStateSite:
    """Modules whose input or output is the hidden states of a sequence.

    Args:
        path: as in :class:`AttentionSite`.
        sequence: name of the sequence.
        first_layer: number of the hidden state of ``{layer}`` 0 (without ``{layer}``: of this one).
        at: whether the module's first argument or its result is meant.
        index: which element, where the result is a tuple.
    """

    path: str
    sequence: str
    first_layer: int = 0
    at: Literal["input", "output"] = "output"
    index: int = 0


@dataclass(frozen=True)
class Structure:
    """All sites of a model; blocks appear in the example in this order."""

    attention: tuple[AttentionSite, ...]
    hidden_states: tuple[HiddenStateSite, ...] = ()
