"""Encoders with decoders, and queries in between: generation, bare models, other batches."""

import numpy as np
import pytest
import torch
from transformers import (
    BartModel,
    BertConfig,
    BertModel,
    Blip2Model,
    BlipForImageTextRetrieval,
    BlipModel,
    Florence2Model,
    InstructBlipModel,
    MT5Config,
    MT5ForConditionalGeneration,
    RobertaConfig,
    RobertaModel,
    T5EncoderModel,
    T5ForConditionalGeneration,
    ViTConfig,
)

from tests.capture.families import (
    blip,
    florence2,
    image_encoders_with_decoders,
    image_queries,
    patches_with_places,
    text_alone,
)
from tests.capture.family_case import spans
from tests.capture.tiny_models import EXACT, TinyTokenizer, widened
from vl_tb_plugin import trace

READ_BY_DECODER = ("labels", "decoder_input_ids", "decoder_attention_mask")


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


@torch.no_grad()
def examples_of(model, batch):
    with trace(model, TinyTokenizer(), policy=EXACT) as t:
        model(**batch)
    return t.examples(batch)


def without(batch, *names):
    return {name: value for name, value in batch.items() if name not in names}


def even_t5():
    # with other numbers of layers, transformers' own cache is too short for the decoder
    torch.manual_seed(0)
    return widened(T5ForConditionalGeneration(text_alone.t5_config(num_decoder_layers=2)))


GENERATING = {
    "BART": (text_alone.bart, text_alone.decoded),
    "T5": (even_t5, text_alone.labelled),
    "BLIP": (blip.QUESTION_ANSWERING.model, blip.question_and_answer),
    "Florence-2": (florence2.florence2, florence2.batch),
    "Pix2Struct": (patches_with_places.pix2struct, patches_with_places.batch),
    "TrOCR": (image_encoders_with_decoders.trocr, image_encoders_with_decoders.batch),
    "BLIP-2 (T5)": (
        lambda: image_queries.blip2(text_alone.t5_config(vocab_size=100, num_decoder_layers=2)),
        image_queries.batch,
    ),
}


@pytest.mark.parametrize("name", GENERATING)
@torch.no_grad()
def test_generated_rows_equal_those_of_one_pass_over_all_that_was_said(name):
    make, batch = GENERATING[name]
    model, prompt = make(), without(batch(), *READ_BY_DECODER)
    with trace(model, TinyTokenizer(), policy=EXACT) as t:
        ids = model.generate(**prompt, max_new_tokens=4, min_new_tokens=4, do_sample=False)
    generated = t.examples(prompt)[0]
    assert generated.sequence("decoder").modality == ("special", *["generated"] * 3)
    assert generated.left_out == ()
    whole = examples_of(model, prompt | {"decoder_input_ids": ids[:, :-1]})[0]
    assert generated.sequence("decoder").tokens == whole.sequence("decoder").tokens
    for block in whole.attention:
        own = generated.block(block.name)
        np.testing.assert_allclose(own.probabilities, block.probabilities, atol=1e-5)


@torch.no_grad()
def test_queries_stand_before_a_text_that_is_generated_from_nothing():
    model, batch = image_queries.BLIP2.model(), {"pixel_values": image_queries.pictures()}
    with trace(model, TinyTokenizer(), policy=EXACT) as t:
        model.generate(**batch, max_new_tokens=3, min_new_tokens=3)
    for example in t.examples(batch):
        assert spans(example.sequence("joint").modality) == "image 3, special 1, generated 2"


@torch.no_grad()
def test_a_caption_is_generated_without_a_prompt():
    model, batch = blip.CAPTIONING.model(), {"pixel_values": blip.pictures()}
    with trace(model, TinyTokenizer(), policy=EXACT) as t:
        model.generate(**batch, max_new_tokens=3, min_new_tokens=3)
    for example in t.examples(batch):
        assert spans(example.sequence("decoder").modality) == "special 1, generated 2"
        assert example.block("decoder_to_image").probabilities.shape == (3, 4, 3, 17)


def test_bart_repeats_the_text_where_it_is_told_nothing_to_say():
    for example in examples_of(text_alone.bart(), text_alone.TEXT):
        said, read = example.sequence("decoder"), example.sequence("text")
        assert said.tokens == ("[SEP]", *read.tokens[:-1])
        assert example.block("decoder").probabilities.shape[2] == 6


def test_embedded_tokens_of_a_decoder_are_named_by_their_position():
    batch = text_alone.TEXT | {"decoder_inputs_embeds": torch.randn(2, 3, 32)}
    for example in examples_of(text_alone.bart(), batch):
        assert example.sequence("decoder").tokens == ("@0", "@1", "@2")


BARE = {
    "BartModel": (BartModel, text_alone.BART),
    "Blip2Model": (Blip2Model, image_queries.BLIP2),
    "Blip2Model (T5)": (Blip2Model, image_queries.BLIP2_T5),
    "Florence2Model": (Florence2Model, florence2.FLORENCE2),
    "InstructBlipModel": (InstructBlipModel, image_queries.INSTRUCT),
    "BertModel": (BertModel, text_alone.BERT),
}


@pytest.mark.parametrize("name", BARE)
def test_bare_models_have_the_same_blocks(name):
    model, case = BARE[name]
    batch = case.batch()
    if model is Florence2Model:  # it does not move labels
        batch = without(batch, "labels") | {"decoder_input_ids": torch.tensor([[2, 5], [2, 6]])}
    for example in examples_of(model(case.model().config).eval(), batch):
        found = {block.name: block.layers for block in example.attention}
        assert found == {name: block.layers for name, block in case.blocks.items()}
        assert example.left_out == ()


def test_an_encoder_alone_has_no_decoder():
    model = T5EncoderModel(text_alone.t5_config()).eval()
    for example in examples_of(model, text_alone.TEXT):
        assert [one.name for one in example.sequences] == ["text"]
        assert [block.name for block in example.attention] == ["encoder"]


def test_text_alone():
    ids = torch.tensor([[1, 5, 6, 2], [1, 7, 2, 0]])
    batch = {"input_ids": ids, "attention_mask": (ids != 0).long(), "decoder_input_ids": ids}
    for example in examples_of(florence2.florence2(), batch):
        names = {block.name for block in example.attention}
        assert names == {"encoder", "decoder", "decoder_to_encoder"}


RELATIVES = {
    "mT5": lambda: MT5ForConditionalGeneration(MT5Config(**text_alone.t5_config().to_dict())),
    "RoBERTa": lambda: RobertaModel(
        RobertaConfig(vocab_size=50, hidden_size=32, num_attention_heads=4, num_hidden_layers=2)
    ),
}


@pytest.mark.parametrize("name", RELATIVES)
def test_relatives_share_the_structure(name):
    torch.manual_seed(0)
    batch = text_alone.labelled() if name == "mT5" else text_alone.TEXT
    for example in examples_of(RELATIVES[name]().eval(), batch):
        assert len(example.attention) == (3 if name == "mT5" else 1)
        assert example.left_out == ()


def test_a_bert_writes_behind_a_vit():
    decoder = BertConfig(
        vocab_size=50,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
    )
    encoder = ViTConfig(**image_encoders_with_decoders.PATCHES)
    model = image_encoders_with_decoders.joined(encoder, decoder)
    for example in examples_of(model, image_encoders_with_decoders.batch()):
        shapes = {block.name: block.probabilities.shape for block in example.attention}
        assert shapes == {
            "decoder": (2, 4, 4, 4),
            "decoder_to_image": (2, 4, 4, 17),
            "vision": (2, 2, 17, 17),
        }


@pytest.mark.parametrize("side", ["left", "right"])
def test_padding_on_either_side_of_queries(side):
    _, second = examples_of(image_queries.BLIP2.model(), image_queries.batch(side))
    real = "special 1, image 3, text 1"
    kinds = spans(second.sequence("joint").modality)
    assert kinds == (f"padding 4, {real}" if side == "left" else f"{real}, padding 4")
    rows = np.array(second.sequence("joint").modality) != "padding"
    seen = second.block("language").probabilities
    np.testing.assert_allclose(seen[:, :, rows][..., rows].sum(-1), 1, atol=1e-5)


def test_two_images_in_one_prompt_have_queries_of_their_own():
    latents = [image_queries.IMAGE] * image_queries.QUERIES
    ids = torch.tensor([[1, *latents, 5, *latents, 6], [*[0] * 4, 1, *latents, 7]])
    batch = {
        "input_ids": ids,
        "attention_mask": (ids != 0).long(),
        "pixel_values": image_queries.pictures(3),
    }
    model = image_queries.BLIP2.model()
    first, second = examples_of(model, batch)
    alone = examples_of(model, image_queries.batch() | {"pixel_values": batch["pixel_values"][1:]})
    assert spans(first.sequence("vision").modality) == "special 1, image 16, special 1, image 16"
    assert first.sequence("vision").image_index[-1] == 1
    for name in ("queries", "queries_to_image", "vision"):
        both, own = first.block(name).probabilities, alone[0].block(name).probabilities
        queries, keys = own.shape[2:]
        np.testing.assert_allclose(both[..., queries:, keys:], own, atol=1e-5)
        assert not both[..., :queries, keys:].any()
        last = alone[1].block(name).probabilities
        np.testing.assert_allclose(second.block(name).probabilities, last, atol=1e-5)


def test_queries_and_text_do_not_meet_without_the_matching_head():
    batch = image_queries.matched() | {"use_image_text_matching_head": False}
    model = image_queries.retrieval()
    for example in examples_of(model, batch):
        own = example.block("queries").probabilities
        assert not own[..., :3, 3:].any() and not own[..., 3:, :3].any()
        real = np.array(example.sequence("queries_and_text").modality) != "padding"
        np.testing.assert_allclose(own[..., real, :].sum(-1), 1, atol=1e-5)
    assert spans(example.sequence("queries_and_text").modality) == "image 3, special 2, padding 2"


def test_one_image_may_have_many_texts():
    batch = blip.TEXT | {"pixel_values": blip.pictures(1)}
    towers = blip.blip(BlipModel)
    first, second = examples_of(towers, batch)
    assert [block.name for block in first.attention] == ["vision", "language"]
    np.testing.assert_array_equal(
        first.block("vision").probabilities, second.block("vision").probabilities
    )
    assert spans(second.sequence("text").modality) == "special 1, text 2, special 1, padding 2"


def test_retrieval_without_its_matching_head_has_two_towers():
    batch = blip.seen_texts() | {"use_itm_head": False}
    for example in examples_of(blip.blip(BlipForImageTextRetrieval), batch):
        assert {block.name for block in example.attention} == {"language", "vision"}


def test_patches_tell_padding_themselves_without_a_mask():
    batch = without(patches_with_places.batch(), "attention_mask")
    first, second = examples_of(patches_with_places.pix2struct(), batch)
    assert spans(first.sequence("image").modality) == "image 12, padding 2"
    assert spans(second.sequence("image").modality) == "image 8, padding 6"
