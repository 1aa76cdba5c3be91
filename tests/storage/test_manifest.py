"""What the event file says of an example."""

import math

import numpy as np
import pytest

from tests.logged_examples import joint_example, two_stream_example
from vl_tb_plugin import PerturbationTest, Relevancy
from vl_tb_plugin.storage import manifest_pb2
from vl_tb_plugin.storage.manifest import (
    SCHEMA_VERSION,
    UnreadableManifest,
    build_manifest,
    field_values,
    parse_manifest,
    relevancy_lengths,
    sequence_boxes,
    sequence_modality,
)


def manifest_of(example):
    place = manifest_pb2.Slice(path="somewhere", offset=3)
    return build_manifest(
        example,
        store="store",
        statistics=["entropy"],
        digests=["0" * 64] * len(example.images),
        weights={block.name: ("weights", block.weights) for block in example.attention},
        statistics_slices={block.name: place for block in example.attention},
        hidden_states_slices={states.sequence: place for states in example.hidden_states},
        relevancy_slices=[
            manifest_pb2.Slice(path="maps", offset=number)
            for number, _ in enumerate(example.relevancy)
        ],
    )


def test_a_manifest_keeps_everything_but_the_arrays():
    example = joint_example(fields={"loss": 0.25, "kind": "digit", "hard": True}, left_out=["x"])
    manifest = parse_manifest(manifest_of(example))
    assert manifest.schema_version == SCHEMA_VERSION
    sequence = example.sequences[0]
    assert tuple(manifest.sequences[0].tokens) == sequence.tokens
    assert tuple(sequence_modality(manifest.sequences[0])) == sequence.modality
    boxes = sequence_boxes(manifest.sequences[0])
    assert np.array_equal(boxes, sequence.boxes, equal_nan=True)
    assert field_values(manifest.fields) == {"loss": 0.25, "kind": "digit", "hard": True}
    assert (manifest.prediction, manifest.target, manifest.correct) == ("cat", "dog", False)
    assert list(manifest.left_out) == ["x"]
    assert manifest.hidden_states[0].values.offset == 3


def test_what_nobody_knows_is_absent_not_false():
    manifest = parse_manifest(manifest_of(joint_example(correct=None, prediction=None)))
    assert not manifest.HasField("correct")
    assert not manifest.HasField("prediction")


def test_relevancy_maps_are_told_apart_by_method_target_and_position():
    maps = [
        Relevancy(np.ones(9), target="cat"),
        Relevancy({"joint": np.ones(9)}, "my_method", target="dog", position=7),
    ]
    first, second = parse_manifest(manifest_of(joint_example(relevancy=maps))).relevancy
    assert (first.method, first.target, list(first.sequences)) == ("relevancy", "cat", ["joint"])
    assert (second.method, second.target, second.position) == ("my_method", "dog", 7)
    assert first.values.offset == 0 and second.values.offset == 1
    assert not first.HasField("position")


def test_position_0_is_a_position():
    maps = Relevancy(np.ones(9), position=0)
    (read,) = parse_manifest(manifest_of(joint_example(relevancy=maps))).relevancy
    assert read.HasField("position") and read.position == 0


def test_the_scores_of_a_map_lie_in_the_order_of_its_sequences():
    example = two_stream_example()
    manifest = parse_manifest(manifest_of(example))
    lengths = relevancy_lengths(manifest, manifest.relevancy[0])
    assert list(lengths.items()) == [("text", 3), ("image", 4)]
    turned = Relevancy({"image": np.ones(4), "text": np.ones(3)})
    example.relevancy = (turned,)
    manifest = parse_manifest(manifest_of(example))
    lengths = relevancy_lengths(manifest, manifest.relevancy[0])
    assert list(lengths.items()) == [("image", 4), ("text", 3)]


def test_a_perturbation_test_is_kept_to_the_last_digit():
    test = PerturbationTest(
        "relevancy",
        "negative",
        "joint",
        fractions=[0, 0.1, 1],
        values=[1, 1 / 3, math.nan],
        removal=[8, 5],
        removed=[0, 1, 2],
        metric="probability",
        target="cat",
        answers=["cat", "dog", ""],
    )
    (read,) = parse_manifest(manifest_of(joint_example(perturbation=test))).perturbation
    assert (read.method, read.order, read.sequence) == ("relevancy", "negative", "joint")
    assert (read.metric, read.target) == ("probability", "cat")
    assert list(read.fractions) == [0, 0.1, 1]
    assert list(read.values[:2]) == [1, 1 / 3] and math.isnan(read.values[2])
    assert (list(read.removal), list(read.removed)) == ([8, 5], [0, 1, 2])
    assert list(read.answers) == ["cat", "dog", ""]


def test_a_log_from_before_relevancy_has_none():
    plain = joint_example(relevancy=[])
    manifest = parse_manifest(manifest_of(plain))
    assert manifest.schema_version == 1
    assert not manifest.relevancy and not manifest.perturbation


def test_a_log_from_before_the_logit_lens_has_none():
    assert not parse_manifest(manifest_of(joint_example())).logit_lens


def test_a_manifest_is_small():
    assert len(manifest_of(joint_example(text_tokens=20, grid=10))) < 8_000


def test_a_newer_schema_is_refused_with_what_to_do():
    newer = manifest_pb2.Manifest(schema_version=SCHEMA_VERSION + 1).SerializeToString()
    with pytest.raises(UnreadableManifest, match="pip install --upgrade vl_tb_plugin"):
        parse_manifest(newer)


def test_fields_that_a_later_version_adds_are_passed_over():
    unknown_field = b"\xfa\x3e\x03new"  # field 1007, length-delimited
    manifest = parse_manifest(manifest_of(joint_example()) + unknown_field)
    assert manifest.target == "dog"


def test_what_is_no_manifest_is_refused():
    with pytest.raises(UnreadableManifest, match="not a manifest"):
        parse_manifest(b"\xff\xff\xff")
