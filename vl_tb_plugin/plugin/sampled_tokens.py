"""Which tokens stand for all where looking at every one would take too long.

Who belongs to them depends on their names alone (tag, sequence, position), so that it is the same
tokens at every step, in every layer and run. Whole examples are taken, in an order that has nothing
to do with that in which they were logged: their tokens lie side by side in the store.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from vl_tb_plugin.plugin.hidden_state_catalogue import LoggedStates


def sampled_examples(tokens: dict[str, int], most_tokens: int) -> list[str]:
    """Tags of whole examples, until they have ``most_tokens`` tokens together; at least one.

    Args:
        tokens: how many tokens each example has, by tag.
        most_tokens: the bound.
    """
    chosen: list[str] = []
    total = 0
    for tag in sorted(tokens, key=_number):
        if chosen and total + tokens[tag] > most_tokens:
            break
        chosen.append(tag)
        total += tokens[tag]
    return chosen


def tokens_by_tag(states: Iterable[LoggedStates]) -> dict[str, int]:
    """How many tokens each example has, padding left out."""
    counts: dict[str, int] = {}
    for one in states:
        counts[one.tag] = counts.get(one.tag, 0) + len(one.places.token)
    return counts


def token_order(states: LoggedStates) -> npt.NDArray[np.float64]:
    """(points,) places of the tokens of one sequence in an order of all tokens: take the first."""
    seed = _number(f"{states.tag}\n{states.sequence}")
    return np.random.default_rng(seed).random(states.places.length)[states.places.token]


def first_in_order(
    orders: Sequence[npt.NDArray[np.float64]], among: Sequence[npt.NDArray[np.bool_]], most: int
) -> list[npt.NDArray[np.bool_]]:
    """Which tokens of each group are the first ``most`` of those that are ``among``."""
    wanted = [order[chosen] for order, chosen in zip(orders, among, strict=True)]
    every = np.concatenate([*wanted, np.zeros(0)])
    last = np.partition(every, most - 1)[most - 1] if len(every) > most else np.inf
    return [chosen & (order <= last) for order, chosen in zip(orders, among, strict=True)]


def _number(name: str) -> int:
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big")
