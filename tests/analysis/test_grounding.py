"""Grounding of maps, against pictures painted pixel by pixel and against exhaustive search."""

import math

import numpy as np
import pytest

from vl_tb_plugin.analysis.grounding import above_otsu, energy_inside, otsu_iou, pointing_game
from vl_tb_plugin.analysis.reliance import image_reliance

MEASURES = (pointing_game, energy_inside, otsu_iou)
SIDE = 24
"""Pixels along the side of the painted pictures."""


def grid(rows, columns):
    row, column = np.divmod(np.arange(rows * columns), columns)
    return np.stack(
        [column / columns, row / rows, (column + 1) / columns, (row + 1) / rows], axis=1
    )


def painted(box):
    """The pixels of a box whose edges lie between pixels."""
    x0, y0, x1, y1 = np.rint(np.asarray(box) * SIDE).astype(int)
    pixels = np.zeros((SIDE, SIDE), bool)
    pixels[y0:y1, x0:x1] = True
    return pixels


def random_boxes(rng, count):
    """Boxes that may overlap, at least one pixel large."""
    corner = rng.integers(0, SIDE - 1, (count, 2))
    other = rng.integers(corner + 1, SIDE + 1)
    return np.concatenate([corner, other], axis=1) / SIDE


def best_split(values, weights):
    """The values above the threshold with the largest variance between classes: try them all."""
    best, chosen = -1.0, None
    for threshold in np.unique(values)[:-1]:
        above = values > threshold
        shares = weights[~above].sum(), weights[above].sum()
        means = (
            np.average(values[~above], weights=weights[~above]),
            np.average(values[above], weights=weights[above]),
        )
        variance = shares[0] * shares[1] * (means[0] - means[1]) ** 2
        if variance > best * (1 + 1e-12):
            best, chosen = variance, above
    return chosen


@pytest.mark.parametrize("seed", range(20))
def test_otsu_splits_where_an_exhaustive_search_does(seed):
    rng = np.random.default_rng(seed)
    values = np.round(rng.normal(0, 1, 50) + 3 * (rng.random(50) > 0.7), 1)
    weights = rng.random(50)
    assert (above_otsu(values, weights) == best_split(values, weights)).all()
    assert (above_otsu(values) == best_split(values, np.ones(50))).all()


def test_otsu_does_not_depend_on_scale_or_shift():
    values = np.random.default_rng(1).gamma(1, 1, 60)
    assert (above_otsu(values) == above_otsu(values * 1e-9 - 4e-9)).all()


def test_otsu_leaves_nan_below_and_out_of_the_threshold():
    chosen = above_otsu([[0.0, np.nan, 5.0], [0.1, 5.1, np.nan]])
    assert chosen.tolist() == [[False, False, True], [False, True, False]]


def test_what_weighs_nothing_has_no_say_in_otsus_threshold():
    assert above_otsu([0, 1, 100], [1, 1, 0]).tolist() == [False, True, True]


def test_nothing_is_above_otsus_threshold_of_one_value():
    assert not above_otsu([3.0, 3.0, np.nan]).any()


def test_pointing_game_looks_at_the_centre_of_the_highest_token():
    scores = np.zeros(16)
    scores[5] = 1  # centre at 0.375, 0.375
    assert pointing_game(scores, grid(4, 4), [[0.3, 0.3, 0.4, 0.4]]) == 1
    assert pointing_game(scores, grid(4, 4), [[0.375, 0, 1, 1]]) == 1  # the edge belongs to it
    assert pointing_game(scores, grid(4, 4), [[0.4, 0, 1, 1]]) == 0
    assert pointing_game(scores, grid(4, 4), [[0.4, 0, 1, 1], [0, 0, 0.4, 0.4]]) == 1


def test_pointing_game_tells_rows_from_columns():
    scores = np.eye(1, 12, 3)[0]  # upper right of 3 rows and 4 columns
    assert pointing_game(scores, grid(3, 4), [[0.7, 0, 1, 0.4]]) == 1
    assert pointing_game(scores, grid(3, 4), [[0, 0.7, 0.4, 1]]) == 0


@pytest.mark.parametrize("seed", range(5))
def test_energy_inside_is_that_of_pixels(seed):
    rng = np.random.default_rng(seed)
    boxes, truth = random_boxes(rng, 12), random_boxes(rng, 3)
    scores = rng.standard_normal(12)
    evidence = np.any([painted(box) for box in truth], axis=0)
    inside = total = 0.0
    for score, box in zip(scores, boxes, strict=True):
        if score > 0:
            pixels = painted(box)
            inside += score * (pixels & evidence).sum() / pixels.sum()
            total += score
    assert energy_inside(scores, boxes, truth) == pytest.approx(inside / total)


@pytest.mark.parametrize("seed", range(5))
def test_otsu_iou_is_that_of_pixels(seed):
    rng = np.random.default_rng(seed)
    boxes, truth = random_boxes(rng, 12), random_boxes(rng, 3)
    scores = rng.random(12)
    picture = np.full((SIDE, SIDE), -1.0)
    for score, box in zip(scores, boxes, strict=True):
        pixels = painted(box)
        picture[pixels] = np.maximum(picture[pixels], score)
    chosen = np.zeros((SIDE, SIDE), bool)
    seen = picture >= 0
    chosen[seen] = best_split(picture[seen], np.ones(seen.sum()))
    evidence = np.any([painted(box) for box in truth], axis=0)
    expected = (chosen & evidence).sum() / (chosen | evidence).sum()
    assert otsu_iou(scores, boxes, truth) == pytest.approx(expected)


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("seed", range(5))
def test_a_mask_says_the_same_as_the_boxes_that_it_shows(measure, seed):
    rng = np.random.default_rng(seed)
    # a grid that does not fit the pixels, whose centres lie on no edge of a pixel
    scores, truth = rng.random(49), random_boxes(rng, 2)
    mask = np.any([painted(box) for box in truth], axis=0)
    expected = measure(scores, grid(7, 7), truth)
    assert measure(scores, grid(7, 7), mask) == pytest.approx(expected)


def test_a_map_that_is_the_evidence_is_perfect():
    scores = np.zeros(16)
    scores[[5, 6, 9, 10]] = 1
    truth = [[0.25, 0.25, 0.75, 0.75]]
    assert [measure(scores, grid(4, 4), truth) for measure in MEASURES] == [1, 1, 1]


@pytest.mark.parametrize("measure", MEASURES)
def test_tokens_without_a_score_or_a_place_do_not_count(measure):
    rng = np.random.default_rng(0)
    scores, boxes, truth = rng.random(16), grid(4, 4), [[0.2, 0.1, 0.8, 0.9]]
    expected = measure(scores, boxes, truth)
    scores, boxes = np.append(scores, [9, np.nan]), np.append(boxes, boxes[:2], axis=0)
    boxes[16] = np.nan
    assert measure(scores, boxes, truth) == expected


@pytest.mark.parametrize("measure", MEASURES)
def test_without_evidence_or_tokens_there_is_no_number(measure):
    scores, boxes = np.arange(4.0), grid(2, 2)
    assert math.isnan(measure(scores, boxes, np.zeros((0, 4))))
    assert math.isnan(measure(scores, boxes, np.zeros((5, 5), bool)))
    assert math.isnan(measure(scores * np.nan, boxes, [[0, 0, 1, 1]]))


def test_a_map_that_says_nothing_has_no_energy_and_no_threshold():
    truth = [[0, 0, 0.5, 0.5]]
    assert math.isnan(energy_inside(-np.ones(4), grid(2, 2), truth))
    assert math.isnan(otsu_iou(np.ones(4), grid(2, 2), truth))


@pytest.mark.parametrize("measure", MEASURES)
def test_what_does_not_fit_is_refused(measure):
    with pytest.raises(ValueError, match="belong together"):
        measure(np.ones(3), grid(2, 2), [[0, 0, 1, 1]])
    with pytest.raises(ValueError, match="height, width"):
        measure(np.ones(4), grid(2, 2), np.ones((1, 5, 5), bool))


def test_image_reliance_is_the_share_of_positive_relevancy_on_the_image():
    assert image_reliance([1, 2, -5, np.nan], [1, -1]) == 0.75
    assert image_reliance([0, 0], [1]) == 0
    assert image_reliance([1], [0, -3]) == 1


def test_image_reliance_needs_both_modalities_and_something_positive():
    assert math.isnan(image_reliance([], [1]))
    assert math.isnan(image_reliance([1], [np.nan]))
    assert math.isnan(image_reliance([0, -1], [0]))
