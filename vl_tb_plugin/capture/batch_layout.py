"""The token sequences of a batch: which tokens an entry of the batch axis holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from vl_tb_plugin.capture.families.forward_inputs import SampleSequence
from vl_tb_plugin.example import TokenSequence


@dataclass(frozen=True, eq=False)
class Stretch:
    """Tokens of one entry that belong to one sample.

    Attributes:
        sample: number of the sample.
        tokens: number of each token within the entry.
        positions: position of each in the sample's sequence.
    """

    sample: int
    tokens: npt.NDArray[np.intp]
    positions: npt.NDArray[np.intp]

    def within(self, start: int, count: int) -> Stretch:
        """The tokens ``start .. start + count - 1`` of the entry, numbered from 0."""
        inside = (self.tokens >= start) & (self.tokens < start + count)
        if inside.all() and start == 0:
            return self
        return Stretch(self.sample, self.tokens[inside] - start, self.positions[inside])


class BatchLayout:
    """The sequences of every sample of a batch.

    Args:
        samples: by sample.
    """

    def __init__(self, samples: Sequence[Sequence[SampleSequence]]):
        self.samples = [{one.tokens.name: one for one in sample} for sample in samples]
        self._places: dict[tuple[str, str], dict[int, list[Stretch]]] = {}

    def sequence(self, sample: int, name: str) -> TokenSequence:
        """A sequence of a sample."""
        return self.samples[sample][name].tokens

    def stretches(self, sequence: str, placement: str, entry: int) -> list[Stretch]:
        """What an entry of the batch axis holds of a sequence."""
        places = self._places.get((sequence, placement))
        if places is None:
            places = self._places[(sequence, placement)] = self._found(sequence, placement)
        return places.get(entry, [])

    def resized(self, name: str, length: int, more: Sequence[Sequence[str]] = ()) -> BatchLayout:
        """With a sequence cut or filled up to a length, then continued.

        Args:
            name: of the sequence.
            length: number of tokens that are known; missing ones are text.
            more: by sample, the modality of each token that follows.
        """
        return BatchLayout(
            [
                [
                    _resized(one, length, more[number] if more else ()) if key == name else one
                    for key, one in sample.items()
                ]
                for number, sample in enumerate(self.samples)
            ]
        )

    def limited(self, count: int | None) -> BatchLayout:
        """The first so many samples; entries of the others hold nothing."""
        kept = self.samples if count is None else self.samples[:count]
        return BatchLayout([list(sample.values()) for sample in kept])

    @cached_property
    def count(self) -> int:
        """Number of samples."""
        return len(self.samples)

    def _found(self, sequence: str, placement: str) -> dict[int, list[Stretch]]:
        places: dict[int, list[Stretch]] = {}
        for sample, sequences in enumerate(self.samples):
            if sequence in sequences:
                for part in sequences[sequence].parts(placement):
                    positions = np.asarray(part.positions, dtype=np.intp)
                    tokens = np.arange(part.start, part.start + len(positions))
                    places.setdefault(part.entry, []).append(Stretch(sample, tokens, positions))
        return places


def _resized(sequence: SampleSequence, length: int, more: Sequence[str]) -> SampleSequence:
    tokens = sequence.tokens
    kept, count = min(length, len(tokens)), length + len(more)
    missing = length - kept
    return replace(
        sequence,
        tokens=TokenSequence(
            [*tokens.tokens[:kept], *(f"@{number}" for number in range(kept, count))],
            [*tokens.modality[:kept], *["text"] * missing, *more],
            tokens.name,
            np.vstack([tokens.boxes[:kept], np.full((count - kept, 4), np.nan)]),
            np.concatenate([tokens.image_index[:kept], np.full(count - kept, -1)]),
        ),
    )
