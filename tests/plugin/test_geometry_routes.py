"""The geometry of hidden states, asked of a real TensorBoard about states with planted changes."""

import numpy as np
import pytest

from tests.tensorboard_process import TensorBoardProcess
from tests.waiting import wait_until
from vl_tb_plugin import Attention, Example, HiddenStates, SummaryWriter, TokenSequence

STEPS = [0, 10, 20]
LAYERS, FEATURES, WORDS, PATCHES = 3, 16, 5, 9
SAMPLES = 6
WIDE = (4, 2, -300.0)
"""Sample, feature and value of the largest activation, at the last step in layer 1."""

RNG = np.random.default_rng(0)
STATES = RNG.standard_normal((SAMPLES, LAYERS, 2 + WORDS + PATCHES, FEATURES))
ROTATION = np.linalg.qr(RNG.standard_normal((FEATURES, FEATURES)))[0]
OTHER = RNG.standard_normal(STATES.shape)


def states_at(step):
    """Layer 1 is turned after the first step, layer 2 becomes another; at step 20 the patches of
    layer 0 lie far from the words."""
    values = STATES.copy()
    if step:
        values[:, 1] = values[:, 1] @ ROTATION
        values[:, 2] = OTHER[:, 2]
    if step == 20:
        values[:, 0, 2 + WORDS :] += 7
        values[WIDE[0], 1, 0, WIDE[1]] = WIDE[2]
    return values.astype(np.float16)


def example(values, *, last_word="d"):
    """One stream: a special token, words, one of them generated, padding, patches."""
    words = ["a", "b", "c", last_word, "e"]
    sequence = TokenSequence(
        ["[CLS]", *words, "[PAD]", *map(str, range(PATCHES))],
        ["special", *["text"] * (WORDS - 1), "generated", "padding", *["image"] * PATCHES],
    )
    return Example(sequence, [], HiddenStates(values))


def stored(step):
    """(samples, layers, tokens, features) without padding."""
    return np.delete(states_at(step), 1 + WORDS, axis=2).astype(np.float64)


WORD, PATCH = slice(1, 1 + WORDS), slice(1 + WORDS, None)


@pytest.fixture(scope="module")
def tensorboard(tmp_path_factory):
    folder = tmp_path_factory.mktemp("logs")
    with SummaryWriter(folder / "run") as writer:
        for step in STEPS:
            for number, values in enumerate(states_at(step)):
                word = "changed" if (number, step) == (5, 20) else "d"
                writer.add_vl_example(f"val/{number}", example(values, last_word=word), step)
    with SummaryWriter(folder / "wider") as writer:
        for number, values in enumerate(states_at(20)[:4]):
            wider = np.concatenate([values, values], axis=-1)[1:]
            writer.add_vl_example(f"val/{number}", example(wider), 20)
    rng = np.random.default_rng(1)
    text = TokenSequence(["a", "b", "c", "d"], ["text"] * 4, name="text")
    tower = TokenSequence(["0", "1", "2", "3"], ["image"] * 4, name="tower")
    blocks = [
        Attention(np.full((1, 1, 4, 4), 0.25), name=name, query=name, key=name)
        for name in ("text", "tower")
    ]
    with SummaryWriter(folder / "apart") as writer:
        states = [HiddenStates(rng.standard_normal((2, 4, 8)), name) for name in ("text", "tower")]
        writer.add_vl_example("val/0", Example([text, tower], blocks, states), 0)
    log = tmp_path_factory.mktemp("tensorboard") / "log.txt"
    with TensorBoardProcess(["--logdir", str(folder)], log) as process:
        process.wait_for_runs(3)
        wait_until(lambda: process.get("examples", run="run").json["steps"] == STEPS)
        wait_until(lambda: len(process.get("examples", run="wider").json["examples"]) == 4)
        yield process


def measure(answer, name):
    """(steps, layers) of one measure."""
    names = [measure["name"] for measure in answer.header["measures"]]
    return answer.array("values")[names.index(name)]


def unit(values):
    return values / np.linalg.norm(values, axis=-1, keepdims=True)


def feature_cka(x, y):
    x, y = x - x.mean(axis=0), y - y.mean(axis=0)
    norm = np.linalg.norm
    return norm(y.T @ x) ** 2 / (norm(x.T @ x) * norm(y.T @ y))


class TestGeometry:
    def test_the_measures_are_those_of_what_was_logged(self, tensorboard):
        answer = tensorboard.get("geometry", run="run")
        assert answer.header["steps"] == STEPS
        assert answer.header["layers"] == [0, 1, 2]
        assert answer.header["samples"] == [SAMPLES] * 3
        assert answer.header["sampled"] == [None] * 3
        for number, step in enumerate(STEPS):
            for layer in range(LAYERS):
                values = stored(step)[:, layer]
                text, image = (values[:, of].reshape(-1, FEATURES) for of in (WORD, PATCH))
                gap = np.linalg.norm(unit(image).mean(axis=0) - unit(text).mean(axis=0))
                expected = {
                    "modality_gap": gap,
                    "norm_text": np.linalg.norm(text, axis=1).mean(),
                    "norm_image": np.linalg.norm(image, axis=1).mean(),
                    "massive_activation": np.abs(values).max() / np.median(np.abs(values)),
                }
                for name, value in expected.items():
                    found = measure(answer, name)[number, layer]
                    assert found == pytest.approx(value, rel=1e-4), (name, step, layer)

    def test_a_planted_gap_and_a_planted_massive_activation_are_found(self, tensorboard):
        answer = tensorboard.get("geometry", run="run")
        for name in ("modality_gap", "modality_gap_distribution"):
            found = measure(answer, name)
            assert found[2, 0] > 3 * np.abs(found[:2, 0]).max()
        assert answer.array("largest")[2, 1] == -WIDE[2]
        assert answer.array("feature")[2, 1] == WIDE[1]

    def test_streams_that_never_meet_are_asked_for_one_by_one(self, tensorboard):
        first = tensorboard.get("geometry", run="apart")
        assert first.header["sequences"] == ["text"]
        assert np.isnan(measure(first, "modality_gap")).all()
        second = tensorboard.get("geometry", run="apart", sequence="tower")
        assert np.isnan(measure(second, "norm_text")).all()
        assert not np.isnan(measure(second, "norm_image")).any()

    def test_what_is_not_there_is_said(self, tensorboard):
        answer = tensorboard.get("geometry", run="run", sequence="speech")
        assert answer.status == 404 and "speech" in answer.json["error"]


class TestCka:
    def test_layers_of_one_step_are_compared_by_their_tokens(self, tensorboard):
        answer = tensorboard.get("cka", run="run", step=0)
        biased, debiased = answer.array("cka_biased"), answer.array("cka")
        tokens = stored(0).transpose(1, 0, 2, 3).reshape(LAYERS, -1, FEATURES)
        expected = [[feature_cka(x, y) for y in tokens] for x in tokens]
        np.testing.assert_allclose(biased, expected, rtol=1e-3)
        np.testing.assert_allclose(np.diag(debiased), 1, rtol=1e-5)
        # of unrelated layers with few tokens only the first form is well above zero
        others = ~np.eye(LAYERS, dtype=bool)
        assert biased[others].min() > 0.1 and np.abs(debiased[others]).max() < 0.05
        assert answer.header["points"] == answer.header["of"] == SAMPLES * (1 + WORDS + PATCHES)
        assert not answer.header["sampled"]

    def test_between_checkpoints_a_turned_layer_is_the_same_and_a_new_one_is_not(self, tensorboard):
        answer = tensorboard.get("cka", run="run", step=0, other_run="run", other_step=10)
        diagonal = np.diag(answer.array("cka"))
        np.testing.assert_allclose(diagonal[:2], 1, atol=1e-3)
        assert abs(diagonal[2]) < 0.05

    def test_examples_whose_words_changed_are_left_out(self, tensorboard):
        answer = tensorboard.get("cka", run="run", step=10, other_run="run", other_step=20)
        assert answer.header["samples"] == SAMPLES - 1
        assert answer.header["points"] == (SAMPLES - 1) * (1 + WORDS + PATCHES)

    @pytest.mark.parametrize(("tokens", "count"), [("text", WORDS), ("image", PATCHES)])
    def test_text_and_image_can_be_compared_alone(self, tensorboard, tokens, count):
        asked = {"run": "run", "step": 0, "tokens": tokens}
        assert tensorboard.get("cka", **asked).header["points"] == SAMPLES * count

    def test_runs_of_other_layers_and_widths_compare(self, tensorboard):
        answer = tensorboard.get("cka", run="run", step=20, other_run="wider", other_step=20)
        assert (answer.header["layers"], answer.header["other_layers"]) == ([0, 1, 2], [0, 1])
        assert answer.array("cka").shape == (3, 2)
        # its layers are those above the first, each feature twice
        np.testing.assert_allclose(np.diag(answer.array("cka")[1:]), 1, atol=1e-4)

    def test_the_history_is_the_diagonal_of_each_pair(self, tensorboard):
        answer = tensorboard.get("cka_history", run="run")
        assert answer.header["steps"] == STEPS
        first, previous = answer.array("first"), answer.array("previous")
        assert np.isnan(first[0]).all() and np.isnan(previous[0]).all()
        for number, step in enumerate(STEPS[1:], start=1):
            for found, other in ((first, 0), (previous, STEPS[number - 1])):
                pair = tensorboard.get(
                    "cka", run="run", step=other, other_run="run", other_step=step
                )
                np.testing.assert_allclose(found[number], np.diag(pair.array("cka")), rtol=1e-5)

    @pytest.mark.parametrize(
        ("parameters", "status", "said"),
        [
            ({"step": 7}, 404, "only at [0, 10, 20]"),
            ({"step": 0, "tokens": "words"}, 400, "all, text, image"),
            ({"step": 0, "other_run": "wider"}, 400, "other_step"),
            ({"step": 0, "other_run": "apart", "other_step": 0}, 404, "0 tokens in common"),
        ],
    )
    def test_what_does_not_fit_is_said(self, tensorboard, parameters, status, said):
        answer = tensorboard.get("cka", run="run", **parameters)
        assert answer.status == status and said in answer.json["error"]
