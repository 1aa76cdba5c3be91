"""Decoders that read images: padding on either side, bare models, text alone, margins, videos."""

import numpy as np
import pytest
import torch
from transformers import (
    Glm4vMoeConfig,
    Glm4vMoeForConditionalGeneration,
    Kosmos2Model,
    Qwen3VLMoeConfig,
    Qwen3VLMoeForConditionalGeneration,
)

from tests.capture.families import (
    discrete_image_tokens,
    gated_cross_attention,
    image_latents,
    image_tokens_first,
    packed_vision_decoders,
)
from tests.capture.family_case import spans
from tests.capture.tiny_models import EXACT, TinyTokenizer
from vl_tb_plugin import InvalidExample, trace
from vl_tb_plugin.capture.families import ForwardInputs, find_family

CASES = [
    *packed_vision_decoders.CASES,
    *gated_cross_attention.CASES,
    *image_tokens_first.CASES,
    *image_latents.CASES,
    *discrete_image_tokens.CASES,
]
QWEN2_5 = packed_vision_decoders.CASES[1]
READ_TEXT_ALONE = [case for case in CASES if case.name != "Kosmos-2"]

each = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@torch.no_grad()
def examples_of(model, batch, **values):
    with trace(model, TinyTokenizer(), policy=EXACT) as t:
        model(**batch)
    return t.examples(batch, **values)


def bare(model):
    if hasattr(model, model.base_model_prefix):
        return getattr(model, model.base_model_prefix)
    torch.manual_seed(0)
    return Kosmos2Model(model.config).eval()


@each
def test_bare_models_have_the_same_blocks(case):
    for example in examples_of(bare(case.model()), case.batch()):
        assert {block.name: block.layers for block in example.attention} == {
            name: block.layers for name, block in case.blocks.items()
        }
        assert example.left_out == ()


@pytest.mark.parametrize("case", READ_TEXT_ALONE, ids=lambda case: case.name)
def test_text_alone(case):
    rows = discrete_image_tokens.prompts([1, 5, 6, 7], [1, 8])
    first, second = examples_of(case.model(), rows)
    assert [block.name for block in first.attention] == ["language"]
    assert spans(first.sequences[0].modality) == "special 1, text 3"
    assert spans(second.sequences[0].modality) == "padding 2, special 1, text 1"


def test_padding_on_the_right():
    batch = packed_vision_decoders.batch("right")
    _, second = examples_of(QWEN2_5.model(), batch)
    kinds = spans(second.sequence("joint").modality)
    assert kinds == "special 1, text 1, special 1, image 6, special 1, text 1, padding 12"
    rows = second.block("language").probabilities[:, :, :11].sum(-1)
    np.testing.assert_allclose(rows, 1, atol=1e-5)


@pytest.mark.parametrize(
    ("dense", "model", "config", "head_dim"),
    [
        (
            packed_vision_decoders.qwen3,
            Qwen3VLMoeForConditionalGeneration,
            Qwen3VLMoeConfig,
            8,
        ),
        (
            packed_vision_decoders.glm4v,
            Glm4vMoeForConditionalGeneration,
            Glm4vMoeConfig,
            16,  # turns half of each head
        ),
    ],
)
def test_mixtures_of_experts_are_like_their_dense_kin(dense, model, config, head_dim):
    given = dense().config.to_dict()
    text, vision = given["text_config"], given["vision_config"]
    for part in (given, text, vision):
        for name in ("model_type", "architectures", "transformers_version"):
            part.pop(name, None)
    experts = {"num_experts": 2, "num_experts_per_tok": 1, "moe_intermediate_size": 16}
    experts |= {"n_routed_experts": 2, "n_group": 1, "topk_group": 1, "head_dim": head_dim}
    made = model(config(**given | {"text_config": text | experts, "vision_config": vision}))
    first, _ = examples_of(made.eval(), packed_vision_decoders.batch())
    assert {block.name: block.layers for block in first.attention} == {
        "language": (0, 1, 2),
        "vision": (0, 1),
    }
    assert first.left_out == ()


def test_a_window_of_the_tower_holds_neighbouring_patches():
    first, _ = examples_of(QWEN2_5.model(), QWEN2_5.batch())
    block, tokens = first.block("vision"), first.sequence("vision")
    seen = block.probabilities[0].mean(0) > 0
    assert not seen.all()
    for query in range(len(tokens)):
        boxes = tokens.boxes[seen[query]]
        # four patches of the 6 x 8 of the first image, or all of the second
        height, width = boxes[:, 3].max() - boxes[:, 1].min(), np.ptp(boxes[:, [0, 2]])
        assert (tokens.image_index[seen[query]] == tokens.image_index[query]).all()
        if tokens.image_index[query] == 0:
            assert height <= 4 / 6 + 1e-6
            assert width <= 4 / 8 + 1e-6


def test_prompts_that_do_not_fit_their_images_are_refused():
    batch = discrete_image_tokens.janus_batch()
    model = discrete_image_tokens.janus()
    fewer = batch | {"pixel_values": batch["pixel_values"][:2]}
    inputs = ForwardInputs(model, fewer, TinyTokenizer())
    with pytest.raises(InvalidExample, match="image tokens"):
        find_family(model)[2].sequences(inputs)


def test_frames_of_a_video_are_named_and_told():
    batch = packed_vision_decoders.batch()
    ids = batch["input_ids"].clone()
    ids[ids == packed_vision_decoders.IMAGE] = packed_vision_decoders.VIDEO
    videos = {
        "input_ids": ids,
        "attention_mask": batch["attention_mask"],
        "mm_token_type_ids": 2 * (ids == packed_vision_decoders.VIDEO).int(),
        "pixel_values_videos": batch["pixel_values"],
        "video_grid_thw": batch["image_grid_thw"],
    }
    first, _ = examples_of(packed_vision_decoders.qwen2(), videos)
    assert [block.name for block in first.attention] == ["language"]
    assert first.sequence("joint").modality.count("image") == 14
    assert np.isnan(first.sequence("joint").boxes).all()
    assert any("video" in remark for remark in first.left_out)


def test_embedded_prompts_do_not_tell_their_image_tokens():
    model, batch = packed_vision_decoders.qwen2(), packed_vision_decoders.batch()
    embedded = {
        "inputs_embeds": model.get_input_embeddings()(batch["input_ids"]).detach(),
        "attention_mask": batch["attention_mask"],
    }
    _, second = examples_of(model, embedded)
    assert spans(second.sequence("joint").modality) == "padding 12, text 11"
    assert any("inputs_embeds" in remark for remark in second.left_out)


def test_tiles_leave_out_the_margin_of_their_canvas():
    case = gated_cross_attention.MLLAMA
    # 32 x 12 on a canvas of two tiles side by side, 32 x 16
    images = [[np.zeros((12, 32, 3)), np.zeros((16, 16, 3))], [np.zeros((32, 16, 3))]]
    first, _ = examples_of(case.model(), case.batch(), images=images)
    tokens = first.sequence("vision")
    by_name = dict(zip(tokens.tokens, tokens.boxes.tolist(), strict=True))
    assert by_name["tile 0,1 patch 0,0"] == pytest.approx([0.5, 0, 0.625, 1 / 3], abs=1e-6)
    assert np.isnan(by_name["margin tile 0,1 patch 3,0"]).all()
    assert spans(tokens.modality[:24]) == "special 1, image 12, special 4, padding 7"


def test_squares_leave_out_the_margin_on_both_sides():
    images = [[np.zeros((32, 16, 3)), np.zeros((16, 16, 3))], [np.zeros((16, 16, 3))]]
    case = discrete_image_tokens.JANUS
    first, _ = examples_of(case.model(), case.batch(), images=images)
    tokens = first.sequence("vision")
    assert spans(tokens.modality[:4]) == "special 1, image 2, special 1"
    assert tokens.boxes[1].tolist() == [0, 0, 0.5, 0.25]
    assert tokens.boxes[2].tolist() == [0.5, 0, 1, 0.25]


def test_each_frame_has_its_own_tokens():
    batch = image_tokens_first.batch(3)
    model = image_tokens_first.git(3)
    first, second = examples_of(model, batch)
    assert first.left_out == ()
    assert spans(second.sequence("joint").modality) == (
        "special 1, image 16, special 1, image 16, special 1, image 16,"
        " special 1, text 2, special 1, padding 2"
    )
    assert set(second.sequence("vision").image_index.tolist()) == {-1, 0, 1, 2}
    alone = {name: value[1:] for name, value in batch.items()}
    (expected,) = examples_of(model, alone)
    for name in ("vision", "language"):
        got = second.block(name).probabilities
        np.testing.assert_allclose(got, expected.block(name).probabilities, atol=1e-5)


def test_picture_words_in_the_prompt_are_image_tokens_without_a_place():
    rows = discrete_image_tokens.prompts([1, 20, 35, 5], [1, 36, 6])
    for case in (discrete_image_tokens.CHAMELEON, discrete_image_tokens.EMU3):
        first, second = examples_of(case.model(), rows)
        assert spans(first.sequence("joint").modality) == "special 1, image 2, text 1"
        assert np.isnan(first.sequence("joint").boxes).all()
        assert spans(second.sequence("joint").modality) == "padding 1, special 1, text 2"
