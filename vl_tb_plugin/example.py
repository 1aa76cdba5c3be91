"""The data model: one sample at one checkpoint, as plain arrays of any framework.

Everything a user hands over is validated here, once, when the object is made; every floor
above may rely on it. Nothing here knows of models, files or TensorBoard.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

MODALITIES = ("text", "image", "special", "padding", "generated")
"""What a token can be. Statistics leave ``special`` and ``padding`` tokens out of the spans."""

FieldValue = str | bool | int | float

_ROW_SUM_TOLERANCE = {"float64": 1e-3, "float32": 1e-3, "float16": 5e-3, "bfloat16": 3e-2}


class InvalidExample(ValueError):
    """An argument does not fit: the message says which one, what was expected, what came."""

    def __init__(self, argument: str, expected: str, got: str):
        self.argument = argument
        self.expected = expected
        self.got = got
        super().__init__(f"{argument}: expected {expected}, got {got}.")


@dataclass(frozen=True, eq=False)
class TokenSequence:
    """One axis that attention runs over: the tokens of a stream, in order.

    Args:
        tokens: display string of each of the ``n`` tokens.
        modality: one of :data:`MODALITIES` per token (METHODS: tokens are text, image, special,
            padding or generated).
        name: how blocks refer to this sequence, e.g. ``"text"``, ``"image"``, ``"joint"``.
        boxes: (n, 4) array of ``x0, y0, x1, y1`` as fractions of the original image, row 0 at the
            *top*; NaN where a token has no place. ``None`` where no token has one.
        image_index: (n,) integers: which of the example's images a box lies in; default 0.

    Raises:
        InvalidExample: if lengths disagree, a modality is unknown or a box leaves the image.
    """

    tokens: Sequence[str]
    modality: Sequence[str]
    name: str = "joint"
    boxes: Any = None
    image_index: Any = None

    def __post_init__(self) -> None:
        where = f"sequence {self.name!r}"
        _check_name(self.name, "sequence name")
        tokens = tuple(str(token) for token in self.tokens)
        count = len(tokens)
        if count == 0:
            raise InvalidExample(f"{where}.tokens", "at least one token", "none")
        modality = tuple(self.modality)
        if len(modality) != count:
            raise InvalidExample(
                f"{where}.modality", f"{count} entries, one per token", f"{len(modality)}"
            )
        for position, name in enumerate(modality):
            if name not in MODALITIES:
                raise InvalidExample(
                    f"{where}.modality[{position}]", f"one of {', '.join(MODALITIES)}", repr(name)
                )
        boxes = np.full((count, 4), np.nan, np.float32)
        if self.boxes is not None:
            boxes = as_array(self.boxes, f"{where}.boxes")[0].astype(np.float32)
            if boxes.shape != (count, 4):
                raise InvalidExample(f"{where}.boxes", f"shape ({count}, 4)", f"{boxes.shape}")
            _check_boxes(boxes[~np.isnan(boxes).any(axis=1)], f"{where}.boxes")
        placed = ~np.isnan(boxes).any(axis=1)
        boxes[~placed] = np.nan
        image_index = np.where(placed, 0, -1).astype(np.int32)
        if self.image_index is not None:
            given = as_array(self.image_index, f"{where}.image_index")[0]
            if given.shape != (count,):
                raise InvalidExample(f"{where}.image_index", f"shape ({count},)", f"{given.shape}")
            image_index = np.where(placed, given, -1).astype(np.int32)
            if (image_index[placed] < 0).any():
                raise InvalidExample(
                    f"{where}.image_index", "0 or more for every token with a box", "a negative one"
                )
        _set(self, tokens=tokens, modality=modality, boxes=boxes, image_index=image_index)

    def __len__(self) -> int:
        return len(self.tokens)

    def positions(self, *modalities: str) -> npt.NDArray[np.intp]:
        """Positions of the tokens of the given modalities, ascending, shape (k,)."""
        return np.flatnonzero([name in modalities for name in self.modality])


@dataclass(frozen=True, eq=False)
class Attention:
    """One block of attention probabilities: the layers of a stack between two sequences.

    Args:
        probabilities: (layers, heads, queries, keys), post-softmax: each row sums to 1 over the
            keys that the mask admits. Rows of padding queries may be anything finite, or zero.
        name: name of the block, unique in the example, e.g. ``"language"``, ``"text_to_image"``.
        query: name of the sequence that the rows belong to.
        key: name of the sequence that the columns belong to.
        layers: number of each layer in its stack, ascending; default ``0 .. layers - 1``.
        rows: which query positions the rows are, ascending, where not all were kept.
        metrics: extra layer x head numbers of your own, ``{title: (layers, heads) array}``.

    Raises:
        InvalidExample: for a wrong shape, NaN or infinity, values outside [0, 1].
    """

    probabilities: Any
    name: str = "self"
    query: str = "joint"
    key: str = "joint"
    layers: Sequence[int] | None = None
    rows: Sequence[int] | None = None
    metrics: Mapping[str, Any] = field(default_factory=dict)

    row_sum_tolerance: float = field(init=False, default=1e-3, repr=False)

    def __post_init__(self) -> None:
        where = f"attention {self.name!r}"
        _check_name(self.name, "attention name")
        probabilities, dtype = as_array(self.probabilities, f"{where}.probabilities")
        if probabilities.ndim != 4 or 0 in probabilities.shape:
            raise InvalidExample(
                f"{where}.probabilities",
                "shape (layers, heads, queries, keys)",
                f"{probabilities.shape}",
            )
        probabilities = probabilities.astype(np.float32, copy=False)
        _check_finite(probabilities, f"{where}.probabilities")
        low, high = float(probabilities.min()), float(probabilities.max())
        tolerance = _ROW_SUM_TOLERANCE.get(dtype, 1e-3)
        if low < -1e-6 or high > 1 + tolerance:
            raise InvalidExample(
                f"{where}.probabilities",
                "post-softmax probabilities between 0 and 1",
                f"values from {low:.4g} to {high:.4g} (raw scores? apply softmax first)",
            )
        layer_count, head_count, row_count, _ = probabilities.shape
        layers = _ascending(self.layers, layer_count, f"{where}.layers", "layer of probabilities")
        rows = (
            None
            if self.rows is None
            else _ascending(self.rows, row_count, f"{where}.rows", "row of probabilities")
        )
        metrics = {}
        for title, values in self.metrics.items():
            matrix = as_array(values, f"{where}.metrics[{title!r}]")[0].astype(np.float32)
            if matrix.shape != (layer_count, head_count):
                raise InvalidExample(
                    f"{where}.metrics[{title!r}]",
                    f"shape ({layer_count}, {head_count}): layers x heads",
                    f"{matrix.shape}",
                )
            _check_finite(matrix, f"{where}.metrics[{title!r}]")
            metrics[str(title)] = matrix
        _set(
            self,
            probabilities=probabilities,
            layers=layers,
            rows=rows,
            metrics=metrics,
            row_sum_tolerance=tolerance,
        )

    @property
    def kind(self) -> str:
        """``"self"`` where queries and keys are the same sequence, else ``"cross"``."""
        return "self" if self.query == self.key else "cross"

    @property
    def query_positions(self) -> npt.NDArray[np.intp]:
        """Position in the query sequence of every row kept, shape (rows,)."""
        if self.rows is None:
            return np.arange(self.probabilities.shape[2])
        return np.asarray(self.rows, dtype=np.intp)


@dataclass(frozen=True, eq=False)
class HiddenStates:
    """Hidden states of one sequence: the embeddings and the output of every layer.

    Args:
        values: (layers, tokens, features); by default layer 0 holds the embeddings.
        sequence: name of the sequence that the tokens belong to.
        layers: number of each layer, ascending; default ``0 .. layers - 1``. Two sequences that
            meet in later layers carry the same numbers there.

    Raises:
        InvalidExample: for a wrong shape, NaN or infinity.
    """

    values: Any
    sequence: str = "joint"
    layers: Sequence[int] | None = None

    def __post_init__(self) -> None:
        where = f"hidden states of {self.sequence!r}"
        values = as_array(self.values, f"{where}.values")[0]
        if values.ndim != 3 or 0 in values.shape:
            raise InvalidExample(
                f"{where}.values", "shape (layers, tokens, features)", f"{values.shape}"
            )
        values = values.astype(np.float32, copy=False)
        _check_finite(values, f"{where}.values")
        layers = _ascending(self.layers, len(values), f"{where}.layers", "layer of values")
        _set(self, values=values, layers=layers)


@dataclass(frozen=True, eq=False)
class Example:
    """One sample at one checkpoint.

    Args:
        sequences: the token sequences, each with a name of its own; one may be given alone.
        attention: blocks of attention probabilities.
        hidden_states: hidden states, at most one per sequence.
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

    Raises:
        InvalidExample: if the parts do not fit each other or a row does not sum to one.
    """

    sequences: TokenSequence | Sequence[TokenSequence]
    attention: Attention | Sequence[Attention] = ()
    hidden_states: HiddenStates | Sequence[HiddenStates] = ()
    images: Sequence[Any] = ()
    text: str = ""
    prediction: str | None = None
    target: str | None = None
    correct: bool | None = None
    target_boxes: Any = None
    fields: Mapping[str, FieldValue] = field(default_factory=dict)
    provenance: Mapping[str, str] = field(default_factory=dict)
    left_out: Sequence[str] = ()

    def __post_init__(self) -> None:
        sequences = _as_tuple(self.sequences, TokenSequence, "sequences")
        attention = _as_tuple(self.attention, Attention, "attention")
        hidden_states = _as_tuple(self.hidden_states, HiddenStates, "hidden_states")
        if not sequences:
            raise InvalidExample("sequences", "at least one TokenSequence", "none")
        _check_unique([sequence.name for sequence in sequences], "sequences", "name")
        _check_unique([block.name for block in attention], "attention", "name")
        _check_unique([states.sequence for states in hidden_states], "hidden_states", "sequence")
        by_name = {sequence.name: sequence for sequence in sequences}
        images = tuple(_as_image(image, f"images[{i}]") for i, image in enumerate(self.images))
        for sequence in sequences:
            highest = int(sequence.image_index.max(initial=-1))
            if images and highest >= len(images):
                raise InvalidExample(
                    f"sequence {sequence.name!r}.image_index",
                    f"below {len(images)}, the number of images",
                    f"{highest}",
                )
        for block in attention:
            _check_attention(block, by_name)
        for states in hidden_states:
            sequence = _lookup(by_name, states.sequence, f"hidden states of {states.sequence!r}")
            if states.values.shape[1] != len(sequence):
                raise InvalidExample(
                    f"hidden states of {states.sequence!r}.values",
                    f"{len(sequence)} tokens on axis 1, as in the sequence",
                    f"{states.values.shape[1]}",
                )
        target_boxes = np.zeros((0, 4), np.float32)
        if self.target_boxes is not None:
            given = as_array(self.target_boxes, "target_boxes")[0].astype(np.float32)
            target_boxes = given.reshape(-1, 4) if given.size % 4 == 0 else given
            if given.ndim not in (1, 2) or given.shape[-1] != 4:
                raise InvalidExample("target_boxes", "shape (n, 4)", f"{given.shape}")
            _check_finite(target_boxes, "target_boxes")
            _check_boxes(target_boxes, "target_boxes")
        _set(
            self,
            sequences=sequences,
            attention=attention,
            hidden_states=hidden_states,
            images=images,
            text=str(self.text),
            prediction=None if self.prediction is None else str(self.prediction),
            target=None if self.target is None else str(self.target),
            correct=None if self.correct is None else bool(self.correct),
            target_boxes=target_boxes,
            fields={str(name): _as_field(name, value) for name, value in self.fields.items()},
            provenance={str(name): str(value) for name, value in self.provenance.items()},
            left_out=tuple(str(sentence) for sentence in self.left_out),
        )

    def sequence(self, name: str) -> TokenSequence:
        """The token sequence of that name; raises :class:`InvalidExample` if there is none."""
        return _lookup({sequence.name: sequence for sequence in self.sequences}, name, "sequence")

    @property
    def nbytes(self) -> int:
        """Bytes that the arrays hold in memory, the measure of back-pressure."""
        arrays = [block.probabilities for block in self.attention]
        arrays += [states.values for states in self.hidden_states]
        return sum(array.nbytes for array in arrays) + sum(image.nbytes for image in self.images)


def as_array(values: Any, argument: str) -> tuple[npt.NDArray[Any], str]:
    """A numeric numpy copy of ``values`` and the name of the dtype that it came in.

    Accepts numpy arrays, torch tensors of any device and dtype (bfloat16 is widened to float32),
    and anything else that numpy understands (JAX and TensorFlow arrays, lists). It is always a
    copy, so that the caller may go on and change the original.

    Raises:
        InvalidExample: if it does not become a numeric array.
    """
    source = values
    dtype = str(getattr(values, "dtype", "")).removeprefix("torch.")
    if hasattr(values, "detach"):  # a torch tensor, recognised without importing torch
        source = values.detach().cpu()
        if dtype == "bfloat16" or dtype.startswith("float8"):
            source = source.float()
        source = source.numpy()
    try:
        array = np.array(source, order="C")
    except (TypeError, ValueError) as error:
        raise InvalidExample(argument, "a numeric array", f"{type(values).__name__}") from error
    if array.dtype.name == "bfloat16":  # ml_dtypes, as JAX and TensorFlow have it
        array = array.astype(np.float32)
    if array.dtype.kind not in "fiub":
        raise InvalidExample(argument, "a numeric array", f"dtype {array.dtype}")
    return array, dtype or array.dtype.name


def _check_attention(block: Attention, sequences: Mapping[str, TokenSequence]) -> None:
    where = f"attention {block.name!r}"
    query = _lookup(sequences, block.query, f"{where}.query")
    key = _lookup(sequences, block.key, f"{where}.key")
    _, _, row_count, key_count = block.probabilities.shape
    if block.rows is None and row_count != len(query):
        raise InvalidExample(
            f"{where}.probabilities",
            f"{len(query)} queries on axis 2, as in sequence {block.query!r}"
            " (give rows= where not all were kept)",
            f"{row_count}",
        )
    if block.rows is not None and block.rows[-1] >= len(query):
        raise InvalidExample(f"{where}.rows", f"positions below {len(query)}", f"{block.rows[-1]}")
    if key_count != len(key):
        raise InvalidExample(
            f"{where}.probabilities",
            f"{len(key)} keys on axis 3, as in sequence {block.key!r}",
            f"{key_count}",
        )
    real = np.array([query.modality[position] != "padding" for position in block.query_positions])
    sums = block.probabilities.sum(axis=-1, dtype=np.float32)[:, :, real]
    error = np.abs(sums - 1)
    if sums.size and float(error.max()) > block.row_sum_tolerance:
        layer, head, row = np.unravel_index(int(error.argmax()), error.shape)
        position = int(block.query_positions[real][row])
        raise InvalidExample(
            f"{where}.probabilities",
            "rows that sum to 1 (mark queries without any key as padding)",
            f"{float(sums[layer, head, row]):.4f} in layer {block.layers[layer]}, head {head},"
            f" query {position} ({query.tokens[position]!r})",
        )


def _as_image(image: Any, argument: str) -> npt.NDArray[np.uint8]:
    if hasattr(image, "convert"):  # a PIL image
        return np.array(image.convert("RGB"))
    array = as_array(image, argument)[0]
    if array.ndim == 2:
        array = np.repeat(array[:, :, None], 3, axis=2)
    if array.ndim != 3 or array.shape[2] != 3 or 0 in array.shape:
        raise InvalidExample(
            argument, "shape (height, width, 3) or (height, width)", f"{array.shape}"
        )
    if array.dtype.kind == "f":
        _check_finite(array, argument)
        if array.min() < 0 or array.max() > 1:
            raise InvalidExample(
                argument,
                "floats in [0, 1] or uint8",
                f"floats from {array.min():.4g} to {array.max():.4g} (undo normalisation first)",
            )
        array = np.round(array * 255)
    elif array.dtype.kind != "b" and (array.min() < 0 or array.max() > 255):
        raise InvalidExample(argument, "integers in 0..255", f"{array.min()} to {array.max()}")
    return np.ascontiguousarray(array.astype(np.uint8))


def _as_field(name: Any, value: Any) -> FieldValue:
    if hasattr(value, "item") and math.prod(getattr(value, "shape", (2,))) == 1:
        value = value.item()
    if not isinstance(value, str | bool | int | float):
        raise InvalidExample(f"fields[{name!r}]", "a number, string or bool", type(value).__name__)
    return value


def _as_tuple(values: Any, kind: type, argument: str) -> tuple[Any, ...]:
    items = tuple(values) if isinstance(values, list | tuple) else (values,)
    for position, item in enumerate(items):
        if not isinstance(item, kind):
            raise InvalidExample(f"{argument}[{position}]", kind.__name__, type(item).__name__)
    return items


def _ascending(
    given: Sequence[int] | None, count: int, argument: str, what: str
) -> tuple[int, ...]:
    if given is None:
        return tuple(range(count))
    numbers = tuple(int(number) for number in given)
    if len(numbers) != count:
        raise InvalidExample(argument, f"{count} numbers, one per {what}", f"{len(numbers)}")
    if numbers[0] < 0 or any(b <= a for a, b in itertools.pairwise(numbers)):
        raise InvalidExample(argument, "ascending numbers from 0 on", f"{list(numbers)}")
    return numbers


def _lookup(sequences: Mapping[str, TokenSequence], name: str, argument: str) -> TokenSequence:
    if name not in sequences:
        raise InvalidExample(argument, f"one of the sequences {sorted(sequences)}", repr(name))
    return sequences[name]


def _check_name(name: Any, argument: str) -> None:
    # names become parts of paths in the tensor store
    if not isinstance(name, str) or not name or "/" in name or name.startswith((".", "__")):
        raise InvalidExample(
            argument, "a non-empty string without '/' that does not start with '.' or '__'", repr(name)
        )


def _check_unique(names: Sequence[str], argument: str, what: str) -> None:
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise InvalidExample(argument, f"a different {what} each", f"{repeated} more than once")


def _check_finite(array: npt.NDArray[Any], argument: str) -> None:
    # a sum is finite only if every term is: one pass, no boolean array the size of the input
    if array.dtype.kind == "f" and not math.isfinite(float(array.sum(dtype=np.float64))):
        bad = int(array.size - np.isfinite(array).sum())
        raise InvalidExample(
            argument, "finite numbers", f"NaN or infinity in {bad} of {array.size}"
        )


def _check_boxes(boxes: npt.NDArray[np.float32], argument: str) -> None:
    slack = 1e-3
    inside = (boxes >= -slack).all(axis=1) & (boxes <= 1 + slack).all(axis=1)
    ordered = (boxes[:, 0] <= boxes[:, 2]) & (boxes[:, 1] <= boxes[:, 3])
    if not (inside & ordered).all():
        worst = boxes[~(inside & ordered)][0].tolist()
        raise InvalidExample(
            argument, "x0 <= x1, y0 <= y1 as fractions of the image in [0, 1]", f"{worst}"
        )


def _set(instance: Any, **attributes: Any) -> None:
    for name, value in attributes.items():
        object.__setattr__(instance, name, value)
