"""The manifest of an example at a step: what the event file says, and how to read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from google.protobuf.message import DecodeError

from vl_tb_plugin.example import (
    MODALITIES,
    Example,
    KeptWeights,
    PerturbationTest,
    TokenSequence,
)
from vl_tb_plugin.storage import manifest_pb2

SCHEMA_VERSION = 1
"""Raised when an older reader would misread what this version writes."""


Message = TypeVar("Message", manifest_pb2.Manifest, manifest_pb2.EvaluationManifest)


class UnreadableManifest(Exception):
    """An event of ours that this version can't read; the message says why and what to do."""


@dataclass(frozen=True)
class LogitLensSlices:
    """Where the arrays of a logit lens lie; without an answer there are none of it."""

    outputs: manifest_pb2.Slice
    probabilities: manifest_pb2.Slice
    words: manifest_pb2.Slice
    word_bytes: int
    answer_ranks: manifest_pb2.Slice | None = None
    answer_probabilities: manifest_pb2.Slice | None = None


def build_manifest(
    example: Example,
    *,
    store: str,
    statistics: Sequence[str],
    digests: Sequence[str],
    weights: Mapping[str, tuple[str, KeptWeights]],
    statistics_slices: Mapping[str, manifest_pb2.Slice],
    hidden_states_slices: Mapping[str, manifest_pb2.Slice],
    relevancy_slices: Sequence[manifest_pb2.Slice],
    logit_lens_slices: Sequence[LogitLensSlices] = (),
) -> bytes:
    """The serialised manifest of an example.

    Args:
        example: the example.
        store: file name of the tensor store that holds its arrays.
        statistics: names of the head statistics stored for every block.
        digests: hash of each of the example's images.
        weights: by block, the path of its weights and what is kept of them.
        statistics_slices: where the statistics lie, by block.
        hidden_states_slices: where the hidden states lie, by sequence.
        relevancy_slices: where the scores of each relevancy map lie, in the example's order.
        logit_lens_slices: likewise for each logit lens.
    """
    manifest = manifest_pb2.Manifest(
        schema_version=SCHEMA_VERSION,
        store=store,
        text=example.text,
        prediction=example.prediction,
        target=example.target,
        target_boxes=example.target_boxes.reshape(-1).tolist(),
        provenance=example.provenance,
        left_out=example.left_out,
        sequences=[_sequence(sequence) for sequence in example.sequences],
        perturbation=[_perturbation(test) for test in example.perturbation],
    )
    if example.correct is not None:
        manifest.correct = example.correct
    for block in example.attention:
        path, kept = weights[block.name]
        manifest.attention.add(
            name=block.name,
            query=block.query,
            key=block.key,
            layers=block.layers,
            heads=block.heads,
            rows=block.rows or (),
            statistics=statistics,
            metrics=block.metrics,
            weights=path,
            weight_layers=kept.layers,
            weight_heads=kept.heads,
            keys=kept.keys or (),
            statistics_slice=statistics_slices[block.name],
        )
    for states in example.hidden_states:
        manifest.hidden_states.add(
            sequence=states.sequence,
            layers=states.layers,
            features=states.values.shape[2],
            values=hidden_states_slices[states.sequence],
        )
    for one, scores in zip(example.relevancy, relevancy_slices, strict=True):
        manifest.relevancy.add(
            method=one.method,
            target=one.target,
            position=one.position,
            sequences=one.scores,
            values=scores,
        )
    for lens, slices in zip(example.logit_lens, logit_lens_slices, strict=True):
        manifest.logit_lens.add(
            sequence=lens.sequence,
            layers=lens.layers,
            positions=lens.positions or (),
            outputs=slices.outputs,
            probabilities=slices.probabilities,
            words=slices.words,
            word_bytes=slices.word_bytes,
            answer=lens.answer,
            answer_is=lens.answer_is,
            answer_ranks=slices.answer_ranks,
            answer_probabilities=slices.answer_probabilities,
        )
    for name, value in example.fields.items():
        field = manifest.fields[name]
        if isinstance(value, bool):
            field.boolean = value
        elif isinstance(value, str):
            field.string = value
        else:
            field.number = value
    for digest, image in zip(digests, example.images, strict=True):
        manifest.images.add(digest=digest, width=image.shape[1], height=image.shape[0])
    return manifest.SerializeToString()


def parse_manifest(payload: bytes) -> manifest_pb2.Manifest:
    """Read a manifest; raises :class:`UnreadableManifest` if it is newer than this version."""
    return parse(manifest_pb2.Manifest(), payload, SCHEMA_VERSION)


def parse(message: Message, payload: bytes, newest: int) -> Message:
    """Read a message with a schema version.

    Args:
        message: an empty one.
        payload: as serialised.
        newest: the latest schema version that this reader understands.

    Raises:
        UnreadableManifest: if it is newer, or damaged.
    """
    try:
        message.ParseFromString(payload)
    except DecodeError as error:
        raise UnreadableManifest(
            "This event is not a manifest of vl_tb_plugin, or it is damaged."
        ) from error
    if message.schema_version > newest:
        raise UnreadableManifest(
            f"Logged by a newer vl_tb_plugin (schema version {message.schema_version}; this one"
            f" reads up to {newest}). Upgrade with: pip install --upgrade vl_tb_plugin"
        )
    return message


def sequence_modality(sequence: manifest_pb2.Sequence) -> list[str]:
    """Name of the modality of every token."""
    return [MODALITIES[code] if code < len(MODALITIES) else "other" for code in sequence.modality]


def sequence_boxes(sequence: manifest_pb2.Sequence) -> npt.NDArray[np.float32]:
    """(tokens, 4) boxes, NaN where a token has no place."""
    boxes = np.full((len(sequence.tokens), 4), np.nan, np.float32)
    placed = np.asarray(sequence.image_index) >= 0
    boxes[placed] = np.asarray(sequence.boxes, np.float32).reshape(-1, 4)
    return boxes


def relevancy_lengths(
    manifest: manifest_pb2.Manifest, one: manifest_pb2.RelevancyMap
) -> dict[str, int]:
    """How many scores a map has for each of its sequences, in the order stored."""
    lengths = {sequence.name: len(sequence.tokens) for sequence in manifest.sequences}
    return {name: lengths[name] for name in one.sequences}


def logit_lens_positions(
    manifest: manifest_pb2.Manifest, lens: manifest_pb2.LogitLens
) -> list[int]:
    """The positions in its sequence that a logit lens reads."""
    if lens.positions:
        return list(lens.positions)
    lengths = {sequence.name: len(sequence.tokens) for sequence in manifest.sequences}
    return list(range(lengths[lens.sequence]))


def field_values(fields: Mapping[str, manifest_pb2.Field]) -> dict[str, float | str | bool]:
    """The user's own values by name."""
    return {
        name: getattr(fields[name], fields[name].WhichOneof("value")) for name in sorted(fields)
    }


def _perturbation(test: PerturbationTest) -> manifest_pb2.PerturbationTest:
    return manifest_pb2.PerturbationTest(
        method=test.method,
        order=test.order,
        sequence=test.sequence,
        metric=test.metric,
        target=test.target,
        fractions=test.fractions,
        values=test.values,
        removal=test.removal,
        removed=test.removed,
        answers=test.answers,
    )


def _sequence(sequence: TokenSequence) -> manifest_pb2.Sequence:
    placed = sequence.image_index >= 0
    return manifest_pb2.Sequence(
        name=sequence.name,
        tokens=sequence.tokens,
        modality=bytes(MODALITIES.index(name) for name in sequence.modality),
        boxes=sequence.boxes[placed].reshape(-1).tolist(),
        image_index=sequence.image_index.tolist(),
    )
