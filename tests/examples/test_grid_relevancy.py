"""What the demo explains, and what its perturbation tests take away."""

from typing import Any

import numpy as np
import pytest
import torch
from grid_models import MODELS, GridModel
from grid_questions import ANSWERS, CELL, GRID, Questions, QuestionSource
from grid_relevancy import METHODS, Explanations, explain, forgetting

from vl_tb_plugin import trace


@pytest.fixture(scope="module")
def questions() -> Questions:
    return QuestionSource(held_out=True, seed=5).draw(6)


@pytest.fixture(scope="module", params=sorted(MODELS))
def grid(request: pytest.FixtureRequest) -> GridModel:
    torch.manual_seed(1)
    grid = MODELS[request.param]()
    grid.model.eval()
    return grid


@pytest.fixture(scope="module")
def said(grid: GridModel, questions: Questions) -> list[int]:
    return answers_to(grid, grid.batch(questions))


@pytest.fixture(scope="module")
def found(grid: GridModel, questions: Questions, said: list[int]) -> Explanations:
    batch = grid.batch(questions)
    with torch.no_grad(), trace(grid.model, processor=grid.tokenizer) as t:
        grid.model(**batch)
    sequences = [example.sequences for example in t.examples(batch)]
    return explain(grid, t, sequences, questions, said)


def answers_to(grid: GridModel, batch: dict[str, Any]) -> list[int]:
    with torch.no_grad():
        return grid.scores(grid.model(**batch)).argmax(1).tolist()


def test_the_explained_output_is_the_logit_of_the_answer(
    grid: GridModel, questions: Questions
) -> None:
    with torch.no_grad():
        output = grid.model(**grid.batch(questions))
    scores = grid.scores(output)
    every = getattr(output, "logits", None)
    every = output.question_answering_score if every is None else every[:, -1]
    for answer, ((target,), *_) in enumerate(
        grid.targets([answer] * len(questions)) for answer in range(len(ANSWERS))
    ):
        assert target.label == ANSWERS[answer] and target.position is None
        assert torch.equal(every[:, target.index], scores[:, answer])


def test_every_question_has_a_map_per_method_of_what_the_model_said(
    found: Explanations, said: list[int]
) -> None:
    for maps, answer in zip(found.maps, said, strict=True):
        assert [one.method for one in maps] == list(METHODS)
        assert {one.target for one in maps} == {ANSWERS[answer]}


def test_tests_begin_with_the_whole_question_and_end_alike(
    found: Explanations, questions: Questions, said: list[int]
) -> None:
    right = said == questions.answers
    for number, tests in enumerate(found.tests):
        assert len(tests) == len(METHODS) * 4
        assert {(test.values[0], test.answers[0]) for test in tests} == {
            (float(right[number]), ANSWERS[said[number]])
        }
        for image in (True, False):
            ends = {
                test.answers[-1] for test in tests if (len(test.removal) == GRID * GRID) == image
            }
            assert len(ends) == 1


def test_cells_that_are_taken_away_are_gone_from_the_picture(
    grid: GridModel, questions: Questions, found: Explanations
) -> None:
    batch = grid.batch(questions)
    changed = 0
    for number, tests in enumerate(found.tests):
        test = next(one for one in tests if one.method == "random" and one.order == "positive")
        cells = np.array(test.removal)
        if "pixel_values" in batch:  # LLaVA: one class token in front of the cells
            cells -= 1
        assert sorted(cells) == list(range(GRID * GRID))
        for fraction, count, answer in zip(
            test.fractions[:-1], test.removed, test.answers, strict=False
        ):
            one = {name: values[[number]] for name, values in batch.items()}
            gone = cells[:count]
            if "pixel_values" in batch:
                one["pixel_values"] = one["pixel_values"].clone()
                for row, column in zip(*np.divmod(gone, GRID), strict=True):
                    place = slice(CELL * row, CELL * row + CELL)
                    across = slice(CELL * column, CELL * column + CELL)
                    one["pixel_values"][..., place, across] = 0
            else:
                kept = np.setdiff1d(np.arange(GRID * GRID), gone)
                for name in ("visual_feats", "visual_pos"):
                    one[name] = one[name][:, kept]
            expected = ANSWERS[answers_to(grid, one)[0]]
            assert answer == expected, (number, fraction)
            changed += expected != test.answers[0]
    assert changed  # an untrained model, too, depends on what it sees


def test_maps_of_random_weights_are_other_maps(
    grid: GridModel, questions: Questions, said: list[int]
) -> None:
    stages = forgetting(grid, questions.part(0, 3), said[:3])
    assert len(stages) > 5  # layer by layer
    likeness = stages[-1].correlation
    assert {"relevancy", "raw_attention"} <= set(likeness) <= set(METHODS) - {"random"}
    assert likeness["relevancy"] < 0.7 and likeness["raw_attention"] < 0.9
