"""Weights that a policy left out: their statistics are served, they themselves are told missing."""

import numpy as np
import pytest
import torch
from scipy.spatial.distance import jensenshannon

from tests.capture.tiny_models import TinyTokenizer, llava, llava_batch
from tests.tensorboard_process import TensorBoardProcess
from vl_tb_plugin import CapturePolicy, SummaryWriter, trace

HERE = {"run": "run", "tag": "val/0", "step": 3, "block": "language"}
POLICY = CapturePolicy(
    rows="generated",
    layers={"language": [1, 2], "vision": []},
    heads=[1, 3],
    keys="image",
    precision="uint8_row_maximum",
)


@pytest.fixture(scope="module")
def example_and_tensorboard(tmp_path_factory):
    folder = tmp_path_factory.mktemp("logs")
    model, batch = llava(), llava_batch(side="right")
    with torch.no_grad(), trace(model, TinyTokenizer(), policy=POLICY) as t:
        model.generate(**batch, max_new_tokens=3, min_new_tokens=3, do_sample=False)
    with SummaryWriter(folder / "run") as writer:
        writer.add_vl_batch("val", t, batch=batch, ids=[0, 1], global_step=3)
    log = tmp_path_factory.mktemp("tensorboard") / "log.txt"
    with TensorBoardProcess(["--logdir", str(folder)], log) as process:
        process.wait_for_runs(1, last_step=3)
        yield t.examples(batch)[0], process


def test_the_manifest_says_what_is_kept(example_and_tensorboard):
    example, tensorboard = example_and_tensorboard
    manifest = tensorboard.get("manifest", **HERE).json
    blocks = {block["name"]: block for block in manifest["attention"]}
    language, vision = blocks["language"], blocks["vision"]
    assert language["layers"] == [0, 1, 2] and language["weight_layers"] == [1, 2]
    assert language["heads"] == 4 and language["weight_heads"] == [1, 3]
    assert language["rows"] == [20, 21, 22] and language["keys"] == list(range(1, 17))
    assert vision["weight_layers"] == []
    assert manifest["left_out"] == list(example.left_out) and len(manifest["left_out"]) >= 4


def test_statistics_cover_every_layer_and_head(example_and_tensorboard):
    example, tensorboard = example_and_tensorboard
    values = tensorboard.get("statistics", **HERE).array("values")
    assert np.array_equal(values, example.block("language").statistics, equal_nan=True)
    assert values.shape[1:] == (3, 4)


def test_layers_and_heads_are_addressed_by_their_numbers(example_and_tensorboard):
    example, tensorboard = example_and_tensorboard
    answer = tensorboard.get("attention", layer=2, head=3, query=21, **HERE)
    weights, image = answer.array("weights"), slice(1, 17)
    expected = example.block("language").probabilities[1, 1, 1]
    assert np.allclose(weights[image], expected[image], atol=1e-6)
    assert np.isnan(np.delete(weights, np.arange(1, 17))).all()


@pytest.mark.parametrize(
    "asked, message",
    [
        ({"layer": 0, "head": "mean", "query": 21}, "Of layer 0 of block 'language' only the stat"),
        ({"layer": 1, "head": 0, "query": 21}, "Of head 0 of block 'language' only the statistics"),
        ({"layer": 1, "head": 1, "query": 5}, "The row of query 5 was not logged"),
        ({"layer": 1, "head": 1, "key": 18}, "Weights on key 18 were not logged"),
        ({"layer": 1, "head": 0, "query": 0, "block": "vision"}, "only the statistics"),
    ],
)
def test_what_was_not_kept_is_told(example_and_tensorboard, asked, message):
    _, tensorboard = example_and_tensorboard
    answer = tensorboard.get("attention", **(HERE | asked))
    assert answer.status == 404
    assert message in answer.json["error"]


def test_heads_are_compared_in_the_rows_and_keys_that_were_kept(example_and_tensorboard):
    example, tensorboard = example_and_tensorboard
    query = HERE | {"cohort": "tag:val/0"}
    answer = tensorboard.get("head_similarity", **query)
    assert answer.array("layer").tolist() == [1, 1, 2, 2]
    assert answer.array("head").tolist() == [1, 3, 1, 3]
    assert answer.header["rows"] == 3
    kept = example.block("language").probabilities.reshape(4, 3, -1)[..., 1:17]
    expected = (jensenshannon(kept[:, None], kept[None], axis=-1) ** 2).mean(axis=-1)
    assert np.allclose(answer.array("divergence"), expected, atol=1e-3)


def test_heads_without_weights_cannot_be_compared(example_and_tensorboard):
    _, tensorboard = example_and_tensorboard
    query = HERE | {"cohort": "all", "block": "vision"}
    answer = tensorboard.get("head_similarity", **query)
    assert answer.status == 404 and "only the statistics" in answer.json["error"]
