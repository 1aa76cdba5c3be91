"""Every precision keeps what it promises."""

import numpy as np
import pytest
import torch

from tests.logged_examples import softmaxed_noise
from vl_tb_plugin import InvalidExample
from vl_tb_plugin.example import Attention, EncodedProbabilities, encode
from vl_tb_plugin.example.encoded_probabilities import PRECISIONS

every_precision = pytest.mark.parametrize("precision", PRECISIONS)


@every_precision
def test_the_error_stays_below_its_bound(precision):
    rows = np.stack([np.linspace(0, 1, 100_001), np.linspace(0, 1e-4, 100_001)])
    probabilities = rows.astype(np.float32)
    encoded = encode(probabilities, precision)
    assert (np.abs(encoded.decoded() - probabilities) <= encoded.error_bound()).all()


@every_precision
def test_tensors_of_torch_give_the_same_codes(precision):
    rows = softmaxed_noise((50, 600), np.random.default_rng(0))
    of_numpy, of_torch = encode(rows, precision), encode(torch.from_numpy(rows), precision)
    assert of_torch.values.dtype == of_numpy.values.dtype
    assert np.abs(of_torch.decoded() - of_numpy.decoded()).max() <= of_numpy.error_bound().max()
    assert (of_torch.values == of_numpy.values).mean() > 0.999


def test_a_row_maximum_makes_small_weights_finer():
    rows = softmaxed_noise((50, 600), np.random.default_rng(0))
    plain, scaled = (
        np.abs(encode(rows, precision).decoded() - rows).mean()
        for precision in ("uint8", "uint8_row_maximum")
    )
    assert scaled < plain / 2


@every_precision
def test_zero_and_one_are_exact(precision):
    rows = np.array([[0, 1], [0, 0]], np.float32)
    assert np.array_equal(encode(rows, precision).decoded(), rows)


def test_diffuse_rows_keep_their_mass():
    rows = softmaxed_noise((50, 600), np.random.default_rng(0))
    mass = encode(rows, "uint8").decoded().sum(axis=1)
    assert np.abs(mass - 1).max() < 0.01


def test_every_stored_value_is_read_back_as_itself():
    levels = np.arange(256, dtype=np.uint8)
    decoded = EncodedProbabilities(levels).decoded()
    assert np.array_equal(encode(decoded, "uint8").values, levels)


def test_an_unknown_precision_is_refused():
    with pytest.raises(InvalidExample, match="one of uint8, uint8_row_maximum, float16, float32"):
        Attention(np.ones((1, 1, 1, 1)), precision="int4")
