"""Token sequences that the user states; they beat the family's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from vl_tb_plugin.capture.batch_layout import BatchLayout
from vl_tb_plugin.capture.families.forward_inputs import ForwardInputs, SampleSequence
from vl_tb_plugin.capture.families.registry import Family
from vl_tb_plugin.example import InvalidExample, TokenSequence

SampleSequences = Sequence[TokenSequence | SampleSequence]
Layout = Sequence[SampleSequences] | Callable[[ForwardInputs], Sequence[SampleSequences]]
"""The sequences of every sample, or a function that makes them from what it is shown of a pass."""


def batch_layout(inputs: ForwardInputs, family: Family, layout: Layout | None) -> BatchLayout:
    """The sequences of every sample, each with its entries on the batch axis."""
    if layout is None:
        samples = family.sequences(inputs)
    else:
        samples = layout(inputs) if callable(layout) else layout
    return BatchLayout(
        [
            [_placed(sequence, number) for sequence in sample]
            for number, sample in enumerate(samples)
        ]
    )


def _placed(sequence: TokenSequence | SampleSequence, number: int) -> SampleSequence:
    if isinstance(sequence, SampleSequence):
        own = sequence.entries or sequence.placements
        return sequence if own else replace(sequence, entries=(number,))
    if isinstance(sequence, TokenSequence):
        return SampleSequence(sequence, (number,))
    raise InvalidExample("layout", "TokenSequences for every sample", type(sequence).__name__)
