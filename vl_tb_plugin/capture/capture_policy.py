"""What of a forward pass is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vl_tb_plugin.example import InvalidExample, Precision
from vl_tb_plugin.example.encoded_probabilities import check_precision

Rows = str | Sequence[int]
Keys = str | Sequence[int]
Numbers = Sequence[int] | None

ROWS = ("auto", "all", "text", "generated")
KEYS = ("all", "text", "image")
LENS = ("all", "image", "text", "generated", "classified", "none")


@dataclass(frozen=True)
class CapturePolicy:
    """What of a forward pass is kept; what is not is named in the example and shown by the views.

    Statistics cover every layer and head, over the rows chosen here; ``layers``, ``heads`` and
    ``keys`` concern the weights only.

    Args:
        rows: query rows: ``"all"``; ``"text"``: text, special and generated tokens;
            ``"generated"``: generated tokens and the last one of the prompt, which predicts the
            first of them (of a vision tower, its special tokens); positions in the sequence;
            ``"auto"``: all while the block's share of ``max_bytes`` allows it, else text. A mapping
            gives each block its own.
        layers: numbers of the layers whose weights are kept, default all. A mapping gives each
            block its own.
        heads: numbers of the heads whose weights are kept, default all.
        keys: keys whose weights are kept: ``"all"``, ``"text"`` (with special and generated ones),
            ``"image"``, or positions. Saves disk, not memory: others read as not logged.
        precision: of the weights: ``"uint8"`` (square-root scale), ``"uint8_row_maximum"`` (finer
            where no weight is large), ``"float16"``, ``"float32"``.
        hidden_states: all layers, none, or these numbers.
        hidden_states_dtype: ``"float16"``, or ``"float32"``; states beyond the range of float16
            stay float32.
        max_bytes: of one example in memory, before compression; ``None`` for no limit. Hidden
            states take at most half; then rows are kept in the order generated, text (the last
            first), special, image (spread evenly).
        logit_lens: of which tokens the output head reads the hidden states of every layer:
            ``"all"``; ``"image"``; ``"text"`` and ``"generated"``, as for ``rows``; positions in
            the sequence; ``"classified"``: the one that a classifier reads, nothing of models
            without one; ``"none"``. Each token costs layers x vocabulary x features
            multiplications: all tokens of a prompt about two thirds of a forward pass of a model
            of 7 billion weights, more than one of a small model with a large vocabulary.
        logit_lens_outputs: how many of the most probable outputs are kept.
        samples: how many samples of each evaluation (each ``with trace``) are recorded, the first
            ones; the rest runs unwatched.

    Raises:
        InvalidExample: for a value that none of these allows.
    """

    rows: Rows | Mapping[str, Rows] = "auto"
    layers: Numbers | Mapping[str, Sequence[int]] = None
    heads: Numbers = None
    keys: Keys = "all"
    precision: Precision = "uint8"
    hidden_states: bool | Sequence[int] = True
    hidden_states_dtype: str = "float16"
    max_bytes: int | None = 64 << 20
    logit_lens: str | Sequence[int] = "classified"
    logit_lens_outputs: int = 5
    samples: int | None = None

    def __post_init__(self) -> None:
        check_precision(self.precision, "precision")
        choices = self.rows.values() if isinstance(self.rows, Mapping) else [self.rows]
        for rows in choices:
            _check_choice(rows, ROWS, "rows")
        _check_choice(self.keys, KEYS, "keys")
        if self.hidden_states_dtype not in ("float16", "float32"):
            got = repr(self.hidden_states_dtype)
            raise InvalidExample("hidden_states_dtype", "'float16' or 'float32'", got)
        _check_choice(self.logit_lens, LENS, "logit_lens")
        for name in ("max_bytes", "samples", "logit_lens_outputs"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise InvalidExample(name, "a positive number or None", repr(value))

    def rows_of(self, block: str) -> Rows:
        """The rows wanted of a block."""
        if isinstance(self.rows, Mapping):
            return self.rows.get(block, "auto")
        return self.rows

    def layers_of(self, block: str, layers: Sequence[int]) -> tuple[int, ...]:
        """Of the layers of a block, those whose weights are wanted."""
        wanted = self.layers.get(block) if isinstance(self.layers, Mapping) else self.layers
        return tuple(layer for layer in layers if wanted is None or layer in wanted)

    def heads_of(self, count: int) -> tuple[int, ...]:
        """Of that many heads, those whose weights are wanted."""
        return tuple(head for head in range(count) if self.heads is None or head in self.heads)

    def hidden_layers_of(self, layers: Sequence[int]) -> tuple[int, ...]:
        """Of the hidden states of a sequence, those that are wanted."""
        if isinstance(self.hidden_states, bool):
            return tuple(layers) if self.hidden_states else ()
        return tuple(layer for layer in layers if layer in self.hidden_states)


def _check_choice(given: object, words: tuple[str, ...], argument: str) -> None:
    if isinstance(given, str) and given not in words:
        expected = f"one of {', '.join(words)}, or positions"
        raise InvalidExample(argument, expected, repr(given))
