"""Boxes that touch, and what hangs together, against labelling of pictures by scipy."""

import numpy as np
import pytest
from scipy import ndimage

from tests.logged_examples import grid_boxes
from vl_tb_plugin.analysis.connected_boxes import components, touching


def pairs_of(boxes, image=None) -> set[tuple[int, int]]:
    image = np.zeros(len(boxes), int) if image is None else image
    return {(min(pair), max(pair)) for pair in touching(boxes, image).tolist()}


def test_on_a_grid_the_eight_neighbours_touch():
    side = 13  # more tokens than are compared at a time
    near = {
        (a, b)
        for a in range(side * side)
        for b in range(a + 1, side * side)
        if abs(a // side - b // side) <= 1 and abs(a % side - b % side) <= 1
    }
    assert pairs_of(grid_boxes(side)) == near


def test_boxes_of_any_kind_touch_where_they_overlap_or_meet_in_one_image():
    boxes = [[0, 0, 0.5, 0.5], [0.4, 0.4, 0.6, 0.6], [0.6, 0.6, 0.7, 0.7], [0.9, 0, 1, 0.1]]
    assert pairs_of(np.array(boxes)) == {(0, 1), (1, 2)}
    assert pairs_of(np.array(boxes), np.array([0, 1, 1, 0])) == {(1, 2)}


def test_many_random_boxes_of_several_images_touch_as_every_pair_is_asked():
    rng = np.random.default_rng(0)
    corner, image = rng.random((400, 2)) * 0.9, rng.integers(0, 3, 400)
    boxes = np.concatenate([corner, corner + rng.random((400, 2)) * 0.1], axis=1)

    def meet(a, b):
        (x0, y0, x1, y1), (u0, v0, u1, v1) = boxes[a], boxes[b]
        return image[a] == image[b] and x0 <= u1 and u0 <= x1 and y0 <= v1 and v0 <= y1

    every = {(a, b) for a in range(400) for b in range(a + 1, 400) if meet(a, b)}
    surplus = pairs_of(boxes, image) - every
    assert every <= pairs_of(boxes, image)
    assert len(surplus) <= len(every) // 100  # within the rounding that is allowed for edges


@pytest.mark.parametrize("share", [0.1, 0.3, 0.4, 0.6, 1.0])
def test_components_are_those_of_a_picture(share):
    side, maps = 20, 5
    chosen = np.random.default_rng(1).random((maps, side, side)) < share
    pairs = touching(grid_boxes(side), np.zeros(side * side, int))
    got = components(chosen.reshape(maps, -1), pairs)
    for picture, labels in zip(chosen, got, strict=True):
        expected, count = ndimage.label(picture, structure=np.ones((3, 3)))
        together = set(
            zip(expected[picture].tolist(), labels[picture.ravel()].tolist(), strict=True)
        )
        assert len(together) == count == len({label for _, label in together})
