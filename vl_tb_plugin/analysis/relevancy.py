"""The rules by which relevancy spreads through attention layers, as functions of arrays.

Source of all equations: Chefer, Gur, Wolf, *Generic attention-model explainability for
interpreting bi-modal and encoder-decoder transformers* (ICCV 2021). What a layer contributes is
``mean_h relu(dA * A)`` (equation 5) of its attention probabilities ``A`` (heads, queries, keys) and
the gradient ``dA`` of the explained output; here it is given as one array (queries, keys) a layer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vl_tb_plugin.analysis.relevancy_schedule import (
    AttentionLayer,
    CrossAttention,
    Schedule,
    attention_of,
)

FloatArray = npt.NDArray[np.floating]

Contributions = Mapping[AttentionLayer, FloatArray]
"""By layer, (queries, keys): what each query takes from each key."""

Relevancies = dict[tuple[str, str], FloatArray]
"""By the names of two sequences, (tokens, tokens): how the first depends on the second."""


@dataclass(frozen=True)
class Rules:
    """The rules as published, or with one of the paper's ablations.

    Attributes:
        normalised: normalise self relevancy in equation 10 by equations 8 and 9.
        self_in_cross: let equation 10 pass through the self relevancy of both sequences.
        aggregated: add to what was, instead of replacing it.
    """

    normalised: bool = True
    self_in_cross: bool = True
    aggregated: bool = True


RULES: dict[str, Rules] = {
    "relevancy": Rules(),
    "no_normalisation": Rules(normalised=False),
    "no_self_in_rule_10": Rules(self_in_cross=False),
    "no_aggregation": Rules(normalised=False, aggregated=False),
}
"""By name of the method. Without aggregation there is no ``I`` left that equation 8 could take off,
so nothing is normalised, as in the authors' code."""


def relevancy(
    schedule: Schedule,
    contributions: Contributions,
    lengths: Mapping[str, int],
    rules: Rules | None = None,
    start: Relevancies | None = None,
) -> Relevancies:
    """Relevancy between all sequences after all updates of a schedule.

    Args:
        schedule: the updates, in order.
        contributions: by layer; a layer that is missing contributed nothing.
        lengths: number of tokens, by sequence.
        rules: default as published.
        start: what holds before the first update; by default each token depends on itself alone.

    Returns:
        By pair of sequences, (tokens of the first, tokens of the second).
    """
    rules = rules or Rules()
    state = initial(schedule, lengths) | dict(start or {})
    attended: set[str] = set()
    for step in schedule.steps:
        changes: Relevancies = {}
        for update in step:
            contribution = contributions.get(attention_of(update))
            if contribution is None:
                continue
            if isinstance(update, CrossAttention):
                has_attended = update.attention.query in attended
                change = _cross_changes(state, update, contribution, rules, has_attended)
            else:
                change = _self_changes(state, update.query, contribution)
                attended.add(update.query)
            for pair, addition in change.items():
                changes[pair] = changes[pair] + addition if pair in changes else addition
        for pair, addition in changes.items():
            state[pair] = state[pair] + addition if rules.aggregated else addition
    return state


def relevancy_row(row: FloatArray, contribution: FloatArray) -> FloatArray:
    """One read-out row, carried from above a self-attention layer to below it.

    A row of the product ``(I + C_L) ... (I + C_1)``, which equation 6 builds from the first layer
    on, can also be built from the last layer on, as a vector: the order in which backpropagation
    visits the layers.

    Args:
        row: (tokens,) what the read-out takes from each token above the layer.
        contribution: (tokens, tokens) of the layer.
    """
    carried: FloatArray = row + row @ contribution
    return carried


def initial(schedule: Schedule, lengths: Mapping[str, int]) -> Relevancies:
    """Before any layer each token depends on itself: identities and zeros."""
    names = schedule.sequences
    return {
        (query, key): (
            np.eye(lengths[query], dtype=np.float32)
            if query == key
            else np.zeros((lengths[query], lengths[key]), np.float32)
        )
        for query in names
        for key in names
    }


def normalised(self_relevancy: FloatArray) -> FloatArray:
    """Equations 8 and 9: rows of ``R - I`` divided by their sums, plus ``I``.

    A row whose sum is zero stays zero before ``I`` is added.
    """
    identity = np.eye(len(self_relevancy), dtype=self_relevancy.dtype)
    gained = self_relevancy - identity
    sums = gained.sum(axis=1, keepdims=True)
    result: FloatArray = gained / np.where(sums == 0, 1, sums) + identity
    return result


def _self_changes(state: Relevancies, sequence: str, contribution: FloatArray) -> Relevancies:
    """Equations 6 and 7: whatever a token takes a share of, it depends on likewise."""
    return {pair: contribution @ value for pair, value in state.items() if pair[0] == sequence}


def _cross_changes(
    state: Relevancies,
    update: CrossAttention,
    contribution: FloatArray,
    rules: Rules,
    has_attended: bool,
) -> Relevancies:
    query, key = update.attention.query, update.attention.key
    through = contribution
    if rules.self_in_cross:  # equation 10
        own, other = state[(query, query)], state[(key, key)]
        if rules.normalised:
            # where self-attention has passed and no token gained anything, equation 8 is 0/0 for
            # all of them: the authors' code then adds nothing (DETR's first decoder layer)
            undefined = has_attended and np.array_equal(own, np.eye(len(own)))
            own, other = normalised(own) * (not undefined), normalised(other)
        through = own.T @ contribution @ other
    changes = {(query, key): through}
    if update.returns:  # equation 11
        changes[(query, query)] = contribution @ state[(key, query)]
    return changes
