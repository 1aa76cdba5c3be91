"""What the questions of the demo promise: one right cell, a true box, scans that stay apart."""

import numpy as np
import pytest
from grid_questions import (
    ANSWERS,
    CELL,
    CELLS,
    COLOUR_NAMES,
    DIGIT_NAMES,
    HELD_OUT_SCANS,
    NO_COLOUR,
    NO_DIGIT,
    Questions,
    QuestionSource,
    cell_boxes,
    cell_pixels,
)
from sklearn.datasets import load_digits


@pytest.fixture(scope="module")
def questions() -> Questions:
    return QuestionSource(held_out=False, seed=3).draw(400)


def test_one_cell_alone_has_what_the_question_names(questions: Questions) -> None:
    for number, (kind, keyword) in enumerate(zip(questions.kinds, questions.keywords, strict=True)):
        named = (
            questions.colours[number] == COLOUR_NAMES.index(keyword)
            if kind == "digit"
            else questions.digits[number] == DIGIT_NAMES.index(keyword)
        )
        assert np.flatnonzero(named).tolist() == [questions.cells[number]]


def test_the_answer_is_the_other_attribute_of_that_cell(questions: Questions) -> None:
    for number, kind in enumerate(questions.kinds):
        cell = questions.cells[number]
        answer = ANSWERS[questions.answers[number]]
        digit, colour = questions.digits[number, cell], questions.colours[number, cell]
        assert answer == (DIGIT_NAMES[digit] if kind == "digit" else COLOUR_NAMES[colour])


def test_words_name_kind_and_tile(questions: Questions) -> None:
    assert set(questions.kinds) == {"digit", "colour"}
    for kind, keyword, sentence, prompt in zip(
        questions.kinds, questions.keywords, questions.sentences, questions.prompts, strict=True
    ):
        # the models' read-out rows rely on these places
        assert sentence.split()[5] == keyword
        assert prompt.split()[-1] == keyword
        assert kind in sentence and kind in prompt


def test_the_true_box_holds_the_scan_of_the_digit(questions: Questions) -> None:
    scans = load_digits()
    matches = []
    for number in range(50):
        x0, y0, x1, y1 = (questions.boxes[number, 0] * 64).astype(int)
        box = questions.images[number, y0:y1, x0:x1].astype(float).mean(axis=2)
        scan = scans.images[questions.scans[number, questions.cells[number]]]
        # ink is dark; the tile lies up to two pixels off, so the best offset counts
        ink = np.kron(scan, np.ones((2, 2)))[1:15, 1:15]
        match = [
            np.corrcoef(ink.ravel(), -box[row : row + 14, column : column + 14].ravel())[0, 1]
            for row in range(3)
            for column in range(3)
        ]
        matches.append(max(match))
        label = scans.target[questions.scans[number, questions.cells[number]]]
        assert label == questions.digits[number, questions.cells[number]]
    # the photograph shows through, so that single ones match less
    assert np.mean(matches) > 0.8 and min(matches) > 0.5


@pytest.mark.parametrize("tiles", [(2, 2), (3, 7), (16, 16)])
def test_number_of_tiles(tiles: tuple[int, int]) -> None:
    questions = QuestionSource(held_out=False, seed=0).draw(60, tiles)
    assert questions.tiles.min() >= tiles[0] and questions.tiles.max() <= tiles[1]
    empty = questions.digits == NO_DIGIT
    assert ((questions.colours == NO_COLOUR) == empty).all()
    assert ((questions.scans == -1) == empty).all()


def test_same_seed_same_questions() -> None:
    first, second = (QuestionSource(held_out=True, seed=(7, 1)).draw(20) for _ in range(2))
    other = QuestionSource(held_out=True, seed=(8, 1)).draw(20)
    assert (first.images == second.images).all()
    assert first.sentences == second.sentences and (first.answers == second.answers).all()
    assert (first.images != other.images).any()


def test_training_and_held_out_scans_are_disjoint_for_any_seeds() -> None:
    full = (CELLS, CELLS)  # every cell filled: enough scans that none is missed by chance
    training = QuestionSource(held_out=False, seed=1).draw(1200, full).scans
    held_out = QuestionSource(held_out=True, seed=2).draw(1200, full).scans
    training, held_out = (set(scans[scans >= 0].tolist()) for scans in (training, held_out))
    assert not training & held_out
    # all of them come up, too
    assert len(held_out) == HELD_OUT_SCANS
    assert len(training) == len(load_digits().target) - HELD_OUT_SCANS


def test_answers_and_cells_are_balanced() -> None:
    source = QuestionSource(held_out=False, seed=4)
    drawn = [source.draw(400, (2, 2)) for _ in range(20)]  # few at a time take little memory
    number = sum(map(len, drawn))
    cells = np.bincount(np.concatenate([one.cells for one in drawn]), minlength=CELLS) / number
    assert np.abs(cells - 1 / CELLS).max() < 0.015
    answers = np.concatenate([one.answers for one in drawn])
    answers = np.bincount(answers, minlength=len(ANSWERS)) / number
    assert np.abs(answers[:10] - 0.05).max() < 0.015
    assert np.abs(answers[10:] - 0.0625).max() < 0.015


def test_cells_of_pixels_and_boxes_have_one_order(questions: Questions) -> None:
    pixels = cell_pixels(questions.images)
    for cell, (x0, y0, x1, y1) in enumerate((cell_boxes() * 64).astype(int)):
        expected = questions.images[:, y0:y1, x0:x1].reshape(len(questions), -1)
        assert (x1 - x0, y1 - y0) == (CELL, CELL)
        assert (pixels[:, cell] == expected).all()
