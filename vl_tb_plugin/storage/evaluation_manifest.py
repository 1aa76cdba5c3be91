"""An evaluation in the event file: what was measured over many examples at a step."""

from __future__ import annotations

from vl_tb_plugin.example import Evaluation, InvalidExample, Measure, PerturbationCurve
from vl_tb_plugin.storage import manifest_pb2
from vl_tb_plugin.storage.manifest import UnreadableManifest, parse

EVALUATION_CONTENT = b"evaluation"
"""What the summary's metadata hold, so that listings tell evaluations from examples (empty)."""

EVALUATION_SUFFIX = "/evaluation"
"""Ends the summary's tag: the user's own tag may be that of scalars."""

EVALUATION_SCHEMA_VERSION = 2
"""Raised when an older reader would misread what this version writes. It began above version 1 of
the manifests of examples: a reader that knows these alone says that it is too old."""


def build_evaluation(evaluation: Evaluation) -> bytes:
    """The serialised manifest of an evaluation."""
    manifest = manifest_pb2.EvaluationManifest(schema_version=EVALUATION_SCHEMA_VERSION)
    for curve in evaluation.curves:
        manifest.curves.add(
            method=curve.method,
            order=curve.order,
            modality=curve.modality,
            metric=curve.metric,
            fractions=curve.fractions,
            mean=curve.mean,
            standard_error=curve.standard_error,
            samples=curve.samples,
        )
    for measure in evaluation.measures:
        manifest.measures.add(
            name=measure.name,
            method=measure.method,
            value=measure.value,
            standard_error=measure.standard_error,
            samples=measure.samples,
        )
    return manifest.SerializeToString()


def parse_evaluation(payload: bytes) -> Evaluation:
    """Read an evaluation; raises :class:`UnreadableManifest` if this version can't."""
    manifest = parse(manifest_pb2.EvaluationManifest(), payload, EVALUATION_SCHEMA_VERSION)
    try:
        return Evaluation(
            curves=tuple(
                PerturbationCurve(
                    method=curve.method,
                    order=curve.order,
                    modality=curve.modality,
                    fractions=tuple(curve.fractions),
                    mean=tuple(curve.mean),
                    standard_error=tuple(curve.standard_error),
                    samples=curve.samples,
                    metric=curve.metric,
                )
                for curve in manifest.curves
            ),
            measures=tuple(
                Measure(
                    name=measure.name,
                    value=measure.value,
                    method=measure.method,
                    standard_error=measure.standard_error,
                    samples=measure.samples,
                )
                for measure in manifest.measures
            ),
        )
    except InvalidExample as error:
        raise UnreadableManifest(f"This evaluation is damaged: {error}") from error
