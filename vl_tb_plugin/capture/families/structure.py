"""What a family states about a model: where attention and hidden states are, as data.

Layers are numbered from 0 on one common depth. *Attention layer n reads hidden state n and leads
to hidden state n + 1*; hidden state 0 holds the embeddings, as in transformers' own
``hidden_states`` and ``attentions``. Streams that meet in later layers carry the same numbers
there; a shorter stream then has a gap before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from vl_tb_plugin.analysis.relevancy_schedule import Schedule


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
        call: which call within a forward pass, where one module serves several blocks. ``None``
            means all of them: later calls add entries to the batch axis (a tower that runs once
            per image).
        packed: whether one call computes several attentions one after another, each over the next
            stretch of entry 0 (images or windows packed into one sequence).
        placement: which placement of the two sequences holds here, where a
            :class:`~vl_tb_plugin.capture.families.SampleSequence` has several (shifted windows).
    """

    path: str
    block: str
    query: str
    key: str
    first_layer: int = 0
    call: int | None = None
    packed: bool = False
    placement: str = ""


@dataclass(frozen=True)
class HiddenStateSite:
    """Modules whose input or output is the hidden states of a sequence.

    The tensor is (batch, tokens, features), or (tokens, features) for a batch of one packed
    sequence, or (batch, rows, columns, features) of a grid, which is read row by row.

    Args:
        path: as in :class:`AttentionSite`.
        sequence: name of the sequence.
        first_layer: number of the hidden state of ``{layer}`` 0 (without ``{layer}``: of this one).
        at: whether the module's first argument or its result is meant.
        index: which element, where the result is a tuple.
        placement: as in :class:`AttentionSite`.
    """

    path: str
    sequence: str
    first_layer: int = 0
    at: Literal["input", "output"] = "output"
    index: int = 0
    placement: str = ""


@dataclass(frozen=True)
class Readout:
    """Whose row of relevancy explains an output.

    Args:
        sequence: name of the sequence.
        row: the first token (a class token); the last, or the second-last, real token that is no
            image token; or the one at whose position the explained logit is.
        only_words: whether special tokens have no score and the scores sum to one, as the authors
            read the text tower of CLIP.
    """

    sequence: str
    row: Literal["first", "last_word", "second_last_word", "explained"] = "first"
    only_words: bool = False


@dataclass(frozen=True)
class Explanation:
    """How relevancy explains an output of a model.

    Args:
        readouts: which rows are read; empty for that of the token at the explained logit, or of
            the first one where logits have no positions.
        logits: field of the output that holds the logits.
        logits_of: what the axes of the logits behind the samples mean: ``classes``, ``tokens``
            (positions, then the vocabulary), ``objects`` (queries, then classes, perhaps no
            object last) or ``pairs`` (every image with every text). Empty: told by their number.
        schedule: in which order layers count; empty for the order of the layers, streams that are
            looked at before those that look.
        start_layer: from which layer on they count, from the end where negative.
    """

    readouts: tuple[Readout, ...] = ()
    logits: str = "logits"
    logits_of: Literal["", "classes", "tokens", "objects", "pairs"] = ""
    schedule: Schedule = Schedule(())
    start_layer: int = 0


@dataclass(frozen=True)
class OutputHead:
    """What makes the output of the model from the last hidden state of a sequence: what the logit
    lens applies to those of every layer.

    Args:
        sequence: name of the sequence.
        modules: paths, as in :class:`AttentionSite`, of the modules that are applied one after
            another. A hidden state that is the result of one of them goes on with the next.
        row: the token that a classifier reads, as in :class:`Readout`; empty where every token has
            an output of its own.
        logits: field of the output that holds the logits.
        scale: by which hidden states are multiplied before the last module.
    """

    sequence: str
    modules: tuple[str, ...]
    row: Literal["", "first", "second_last_word"] = ""
    logits: str = "logits"
    scale: float = 1.0


@dataclass(frozen=True)
class Structure:
    """All sites of a model.

    Args:
        attention: blocks appear in the example in this order.
        hidden_states: where hidden states are.
        observed: modules whose results the family wants to see when it builds the sequences, path
            by name; see :attr:`ForwardInputs.observed`.
        generated: name of the sequence that grows token by token under ``generate()``, if any.
        explanation: how relevancy explains an output.
        heads: what the logit lens may apply: the first one whose modules the model has. Empty for
            what decoders have by convention: the normalisation that makes the last hidden state,
            then the output embeddings.
    """

    attention: tuple[AttentionSite, ...]
    hidden_states: tuple[HiddenStateSite, ...] = ()
    observed: Mapping[str, str] = field(default_factory=dict)
    generated: str = ""
    explanation: Explanation = Explanation()
    heads: tuple[OutputHead, ...] = ()
