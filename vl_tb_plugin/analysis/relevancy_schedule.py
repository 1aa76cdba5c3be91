"""In which order the rules of relevancy meet the attention layers of an architecture, as data.

Source: Chefer, Gur, Wolf, *Generic attention-model explainability for interpreting bi-modal and
encoder-decoder transformers* (ICCV 2021), section 3.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class AttentionLayer:
    """One layer of a block of attention.

    Attributes:
        block: name of the block.
        layer: number of the layer.
        query: name of the sequence that asks.
        key: name of the sequence that is looked at; the same in self-attention.
    """

    block: str
    layer: int
    query: str
    key: str

    @property
    def is_self(self) -> bool:
        """Whether the rules of self-attention hold: equations 6 and 7."""
        return self.query == self.key


@dataclass(frozen=True)
class CrossAttention:
    """A layer that mixes the key sequence into the query sequence: equation 10.

    Attributes:
        attention: the layer.
        returns: whether equation 11 holds, too: what the key sequence owes to the query sequence
            comes back. It does in co-attention, where both sequences change one another; not in an
            encoder-decoder.
    """

    attention: AttentionLayer
    returns: bool = False


Update = AttentionLayer | CrossAttention
"""Self-attention, or cross-attention."""


@dataclass(frozen=True)
class Schedule:
    """The updates of an architecture.

    Attributes:
        steps: one after another; updates within a step all start from the values before it.
    """

    steps: tuple[tuple[Update, ...], ...]

    @classmethod
    def of(cls, updates: Iterable[Update]) -> Schedule:
        """A schedule of steps of one update each."""
        return cls(tuple((update,) for update in updates))

    def __add__(self, other: Schedule) -> Schedule:
        return Schedule(self.steps + other.steps)

    @property
    def layers(self) -> tuple[AttentionLayer, ...]:
        """Every attention layer, in order."""
        every = [attention_of(update) for step in self.steps for update in step]
        return tuple(every)

    @property
    def sequences(self) -> tuple[str, ...]:
        """Names of the sequences, in order of their first update."""
        names = [name for layer in self.layers for name in (layer.query, layer.key)]
        return tuple(dict.fromkeys(names))

    def from_layer(self, start: int) -> Schedule:
        """The updates of layers from ``start`` on; counted from the end where negative.

        ``-1`` keeps the last layer of every block alone, as the authors do with CLIP.
        """
        first = {}
        for block in {layer.block for layer in self.layers}:
            numbers = sorted({layer.layer for layer in self.layers if layer.block == block})
            first[block] = numbers[max(-len(numbers), start)] if start < 0 else start

        def counts(update: Update) -> bool:
            layer = attention_of(update)
            return layer.layer >= first[layer.block]

        steps = [tuple(update for update in step if counts(update)) for step in self.steps]
        return Schedule(tuple(step for step in steps if step))


def attention_of(update: Update) -> AttentionLayer:
    """The attention layer that an update reads."""
    return update.attention if isinstance(update, CrossAttention) else update


def in_order(layers: Sequence[AttentionLayer]) -> Schedule:
    """The schedule of an architecture that states none.

    Sequences that are looked at come before those that look at them; within one, layers count from
    the first to the last, in each the self-attention before the cross-attention. Where two
    sequences look at each other, both change at once in every layer, and pass on within themselves
    afterwards.

    Args:
        layers: all of them, in any order.
    """
    steps: list[tuple[Update, ...]] = []
    left = list(dict.fromkeys(layers))
    while left:
        asking = dict.fromkeys(layer.query for layer in left)
        # those that depend on the fewest: one sequence, or several that look at each other
        first = min((_depends_on(name, left) & set(asking) for name in asking), key=len)
        chosen = [layer for layer in left if layer.query in first]
        left = [layer for layer in left if layer.query not in first]
        mutual = len(first) > 1
        for number in sorted({layer.layer for layer in chosen}):
            own = [layer for layer in chosen if layer.layer == number]
            selves = [(layer,) for layer in own if layer.is_self]
            crosses = [CrossAttention(layer, mutual) for layer in own if not layer.is_self]
            if mutual:
                steps += [tuple(crosses)] if crosses else []
                steps += selves
            else:
                steps += [*selves, *((one,) for one in crosses)]
    return Schedule(tuple(steps))


def _depends_on(name: str, layers: Sequence[AttentionLayer]) -> set[str]:
    """The sequences that one looks at, by itself or through others; itself among them."""
    found, new = set(), {name}
    while new:
        found |= new
        new = {layer.key for layer in layers if layer.query in new} - found
    return found
