"""Eight bits on a square-root scale keep what they promise."""

import numpy as np

from tests.logged_examples import softmaxed_noise
from vl_tb_plugin.storage.quantisation import dequantise, error_bound, quantise


def test_the_error_stays_below_its_bound_for_every_probability():
    probabilities = np.linspace(0, 1, 100_001, dtype=np.float32)
    error = np.abs(dequantise(quantise(probabilities)) - probabilities)
    assert (error <= error_bound(probabilities)).all()


def test_zero_and_one_are_exact():
    assert dequantise(quantise(np.array([0, 1], np.float32))).tolist() == [0, 1]


def test_diffuse_rows_keep_their_mass():
    rows = softmaxed_noise((50, 600), np.random.default_rng(0))
    mass = dequantise(quantise(rows)).sum(axis=1)
    assert np.abs(mass - 1).max() < 0.01


def test_every_stored_value_is_read_back_as_itself():
    levels = np.arange(256, dtype=np.uint8)
    assert np.array_equal(quantise(dequantise(levels)), levels)
