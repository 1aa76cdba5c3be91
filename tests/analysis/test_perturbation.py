"""Which tokens go, and when."""

from decimal import ROUND_HALF_EVEN, Decimal

import numpy as np
import pytest

from vl_tb_plugin.analysis.perturbation import (
    IMAGE_FRACTIONS,
    SINGLE_STREAM_IMAGE_FRACTIONS,
    TEXT_FRACTIONS,
    kept_count,
    removal_order,
)


@pytest.mark.parametrize(("fraction", "kept"), [(0, 10), (0.8, 2), (0.9, 1), (0.94, 1), (1, 0)])
def test_counts_that_products_of_floats_miss_are_right(fraction, kept):
    assert kept_count(10, fraction) == kept


def test_half_a_token_goes_to_the_even_number_as_in_python():
    assert kept_count(10, 0.75) == round(2.5) == 2
    assert kept_count(10, 0.25) == round(7.5) == 8
    assert kept_count(2, 0.75) == round(0.5) == 0


@pytest.mark.parametrize(
    "fractions", [TEXT_FRACTIONS, IMAGE_FRACTIONS, SINGLE_STREAM_IMAGE_FRACTIONS]
)
@pytest.mark.parametrize("count", [1, 7, 36, 100, 197, 576])
def test_counts_are_those_of_decimal_arithmetic(fractions, count):
    for fraction in fractions:
        exact = (1 - Decimal(str(fraction))) * count
        assert kept_count(count, fraction) == int(exact.quantize(Decimal(1), ROUND_HALF_EVEN))


@pytest.mark.parametrize("fraction", [-0.1, 1.1, float("nan"), float("inf")])
def test_a_fraction_out_of_range_is_refused(fraction):
    with pytest.raises(ValueError, match=r"in \[0, 1\]"):
        kept_count(10, fraction)


def test_published_fractions_begin_with_everything_and_end_with_nothing():
    for fractions in (TEXT_FRACTIONS, IMAGE_FRACTIONS, SINGLE_STREAM_IMAGE_FRACTIONS):
        assert fractions[0] == 0 and fractions[-1] == 1
        assert list(fractions) == sorted(set(fractions))


def test_positive_order_takes_the_highest_first_and_negative_the_lowest():
    scores = [0.1, -2, 3, 0.5]
    assert removal_order(scores, "positive").tolist() == [2, 3, 0, 1]
    assert removal_order(scores, "negative").tolist() == [1, 0, 3, 2]


@pytest.mark.parametrize("sign, order", [(-1, "positive"), (1, "negative")])
def test_of_equal_scores_earlier_tokens_go_first(sign, order):
    scores = np.random.default_rng(0).integers(0, 4, 2000)
    expected = sorted(range(2000), key=lambda position: (sign * scores[position], position))
    assert removal_order(scores, order).tolist() == expected


def test_tokens_without_a_score_never_go():
    scores = [np.nan, 1, np.nan, 2]
    assert removal_order(scores, "positive").tolist() == [3, 1]
    assert removal_order(scores, "negative").tolist() == [1, 3]
    assert removal_order([np.nan, np.nan], "positive").tolist() == []


def test_another_order_is_refused():
    with pytest.raises(ValueError, match="'positive' or 'negative'"):
        removal_order([1, 2], "descending")
