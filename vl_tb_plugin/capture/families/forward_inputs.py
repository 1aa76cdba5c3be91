"""What a family may look at when it builds the token sequences of a batch, and what it returns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from vl_tb_plugin.example import TokenSequence


@dataclass(frozen=True)
class ForwardInputs:
    """One forward pass, from outside.

    Attributes:
        model: the transformers model.
        batch: its inputs by name, tensors with the samples on axis 0.
        tokenizer: of the processor, or ``None``.
        image_processor: of the processor, or ``None``.
        images: the original images of each sample, where the user gave them.
        observed: results of the modules that :attr:`Structure.observed` names, one per call so far.
        output: what the model returned, where the user gave it.
        remarks: families append sentences on what they could not tell; the views show each once.
    """

    model: Any
    batch: Mapping[str, Any]
    tokenizer: Any = None
    image_processor: Any = None
    images: Sequence[Sequence[Any]] | None = None
    observed: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    output: Any = None
    remarks: list[str] = field(default_factory=list)

    def original(self, sample: int, image: int) -> Any:
        """The original of an image of a sample, ``None`` where the user did not give it."""
        own = self.images[sample] if self.images is not None else ()
        return own[image] if image < len(own) else None


@dataclass(frozen=True)
class Part:
    """Where a stretch of one entry of the batch axis lies in a sequence.

    Args:
        entry: number on the batch axis.
        positions: position in the sequence of each token of the stretch.
        start: first token of the entry that belongs to the stretch.
    """

    entry: int
    positions: Sequence[int]
    start: int = 0


@dataclass(frozen=True)
class SampleSequence:
    """A sequence of one sample, and where it lies in the batch.

    Args:
        tokens: the tokens.
        entries: which entries of the batch axis belong to it, where that is not simply the number
            of the sample: a vision tower that sees all images of a batch has several per sample.
            They are equally long, follow one another in ``tokens`` and do not attend to each other.
        placements: where that is too simple (packed sequences, windows), the parts by placement
            name; ``""`` is the one that holds where a site names none.
    """

    tokens: TokenSequence
    entries: Sequence[int] = ()
    placements: Mapping[str, Sequence[Part]] = field(default_factory=dict)

    def parts(self, placement: str = "") -> Sequence[Part]:
        """The parts under one placement."""
        if placement in self.placements:
            return self.placements[placement]
        length = len(self.tokens) // max(1, len(self.entries))
        return [
            Part(entry, range(number * length, (number + 1) * length))
            for number, entry in enumerate(self.entries)
        ]
