"""Standard scores of statistics, against scipy's."""

import numpy as np
import pytest
from scipy.stats import zscore

from vl_tb_plugin.analysis.standardised import NORMALISATIONS, standardised

VALUES = np.random.default_rng(0).random((3, 5, 4)).astype(np.float32)


def test_z_is_over_all_heads_of_a_statistic():
    expected = [zscore(one, axis=None) for one in VALUES.astype(np.float64)]
    assert np.allclose(standardised(VALUES, "z"), expected, atol=1e-5)


def test_compat_is_over_the_layers_of_each_head_number_as_in_the_code_of_vl_interpret():
    expected = [zscore(one) for one in VALUES.astype(np.float64)]
    assert np.allclose(standardised(VALUES, "compat"), expected, atol=1e-5)


def test_none_changes_nothing():
    assert np.array_equal(standardised(VALUES, "none"), VALUES)


@pytest.mark.parametrize("normalisation", ["z", "compat"])
def test_what_is_undefined_stays_so_and_does_not_count(normalisation):
    values = VALUES.copy()
    values[1] = np.nan
    values[2, 1] = np.nan
    got = standardised(values, normalisation)
    without = standardised(np.delete(values[2], 1, axis=0), normalisation)
    assert np.allclose(np.delete(got[2], 1, axis=0), without)
    assert np.isnan(got[1]).all() and np.isnan(got[2, 1]).all()
    assert np.allclose(got[0], standardised(values[0], normalisation))


def test_equal_values_have_no_score():
    assert np.isnan(standardised(np.full((4, 3), 0.1, np.float32), "z")).all()


def test_an_unknown_normalisation_is_refused_with_those_that_there_are():
    with pytest.raises(ValueError, match=", ".join(NORMALISATIONS)):
        standardised(VALUES, "rank")
