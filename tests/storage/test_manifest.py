"""What the event file says of an example."""

import numpy as np
import pytest

from tests.logged_examples import joint_example
from vl_tb_plugin.storage import manifest_pb2
from vl_tb_plugin.storage.manifest import (
    SCHEMA_VERSION,
    UnreadableManifest,
    build_manifest,
    field_values,
    parse_manifest,
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
