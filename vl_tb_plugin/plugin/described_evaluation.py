"""Evaluations over the steps in the words of http_api.md."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from vl_tb_plugin.analysis.evaluation_measures import MEASURES
from vl_tb_plugin.example import Evaluation, Measure, PerturbationCurve
from vl_tb_plugin.plugin.described_relevancy import method_title
from vl_tb_plugin.plugin.response import number_or_null
from vl_tb_plugin.plugin.run_index import LoggedSeries
from vl_tb_plugin.storage.evaluation_manifest import parse_evaluation
from vl_tb_plugin.storage.manifest import UnreadableManifest

Part = TypeVar("Part", Measure, PerturbationCurve)
Value = TypeVar("Value")


def described_evaluations(tag: str, series: LoggedSeries) -> dict[str, Any]:
    """Every measure and curve of one tag, over all steps."""
    evaluations: dict[int, Evaluation] = {}
    problem = None
    for logged in series.manifests:
        try:
            evaluations[logged.step] = parse_evaluation(logged.payload)
        except UnreadableManifest as error:
            problem = str(error)
    measures = {step: one.measures for step, one in evaluations.items()}
    curves = {step: one.curves for step, one in evaluations.items()}
    return {
        "tag": tag,
        "problem": problem,
        "steps": list(evaluations),
        "measures": [
            _described_measure(over_steps)
            for over_steps in _aligned(measures, lambda one: (one.name, one.method))
        ],
        "curves": [
            _described_curve(over_steps)
            for over_steps in _aligned(
                curves,
                # a curve whose fractions changed from one step to another goes on as another
                lambda one: (one.method, one.order, one.modality, one.metric, one.fractions),
            )
        ],
    }


def _described_measure(over_steps: list[Measure | None]) -> dict[str, Any]:
    first = _first(over_steps)
    known = MEASURES.get(first.name)
    return {
        "name": first.name,
        "title": known.title if known else first.name.replace("_", " "),
        "unit": known.unit if known else "",
        "description": known.description if known else "",
        "method": first.method,
        "method_title": method_title(first.method),
        "values": _each(over_steps, lambda one: number_or_null(one.value)),
        "standard_errors": _each(over_steps, lambda one: number_or_null(one.standard_error)),
        "samples": [one.samples if one else 0 for one in over_steps],
    }


def _described_curve(over_steps: list[PerturbationCurve | None]) -> dict[str, Any]:
    first = _first(over_steps)
    return {
        "method": first.method,
        "method_title": method_title(first.method),
        "order": first.order,
        "modality": first.modality,
        "metric": first.metric,
        "fractions": list(first.fractions),
        "means": _each(over_steps, lambda one: [number_or_null(value) for value in one.mean]),
        "standard_errors": _each(
            over_steps, lambda one: [number_or_null(value) for value in one.standard_error]
        ),
        "areas": _each(over_steps, lambda one: number_or_null(one.area)),
        "samples": [one.samples if one else 0 for one in over_steps],
    }


def _aligned(
    by_step: Mapping[int, Any], identity: Callable[[Any], tuple[Any, ...]]
) -> list[list[Any]]:
    """What is the same at several steps, one entry a step, ``None`` where it is missing."""
    steps = [{identity(one): one for one in parts} for parts in by_step.values()]
    identities = dict.fromkeys(key for parts in steps for key in parts)
    return [[parts.get(key) for parts in steps] for key in identities]


def _first(over_steps: list[Part | None]) -> Part:
    return next(one for one in over_steps if one is not None)


def _each(over_steps: list[Part | None], value: Callable[[Part], Value]) -> list[Value | None]:
    return [None if one is None else value(one) for one in over_steps]
