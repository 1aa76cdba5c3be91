"""One sample at one checkpoint."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from vl_tb_plugin.example.array_input import InvalidExample, as_array, check_boxes, check_finite
from vl_tb_plugin.example.attention import Attention
from vl_tb_plugin.example.hidden_states import HiddenStates
from vl_tb_plugin.example.image_input import as_image
from vl_tb_plugin.example.logit_lens import LogitLens
from vl_tb_plugin.example.relevancy import PerturbationTest, Relevancy
from vl_tb_plugin.example.token_sequence import TokenSequence

FieldValue = str | bool | int | float

Part = TypeVar("Part")


class Example:
    """One sample at one checkpoint.

    Args:
        sequences: the token sequences, each with a name of its own; one may be given alone.
        attention: blocks of attention probabilities; one may be given alone.
        hidden_states: hidden states, at most one per sequence; one may be given alone.
        images: the sample's images in the order that ``image_index`` counts: PIL images, or
            (height, width, 3) / (height, width) arrays, uint8 or floats in [0, 1].
        text: the question, caption or prompt, for the example picker.
        prediction: what the model said.
        target: what it should have said.
        correct: whether that was right; ``None`` where nobody knows.
        target_boxes: (n, 4) boxes ``x0, y0, x1, y1`` (fractions of the first image) that hold the
            evidence for the target, where known.
        fields: further values by name (loss, category ...), each a number, string or bool.
        provenance: how the arrays came to be (capture path, versions), by name.
        left_out: what was not kept and why, a sentence each; the views show them.
        relevancy: maps of relevancy, of any number of methods and targets; one may be given alone.
        perturbation: what became of the sample as tokens were taken away in the order of maps.
        logit_lens: what the output head reads in each layer, at most one per sequence; one may be
            given alone.

    Raises:
        InvalidExample: if the parts do not fit each other or a row does not sum to one.
    """

    sequences: tuple[TokenSequence, ...]
    attention: tuple[Attention, ...]
    hidden_states: tuple[HiddenStates, ...]
    images: tuple[npt.NDArray[np.uint8], ...]
    """Each (height, width, 3)."""
    target_boxes: npt.NDArray[np.float32]
    """(n, 4), n may be 0."""
    relevancy: tuple[Relevancy, ...]
    perturbation: tuple[PerturbationTest, ...]
    logit_lens: tuple[LogitLens, ...]

    def __init__(
        self,
        sequences: TokenSequence | Sequence[TokenSequence],
        attention: Attention | Sequence[Attention] = (),
        hidden_states: HiddenStates | Sequence[HiddenStates] = (),
        *,
        images: Sequence[Any] = (),
        text: str = "",
        prediction: str | None = None,
        target: str | None = None,
        correct: bool | None = None,
        target_boxes: Any = None,
        fields: Mapping[str, FieldValue] | None = None,
        provenance: Mapping[str, str] | None = None,
        left_out: Sequence[str] = (),
        relevancy: Relevancy | Sequence[Relevancy] = (),
        perturbation: PerturbationTest | Sequence[PerturbationTest] = (),
        logit_lens: LogitLens | Sequence[LogitLens] = (),
    ):
        self.sequences = _parts(sequences, TokenSequence, "sequences")
        self.attention = _parts(attention, Attention, "attention")
        self.hidden_states = _parts(hidden_states, HiddenStates, "hidden_states")
        self.images = tuple(as_image(image, f"images[{i}]") for i, image in enumerate(images))
        self.text = str(text)
        self.prediction = None if prediction is None else str(prediction)
        self.target = None if target is None else str(target)
        self.correct = None if correct is None else bool(correct)
        self.target_boxes = _target_boxes(target_boxes)
        self.fields = {str(name): _field(name, value) for name, value in (fields or {}).items()}
        self.provenance = {str(name): str(value) for name, value in (provenance or {}).items()}
        self.left_out = tuple(str(sentence) for sentence in left_out)
        self.relevancy = _parts(relevancy, Relevancy, "relevancy")
        self.perturbation = _parts(perturbation, PerturbationTest, "perturbation")
        self.logit_lens = _parts(logit_lens, LogitLens, "logit_lens")
        self._check_parts()

    def __repr__(self) -> str:
        parts = [*self.sequences, *self.attention, *self.hidden_states]
        return f"Example({', '.join(map(repr, parts))})"

    def sequence(self, name: str, argument: str = "sequence") -> TokenSequence:
        """The token sequence of that name; raises :class:`InvalidExample` if there is none."""
        for sequence in self.sequences:
            if sequence.name == name:
                return sequence
        names = sorted(sequence.name for sequence in self.sequences)
        raise InvalidExample(argument, f"one of the sequences {names}", repr(name))

    def block(self, name: str) -> Attention:
        """The attention block of that name; raises :class:`InvalidExample` if there is none."""
        for block in self.attention:
            if block.name == name:
                return block
        names = sorted(block.name for block in self.attention)
        raise InvalidExample("block", f"one of the attention blocks {names}", repr(name))

    def with_arrays(
        self,
        attention: Sequence[Attention],
        hidden_states: Sequence[HiddenStates],
        left_out: Sequence[str],
        logit_lens: Sequence[LogitLens] = (),
    ) -> Example:
        """The same example with other arrays, and what was left out of them."""
        other = copy.copy(self)
        other.attention, other.hidden_states = tuple(attention), tuple(hidden_states)
        other.logit_lens = tuple(logit_lens)
        other.left_out = tuple(left_out)
        other._check_parts()
        return other

    @property
    def nbytes(self) -> int:
        """Bytes that the arrays hold in memory, the measure of back-pressure."""
        parts: list[Any] = [*self.attention, *self.images, *self.relevancy, *self.logit_lens]
        parts += [states.values for states in self.hidden_states]
        return sum(part.nbytes for part in parts)

    def _check_parts(self) -> None:
        if not self.sequences:
            raise InvalidExample("sequences", "at least one TokenSequence", "none")
        _check_unique([sequence.name for sequence in self.sequences], "sequences", "name")
        _check_unique([block.name for block in self.attention], "attention", "name")
        _check_unique([one.sequence for one in self.hidden_states], "hidden_states", "sequence")
        for sequence in self.sequences:
            highest = int(sequence.image_index.max())
            if self.images and highest >= len(self.images):
                raise InvalidExample(
                    f"sequence {sequence.name!r}.image_index",
                    f"below {len(self.images)}, the number of images",
                    f"{highest}",
                )
        for block in self.attention:
            where = f"attention {block.name!r}"
            query = self.sequence(block.query, f"{where}.query")
            block.check_against(query, self.sequence(block.key, f"{where}.key"))
        for states in self.hidden_states:
            argument = f"hidden states of {states.sequence!r}"
            states.check_against(self.sequence(states.sequence, argument))
        _check_unique([one.sequence for one in self.logit_lens], "logit_lens", "sequence")
        for lens in self.logit_lens:
            lens.check_against(self.sequence(lens.sequence, f"logit lens of {lens.sequence!r}"))
        named = {sequence.name: sequence for sequence in self.sequences}
        maps: list[Relevancy | PerturbationTest] = [*self.relevancy, *self.perturbation]
        for one in maps:
            one.check_against(named)


def _parts(given: Part | Sequence[Part], kind: type[Part], argument: str) -> tuple[Part, ...]:
    items: tuple[Any, ...] = tuple(given) if isinstance(given, list | tuple) else (given,)
    for position, item in enumerate(items):
        if not isinstance(item, kind):
            raise InvalidExample(f"{argument}[{position}]", kind.__name__, type(item).__name__)
    return items


def _target_boxes(given: Any) -> npt.NDArray[np.float32]:
    if given is None:
        return np.zeros((0, 4), np.float32)
    array = as_array(given, "target_boxes")[0].astype(np.float32)
    if array.size == 0:
        return np.zeros((0, 4), np.float32)
    if array.ndim not in (1, 2) or array.shape[-1] != 4:
        raise InvalidExample("target_boxes", "shape (n, 4)", f"{array.shape}")
    boxes = array.reshape(-1, 4)
    check_finite(boxes, "target_boxes")
    check_boxes(boxes, "target_boxes")
    return boxes


def _field(name: Any, value: Any) -> FieldValue:
    if hasattr(value, "item") and math.prod(getattr(value, "shape", (2,))) == 1:
        value = value.item()
    if not isinstance(value, str | bool | int | float):
        raise InvalidExample(f"fields[{name!r}]", "a number, string or bool", type(value).__name__)
    return value


def _check_unique(names: Sequence[str], argument: str, what: str) -> None:
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise InvalidExample(argument, f"a different {what} each", f"{repeated} more than once")
