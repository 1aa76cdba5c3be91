"""Patches are painted over where their tokens come from, and nowhere else."""

import numpy as np
import pytest
import torch

from tests.capture.families.single_stream import padded_images, vilt
from tests.capture.families.vision_transformers import pictures, vit
from tests.capture.tiny_models import llava, llava_batch
from vl_tb_plugin import TokenSequence
from vl_tb_plugin.faithfulness.patch_painting import PatchPainting

QUARTERS = np.array([[0, 0, 1, 1], [1, 0, 2, 1], [0, 1, 1, 2], [1, 1, 2, 2]]) / 2


def quarters(image_index=None):
    return TokenSequence(list("pqrs"), ["image"] * 4, "image", QUARTERS, image_index)


def painted(before, after):
    """(samples, height, width) of pixels that changed."""
    return (before["pixel_values"] != after["pixel_values"]).any(dim=1)


def patch(number, columns=4, height=24, width=32, side=8):
    pixels = torch.zeros(height, width, dtype=torch.bool)
    row, column = divmod(number, columns)
    pixels[row * side : (row + 1) * side, column * side : (column + 1) * side] = True
    return pixels


@pytest.mark.parametrize("number", [0, 3, 6, 11])
def test_a_token_of_vit_is_one_patch_of_pixels(number, sequences_of):
    model, batch = vit(), pictures(24, 32)
    sequences = [own[0] for own in sequences_of(model, batch)]
    reduced = PatchPainting(sequences)(batch, [[], [1 + number]])
    changed = painted(batch, reduced)
    assert not changed[0].any()
    assert torch.equal(changed[1], patch(number))
    assert not reduced["pixel_values"][1, :, changed[1]].any()


def test_all_tokens_of_a_picture_are_the_whole_picture(sequences_of):
    model, batch = llava(), llava_batch()
    sequences = [own[-1] for own in sequences_of(model, batch)]
    positions = [one.positions("image").tolist() for one in sequences]
    reduced = PatchPainting(sequences)(batch, positions)
    assert not reduced["pixel_values"].any()


def test_a_picture_with_a_margin_is_painted_inside_it(sequences_of):
    torch.manual_seed(0)
    model, batch = vilt(), padded_images()
    batch["pixel_values"] = torch.ones(2, 3, 24, 32)
    sequences = [own[0] for own in sequences_of(model, batch)]
    # the second picture has 2 rows of 3 patches
    position = int(sequences[1].positions("image")[4])
    changed = painted(batch, PatchPainting(sequences)(batch, [[], [position]]))
    assert torch.equal(changed[1], patch(5))


def test_several_pictures_a_sample_follow_one_another():
    two = quarters([0, 0, 1, 1])
    batch = {"pixel_values": torch.ones(4, 3, 8, 8)}
    changed = painted(batch, PatchPainting([two, two])(batch, [[1], [2]]))
    assert torch.equal(changed[0], patch(1, 2, 8, 8, 4))
    assert torch.equal(changed[3], patch(2, 2, 8, 8, 4))
    assert not changed[1:3].any()
    stacked = {"pixel_values": torch.ones(2, 2, 3, 8, 8)}
    reduced = PatchPainting([two, two])(stacked, [[1], [2]])
    changed = painted(batch, {"pixel_values": reduced["pixel_values"].flatten(0, 1)})
    assert changed.flatten(1).sum(1).tolist() == [16, 0, 0, 16]


def test_a_crop_is_told_by_the_frame_of_the_image():
    # the picture shows the middle half of the width
    batch = {"pixel_values": torch.ones(1, 3, 8, 8)}
    painting = PatchPainting([quarters()], frames=[(-0.5, 0, 1.5, 1)])
    assert painted(batch, painting(batch, [[1]]))[0].nonzero().amin(0).tolist() == [0, 4]
    assert painted(batch, painting(batch, [[1]])).sum() == 16


@pytest.mark.parametrize("colour", [2.5, (0.5, 1.5, 2.5)])
def test_the_colour_is_that_of_every_channel(colour):
    batch = {"pixel_values": torch.ones(1, 3, 8, 8)}
    reduced = PatchPainting([quarters()], colour=colour)(batch, [[3]])
    expected = torch.tensor(colour).expand(3)
    assert torch.equal(reduced["pixel_values"][0, :, 7, 7], expected)
    assert batch["pixel_values"].eq(1).all()


def test_a_token_without_a_place_is_refused():
    boxes = np.concatenate([np.full((1, 4), np.nan), QUARTERS])
    sequence = TokenSequence(["[CLS]", *"pqrs"], ["special", *["image"] * 4], "image", boxes)
    with pytest.raises(ValueError, match="no place"):
        PatchPainting([sequence])({"pixel_values": torch.ones(1, 3, 8, 8)}, [[0]])


@pytest.mark.parametrize("shape", [(3, 3, 8, 8), (1, 5, 3, 8, 8), (16, 12)])
def test_pictures_that_are_not_one_per_image_are_refused(shape):
    with pytest.raises(ValueError, match="not one picture for each"):
        PatchPainting([quarters()])({"pixel_values": torch.ones(shape)}, [[1]])
