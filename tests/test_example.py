"""What a user hands over is validated once, with errors that say what to change."""

import numpy as np
import pytest
import torch

from tests.logged_examples import grid_boxes, joint_example
from vl_tb_plugin import (
    Attention,
    Example,
    HiddenStates,
    InvalidExample,
    LogitLens,
    PerturbationTest,
    Relevancy,
    TokenSequence,
)

UNIFORM = np.full((1, 2, 3, 3), 1 / 3, np.float32)


def words(count: int = 3, **changes) -> TokenSequence:
    arguments = {"tokens": ["a"] * count, "modality": ["text"] * count}
    return TokenSequence(**(arguments | changes))


def test_an_example_of_one_sequence_needs_three_lines():
    example = Example(words(), Attention(UNIFORM), HiddenStates(np.zeros((2, 3, 4))))
    assert [block.kind for block in example.attention] == ["self"]
    assert example.hidden_states[0].layers == (0, 1)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.float16, torch.bfloat16])
def test_torch_tensors_of_any_dtype_are_taken(dtype):
    weights = torch.softmax(torch.randn(1, 2, 3, 3), dim=-1)
    example = Example(words(), Attention(weights.to(dtype)))
    kept = example.attention[0].probabilities
    assert kept.dtype == np.float32
    assert np.allclose(kept, weights.numpy(), atol=4e-3)


def test_a_tensor_that_requires_gradients_is_taken():
    weights = torch.full((1, 2, 3, 3), 1 / 3, requires_grad=True)
    assert Attention(weights).probabilities.sum() == pytest.approx(6)


def test_later_changes_of_the_caller_do_not_reach_the_example():
    weights, states = UNIFORM.copy(), np.zeros((2, 3, 4), np.float32)
    example = Example(words(), Attention(weights), HiddenStates(states))
    weights[:] = 7
    states[:] = 7
    assert example.attention[0].probabilities.max() < 1
    assert example.hidden_states[0].values.max() == 0


def test_rows_of_padding_queries_may_be_zero():
    weights = UNIFORM.copy()
    weights[..., 0, :] = 0
    Example(words(modality=["padding", "text", "text"]), Attention(weights))


def test_images_may_be_pil_floats_or_grey():
    from PIL import Image

    grey = np.linspace(0, 1, 12).reshape(3, 4)
    pictures = [Image.new("L", (4, 3), 255), grey, np.zeros((3, 4, 3), np.uint8)]
    images = Example(words(), images=pictures).images
    assert [image.shape for image in images] == [(3, 4, 3)] * 3
    assert images[0].max() == 255 and images[1].max() == 255


def test_parts_are_found_by_name():
    example = joint_example()
    assert example.block("self") is example.attention[0]
    assert example.sequence("joint") is example.sequences[0]
    with pytest.raises(InvalidExample, match=r"one of the attention blocks \['self'\], got 'x'"):
        example.block("x")


def test_a_token_without_a_place_has_no_image():
    boxes = [[np.nan] * 4, [0, 0, 1, 1], [0, 0, 0.5, 1]]
    sequence = words(boxes=boxes, modality=["special", "image", "image"])
    assert sequence.image_index.tolist() == [-1, 0, 0]


def removal(**changes) -> PerturbationTest:
    """A test that takes all three tokens of ``words()`` away."""
    arguments = {
        "method": "relevancy",
        "order": "positive",
        "sequence": "joint",
        "fractions": [0, 0.5, 1],
        "values": [1, 0.5, 0],
        "removal": [2, 0, 1],
        "removed": [0, 2, 3],
    }
    return PerturbationTest(**(arguments | changes))


def test_scores_given_alone_are_those_of_the_joint_sequence():
    scores = torch.tensor([0.5, float("nan"), -1], dtype=torch.float64)
    (one,) = Example(words(), relevancy=Relevancy(scores)).relevancy
    assert one.method == "relevancy" and list(one.scores) == ["joint"]
    assert one.scores["joint"].dtype == np.float32
    assert np.array_equal(one.scores["joint"], [0.5, np.nan, -1], equal_nan=True)


def test_later_changes_of_the_caller_do_not_reach_a_map():
    scores = np.ones(3, np.float32)
    one = Relevancy(scores)
    scores[:] = 7
    assert one.scores["joint"].max() == 1


def test_a_map_may_cover_some_sequences_and_any_method_may_have_made_it():
    sequences = [words(name="text"), words(2, name="image")]
    maps = [Relevancy({"image": [1, 2]}, "shap"), Relevancy({"text": [1, 2, 3]}, "shap")]
    example = Example(sequences, relevancy=maps)
    assert [list(one.scores) for one in example.relevancy] == [["image"], ["text"]]


def test_the_scores_count_as_memory_that_waits():
    bare, mapped = Example(words()), Example(words(), relevancy=Relevancy([1, 2, 3]))
    assert mapped.nbytes - bare.nbytes == 3 * 4


def test_maps_and_tests_stay_with_an_example_whose_arrays_are_replaced():
    example = Example(words(), relevancy=Relevancy([1, 2, 3]), perturbation=removal())
    other = example.with_arrays([], [], ["attention"])
    assert other.relevancy == example.relevancy and other.perturbation == example.perturbation


def test_a_perturbation_test_may_lack_answers_and_values():
    test = removal(values=[1, np.nan, 0])
    assert test.answers == () and np.isnan(test.values[1])


def not_a_number(array: np.ndarray) -> np.ndarray:
    changed = array.copy()
    changed.flat[0] = np.nan
    return changed


def lens(**changed):
    given = {"outputs": np.zeros((2, 3, 2), int), "probabilities": np.full((2, 3, 2), 0.5)}
    return LogitLens(**(given | {"words": {0: "red", 1: "blue"}} | changed))


def test_a_lens_keeps_the_words_that_occur_and_counts_as_memory_that_waits():
    one = lens(
        answer=1,
        answer_ranks=np.zeros((2, 3), int),
        answer_probabilities=np.ones((2, 3)),
        words={0: "red", 1: "blue", 2: "green"},
    )
    assert one.words == {0: "red", 1: "blue"}
    assert Example(words(), logit_lens=one).nbytes == one.nbytes == 2 * 3 * (2 * 6 + 6)


@pytest.mark.parametrize(
    ("make", "argument", "says"),
    [
        (lambda: words(modality=["text"] * 2), "sequence 'joint'.modality", "3 entries"),
        (lambda: words(modality=["text", "audio", "text"]), "modality[1]", "'audio'"),
        (lambda: words(boxes=np.zeros((2, 4))), "sequence 'joint'.boxes", "(3, 4)"),
        (lambda: words(boxes=[[0, 0, 64, 64]] * 3), "boxes", "fractions of the image"),
        (lambda: words(name="a/b"), "sequence name", "'a/b'"),
        (lambda: Attention(UNIFORM, name=".."), "attention name", "'..'"),
        (lambda: words(0), "sequence 'joint'.tokens", "at least one"),
        (lambda: Attention(UNIFORM[0]), "attention 'self'.probabilities", "(2, 3, 3)"),
        (lambda: Attention(not_a_number(UNIFORM)), "probabilities", "NaN or infinity in 1 of 18"),
        (lambda: Attention(UNIFORM * np.inf), "probabilities", "NaN or infinity"),
        (lambda: Attention(UNIFORM * 40 - 20), "probabilities", "apply softmax first"),
        (lambda: Attention(UNIFORM, layers=[1, 2]), "layers", "1 numbers"),
        (lambda: Attention(UNIFORM, rows=[0, 2, 1]), "rows", "ascending"),
        (lambda: Attention(UNIFORM, metrics={"mine": [[1.0]]}), "metrics['mine']", "(1, 2)"),
        (lambda: Attention([["x"]]), "probabilities", "numeric array"),
        (lambda: HiddenStates(np.zeros((3, 4))), "hidden states of 'joint'.values", "(3, 4)"),
        (lambda: HiddenStates(np.full((1, 3, 4), np.nan)), "values", "NaN"),
        (lambda: Example(words(4), Attention(UNIFORM)), "attention 'self'", "4 queries"),
        (lambda: Example(words(), Attention(UNIFORM / 2)), "attention 'self'", "0.5000 in layer 0"),
        (lambda: Example(words(), Attention(UNIFORM, key="image")), "key", "'image'"),
        (lambda: Example(words(), Attention(UNIFORM, rows=[1, 2, 3])), "rows", "below 3"),
        (lambda: Example(words(), [Attention(UNIFORM)] * 2), "attention", "more than once"),
        (lambda: Example([]), "sequences", "at least one"),
        (lambda: Example(words(), HiddenStates(np.zeros((1, 3, 4)))), "attention[0]", "Attention"),
        (
            lambda: Example(words(), hidden_states=HiddenStates(np.zeros((1, 5, 4)))),
            "hidden states of 'joint'.values",
            "3 tokens",
        ),
        (lambda: Example(words(), images=[np.zeros((4, 4, 4))]), "images[0]", "(4, 4, 4)"),
        (lambda: Example(words(), images=[np.full((4, 4), 3.0)]), "images[0]", "normalisation"),
        (lambda: Example(words(), target_boxes=[[0, 0, 1]]), "target_boxes", "(n, 4)"),
        (lambda: Example(words(), fields={"loss": [1, 2]}), "fields['loss']", "list"),
        (lambda: Relevancy({}), "scores", "none"),
        (lambda: Relevancy([]), "scores['joint']", "(0,)"),
        (lambda: Relevancy([[1.0, 2.0]]), "scores['joint']", "(1, 2)"),
        (lambda: Relevancy([1, np.inf]), "scores['joint']", "infinity"),
        (lambda: Relevancy(["a"]), "scores['joint']", "numeric array"),
        (lambda: Relevancy([1.0], "a/b"), "relevancy method", "'a/b'"),
        (lambda: Relevancy([1.0], position=-1), "position", "-1"),
        (lambda: Example(words(), relevancy=Relevancy([1, 2])), "scores['joint']", "3 scores"),
        (
            lambda: Example(words(), relevancy=Relevancy({"image": [1, 2, 3]})),
            "Relevancy('relevancy').scores",
            "['joint']",
        ),
        (lambda: lens(outputs=np.zeros((2, 3), int)), "outputs", "(layers, positions, k)"),
        (lambda: lens(outputs=np.zeros((2, 3, 2))), "outputs", "integers"),
        (lambda: lens(probabilities=np.zeros((2, 3, 1))), "probabilities", "(2, 3, 2)"),
        (lambda: lens(probabilities=np.full((2, 3, 2), 7.0)), "probabilities", "0 to 1"),
        (lambda: lens(words={1: "a"}), "words", "none for [0]"),
        (lambda: lens(answer=1), "answer_ranks", "got None"),
        (lambda: lens(answer_ranks=np.zeros((2, 3), int)), "answer_ranks", "None without one"),
        (lambda: Example(words(), logit_lens=lens(positions=[0, 1, 3])), "positions", "below 3"),
        (lambda: Example(words(4), logit_lens=lens()), "outputs", "4 positions"),
        (lambda: Example(words(), logit_lens=[lens(), lens()]), "logit_lens", "more than once"),
        (lambda: Example(words(), logit_lens=lens(sequence="image")), "'image'", "['joint']"),
        (lambda: Example(words(), relevancy=[[1, 2, 3]]), "relevancy[0]", "Relevancy"),
        (lambda: removal(order="random"), "perturbation order", "'random'"),
        (lambda: removal(method=""), "perturbation method", "non-empty"),
        (lambda: removal(values=[1, 0]), "perturbation values", "3, one a fraction"),
        (lambda: removal(answers=["a"]), "perturbation answers", "got 1"),
        (lambda: removal(removed=[0, 3, 2]), "perturbation removed", "ascending"),
        (lambda: removal(removed=[-1, 2, 3]), "perturbation removed", "from 0 to 3"),
        (lambda: removal(removed=[0, 2, 4]), "perturbation removed", "from 0 to 3"),
        (lambda: removal(removal=[2, 2, 1]), "perturbation removal", "once"),
        (lambda: removal(fractions=[0, 1, 0.5]), "perturbation fractions", "ascending"),
        (lambda: removal(fractions=[0, 50, 100]), "perturbation fractions", "between 0 and 1"),
        (lambda: removal(fractions=[0, np.nan, 1]), "perturbation fractions", "between 0 and 1"),
        (
            lambda: removal(fractions=[], values=[], removed=[]),
            "perturbation fractions",
            "at least one",
        ),
        (
            lambda: Example(words(), perturbation=removal(sequence="image")),
            "sequence",
            "'image'",
        ),
        (
            lambda: Example(words(), perturbation=removal(removal=[2, 0, 3])),
            "removal",
            "below 3, got [3]",
        ),
        (
            lambda: Example(words(), perturbation=removal(removal=[2, 0, -1])),
            "removal",
            "below 3, got [-1]",
        ),
        (lambda: joint_example(images=[]) and words(image_index=[0]), "image_index", "(3,)"),
        (
            lambda: Example(
                words(boxes=grid_boxes(2)[:3], image_index=[0, 0, 1]),
                images=[np.zeros((2, 2, 3), np.uint8)],
            ),
            "image_index",
            "number of images",
        ),
    ],
)
def test_an_error_names_the_argument_what_was_expected_and_what_came(make, argument, says):
    with pytest.raises(InvalidExample) as caught:
        make()
    assert argument in caught.value.argument
    assert says in str(caught.value)
    assert "expected" in str(caught.value) and "got" in str(caught.value)
