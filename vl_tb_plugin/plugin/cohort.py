"""Cohorts: which samples of a step are looked at together, and what such a group is called."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Callable, Mapping
from typing import TypeAlias

from vl_tb_plugin.plugin.logged_samples import LoggedSample, Samples
from vl_tb_plugin.plugin.request import BadRequest, NotFound

MOST_VALUES = 12
"""A field with more different words does not group samples."""

_Belongs: TypeAlias = Callable[[LoggedSample], bool]


def cohorts(samples: Samples, other: Samples | None) -> list[dict[str, str | int]]:
    """Every cohort with a sample, but those of a single tag: name, title, how many.

    Args:
        samples: of the step at which membership is decided.
        other: of the other step, for ``flipped``; ``None`` where there is none.
    """
    rules = _rules(samples, other)
    counted = [
        (name, title, sum(map(belongs, samples.values())))
        for name, (title, belongs) in rules.items()
    ]
    return [
        {"name": name, "title": title, "samples": count} for name, title, count in counted if count
    ]


def members(cohort: str, samples: Samples, other: Samples | None) -> list[str]:
    """Tags of a cohort's samples, in order.

    Raises:
        BadRequest: for a text that names no cohort.
        NotFound: where the cohort has no sample.
    """
    if cohort.startswith("tag:"):
        tag = cohort.removeprefix("tag:")
        if tag not in samples:
            raise NotFound(f"There is no example {tag!r} at this step.")
        return [tag]
    if cohort == "flipped" and other is None:
        raise BadRequest("Cohort 'flipped' compares two steps: give 'other_run' and 'other_step'.")
    rules = _rules(samples, other)
    if cohort not in rules:
        raise _unknown(cohort, samples, list(rules))
    _, belongs = rules[cohort]
    tags = [tag for tag, sample in samples.items() if belongs(sample)]
    if not tags:
        raise NotFound(f"No sample of this step belongs to cohort {cohort!r}.")
    return tags


def _rules(samples: Samples, other: Samples | None) -> dict[str, tuple[str, _Belongs]]:
    """Title and membership of every cohort by name."""
    rules: dict[str, tuple[str, _Belongs]] = {
        "all": ("all", lambda sample: True),
        "correct": ("correct", lambda sample: sample.correct is True),
        "wrong": ("wrong", lambda sample: sample.correct is False),
    }
    if other is not None:
        rules["flipped"] = ("flipped", lambda sample: _flipped(sample, other))
    names = dict.fromkeys(name for sample in samples.values() for name in sample.fields)
    for field in sorted(names):
        rules |= _field_rules(field, samples)
    return rules


def _field_rules(field: str, samples: Samples) -> dict[str, tuple[str, _Belongs]]:
    values = [one.fields[field] for one in samples.values() if field in one.fields]
    if all(_is_number(value) for value in values):
        return _halves(field, [float(value) for value in values if math.isfinite(float(value))])
    words = Counter(_word(value) for value in values)
    if len(words) > MOST_VALUES:
        return {}

    def rule(word: str) -> _Belongs:
        return lambda sample: field in sample.fields and _word(sample.fields[field]) == word

    return {f"field:{field}={word}": (f"{field}: {word}", rule(word)) for word in sorted(words)}


def _halves(field: str, values: list[float]) -> dict[str, tuple[str, _Belongs]]:
    """Two cohorts: up to the median, and above; none where that would part nothing."""
    if len(set(values)) < 2:
        return {}
    # the lower middle one: a middle of two could be the largest by rounding
    median = statistics.median_low(values)
    if median == max(values):
        median = max(value for value in values if value < median)

    def value(sample: LoggedSample) -> float:
        number = float(sample.fields.get(field, math.nan))
        return number if math.isfinite(number) else math.nan

    def low(sample: LoggedSample) -> bool:
        return value(sample) <= median

    def high(sample: LoggedSample) -> bool:
        return value(sample) > median

    return {
        f"field:{field}=low": (f"{field}: low (≤ {median:.4g})", low),
        f"field:{field}=high": (f"{field}: high (> {median:.4g})", high),
    }


def _flipped(sample: LoggedSample, other: Samples) -> bool:
    """Whether correctness differs; where nobody knows that, whether the prediction does."""
    twin = other.get(sample.tag)
    if twin is None:
        return False
    if sample.correct is not None and twin.correct is not None:
        return sample.correct != twin.correct
    predictions = sample.prediction, twin.prediction
    return None not in predictions and predictions[0] != predictions[1]


def _is_number(value: float | str | bool) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _word(value: float | str | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _unknown(cohort: str, samples: Samples, known: list[str]) -> BadRequest:
    field = cohort.removeprefix("field:").partition("=")[0]
    values: Mapping[str, None] = {}
    if cohort.startswith("field:"):
        values = dict.fromkeys(
            _word(one.fields[field]) for one in samples.values() if field in one.fields
        )
    if len(values) > MOST_VALUES:
        return BadRequest(
            f"Field {field!r} has {len(values)} different values at this step; cohorts are made of"
            f" words with at most {MOST_VALUES}."
        )
    return NotFound(f"There is no cohort {cohort!r} at this step, only {known} and 'tag:<tag>'.")
