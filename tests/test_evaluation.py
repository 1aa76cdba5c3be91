"""What was measured over samples is validated once, with errors that say what to change."""

import math

import numpy as np
import pytest
import torch

from vl_tb_plugin import InvalidExample, Measure, PerturbationCurve


def curve(**changes) -> PerturbationCurve:
    arguments = {
        "method": "relevancy",
        "order": "positive",
        "modality": "image",
        "fractions": [0, 0.5, 1],
        "mean": [1, 0.5, 0],
        "standard_error": [0, 0.1, 0],
        "samples": 4,
    }
    return PerturbationCurve(**(arguments | changes))


def test_the_area_is_that_of_the_trapezoids_under_the_mean():
    # by hand: 0.2 * (1 + 0.5) / 2 + 0.8 * (0.5 + 0) / 2
    assert curve(fractions=[0, 0.2, 1]).area == pytest.approx(0.15 + 0.2)


def test_the_area_of_a_metric_that_never_changes_is_the_metric():
    assert curve(mean=[0.7, 0.7, 0.7]).area == pytest.approx(0.7)


@pytest.mark.parametrize(
    "changes",
    [
        {"mean": [1, math.nan, 0]},
        {"fractions": [0.5], "mean": [1], "standard_error": [0]},
    ],
    ids=["a gap", "one fraction"],
)
def test_no_area_where_there_is_no_line(changes):
    assert math.isnan(curve(**changes).area)


@pytest.mark.parametrize("kind", [list, np.array, torch.tensor])
def test_lists_arrays_and_tensors_become_plain_numbers(kind):
    made = curve(mean=kind([1.0, 0.5, 0.0]), fractions=kind([0.0, 0.5, 1.0]))
    assert made.mean == (1, 0.5, 0) and made.fractions == (0, 0.5, 1)
    assert all(type(one) is float for one in (*made.mean, *made.fractions))
    assert type(Measure("mine", kind([0.5])[0]).value) is float


@pytest.mark.parametrize(
    ("make", "argument", "says"),
    [
        (lambda: curve(order="up"), "perturbation order", "'up'"),
        (lambda: curve(method="a/b"), "perturbation method", "'a/b'"),
        (lambda: curve(modality=""), "perturbation modality", "non-empty"),
        (lambda: curve(mean=[1, 0]), "perturbation curve", "lengths {2, 3}"),
        (lambda: curve(fractions=[0, 0.5, 0.5]), "perturbation fractions", "ascending"),
        (
            lambda: curve(fractions=(), mean=(), standard_error=()),
            "perturbation fractions",
            "at least one",
        ),
        (lambda: curve(samples=-1), "perturbation samples", "-1"),
        (lambda: Measure("", 1), "measure name", "non-empty"),
        (lambda: Measure("a/b", 1), "measure name", "'a/b'"),
        (lambda: Measure("mine", 1, "a/b"), "measure 'mine'.method", "'a/b'"),
        (lambda: Measure("mine", 1, samples=1.5), "measure 'mine'.samples", "1.5"),
    ],
)
def test_an_error_names_the_argument_and_what_was_expected(make, argument, says):
    with pytest.raises(InvalidExample) as caught:
        make()
    assert caught.value.argument == argument
    assert says in str(caught.value)
