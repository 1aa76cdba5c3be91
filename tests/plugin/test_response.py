"""How an answer goes over the wire."""

import gzip

import numpy as np
from numcodecs import zstd
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from vl_tb_plugin.plugin.response import array_response

MILLION = 1_000_000


def answered(values, accepted="gzip, br"):
    request = Request(EnvironBuilder(headers={"Accept-Encoding": accepted}).get_environ())
    return array_response(request, {"values": values}, {})


def test_positions_of_a_million_points_are_not_compressed_for_a_tenth_of_their_bytes():
    noise = np.random.default_rng(0).standard_normal((MILLION, 3), np.float32)
    answer = answered(noise)
    assert "Content-Encoding" not in answer.headers
    assert answer.get_data().endswith(noise.tobytes())


def test_large_answers_that_repeat_themselves_are_compressed():
    answer = answered(np.tile(np.arange(100, dtype=np.int32), MILLION // 25))
    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(answer.get_data()) < MILLION
    assert len(gzip.decompress(answer.get_data())) > 16 * MILLION


def test_small_answers_are_compressed_whatever_they_hold():
    answer = answered(np.random.default_rng(0).standard_normal(1000).astype(np.float32))
    assert answer.headers["Content-Encoding"] == "gzip"


def test_zstandard_goes_before_gzip_where_the_browser_takes_it():
    values = np.arange(10_000, dtype=np.int32) // 100
    plain = answered(values, accepted="").get_data()
    answer = answered(values, accepted="gzip, deflate, br, zstd")
    assert answer.headers["Content-Encoding"] == "zstd"
    assert zstd.decompress(answer.get_data()) == plain
    assert answered(values, accepted="gzip, zstd;q=0").headers["Content-Encoding"] == "gzip"
