"""Relevancy maps and perturbation tests of an example in the words of http_api.md."""

from __future__ import annotations

from typing import Any

from vl_tb_plugin.analysis.relevancy_methods import METHODS
from vl_tb_plugin.plugin.response import number_or_null
from vl_tb_plugin.storage import manifest_pb2
from vl_tb_plugin.storage.manifest import relevancy_lengths


def method_title(method: str) -> str:
    """For people; a method that the project does not know is shown as it is."""
    return METHODS[method].title if method in METHODS else method.replace("_", " ")


def described_maps(manifest: manifest_pb2.Manifest) -> list[dict[str, Any]]:
    """Every relevancy map but its scores."""
    return [
        {
            "number": number,
            "method": one.method,
            "title": method_title(one.method),
            "description": METHODS[one.method].description if one.method in METHODS else "",
            "target": one.target,
            "position": one.position if one.HasField("position") else None,
            "sequences": list(one.sequences),
        }
        for number, one in enumerate(manifest.relevancy)
    ]


def described_stretches(manifest: manifest_pb2.Manifest) -> list[dict[str, Any]]:
    """Where the scores of every map lie if all maps follow one another."""
    maps, start = [], 0
    for number, one in enumerate(manifest.relevancy):
        stretches = []
        for name, length in relevancy_lengths(manifest, one).items():
            stretches.append({"name": name, "start": start, "length": length})
            start += length
        maps.append({"number": number, "sequences": stretches})
    return maps


def described_tests(manifest: manifest_pb2.Manifest) -> list[dict[str, Any]]:
    """Every perturbation test."""
    return [
        {
            "number": number,
            "method": test.method,
            "title": method_title(test.method),
            "order": test.order,
            "sequence": test.sequence,
            "metric": test.metric,
            "target": test.target,
            "fractions": list(test.fractions),
            "values": [number_or_null(value) for value in test.values],
            "removal": list(test.removal),
            "removed": list(test.removed),
            "answers": list(test.answers),
        }
        for number, test in enumerate(manifest.perturbation)
    ]
