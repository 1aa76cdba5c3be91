"""Where the entries of the batch axis of an attention call lie in the matrices of the samples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from vl_tb_plugin.capture.batch_layout import BatchLayout, Stretch
from vl_tb_plugin.capture.families.structure import AttentionSite


@dataclass(frozen=True, eq=False)
class PlacedEntry:
    """Tokens of one entry of a call that belong to one sample.

    Attributes:
        entry: number of the entry within the call.
        rows: its queries, numbered within the call, and their positions in the sample.
        columns: its keys, likewise.
    """

    entry: int
    rows: Stretch
    columns: Stretch

    @property
    def sample(self) -> int:
        """Number of the sample."""
        return self.rows.sample


class EntryPlaces:
    """Follows the calls of one pass: later calls of a module go on where earlier ones ended.

    Args:
        layout: the sequences of every sample; may be exchanged for a longer one.
    """

    def __init__(self, layout: BatchLayout):
        self.layout = layout
        self._entries: Counter[tuple[AttentionSite, int]] = Counter()
        self._starts: Counter[tuple[AttentionSite, int]] = Counter()

    def add(
        self, site: AttentionSite, layer: int, entries: int, queries: int, keys: int, first: bool
    ) -> Iterator[PlacedEntry]:
        """The places of one attention.

        Args:
            site: which block.
            layer: number of the layer.
            entries: length of the batch axis.
            queries: tokens of each entry that ask.
            keys: tokens of each entry that are looked at.
            first: whether it is the first attention of its call; where calls are packed, the
                others go on along the same entry.
        """
        place = (site, layer)
        if first:
            self._starts[place] = 0
            if site.packed:
                self._entries[place] += 1
        for number in range(entries):
            if site.packed:  # equal stretches may also come as a batch
                entry, start = self._entries[place] - 1, self._starts[place]
                self._starts[place] += queries
            else:
                entry, start = self._entries[place], 0
                self._entries[place] += 1
            yield from self._placed(site, number, entry, start, queries, keys)

    def of_entry(
        self, site: AttentionSite, entry: int, queries: int, keys: int
    ) -> Iterator[PlacedEntry]:
        """The places of one entry of a call, whatever came before."""
        return self._placed(site, entry, entry, 0, queries, keys)

    def _placed(
        self, site: AttentionSite, number: int, entry: int, start: int, queries: int, keys: int
    ) -> Iterator[PlacedEntry]:
        for query in self.layout.stretches(site.query, site.placement, entry):
            rows = query.within(start, queries)
            columns = _joined(
                [
                    key.within(start, keys)
                    for key in self.layout.stretches(site.key, site.placement, entry)
                    if key.sample == query.sample
                ]
            )
            if len(rows.tokens) and columns is not None:
                yield PlacedEntry(number, rows, columns)


def _joined(stretches: list[Stretch]) -> Stretch | None:
    """Several stretches of one entry and sample as one."""
    filled = [one for one in stretches if len(one.tokens)]
    if len(filled) <= 1:
        return filled[0] if filled else None
    return Stretch(
        filled[0].sample,
        np.concatenate([one.tokens for one in filled]),
        np.concatenate([one.positions for one in filled]),
    )
