"""The route of the logit lens, asked of a real TensorBoard."""

import numpy as np
import pytest

from tests.logged_examples import joint_example, noise_lens
from tests.tensorboard_process import TensorBoardProcess
from tests.waiting import wait_until
from vl_tb_plugin import LogitLens, SummaryWriter

LENS = noise_lens(9)
SOME = LogitLens(
    [[[2, 7]], [[7, 2]]], [[[0.5, 0.25]], [[0.75, 0]]], {2: "zwei", 7: "„7“"}, positions=[3]
)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("logs")
    with SummaryWriter(folder / "run") as writer:
        writer.add_vl_example("whole", joint_example(logit_lens=LENS), 1)
        writer.add_vl_example("some", joint_example(logit_lens=SOME), 1)
        writer.add_vl_example("none", joint_example(), 1)
    with TensorBoardProcess(["--logdir", str(folder)], folder / "log.txt") as process:
        wait_until(lambda: [one["tags"] for one in process.get("runs").json["runs"]] == [3])
        yield process


def lens_of(server, tag):
    answer = server.get("logit_lens", run="run", tag=tag, step=1)
    assert answer.status == 200
    names = [one["name"] for one in answer.header["arrays"]]
    return answer.header, {name: answer.array(name) for name in names}


def test_outputs_and_the_way_of_the_answer_are_answered_by_layer_and_position(server):
    header, arrays = lens_of(server, "whole")
    (one,) = header["sequences"]
    assert (one["sequence"], one["layers"]) == ("joint", [0, 1, 2])
    assert one["positions"] == list(range(9))
    assert one["answer"] == {
        "output": 4,
        "text": "thing4",
        "is": "The first token that the model said.",
    }
    assert all(one["words"][str(number)] == f"thing{number}" for number in np.unique(LENS.outputs))
    assert np.array_equal(arrays["0/outputs"], LENS.outputs)
    assert np.array_equal(arrays["0/probabilities"], LENS.probabilities.astype(np.float32))
    assert np.array_equal(arrays["0/answer_rank"], LENS.answer_ranks)
    for position, depth in enumerate(arrays["0/answer_depth"]):
        ranks = LENS.answer_ranks[:, position].tolist()
        assert depth == next((n for n in range(3) if not any(ranks[n:])), -1)


def test_a_lens_over_some_tokens_without_an_answer_says_so(server):
    header, arrays = lens_of(server, "some")
    (one,) = header["sequences"]
    assert one["positions"] == [3] and one["answer"] is None
    assert one["words"] == {"2": "zwei", "7": "„7“"}
    assert arrays["0/settled_depth"].tolist() == [1]
    assert "0/answer_rank" not in arrays


def test_the_manifest_says_whether_there_is_one(server):
    for tag, expected in (("some", [{"sequence": "joint", "layers": [0, 1]}]), ("none", [])):
        manifest = server.get("manifest", run="run", tag=tag, step=1).json
        assert manifest["logit_lens"] == expected


def test_an_example_without_one_is_not_found_and_says_how_to_log_it(server):
    answer = server.get("logit_lens", run="run", tag="none", step=1)
    assert answer.status == 404
    assert "CapturePolicy(logit_lens" in answer.json["error"]
