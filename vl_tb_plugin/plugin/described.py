"""Manifests in the words of http_api.md: plain values, ready for JSON."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from vl_tb_plugin.analysis import head_importance
from vl_tb_plugin.analysis.head_statistics import STATISTICS
from vl_tb_plugin.plugin.described_relevancy import described_maps, described_tests
from vl_tb_plugin.plugin.run_index import LoggedManifest, LoggedSeries
from vl_tb_plugin.storage import manifest_pb2
from vl_tb_plugin.storage.manifest import (
    UnreadableManifest,
    field_values,
    parse_manifest,
    sequence_boxes,
    sequence_modality,
)


def described_series(tag: str, series: LoggedSeries) -> dict[str, Any]:
    """An example as the picker needs it: what it is, and what became of it at every step."""
    manifests, problem = [], None
    for logged in series.manifests:
        try:
            manifests.append((logged.step, parse_manifest(logged.payload)))
        except UnreadableManifest as error:
            problem = str(error)
    last = manifests[-1][1] if manifests else manifest_pb2.Manifest()
    return {
        "tag": tag,
        "text": last.text,
        "target": last.target if last.HasField("target") else None,
        "image": last.images[0].digest if last.images else None,
        "problem": problem,
        "steps": [step for step, _ in manifests],
        "predictions": [
            manifest.prediction if manifest.HasField("prediction") else None
            for _, manifest in manifests
        ],
        "correct": [
            manifest.correct if manifest.HasField("correct") else None for _, manifest in manifests
        ],
        "fields": _fields_over_steps([manifest for _, manifest in manifests]),
        "target_boxes": _quadruples(last.target_boxes),
    }


def _fields_over_steps(manifests: list[manifest_pb2.Manifest]) -> dict[str, list[Any]]:
    """The user's own values by name, one per step, ``None`` where a step lacks it."""
    values = [field_values(manifest.fields) for manifest in manifests]
    names = sorted({name for one in values for name in one})
    return {
        name: [_json_safe(one[name]) if name in one else None for one in values] for name in names
    }


def described_manifest(
    run: str, tag: str, logged: LoggedManifest, manifest: manifest_pb2.Manifest
) -> dict[str, Any]:
    """Everything about one example at one step but the arrays."""
    return {
        "run": run,
        "tag": tag,
        "step": logged.step,
        "wall_time": logged.wall_time,
        "schema_version": manifest.schema_version,
        "text": manifest.text,
        "prediction": manifest.prediction if manifest.HasField("prediction") else None,
        "target": manifest.target if manifest.HasField("target") else None,
        "correct": manifest.correct if manifest.HasField("correct") else None,
        "fields": {
            name: _json_safe(value) for name, value in field_values(manifest.fields).items()
        },
        "provenance": dict(manifest.provenance),
        "left_out": list(manifest.left_out),
        "images": [
            {"id": image.digest, "width": image.width, "height": image.height}
            for image in manifest.images
        ],
        "target_boxes": _quadruples(manifest.target_boxes),
        "sequences": [_described_sequence(sequence) for sequence in manifest.sequences],
        "attention": [_described_block(block) for block in manifest.attention],
        "hidden_states": [
            {
                "sequence": states.sequence,
                "layers": list(states.layers),
                "features": states.features,
            }
            for states in manifest.hidden_states
        ],
        "logit_lens": [
            {"sequence": lens.sequence, "layers": list(lens.layers)} for lens in manifest.logit_lens
        ],
        "relevancy": described_maps(manifest),
        "perturbation": described_tests(manifest),
    }


def _described_sequence(sequence: manifest_pb2.Sequence) -> dict[str, Any]:
    boxes = sequence_boxes(sequence).astype(np.float64).round(5).tolist()
    return {
        "name": sequence.name,
        "tokens": list(sequence.tokens),
        "modality": sequence_modality(sequence),
        "boxes": [
            box if image >= 0 else None
            for box, image in zip(boxes, sequence.image_index, strict=True)
        ],
        "image_index": list(sequence.image_index),
    }


def _described_block(block: manifest_pb2.AttentionBlock) -> dict[str, Any]:
    return {
        "name": block.name,
        "kind": "self" if block.query == block.key else "cross",
        "query": block.query,
        "key": block.key,
        "layers": list(block.layers),
        "heads": block.heads,
        "rows": list(block.rows) or None,
        "keys": list(block.keys) or None,
        "weight_layers": list(block.weight_layers),
        "weight_heads": list(block.weight_heads),
        "statistics": [_described_statistic(name) for name in block.statistics]
        + [
            {
                "name": title,
                "title": title,
                "unit": head_importance.UNIT if title == head_importance.TITLE else "",
                "description": head_importance.DESCRIPTION
                if title == head_importance.TITLE
                else "Logged by the user with this block.",
                "custom": True,
            }
            for title in block.metrics
        ],
    }


def _described_statistic(name: str) -> dict[str, Any]:
    known = STATISTICS.get(name)
    return {
        "name": name,
        "title": known.title if known else name,
        "unit": known.unit if known else "",
        "description": known.description if known else "",
        "custom": False,
    }


def _quadruples(numbers: Any) -> list[list[float]]:
    values = [round(value, 5) for value in numbers]
    return [values[start : start + 4] for start in range(0, len(values), 4)]


def _json_safe(value: float | str | bool) -> float | str | bool:
    """JSON knows neither NaN nor infinity; a diverged loss is worth showing all the same."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value
