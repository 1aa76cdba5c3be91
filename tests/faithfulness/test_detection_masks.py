"""Masks of detections, and COCO's average precision in cases worked out by hand."""

import math
import sys

import numpy as np
import pytest
import torch

from vl_tb_plugin.analysis.evaluation_measures import MEASURES
from vl_tb_plugin.faithfulness.detection_masks import (
    IOU_THRESHOLDS,
    Detection,
    ObjectMask,
    detections,
    mask_average_precision,
    mask_of_map,
)


def square(side, offset=0, size=20):
    mask = np.zeros((size, size), bool)
    mask[offset : offset + side, offset : offset + side] = True
    return mask


@pytest.fixture
def precision():
    pytest.importorskip("pycocotools")
    return lambda *args, **options: mask_average_precision(*args, **options).value


def test_certain_detections_are_kept_and_no_object_is_none():
    probability = torch.tensor(
        [
            [0.6, 0.1, 0.3],  # certain
            [0.05, 0.05, 0.9],  # certain that there is nothing
            [0.4, 0.4, 0.2],  # something, but what?
            [0.1, 0.51, 0.39],
        ]
    )
    found = detections(probability.log() + 3)
    assert [(one.query, one.label) for one in found] == [(0, 0), (3, 1)]
    assert [one.score for one in found] == pytest.approx([0.6, 0.51])
    assert detections(probability.log(), threshold=0.55) == [Detection(0, 0, found[0].score)]


def test_a_mask_covers_the_tokens_above_otsus_threshold():
    boxes = np.array([[0, 0, 1, 1], [1, 0, 2, 1], [0, 1, 1, 2], [1, 1, 2, 2]]) / 2
    mask = mask_of_map([0.1, 5, 0.2, 0], boxes, 6, 4)
    expected = np.zeros((6, 4), bool)
    expected[:3, 2:] = True
    assert (mask == expected).all()


def test_pixels_belong_to_the_token_that_holds_their_centre():
    # an edge at 2.4 pixels of 4: the pixel from 2 to 3 has its centre right of it
    boxes = [[0, 0, 0.6, 1], [0.6, 0, 1, 1], [np.nan] * 4]
    assert mask_of_map([1, 0, 9], boxes, 1, 4).tolist() == [[True, True, False, False]]


def test_of_tokens_that_overlap_the_highest_counts():
    boxes = [[0, 0, 1, 1], [0.5, 0, 1, 1], [0.5, 0, 1, 1]]
    assert mask_of_map([1, 3, 0], boxes, 1, 4).tolist() == [[False, False, True, True]]


def test_a_constant_map_gives_no_mask():
    assert not mask_of_map([1, 1], [[0, 0, 0.5, 1], [0.5, 0, 1, 1]], 2, 2).any()


def test_masks_that_are_the_objects_are_perfect(precision):
    truth = [[ObjectMask(square(5), 3), ObjectMask(square(4, 10), 7)], [ObjectMask(square(8), 3)]]
    assert precision(truth, truth) == pytest.approx(1)


def test_a_mask_counts_up_to_the_threshold_that_it_reaches(precision):
    truth = [[ObjectMask(square(10), 1)]]
    # 52 of 100 pixels: right at 0.2, 0.25 ... 0.5
    mask = np.zeros((20, 20), bool)
    mask[:5, :10] = mask[5, :2] = True
    found = [[ObjectMask(mask, 1, 0.9)]]
    right = sum(threshold <= 0.52 for threshold in IOU_THRESHOLDS)
    assert right == 7
    assert precision(found, truth) == pytest.approx(right / 16)
    assert precision(found, truth, iou_thresholds=[0.5]) == pytest.approx(1)
    assert precision(found, truth, iou_thresholds=[0.55]) == 0


def test_a_wrong_mask_hurts_where_it_is_surer_than_the_right_one(precision):
    truth = [[ObjectMask(square(5), 1)]]
    right, wrong = (
        (lambda score: ObjectMask(square(5), 1, score)),
        ObjectMask(square(5, 12), 1, 0.5),
    )
    assert precision([[right(0.9), wrong]], truth) == pytest.approx(1)
    assert precision([[right(0.1), wrong]], truth) == pytest.approx(0.5)


def test_a_mask_of_another_class_or_image_is_wrong(precision):
    one = [ObjectMask(square(5), 1)]
    assert precision([[ObjectMask(square(5), 2)]], [one]) == 0
    assert precision([[], one], [one, []]) == 0


def test_without_detections_it_is_zero_and_without_objects_no_number(precision):
    one = [ObjectMask(square(5), 1)]
    assert precision([[]], [one]) == 0
    assert math.isnan(precision([one], [[]]))


def test_the_measure_is_known_by_name_and_says_whose_maps(capsys):
    pytest.importorskip("pycocotools")
    one = [ObjectMask(square(5), 1)]
    measure = mask_average_precision([one, one], [one, one], method="rollout")
    assert measure.name in MEASURES
    assert (measure.method, measure.samples) == ("rollout", 2)
    assert capsys.readouterr().out == ""


def test_other_numbers_of_images_are_refused():
    with pytest.raises(ValueError, match="in 1 images"):
        mask_average_precision([[]], [])


def test_without_pycocotools_the_error_says_what_to_install(monkeypatch):
    for name in ("pycocotools", "pycocotools.coco"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match="pip install pycocotools"):
        mask_average_precision([], [])
