"""Towers and detectors: grids that do not fit, padded images, bare models."""

import numpy as np
import pytest
import torch
from transformers import (
    DetrModel,
    MMGroundingDinoConfig,
    MMGroundingDinoForObjectDetection,
    SwinBackbone,
    SwinModel,
    ViTModel,
)

from tests.capture.families import detectors
from tests.capture.families.detectors import detr, grounding_dino, phrases
from tests.capture.families.vision_transformers import pictures, swin, vit
from tests.capture.family_case import spans
from tests.capture.tiny_models import EXACT, TinyTokenizer
from tests.capture.window_weights import weights_on_grid
from vl_tb_plugin import trace
from vl_tb_plugin.capture.families import ForwardInputs, find_family


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


@torch.no_grad()
def examples_of(model, batch):
    with trace(model, TinyTokenizer(), policy=EXACT) as t:
        model(**batch)
    return t.examples(batch)


def test_an_edge_that_enters_no_patch_lies_in_no_box():
    model = vit(image_size=(28, 36))
    image = examples_of(model, pictures(28, 36))[0].sequence("image")
    assert spans(image.modality) == "special 1, image 12"
    assert image.boxes[-1].tolist() == pytest.approx([24 / 36, 16 / 28, 32 / 36, 24 / 28])


@pytest.mark.parametrize("bare", [ViTModel, SwinModel, SwinBackbone])
def test_bare_towers_show_the_same_blocks(bare):
    whole = vit() if bare is ViTModel else swin()
    batch = pictures(24, 32) if bare is ViTModel else pictures(32, 16)
    described = [(one.name, one.layers) for one in examples_of(whole, batch)[0].attention]
    got = [
        (one.name, one.layers) for one in examples_of(bare(whole.config).eval(), batch)[0].attention
    ]
    assert got == described


@pytest.mark.parametrize("as_backbone", [False, True])
@torch.no_grad()
def test_cells_that_swin_adds_for_whole_windows_are_special_and_told(as_backbone):
    # 9 x 7 and 5 x 4 cells, windows of 3 x 3
    whole = swin(image_size=(36, 28), window_size=3)
    model = SwinBackbone(whole.config).eval() if as_backbone else whole
    batch = pictures(36, 28)
    examples = examples_of(model, batch)
    model.set_attn_implementation("eager")
    seen = {}
    for name, module in model.named_modules():
        if name.endswith(".attention"):
            module.register_forward_hook(
                lambda module, args, result, name=name: seen.update({name: result[1]})
            )
    model(**batch)
    grids = {"vision_stage_1": ((9, 7), (9, 9)), "vision_stage_2": ((5, 4), (6, 6))}
    for sample, example in enumerate(examples):
        assert [sentence.split(" extends ")[0] for sentence in example.left_out] == [
            "Stage 1",
            "Stage 2",
        ]
        for number, (stage, (grid, extended)) in enumerate(grids.items()):
            cells, added = np.prod(grid), np.prod(extended) - np.prod(grid)
            sequence = example.sequence(stage)
            assert spans(sequence.modality) == f"image {cells}, special {added}"
            row, column = np.indices(extended).reshape(2, -1)
            inside = (row < grid[0]) & (column < grid[1])
            order = np.concatenate([np.flatnonzero(inside), np.flatnonzero(~inside)])
            for block in (0, 1):
                (weights,) = [
                    value
                    for name, value in seen.items()
                    if f"layers.{number}.blocks.{block}." in name
                ]
                expected = weights_on_grid(weights, extended, 3, shift=block)[sample].numpy()
                expected = expected[:, order][:, :, order]
                got = example.block(stage).probabilities[block]
                assert np.allclose(got, expected, atol=1e-5), (stage, block)


def test_boxes_of_a_detector_are_fractions_of_the_image_without_its_padding():
    batch = detectors.pictures([(32, 32), (24, 40)])
    narrow, low = (example.sequence("image") for example in examples_of(detr(), batch))
    assert narrow.boxes[3].tolist() == [0.75, 0, 1, 0.25]
    assert np.isnan(narrow.boxes[4]).all() and narrow.modality[4] == "padding"
    assert low.boxes[14].tolist() == pytest.approx([0.8, 2 / 3, 1, 1])


def test_a_cell_that_the_padding_cuts_ends_where_the_image_does():
    batch = detectors.pictures([(32, 36), (32, 48)])
    image = examples_of(detr(), batch)[0].sequence("image")
    assert image.modality[:6] == ("image",) * 5 + ("padding",)
    assert image.boxes[4].tolist() == pytest.approx([32 / 36, 0, 1, 0.25])


@torch.no_grad()
def test_the_bare_detr_runs_without_a_mask():
    batch = {"pixel_values": detectors.pictures([(32, 32), (24, 40)])["pixel_values"]}
    model = DetrModel(detr().config).eval()
    example = examples_of(model, batch)[0]
    assert spans(example.sequence("image").modality) == "image 20"
    assert [block.name for block in example.attention] == [
        "encoder",
        "decoder",
        "queries_to_image",
    ]


def test_text_beyond_the_longest_that_grounding_dino_reads_has_no_tokens():
    # the head of the detection model does not take such a text
    example = examples_of(grounding_dino(max_text_len=5).model, phrases())[0]
    assert example.sequence("text").tokens == ("w101", "w5", "w6", "w1012", "w7")
    assert example.block("queries_to_text").probabilities.shape[-1] == 5


def test_mm_grounding_dino_is_built_alike():
    other = grounding_dino()
    settings = {
        name: getattr(other.config, name)
        for name in other.config.to_dict()
        if name not in ("model_type", "transformers_version", "architectures", "dtype")
    }
    model = MMGroundingDinoForObjectDetection(MMGroundingDinoConfig(**settings)).eval()
    described = [(one.name, one.layers) for one in examples_of(other, phrases())[0].attention]
    got = [(one.name, one.layers) for one in examples_of(model, phrases())[0].attention]
    assert got == described


def test_the_shapes_of_feature_maps_follow_from_the_strides_before_the_backbone_has_run():
    model, batch = grounding_dino(), phrases()
    family = find_family(model)[2]
    early = family.sequences(ForwardInputs(model.model, batch))
    for sample, example in zip(early, examples_of(model, batch), strict=True):
        tokens = [getattr(one, "tokens", one) for one in sample]
        (image,) = [one for one in tokens if getattr(one, "name", "") == "image"]
        assert image.modality == example.sequence("image").modality
        assert np.array_equal(image.boxes, example.sequence("image").boxes, equal_nan=True)
