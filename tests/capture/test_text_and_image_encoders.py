"""Encoders of text and images: counts that differ, several images, one side alone, margins."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from transformers import (
    BridgeTowerModel,
    CLIPForImageClassification,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPVisionModel,
    FlavaForPreTraining,
    LayoutLMv3Model,
    MetaClip2Config,
    MetaClip2Model,
    SiglipVisionModel,
    ViltForImagesAndTextClassification,
    ViltModel,
    VisualBertForMultipleChoice,
    VisualBertModel,
)

from tests.capture.families import dual_towers, single_stream, streams_of_text_and_patches
from tests.capture.families.dual_towers import images, texts
from tests.capture.family_case import projected_weights, spans
from tests.capture.tiny_models import EXACT, TinyTokenizer
from vl_tb_plugin import trace
from vl_tb_plugin.capture.families import find_family


class Processor:
    """A tokenizer, and what an image processor says of itself."""

    tokenizer = TinyTokenizer()

    def __init__(self, image_processor=None):
        self.image_processor = image_processor


class ImageProcessor:
    def __init__(self, **settings):
        self.__dict__.update(settings)


@torch.no_grad()
def examples_of(model, batch, processor=None, layout=None, **values):
    with trace(model, processor or TinyTokenizer(), policy=EXACT, layout=layout) as t:
        model(**batch)
    return t.examples(batch, **values)


@pytest.mark.parametrize(
    ("case", "bare"),
    [
        (single_stream.VISUAL_BERT, lambda: single_stream.visual_bert(VisualBertModel)),
        (single_stream.VILT, lambda: single_stream.vilt(ViltModel)),
        (
            streams_of_text_and_patches.BRIDGETOWER,
            lambda: streams_of_text_and_patches.bridgetower(BridgeTowerModel),
        ),
        (
            streams_of_text_and_patches.LAYOUTLMV3,
            lambda: streams_of_text_and_patches.layoutlmv3(LayoutLMv3Model),
        ),
    ],
    ids=lambda one: getattr(one, "name", ""),
)
def test_bare_models_have_the_same_blocks(case, bare):
    for example in examples_of(bare(), case.batch()):
        assert {block.name: block.layers for block in example.attention} == {
            name: block.layers for name, block in case.blocks.items()
        }
        assert example.left_out == ()


@pytest.mark.parametrize("model", [CLIPTextModel, CLIPTextModelWithProjection])
def test_a_text_tower_alone(model):
    made = model(dual_towers.clip().config.text_config).eval()
    _, second = examples_of(made, texts([1, 5, 6, 7, 2], [1, 9, 2]))
    assert [block.name for block in second.attention] == ["language"]
    assert spans(second.sequence("text").modality) == "special 1, text 1, special 1, padding 2"


def test_a_vision_tower_alone():
    config = dual_towers.clip().config
    for model in (
        CLIPVisionModel(config.vision_config),
        CLIPForImageClassification(config),
        SiglipVisionModel(dual_towers.siglip().config.vision_config),
    ):
        first, _ = examples_of(model.eval(), images(2))
        assert first.block("vision").layers == (0, 1, 2)
        assert len(first.sequence("image").positions("image")) == 16


def test_one_image_comes_with_all_the_texts_that_it_is_compared_with():
    batch = texts([1, 5, 6, 2], [1, 7, 2], [1, 8, 2]) | images(1)
    (example,) = examples_of(dual_towers.clip(), batch)
    text = "special 1, text 2, special 2, text 1, special 1, padding 1, "
    assert (
        spans(example.sequence("text").modality) == text + "special 1, text 1, special 1, padding 1"
    )
    language = example.block("language").probabilities
    assert language.shape == (2, 4, 12, 12)
    assert not language[:, :, 4:8, :4].any()
    np.testing.assert_allclose(language.sum(-1)[:, :, :4], 1, atol=1e-5)


def test_one_text_comes_with_all_the_images_that_it_is_compared_with():
    batch = texts([1, 5, 6, 2]) | images(2)
    (example,) = examples_of(dual_towers.siglip(), batch)
    image = example.sequence("image")
    assert image.image_index.tolist() == [0] * 16 + [1] * 16
    assert image.boxes[0].tolist() == image.boxes[16].tolist() == [0, 0, 0.25, 0.25]
    pooling = example.block("pooling").probabilities[0]
    assert pooling.shape == (4, 2, 32)
    assert not pooling[:, 0, 16:].any()
    assert not pooling[:, 1, :16].any()


def test_three_texts_and_two_images():
    batch = texts([1, 5, 6, 2], [1, 7, 2], [1, 8, 2]) | images(2)
    first, second = examples_of(dual_towers.clip(), batch)
    assert first.sequence("text").tokens == second.sequence("text").tokens
    pairs = zip(first.attention, second.attention, strict=True)
    same = {one.name: np.array_equal(one.probabilities, two.probabilities) for one, two in pairs}
    assert same == {"language": True, "vision": False}


def test_metaclip_2_is_read_like_clip():
    clip = dual_towers.clip().config
    shared = {"hidden_size", "intermediate_size", "num_attention_heads", "num_hidden_layers"}
    shared |= {"vocab_size", "max_position_embeddings", "image_size", "patch_size"}
    text, vision = (
        {name: one for name, one in part.to_dict().items() if name in shared}
        for part in (clip.text_config, clip.vision_config)
    )
    config = MetaClip2Config(text_config=text | {"eos_token_id": 2}, vision_config=vision)
    first, _ = examples_of(MetaClip2Model(config).eval(), dual_towers.pairs())
    assert {block.name: block.layers for block in first.attention} == {
        "language": (0, 1),
        "vision": (0, 1, 2),
    }


@pytest.mark.parametrize("case", [dual_towers.CLIP, streams_of_text_and_patches.BRIDGETOWER])
def test_text_padded_on_the_left(case):
    batch = case.batch() | texts([1, 5, 6, 7, 2], [1, 9, 2], side="left")
    _, second = examples_of(case.model(), batch)
    assert spans(second.sequence("text").modality) == "padding 2, special 1, text 1, special 1"
    language = second.block("language").probabilities
    assert not language[:, :, 2:, :2].any()
    np.testing.assert_allclose(language[:, :, 2:].sum(-1), 1, atol=1e-5)


def test_the_margin_that_makes_an_image_square_is_taken_off():
    batch = texts([1, 5, 2], [1, 6, 2]) | images(2)
    wide, tall = np.zeros((50, 100, 3)), np.zeros((100, 25, 3))
    processor = Processor(ImageProcessor(do_pad=True))
    first, second = examples_of(dual_towers.owlv2(), batch, processor, images=[wide, tall])
    assert spans(first.sequence("image").modality) == "special 1, image 8, special 8"
    assert first.sequence("image").boxes[8].tolist() == [0.75, 0.5, 1, 1]
    assert spans(second.sequence("image").modality).startswith("special 1, image 1, special 3")
    assert second.sequence("image").boxes[1].tolist() == [0, 0, 1, 0.25]


def test_a_crop_given_by_the_shorter_edge_is_mapped_back():
    case = streams_of_text_and_patches.BRIDGETOWER
    settings = ImageProcessor(
        do_center_crop=True,
        crop_size={"shortest_edge": 32},
        do_resize=True,
        size={"shortest_edge": 32},
        size_divisor=32,
    )

    def shown(width):
        pictures = [np.zeros((32, width, 3)), np.zeros((32, 32, 3))]
        examples = examples_of(case.model(), case.batch(), Processor(settings), images=pictures)
        return examples[0].sequence("image")

    np.testing.assert_allclose(shown(50).boxes[1], [0, 0, 0.25, 0.25])  # 50 becomes 32
    settings.size_divisor = 8
    np.testing.assert_allclose(shown(48).boxes[4], [2 / 3, 0, 5 / 6, 0.25], atol=1e-6)
    # the longer side is held to 53, so the other to 21: 48 x 16, with black above and below
    assert spans(shown(80).modality) == "special 5, image 8, special 4"


def test_regions_get_boxes_where_the_user_knows_them():
    case = single_stream.VISUAL_BERT
    boxes = torch.tensor([[0, 0, 1, 1], [1, 0, 2, 1], [0, 1, 1, 2], [1, 1, 2, 2]]) / 2

    def knowing(positions):
        def layout(inputs):
            known = {**inputs.batch, "visual_pos": positions.expand(2, 4, 4)}
            return find_family(inputs.model)[2].sequences(replace(inputs, batch=known))

        return examples_of(case.model(), case.batch(), layout=layout)

    first, second = knowing(boxes)
    assert first.sequence("joint").boxes[5:].tolist() == boxes.tolist()
    assert np.isnan(second.sequence("joint").boxes[-1]).all()  # padding
    first, _ = knowing(100 * boxes)
    assert np.isnan(first.sequence("joint").boxes).all()
    assert "visual_pos" in first.left_out[0]


def test_the_choices_of_a_question_follow_one_another():
    model = single_stream.visual_bert(VisualBertForMultipleChoice)
    flat = single_stream.regions()
    batch = {name: torch.stack([one, one.flip(0)]) for name, one in flat.items()}
    first, second = examples_of(model, batch)
    one, other = (
        "special 1, text 3, special 1, image 4",
        ("special 1, text 1, special 1, padding 2, image 3, padding 1"),
    )
    assert spans(first.sequence("joint").modality) == f"{one}, {other}"
    assert spans(second.sequence("joint").modality) == f"{other}, {one}"
    block = first.block("joint").probabilities
    assert not block[:, :, :9, 9:].any()
    swapped = second.block("joint").probabilities
    np.testing.assert_allclose(block[:, :, :9, :9], swapped[:, :, 9:, 9:], atol=1e-5)


def test_text_alone():
    words = texts([1, 5, 6, 7, 2], [1, 9, 2])
    for case in (
        single_stream.VISUAL_BERT,
        streams_of_text_and_patches.LAYOUTLMV3,
        streams_of_text_and_patches.FLAVA,
    ):
        first, second = examples_of(case.model(), words)
        assert len(first.attention) == 1
        kinds = second.sequences[0].modality
        assert spans(kinds) == "special 1, text 1, special 1, padding 2"


def test_images_alone():
    for model in (
        streams_of_text_and_patches.layoutlmv3(LayoutLMv3Model),
        streams_of_text_and_patches.flava(),
    ):
        first, _ = examples_of(model, images(2))
        assert [spans(one.modality) for one in first.sequences] == ["special 1, image 16"]
        assert len(first.attention) == 1


def test_words_of_a_page_have_boxes():
    case = streams_of_text_and_patches.LAYOUTLMV3
    first, second = examples_of(case.model(), case.batch())
    joint = first.sequence("joint")
    np.testing.assert_allclose(joint.boxes[1], [0.1, 0.2, 0.3, 0.25])
    assert joint.modality[1] == "text"
    assert joint.image_index[:6].tolist() == [-1, 0, 0, 0, -1, -1]
    assert np.isnan(second.sequence("joint").boxes[[0, 2, 3, 4]]).all()


def test_both_multimodal_runs_of_pretraining():
    model = streams_of_text_and_patches.flava(
        FlavaForPreTraining, skip_unmasked_multimodal_encoder=False
    )
    batch = streams_of_text_and_patches.masked_pairs()
    for example in examples_of(model, batch):
        plain, masked = example.block("joint"), example.block("masked_joint")
        assert plain.layers == masked.layers == (3, 4)
        assert not np.allclose(plain.probabilities, masked.probabilities)
        assert example.sequence("joint").tokens[19] != "w49"
        assert example.sequence("masked_joint").tokens[19] == "w49"


def drawn_by(model):
    """Rows and columns of the patches that a ViLT draws, in its order, one tensor per image."""
    chosen = []
    embed = model.vilt.embeddings.visual_embed

    def noted(*args, **kwargs):
        result = embed(*args, **kwargs)
        chosen.append(result[2][0])
        return result

    model.vilt.embeddings.visual_embed = noted
    return chosen


def two_pictures():
    """Two samples of two images each, of which one has a margin."""
    torch.manual_seed(0)
    mask = torch.zeros(2, 2, 24, 32, dtype=torch.long)
    mask[:], mask[0, 1, 16:], mask[0, 1, :, 24:] = 1, 0, 0
    return texts([1, 5, 6, 7, 2], [1, 9, 2]) | {
        "pixel_values": torch.randn(2, 2, 3, 24, 32) * mask[:, :, None],
        "pixel_mask": mask,
    }


def test_two_images_each_with_the_text():
    def model():
        return single_stream.vilt(
            ViltForImagesAndTextClassification, num_images=2, modality_type_vocab_size=3
        )

    examples = examples_of(model(), two_pictures())
    read = "special 1, text 3, special 2, image 12, "
    margin = "special 1, text 3, special 2, image 6, padding 6"
    assert spans(examples[0].sequence("joint").modality) == read + margin
    case = replace(single_stream.VILT, model=model, batch=two_pictures)
    in_rows, as_drawn = single_stream.in_rows(case), projected_weights(case)
    for sample, example in enumerate(examples):
        joint = example.sequence("joint")
        assert example.left_out == ()
        assert set(joint.image_index.tolist()) == {-1, 0, 1}
        real = np.array(joint.modality) != "padding"
        for layer, path in enumerate(case.blocks["joint"].modules):
            expected = torch.stack(
                [
                    torch.block_diag(*heads)
                    for heads in zip(
                        in_rows[path][0][sample], as_drawn[path][1][sample], strict=True
                    )
                ]
            )
            captured = example.block("joint").probabilities[layer]
            np.testing.assert_allclose(captured[:, real], expected[:, real], atol=1e-5)


def test_patches_of_a_second_image_have_their_own_places():
    model = single_stream.vilt(
        ViltForImagesAndTextClassification, num_images=2, modality_type_vocab_size=3
    )
    batch = two_pictures()
    chosen = drawn_by(model)
    _, second = examples_of(model, batch)
    tokens = [f"patch {row},{column}" for row, column in chosen[1][1].tolist()]
    assert list(second.sequence("joint").tokens[-12:]) == tokens


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_patches_that_the_model_draws_are_told_apart(dtype):
    model = single_stream.vilt(max_image_length=5).to(dtype)
    batch = single_stream.padded_images()
    batch["pixel_values"] = batch["pixel_values"].to(dtype)
    chosen = drawn_by(model)
    for sample, example in enumerate(examples_of(model, batch)):
        assert example.left_out == ()
        joint = example.sequence("joint")
        expected = sorted(f"patch {row},{column}" for row, column in chosen[0][sample].tolist())
        assert [joint.tokens[place] for place in joint.positions("image")] == expected


def test_an_order_that_cannot_be_told_is_said():
    torch.manual_seed(0)
    model = single_stream.vilt(hidden_dropout_prob=0.5).train()
    first, _ = examples_of(model, single_stream.padded_images())
    assert "order in which they were drawn" in first.left_out[0]


def test_patches_that_look_alike_take_turns():
    model = single_stream.vilt()
    with torch.no_grad():
        model.vilt.embeddings.position_embeddings.zero_()
    batch = single_stream.padded_images()
    batch["pixel_values"] = torch.zeros_like(batch["pixel_values"])
    first, _ = examples_of(model, batch)
    boxes = first.sequence("joint").boxes[6:18]
    assert len({tuple(box) for box in boxes.tolist()}) == 12


@torch.no_grad()
def test_states_with_the_tokens_first_are_told_from_samples():
    model = streams_of_text_and_patches.bridgetower(BridgeTowerModel)
    batch = streams_of_text_and_patches.BRIDGETOWER.batch()
    expected = model(**batch, output_hidden_states=True).hidden_states[1]
    for sample, example in enumerate(examples_of(model, batch)):
        (states,) = [one for one in example.hidden_states if one.sequence == "image"]
        assert states.layers == (0, 1, 2, 3)
        for values, layer in zip(states.values, expected, strict=True):
            np.testing.assert_allclose(values, layer[:, sample], atol=1e-6)
