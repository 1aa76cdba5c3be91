"""The way of removal that fits a batch."""

import pytest
import torch

from vl_tb_plugin import TokenSequence
from vl_tb_plugin.faithfulness.patch_painting import PatchPainting
from vl_tb_plugin.faithfulness.region_removal import RegionRemoval
from vl_tb_plugin.faithfulness.text_removal import TextRemoval
from vl_tb_plugin.faithfulness.token_removal import token_removal

SEQUENCES = [TokenSequence(["a", "p"], ["text", "image"])]
ONE = torch.ones(1, 1, 1)


@pytest.mark.parametrize(
    ("inputs", "modality", "expected"),
    [
        ({"input_ids": ONE, "pixel_values": ONE}, "text", TextRemoval),
        ({"input_ids": ONE, "pixel_values": ONE}, "image", PatchPainting),
        ({"input_ids": ONE, "visual_feats": ONE}, "image", RegionRemoval),
        ({"visual_embeds": ONE, "pixel_values": None}, "image", RegionRemoval),
    ],
)
def test_the_inputs_tell_how_tokens_leave(inputs, modality, expected):
    assert isinstance(token_removal(inputs, SEQUENCES, modality), expected)


def test_a_batch_without_pictures_needs_a_removal_of_ones_own():
    with pytest.raises(ValueError, match="Pass removal="):
        token_removal({"input_ids": ONE}, SEQUENCES, "image")


def test_another_modality_is_refused():
    with pytest.raises(ValueError, match="'image' or 'text'"):
        token_removal({"input_ids": ONE}, SEQUENCES, "special")
