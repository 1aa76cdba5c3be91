"""What a family may look at when it builds the token sequences of a batch."""

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
        lengths: number of tokens that each sequence was seen to have, by name.
        images: the original images of each sample, where the user gave them.
        output: what the model returned, where the user gave it.
        remarks: families append sentences on what they could not tell; the views show them.
    """

    model: Any
    batch: Mapping[str, Any]
    tokenizer: Any = None
    image_processor: Any = None
    lengths: Mapping[str, int] = field(default_factory=dict)
    images: Sequence[Sequence[Any]] | None = None
    output: Any = None
    remarks: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class SampleSequence:
    """A sequence of one sample, and where it lies in the batch.

    Args:
        tokens: the tokens.
        entries: which entries of the batch axis belong to it, where that is not simply the number
            of the sample: a vision tower that sees all images of a batch has several per sample.
            They follow one another in ``tokens`` and do not attend to each other.
    """

    tokens: TokenSequence
    entries: tuple[int, ...]
