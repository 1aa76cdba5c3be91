"""How alike the layers of checkpoints and runs are; http_api.md is the contract."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from vl_tb_plugin.analysis.layer_geometry import IMAGE, TEXT
from vl_tb_plugin.analysis.linear_cka import FEWEST_POINTS, PairVectors, linear_cka
from vl_tb_plugin.example import MODALITIES
from vl_tb_plugin.plugin.computed_answers import ComputedAnswer, ComputedAnswers
from vl_tb_plugin.plugin.geometry_answers import StreamOfRun, identity, layers_of, logged_by_step
from vl_tb_plugin.plugin.hidden_state_catalogue import LoggedStates
from vl_tb_plugin.plugin.hidden_state_reading import HiddenStateReading
from vl_tb_plugin.plugin.request import BadRequest, NotFound
from vl_tb_plugin.plugin.run_index import RunIndex
from vl_tb_plugin.plugin.sampled_tokens import (
    first_in_order,
    sampled_examples,
    token_order,
    tokens_by_tag,
)

MOST_POINTS = 1024
"""Tokens compared: each layer is a matrix of all pairs of them."""
_READ_TOKENS = 4 * MOST_POINTS
"""Of whole examples, among which those are chosen: tokens of one example are much alike."""

KINDS: Mapping[str, tuple[int, ...]] = {
    "all": tuple(code for code, name in enumerate(MODALITIES) if name != "padding"),
    "text": TEXT,
    "image": IMAGE,
}
"""Which tokens are compared."""


@dataclass(frozen=True)
class Checkpoint:
    """The stream of a run at one step."""

    stream: StreamOfRun
    step: int


@dataclass(frozen=True, eq=False)
class _Logged:
    """What a checkpoint has of the stream."""

    checkpoint: Checkpoint
    states: Sequence[LoggedStates]

    @property
    def layers(self) -> list[int]:
        return layers_of(self.states)


@dataclass(frozen=True, eq=False)
class _Tokens:
    """The tokens that two checkpoints have in common: ``positions`` in each sequence."""

    positions: Mapping[tuple[str, str], npt.NDArray[np.int32]]
    samples: int
    """How many examples they are of."""
    of: int
    """How many there would be."""

    @property
    def points(self) -> int:
        return sum(len(positions) for positions in self.positions.values())

    @property
    def key(self) -> tuple[object, ...]:
        return tuple((*whose, where.tobytes()) for whose, where in self.positions.items())


class CkaAnswers:
    """Computes it; each pair of checkpoints is kept, so that a new step costs only itself."""

    def __init__(self, index: RunIndex, reading: HiddenStateReading):
        self._index = index
        self._reading = reading
        self._pairs = ComputedAnswers()

    def cka(self, first: Checkpoint, second: Checkpoint, kind: str) -> ComputedAnswer:
        """Every layer of the one with every layer of the other."""
        return self._pair(self._logged(first), self._logged(second), kind, _Representations(self))

    def history(self, stream: StreamOfRun, kind: str) -> ComputedAnswer:
        """Each layer at each step with itself at the first step, and at the step before."""
        logged = [
            _Logged(Checkpoint(stream, step), states)
            for step, states in logged_by_step(self._reading, stream).items()
        ]
        layers = sorted({layer for one in logged for layer in one.layers})
        arrays = {
            name: np.full((len(logged), len(layers)), np.nan, np.float32)
            for name in ("first", "previous")
        }
        read, points = _Representations(self), 0
        for number, here in enumerate(logged[1:], start=1):
            for name, other in (("first", logged[0]), ("previous", logged[number - 1])):
                try:
                    found = self._pair(other, here, kind, read)
                except NotFound:
                    continue  # no example was logged at both
                points = max(points, found.header["points"])
                common = [layer for layer in other.layers if layer in here.layers]
                for layer in common:
                    cell = other.layers.index(layer), here.layers.index(layer)
                    arrays[name][number, layers.index(layer)] = found.arrays["cka"][cell]
        header = {
            "steps": [one.checkpoint.step for one in logged],
            "layers": layers,
            "tokens": kind,
            "points": points,
        }
        return ComputedAnswer(arrays, header)

    def _logged(self, checkpoint: Checkpoint) -> _Logged:
        by_step = logged_by_step(self._reading, checkpoint.stream)
        if checkpoint.step not in by_step:
            raise NotFound(
                f"Run {checkpoint.stream.run!r} has no hidden states at step {checkpoint.step},"
                f" only at {list(by_step)}."
            )
        return _Logged(checkpoint, by_step[checkpoint.step])

    def _pair(
        self, first: _Logged, second: _Logged, kind: str, read: _Representations
    ) -> ComputedAnswer:
        key = (
            kind,
            *((one.checkpoint, identity(one.states)) for one in (first, second)),
        )
        return self._pairs.get(key, lambda: self._compared(first, second, kind, read))

    def _compared(
        self, first: _Logged, second: _Logged, kind: str, read: _Representations
    ) -> ComputedAnswer:
        tokens = self._common(first, second, kind)
        rows, columns = (read.of(one, tokens) for one in (first, second))
        arrays = {
            "cka": linear_cka(rows, columns),
            "cka_biased": linear_cka(rows, columns, debiased=False),
        }
        header = {
            "layers": first.layers,
            "other_layers": second.layers,
            "tokens": kind,
            "points": tokens.points,
            "samples": tokens.samples,
            "of": tokens.of,
            "sampled": tokens.points < tokens.of,
        }
        return ComputedAnswer(arrays, header)

    def _common(self, first: _Logged, second: _Logged, kind: str) -> _Tokens:
        """The tokens of that kind that both have, as many as are compared."""
        theirs = {(one.tag, one.sequence): one for one in second.states}
        both = [
            one for one in first.states if _same_places(one, theirs.get((one.tag, one.sequence)))
        ]
        counts = tokens_by_tag(both)
        same_words = self._same_words(first, second)
        chosen = [tag for tag in sampled_examples(counts, _READ_TOKENS) if same_words(tag)]
        groups = sorted(
            (one for one in both if one.tag in set(chosen)), key=lambda one: (one.tag, one.sequence)
        )
        among = [np.isin(one.places.modality, KINDS[kind]) for one in groups]
        taken = first_in_order([token_order(one) for one in groups], among, MOST_POINTS)
        positions = {
            (one.tag, one.sequence): one.places.token[mask]
            for one, mask in zip(groups, taken, strict=True)
            if mask.any()
        }
        of = sum(int(np.isin(one.places.modality, KINDS[kind]).sum()) for one in both)
        tokens = _Tokens(positions, len({tag for tag, _ in positions}), of)
        if tokens.points < FEWEST_POINTS:
            what = "tokens" if kind == "all" else f"{kind} tokens"
            raise NotFound(
                f"The two checkpoints have {tokens.points} {what} in common, fewer than"
                f" {FEWEST_POINTS}: examples are matched by tag and must have the same tokens."
            )
        return tokens

    def _same_words(self, first: _Logged, second: _Logged) -> Callable[[str], bool]:
        """Whether an example has the same tokens at both."""

        def words(logged: _Logged, tag: str) -> list[tuple[str, tuple[str, ...]]]:
            stream = logged.checkpoint.stream
            _, manifest = self._index.manifest(
                stream.experiment, stream.run, tag, logged.checkpoint.step
            )
            return [
                (one.name, tuple(one.tokens))
                for one in manifest.sequences
                if one.name in stream.sequences
            ]

        if first.checkpoint == second.checkpoint:
            return lambda tag: True
        return lambda tag: words(first, tag) == words(second, tag)

    def matrices(self, logged: _Logged, tokens: _Tokens) -> list[PairVectors]:
        """Every layer of a checkpoint as what its tokens have to do with each other."""
        return [PairVectors.of(self._values(logged, tokens, layer)) for layer in logged.layers]

    def _values(
        self, logged: _Logged, tokens: _Tokens, layer: int
    ) -> npt.NDArray[np.floating[Any]]:
        """(points, features) in the order of ``tokens``; NaN where a sequence lacks the layer."""
        run = logged.checkpoint.stream.run
        wanted = [
            one
            for one in logged.states
            if layer in one.layers and (one.tag, one.sequence) in tokens.positions
        ]
        if len(wanted) < len(tokens.positions):
            return np.full((tokens.points, 1), np.nan)
        found: dict[tuple[str, str], npt.NDArray[np.floating[Any]]] = {}
        for portion in self._reading.read(run, wanted, layer):
            ends = np.cumsum([len(one.places.token) for one in portion.groups])[:-1]
            for one, values in zip(portion.groups, np.split(portion.values, ends), strict=True):
                whose = one.tag, one.sequence
                places = np.searchsorted(one.places.token, tokens.positions[whose])
                found[whose] = values[places].astype(np.float32)
        if len({values.shape[1] for values in found.values()}) > 1:
            raise BadRequest(
                f"The sequences of run {run!r} differ in the width of layer {layer}:"
                " compare text and image one at a time."
            )
        return np.concatenate([found[whose] for whose in tokens.positions])


class _Representations:
    """Those of the checkpoints that were asked for last, while one answer is computed."""

    def __init__(self, answers: CkaAnswers):
        self._answers = answers
        self._kept: dict[object, list[PairVectors]] = {}

    def of(self, logged: _Logged, tokens: _Tokens) -> list[PairVectors]:
        key = logged.checkpoint, tokens.key
        found = self._kept.pop(key, None) or self._answers.matrices(logged, tokens)
        self._kept[key] = found
        # the first step, the one before and this one
        while len(self._kept) > 3:
            self._kept.pop(next(iter(self._kept)))
        return found


def _same_places(one: LoggedStates, other: LoggedStates | None) -> bool:
    return other is not None and (
        one.places is other.places
        or (
            one.places.length == other.places.length
            and np.array_equal(one.places.token, other.places.token)
            and np.array_equal(one.places.modality, other.places.modality)
        )
    )
