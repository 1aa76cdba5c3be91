"""What is told of one token, asked of a real TensorBoard, against the arrays that were logged."""

import numpy as np
import pytest
from scipy.stats import entropy
from sklearn.neighbors import NearestNeighbors

from tests.logged_examples import joint_example, softmaxed_noise, two_stream_example
from tests.tensorboard_process import TensorBoardProcess
from tests.waiting import wait_until
from vl_tb_plugin import Attention, Example, HiddenStates, SummaryWriter, TokenSequence

PADDED = 6


def padded_example() -> Example:
    """Text of which the last two tokens are padding; of token 2 and 5 no rows were kept."""
    rng = np.random.default_rng(3)
    text = TokenSequence(
        ["[CLS]", "a", "red", "tile", "[PAD]", "[PAD]"],
        ["special", "text", "text", "text", "padding", "padding"],
        name="joint",
    )
    weights = softmaxed_noise((2, 3, 4, PADDED), rng)
    return Example(
        text,
        Attention(weights, query="joint", key="joint", rows=[0, 1, 3, 4]),
        HiddenStates(rng.standard_normal((3, PADDED, 8), np.float32)),
    )


@pytest.fixture(scope="module")
def examples():
    logged = {f"val/{seed}": joint_example(seed=seed, features=8) for seed in range(3)}
    return logged | {"val/padded": padded_example()}


@pytest.fixture(scope="module")
def tensorboard(examples, tmp_path_factory):
    folder = tmp_path_factory.mktemp("logs")
    with SummaryWriter(folder / "single") as writer:
        writer.add_vl_example("val/0", joint_example(seed=9), 0)
        for tag, example in examples.items():
            writer.add_vl_example(tag, example, 7)
    with SummaryWriter(folder / "streams") as writer:
        writer.add_vl_example("val/0", two_stream_example(), 0)
    log = tmp_path_factory.mktemp("tensorboard") / "log.txt"
    with TensorBoardProcess(["--logdir", str(folder)], log) as process:
        counts = {"single": 4, "streams": 1}
        wait_until(
            lambda: {run["run"]: run["tags"] for run in process.get("runs").json["runs"]} == counts
        )
        yield process


HERE = {"run": "single", "tag": "val/1", "step": 7, "sequence": "joint", "token": 2}


def stored(values):
    """Hidden states as they are kept: in sixteen bits."""
    return values.astype(np.float16).astype(np.float64)


def all_points(examples, layer):
    """Every token that is no padding: its tag, position and hidden state."""
    return [
        (tag, token, stored(example.hidden_states[0].values[layer, token]))
        for tag, example in examples.items()
        for token, modality in enumerate(example.sequences[0].modality)
        if modality != "padding"
    ]


class TestNeighbours:
    @pytest.mark.parametrize("metric", ["cosine", "l2"])
    def test_they_are_the_nearest_of_all_examples_at_the_step(self, tensorboard, examples, metric):
        answer = tensorboard.get("neighbours", **HERE, layer=1, metric=metric, count=6).json
        points = all_points(examples, 1)
        oracle = NearestNeighbors(n_neighbors=7, algorithm="brute", metric=metric)
        oracle.fit(np.array([value for *_, value in points]))
        own = stored(examples["val/1"].hidden_states[0].values[1, 2])
        distance, index = oracle.kneighbors(own[None])
        expected = [points[one][:2] for one in index[0][1:]]  # the first is the token itself
        found = answer["neighbours"]
        assert [(one["tag"], one["token"]) for one in found] == expected
        assert np.allclose([one["distance"] for one in found], distance[0][1:], atol=1e-5)
        assert (answer["layer"], answer["points"]) == (1, len(points))

    def test_each_says_what_it_is_and_where(self, tensorboard, examples):
        answer = tensorboard.get("neighbours", **HERE, layer=2, modality="image", count=50).json
        assert len(answer["neighbours"]) == 3 * 4
        for one in answer["neighbours"]:
            sequence = examples[one["tag"]].sequences[0]
            assert one["text"] == sequence.tokens[one["token"]]
            assert one["modality"] == "image"
            assert np.allclose(one["box"], sequence.boxes[one["token"]])
            place = {"run": "single", "tag": one["tag"], "step": 7}
            assert one["image"] == tensorboard.get("manifest", **place).json["images"][0]["id"]

    def test_all_layers_come_at_once(self, tensorboard):
        every = tensorboard.get("neighbours", **HERE, layer="all", count=3).json["layers"]
        assert [one["layer"] for one in every] == [0, 1, 2]
        for one in every:
            single = tensorboard.get("neighbours", **HERE, layer=one["layer"], count=3).json
            assert single == one

    def test_the_same_word_is_found_once_where_asked_so(self, tensorboard):
        query = HERE | {"layer": 0, "modality": "text", "count": 50}
        every = tensorboard.get("neighbours", **query).json["neighbours"]
        distinct = tensorboard.get("neighbours", **query, distinct=1).json["neighbours"]
        words = [one["text"] for one in every]
        assert [one["text"] for one in distinct] == list(dict.fromkeys(words))
        assert len(set(words)) < len(words)

    def test_patches_are_never_the_same(self, tensorboard):
        query = HERE | {"layer": 0, "modality": "image", "count": 50}
        every = tensorboard.get("neighbours", **query).json
        assert tensorboard.get("neighbours", **query, distinct=1).json == every

    def test_padding_is_nobodys_neighbour(self, tensorboard):
        found = tensorboard.get("neighbours", **HERE, layer=0, count=100).json["neighbours"]
        tokens = [one["token"] for one in found if one["tag"] == "val/padded"]
        assert sorted(tokens) == [0, 1, 2, 3]

    def test_streams_that_meet_are_searched_together(self, tensorboard):
        query = {"run": "streams", "tag": "val/0", "step": 0, "sequence": "text", "token": 1}
        found = tensorboard.get("neighbours", **query, layer=0, count=100).json["neighbours"]
        assert {one["sequence"] for one in found} == {"text", "image"} and len(found) == 6


class TestToken:
    def test_norms_are_those_of_the_hidden_states(self, tensorboard, examples):
        answer = tensorboard.get("token", **HERE).json
        states = stored(examples["val/1"].hidden_states[0].values[:, 2])
        assert answer["norms"]["layers"] == [0, 1, 2]
        assert np.allclose(answer["norms"]["values"], np.sqrt((states**2).sum(axis=1)))
        assert (answer["text"], answer["modality"], answer["attention"]) == ("word1", "text", None)

    @pytest.mark.parametrize("head", ["mean", 2])
    def test_attention_is_that_of_the_matrix(self, tensorboard, examples, head):
        answer = tensorboard.get("token", **HERE, block="self", head=head).json["attention"]
        weights = examples["val/1"].attention[0].probabilities
        weights = weights.mean(axis=1) if head == "mean" else weights[:, head]
        assert answer["layers"] == [0, 1] and answer["rows"] == 9
        # stored in eight bits: within the error of one weight
        assert np.allclose(answer["received"], weights[:, :, 2].mean(axis=1), atol=2e-3)
        assert np.allclose(answer["entropy"], entropy(weights[:, 2], axis=1), atol=2e-2)

    def test_padding_rows_do_not_count_and_missing_rows_are_null(self, tensorboard, examples):
        here = HERE | {"tag": "val/padded", "token": 2}
        answer = tensorboard.get("token", **here, block="self", head=0).json["attention"]
        weights = examples["val/padded"].attention[0].probabilities[:, 0]
        assert answer["rows"] == 3
        assert np.allclose(answer["received"], weights[:, :3, 2].mean(axis=1), atol=2e-3)
        assert answer["entropy"] == [None, None]

    def test_who_is_no_key_receives_nothing(self, tensorboard):
        query = {"run": "streams", "tag": "val/0", "step": 0, "sequence": "text", "token": 1}
        answer = tensorboard.get("token", **query, block="text_to_image").json["attention"]
        assert answer["received"] == [None, None]
        assert all(value > 0 for value in answer["entropy"])


@pytest.mark.parametrize(
    ("route", "query", "status", "says"),
    [
        ("neighbours", {"layer": 9}, 404, "layer 9"),
        ("neighbours", {"layer": 0, "metric": "l1"}, 400, "cosine, l2"),
        ("neighbours", {"layer": 0, "modality": "smell"}, 400, "text, image"),
        ("neighbours", {"layer": 0, "token": 99}, 404, "9 tokens"),
        ("neighbours", {"layer": 0, "sequence": "audio"}, 404, "no sequence 'audio'"),
        ("neighbours", {"layer": 0, "tag": "val/padded", "token": 5}, 404, "no hidden state"),
        ("token", {"block": "none"}, 404, "no attention block 'none'"),
        ("token", {"block": "self", "head": 3}, 404, "0 to 2"),
    ],
)
def test_what_does_not_fit_is_answered_in_words(tensorboard, route, query, status, says):
    answer = tensorboard.get(route, **(HERE | query))
    assert answer.status == status
    assert says in answer.json["error"]


def test_very_many_states_are_copied_first_and_the_answer_says_how_far_that_is(
    tmp_path, monkeypatch
):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    rng = np.random.default_rng(0)
    tokens, features, count = 1200, 768, 20
    states = rng.standard_normal((count, tokens, features), np.float32).astype(np.float16)
    sequence = TokenSequence(["word"] * tokens, ["text"] * tokens, name="joint")
    with SummaryWriter(tmp_path / "logs" / "run") as writer:
        for number, one in enumerate(states):
            example = Example(sequence, hidden_states=HiddenStates(one[None], layers=[3]))
            writer.add_vl_example(f"val/{number:02d}", example, 0)
    here = {"run": "run", "tag": "val/07", "step": 0, "layer": 3, "sequence": "joint", "token": 5}
    with TensorBoardProcess(["--logdir", str(tmp_path / "logs")], tmp_path / "log.txt") as process:
        wait_until(lambda: [run["tags"] for run in process.get("runs").json["runs"]] == [count])
        first = process.get("neighbours", **here)
        assert first.status == 202
        assert first.json["job"]["title"] == "Neighbours in layer 3, 24,000 tokens"
        wait_until(lambda: process.get("jobs").json["jobs"][0]["state"] == "done")
        answer = process.get("neighbours", **here)
        assert answer.status == 200 and answer.json["points"] == count * tokens
        points = states.reshape(-1, features).astype(np.float64)
        search = NearestNeighbors(n_neighbors=11, metric="cosine").fit(points)
        distance, index = search.kneighbors(points[None, 7 * tokens + 5])
        expected = [(f"val/{one // tokens:02d}", one % tokens) for one in index[0, 1:]]
        found = answer.json["neighbours"]
        assert [(one["tag"], one["token"]) for one in found] == expected
        assert np.allclose([one["distance"] for one in found], distance[0, 1:], atol=1e-6)
