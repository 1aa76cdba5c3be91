"""The geometry of the hidden states of a run over layers and steps; http_api.md is the contract."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt

from vl_tb_plugin.analysis.layer_geometry import (
    IMAGE,
    KEPT_TOKENS,
    MEASURES,
    TEXT,
    LayerGeometry,
)
from vl_tb_plugin.example import MODALITIES
from vl_tb_plugin.plugin.computed_answers import ComputedAnswer, ComputedAnswers
from vl_tb_plugin.plugin.hidden_state_catalogue import LoggedStates
from vl_tb_plugin.plugin.hidden_state_reading import HiddenStateReading
from vl_tb_plugin.plugin.request import BadRequest, NotFound
from vl_tb_plugin.plugin.sampled_tokens import (
    first_in_order,
    sampled_examples,
    token_order,
    tokens_by_tag,
)

MOST_TOKENS = 1 << 15
"""Of one step and layer; of more, whole examples are sampled."""


@dataclass(frozen=True)
class StreamOfRun:
    """Sequences that share a space, in the examples of a run."""

    experiment: str
    run: str
    sequences: tuple[str, ...]


_Ordered = tuple[LoggedStates, npt.NDArray[np.float64]]
"""The tokens of a sequence and their places in the order in which they are taken."""
_Mask = npt.NDArray[np.bool_]


class GeometryAnswers:
    """Computes it step by step and keeps each: a new step costs only itself."""

    def __init__(self, reading: HiddenStateReading):
        self._reading = reading
        self._steps = ComputedAnswers()

    def geometry(self, stream: StreamOfRun) -> ComputedAnswer:
        """Every measure of every layer at every step."""
        by_step = logged_by_step(self._reading, stream)
        layers = sorted({layer for states in by_step.values() for layer in layers_of(states)})
        shape = len(by_step), len(layers)
        values = np.full((len(MEASURES), *shape), np.nan, np.float32)
        largest, feature = np.full(shape, np.nan, np.float32), np.full(shape, -1, np.int32)
        samples, sampled = [], []
        for number, (step, states) in enumerate(by_step.items()):
            found = self._step(stream, step, states)
            places = np.searchsorted(layers, layers_of(states))
            values[:, number, places] = found.arrays["values"]
            largest[number, places] = found.arrays["largest"]
            feature[number, places] = found.arrays["feature"]
            samples.append(found.header["samples"])
            sampled.append(found.header["sampled"])
        header = {
            "measures": [asdict(measure) for measure in MEASURES],
            "steps": list(by_step),
            "layers": layers,
            "sequences": list(stream.sequences),
            "samples": samples,
            "sampled": sampled,
        }
        return ComputedAnswer({"values": values, "largest": largest, "feature": feature}, header)

    def _step(
        self, stream: StreamOfRun, step: int, states: Sequence[LoggedStates]
    ) -> ComputedAnswer:
        key = stream, step, identity(states)
        return self._steps.get(key, lambda: self._of_step(stream.run, states))

    def _of_step(self, run: str, states: Sequence[LoggedStates]) -> ComputedAnswer:
        tokens = tokens_by_tag(states)
        tags = set(sampled_examples(tokens, MOST_TOKENS))
        chosen = [one for one in states if one.tag in tags]
        ordered = [(one, token_order(one)) for one in chosen]
        found = [self._of_layer(run, ordered, layer) for layer in layers_of(states)]
        arrays = {
            "values": np.stack([one.values for one in found], axis=1),
            "largest": np.array([one.largest[0] for one in found], np.float32),
            "feature": np.array([one.largest[1] for one in found], np.int32),
        }
        sampled = None if len(tags) == len(tokens) else {"samples": len(tags), "of": len(tokens)}
        return ComputedAnswer(arrays, {"samples": len(tokens), "sampled": sampled})

    def _of_layer(self, run: str, ordered: Sequence[_Ordered], layer: int) -> LayerGeometry:
        here = [(one, order) for one, order in ordered if layer in one.layers]
        keep, keep_of_any = _kept(here)
        geometry, first = LayerGeometry(), 0
        for portion in self._reading.read(run, [one for one, _ in here], layer):
            groups = slice(first, first + len(portion.groups))
            first = groups.stop
            try:
                geometry.add(
                    portion.values,
                    portion.modality,
                    np.concatenate(keep[groups]),
                    np.concatenate(keep_of_any[groups]),
                )
            except ValueError as error:
                raise BadRequest(
                    f"Examples of run {run!r} differ in the width of layer {layer} ({error}):"
                    " they have no space in common."
                ) from error
        return geometry


def _kept(ordered: Sequence[_Ordered]) -> tuple[list[_Mask], list[_Mask]]:
    """Of each group: which of its tokens are kept of their modality, and which of all."""
    orders = [order for _, order in ordered]
    codes = [one.places.modality for one, _ in ordered]
    of_text, of_image, of_any = (
        first_in_order(orders, [np.isin(one, among) for one in codes], KEPT_TOKENS)
        for among in (TEXT, IMAGE, range(len(MODALITIES)))
    )
    return [text | image for text, image in zip(of_text, of_image, strict=True)], of_any


def logged_by_step(
    reading: HiddenStateReading, stream: StreamOfRun
) -> dict[int, list[LoggedStates]]:
    """What the run has of the stream, steps ascending; raises ``NotFound`` where there is none."""
    by_step: dict[int, list[LoggedStates]] = {}
    for one in reading.catalogue.states(stream.experiment, stream.run, None, stream.sequences):
        by_step.setdefault(one.step, []).append(one)
    if not by_step:
        names = ", ".join(stream.sequences)
        raise NotFound(f"Run {stream.run!r} has no hidden states of {names}.")
    return by_step


def layers_of(states: Sequence[LoggedStates]) -> list[int]:
    """Layers that any of them has, ascending."""
    return sorted({layer for one in states for layer in one.layers})


def identity(states: Sequence[LoggedStates]) -> Hashable:
    """Changes where anything of it is logged anew."""
    digest = hashlib.blake2b(digest_size=12)
    for one in states:
        digest.update(repr((one.tag, one.sequence, one.store, one.path, one.offset)).encode())
    return digest.hexdigest()
