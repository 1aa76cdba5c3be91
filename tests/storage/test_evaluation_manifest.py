"""What the event file says of an evaluation."""

import math

import pytest

from tests.logged_examples import noise_evaluation
from vl_tb_plugin import Evaluation, Measure
from vl_tb_plugin.storage import manifest_pb2
from vl_tb_plugin.storage.evaluation_manifest import (
    EVALUATION_SCHEMA_VERSION,
    build_evaluation,
    parse_evaluation,
)
from vl_tb_plugin.storage.manifest import UnreadableManifest, parse_manifest


def test_curves_and_measures_are_kept_to_the_last_digit():
    logged = noise_evaluation()
    read = parse_evaluation(build_evaluation(logged))
    assert read.curves == tuple(logged.curves)
    assert read.measures[0] == logged.measures[0]
    assert read.measures[1].method == ""


def test_a_standard_error_that_nobody_knows_stays_unknown():
    (measure,) = parse_evaluation(build_evaluation(Evaluation((), [Measure("mine", 2)]))).measures
    assert (measure.value, measure.samples) == (2, 1)
    assert math.isnan(measure.standard_error)


def test_a_reader_that_knows_examples_alone_says_that_it_is_too_old():
    with pytest.raises(UnreadableManifest, match="pip install --upgrade vl_tb_plugin"):
        parse_manifest(build_evaluation(noise_evaluation()))


def test_a_newer_schema_is_refused_with_what_to_do():
    newer = manifest_pb2.EvaluationManifest(schema_version=EVALUATION_SCHEMA_VERSION + 1)
    with pytest.raises(UnreadableManifest, match="pip install --upgrade vl_tb_plugin"):
        parse_evaluation(newer.SerializeToString())


@pytest.mark.parametrize(
    "payload",
    [
        b"\xff\xff\xff",
        manifest_pb2.EvaluationManifest(
            curves=[manifest_pb2.Curve(method="relevancy", order="sideways")]
        ).SerializeToString(),
    ],
    ids=["no message", "no order of that name"],
)
def test_what_is_damaged_is_refused(payload):
    with pytest.raises(UnreadableManifest, match="damaged"):
        parse_evaluation(payload)
