"""Which heads, samples and rows a comparison of all heads with all looks at, so that it ends.

Its work is pairs of heads x rows x keys: the choices here bound it, and say what they left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from vl_tb_plugin.plugin.kept_block import KeptBlock, Positions
from vl_tb_plugin.plugin.request import BadRequest, NotFound

MOST_HEADS = 256
MOST_SAMPLES = 32
FEWEST_ROWS = 16
READ_WEIGHTS = 256 << 20
"""Weights read of a store, about."""
COMPARED_WEIGHTS = 3e8
"""Pairs of heads x rows x keys, where that leaves :data:`FEWEST_ROWS`."""

One = TypeVar("One")


@dataclass(frozen=True)
class ComparedHeads:
    """Layers and heads of one block that are compared."""

    layers: tuple[int, ...]
    heads: tuple[int, ...]
    note: str
    """Says which layers were left out; empty where none were."""

    @classmethod
    def of(cls, block: KeptBlock, layers: Sequence[int] | None) -> ComparedHeads:
        """The given layers, or as many evenly spaced ones as may be compared.

        Raises:
            NotFound: for a layer without weights, or a block that has none.
            BadRequest: for more than :data:`MOST_HEADS` heads.
        """
        name, kept, heads = block.block.name, block.layers, block.heads
        if not kept or not heads:
            raise NotFound(f"Of block {name!r} only the statistics were logged, not its weights.")
        most = max(1, MOST_HEADS // len(heads))
        if layers is None:
            chosen = tuple(evenly(kept, most))
            note = "" if len(chosen) == len(kept) else _left_out(chosen, kept)
            return cls(chosen, heads, note)
        missing = [layer for layer in layers if layer not in kept]
        if missing:
            raise NotFound(
                f"Block {name!r} has no weights of layers {missing}, only of {list(kept)}."
            )
        if len(layers) > most:
            raise BadRequest(
                f"At most {most} layers of {len(heads)} heads are compared, not {len(layers)}."
            )
        return cls(tuple(sorted(set(layers))), heads, "")

    def __len__(self) -> int:
        return len(self.layers) * len(self.heads)

    @property
    def numbers(self) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
        """(heads,) layer and (heads,) head of each in turn."""
        layer, head = np.array(list(product(self.layers, self.heads)), np.int32).T
        return layer, head

    def kept_in(self, block: KeptBlock) -> bool:
        """Whether a sample has the weights of all of them."""
        return set(self.layers) <= set(block.layers) and set(self.heads) <= set(block.heads)

    def weights(self, block: KeptBlock, rows: Positions, keys: Positions) -> npt.NDArray[Any]:
        """(heads, rows, keys) probabilities of one sample."""
        return block.weights(self.layers, self.heads, rows, keys)


def samples_to_read(block: KeptBlock, heads: int, samples: int, pairs: int) -> int:
    """How many samples to read, by the size of the first.

    Args:
        block: of the first sample.
        heads: how many of each are read.
        samples: how many there are.
        pairs: how many pairs of heads are compared.
    """
    by_reading = READ_WEIGHTS // (heads * max(1, block.weights_of_a_head))
    return max(1, min(samples, MOST_SAMPLES, by_reading, _rows(pairs, len(block.kept_keys))))


def rows_to_compare(content: Positions, samples: int, pairs: int, keys: int) -> Positions:
    """Evenly spaced positions among a sample's rows: its share of the work."""
    return np.asarray(evenly(content, max(1, _rows(pairs, keys) // samples)), np.intp)


def evenly(items: Sequence[One] | npt.NDArray[Any], most: int) -> list[One]:
    """At most that many of the items, evenly spaced, from the first to the last."""
    if len(items) <= most:
        return list(items)
    return [items[place] for place in np.linspace(0, len(items) - 1, most).round().astype(int)]


def rows_note(rows: int, samples: int, of: int) -> str:
    """What a mean is over, in a sentence."""
    which = "" if samples == of else f", evenly spaced among the cohort's {of}"
    many = "1 sample" if samples == 1 else f"{samples} samples"
    return f"Mean over {rows} rows of {many}{which}; rows of padding left out."


def _rows(pairs: int, keys: int) -> int:
    return max(FEWEST_ROWS, int(COMPARED_WEIGHTS // max(1, pairs * keys)))


def _left_out(chosen: Sequence[int], kept: Sequence[int]) -> str:
    return (
        f"{len(chosen)} of {len(kept)} layers, evenly spaced ({', '.join(map(str, chosen))}): at"
        f" most {MOST_HEADS} heads are compared."
    )
