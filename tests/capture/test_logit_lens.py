"""The logit lens: the model's own head on every layer, right to the logits the model gave."""

import numpy as np
import pytest
import torch
from transformers import BridgeTowerForMaskedLM, ViltConfig, ViltForMaskedLM

from tests.capture.families import CASES
from tests.capture.families.streams_of_text_and_patches import bridgetower
from tests.capture.tiny_models import TinyTokenizer, llava, llava_batch, lxmert, lxmert_batch
from vl_tb_plugin import CapturePolicy, trace
from vl_tb_plugin.capture.logit_lens import reading
from vl_tb_plugin.capture.logit_lens.found_head import FoundHead

ALL = CapturePolicy(logit_lens="all", hidden_states=False)

CHECKED = (
    "LLaVA",
    "Qwen2-VL",
    "Idefics2",
    "PaliGemma 2",  # squeezes its logits
    "Chameleon",  # can't say some of its outputs
    "BLIP (captioning)",  # transforms before its output embeddings
    "BLIP-2",
    "T5",  # scales before its output embeddings
    "Florence-2",
    "Mllama (Llama 3.2 Vision)",
    "GIT",
    "BERT",
)
"""Families whose heads differ; every other decoder has one of these."""


def case_of(name):
    return next(case for case in CASES if case.name == name)


@torch.no_grad()
def lens_of(model, batch, policy=ALL, tokenizer=None):
    with trace(model, tokenizer or TinyTokenizer(), policy=policy) as t:
        output = model(**batch)
    return t.examples(batch, output=output), output


def read_positions(lens, example):
    return lens.positions or range(len(example.sequence(lens.sequence)))


def assert_says(lens, layer, logits):
    """The lens holds the best of these logits (positions, outputs) and their probabilities."""
    expected = torch.softmax(logits.double(), dim=-1)
    best = expected.topk(lens.outputs.shape[-1], dim=-1)
    assert np.allclose(lens.probabilities[layer], best.values, atol=2e-3)
    # outputs of almost equal probability may change places
    found = expected.gather(1, torch.tensor(lens.outputs[layer], dtype=torch.long))
    assert np.allclose(found, best.values, atol=1e-5)


@pytest.mark.parametrize("name", CHECKED)
def test_the_last_layer_says_what_the_model_says(name):
    case = case_of(name)
    examples, output = lens_of(case.model(), case.batch())
    assert len(examples) == len(output.logits)
    for example, logits in zip(examples, output.logits, strict=True):
        (lens,) = example.logit_lens
        places = list(read_positions(lens, example))
        assert "padding" not in [example.sequence(lens.sequence).modality[one] for one in places]
        assert_says(lens, -1, logits[places])


@pytest.mark.parametrize("name", ["LXMERT", "ViLT", "VisualBERT", "ViT"])
def test_a_classifier_is_read_at_its_token_by_default(name):
    case = case_of(name)
    model, batch = case.model(), case.batch()
    examples, output = lens_of(model, batch, CapturePolicy())
    scores = output.question_answering_score if name == "LXMERT" else output.logits
    for example, logits in zip(examples, scores, strict=True):
        (lens,) = example.logit_lens
        assert lens.outputs.shape[1] == 1
        assert_says(lens, -1, logits[None])
        assert lens.answer == int(logits.argmax())
        assert lens.words[lens.answer] == f"class {lens.answer}"


def test_every_layer_is_normalised_and_read_as_the_last_one_is():
    model, batch = llava(), llava_batch(side="right")
    examples, _ = lens_of(model, batch)
    with torch.no_grad():
        states = model(**batch, output_hidden_states=True).hidden_states
        norm = model.model.language_model.norm
        logits = torch.stack([model.lm_head(norm(one)) for one in states[:-1]])
    for sample, example in enumerate(examples):
        (lens,) = example.logit_lens
        assert lens.layers == (0, 1, 2, 3)
        places = list(read_positions(lens, example))
        for layer in range(3):
            assert_says(lens, layer, logits[layer, sample, places])


def test_rank_and_probability_follow_the_answer_through_the_layers():
    model, batch = llava(), llava_batch(side="right")
    examples, output = lens_of(model, batch)
    with torch.no_grad():
        states = model(**batch, output_hidden_states=True).hidden_states
        logits = model.lm_head(model.model.language_model.norm(states[1]))
    for sample, example in enumerate(examples):
        (lens,) = example.logit_lens
        places = list(read_positions(lens, example))
        assert lens.answer == int(output.logits[sample, places[-1]].argmax())
        expected = torch.softmax(logits[sample, places], dim=-1)
        own = expected[:, lens.answer]
        assert np.allclose(lens.answer_probabilities[1], own, atol=1e-3)
        assert lens.answer_ranks[1].tolist() == (expected > own[:, None]).sum(-1).tolist()
        assert lens.answer_ranks[-1, -1] == 0


def test_where_labels_begin_is_the_answer():
    batch = llava_batch(side="right")
    labels = batch["input_ids"].clone()
    labels[:, :18] = -100
    examples, output = lens_of(llava(), batch | {"labels": labels})
    assert examples[0].logit_lens[0].answer == int(output.logits[0, 17].argmax())


@torch.no_grad()
def test_generated_tokens_are_read_and_the_first_one_is_the_answer():
    model, batch = llava(), llava_batch(side="left")
    with trace(model, TinyTokenizer(), policy=ALL) as t:
        ids = model.generate(**batch, max_new_tokens=4, min_new_tokens=4, do_sample=False)
    examples = t.examples(batch)
    prompt = batch["input_ids"].shape[1]
    for sample, example in enumerate(examples):
        (lens,) = example.logit_lens
        assert lens.answer == ids[sample, prompt]
        places = list(read_positions(lens, example))
        first = places.index(prompt - 1)
        assert lens.outputs[-1, first:, 0].tolist() == ids[sample, prompt:].tolist()


@pytest.mark.parametrize("implementation", ["sdpa", "eager"])
def test_in_half_precision_it_is_right_to_half_precision(implementation):
    model = llava(implementation).to(torch.bfloat16)
    batch = llava_batch(side="right")
    batch["pixel_values"] = batch["pixel_values"].to(torch.bfloat16)
    examples, output = lens_of(model, batch)
    (lens,) = examples[0].logit_lens
    expected = torch.softmax(output.logits[0].float(), dim=-1).max(dim=-1).values
    assert np.allclose(lens.probabilities[-1, :, 0], expected, atol=1e-2)


def masked_vilt():
    torch.manual_seed(0)
    sizes = {"hidden_size": 32, "intermediate_size": 64, "num_attention_heads": 4}
    config = ViltConfig(vocab_size=50, num_hidden_layers=2, image_size=32, patch_size=8, **sizes)
    return ViltForMaskedLM(config).eval()


def test_a_masked_word_is_the_answer_and_patches_are_read_too():
    tokenizer = TinyTokenizer()
    tokenizer.mask_token_id = 9
    batch = {"input_ids": torch.tensor([[1, 5, 9, 2]]), "pixel_values": torch.randn(1, 3, 32, 32)}
    (example,), output = lens_of(masked_vilt(), batch, tokenizer=tokenizer)
    (lens,) = example.logit_lens
    assert lens.answer == int(output.logits[0, 2].argmax())
    assert lens.outputs.shape[1] == len(example.sequence("joint"))
    said = torch.softmax(output.logits[0], dim=-1).max(dim=-1)
    assert lens.outputs[-1, :4, 0].tolist() == said.indices.tolist()
    assert np.allclose(lens.probabilities[-1, :4, 0], said.values, atol=1e-3)


def test_masked_words_of_bridgetower_are_read_in_its_cross_modal_layers():
    case, model = case_of("BridgeTower"), bridgetower(BridgeTowerForMaskedLM)
    examples, output = lens_of(model, case.batch())
    for example, logits in zip(examples, output.logits, strict=True):
        (lens,) = example.logit_lens
        assert lens.sequence == "cross_text" and len(lens.layers) == 3
        assert_says(lens, -1, logits[list(read_positions(lens, example))])


@pytest.mark.parametrize(
    ("wanted", "places"),
    [
        ("image", list(range(1, 17))),
        ("text", [0, 17, 18, 19, 20]),
        ("generated", [20]),
        ([3, 18], [3, 18]),
    ],
)
def test_the_policy_chooses_the_tokens(wanted, places):
    policy = CapturePolicy(logit_lens=wanted, logit_lens_outputs=2)
    examples, _ = lens_of(llava(), llava_batch(side="right"), policy)
    (lens,) = examples[0].logit_lens
    assert list(lens.positions) == places
    assert lens.outputs.shape == (4, len(places), 2)


def test_a_vocabulary_is_not_read_by_default_and_nothing_is_said_of_it():
    examples, _ = lens_of(llava(), llava_batch(), CapturePolicy())
    assert all(example.logit_lens == () and example.left_out == () for example in examples)


def test_a_model_without_a_known_head_says_so_when_asked():
    case = case_of("CLIP")
    examples, _ = lens_of(case.model(), case.batch())
    assert examples[0].left_out == ("Logit lens: no output head is known of CLIPModel.",)


@torch.no_grad()
def test_weights_that_changed_since_are_noticed():
    model, batch = lxmert(), lxmert_batch()
    with trace(model, TinyTokenizer()) as t:
        model(**batch)
    model.answer_head.logit_fc[-1].weight.mul_(2)
    (example, _) = t.examples(batch)
    assert example.logit_lens == ()
    assert any("not what the model said" in one for one in example.left_out)


def test_a_large_vocabulary_is_never_there_for_all_tokens(monkeypatch):
    whole = lens_of(llava(), llava_batch())[0][0].logit_lens[0]
    monkeypatch.setattr(reading, "LOGITS_AT_ONCE", 700)  # seven tokens of a hundred words
    plain, most = FoundHead.logits, []

    def counted(self, states, layer):
        found = plain(self, states, layer)
        most.append(found.numel())
        return found

    monkeypatch.setattr(FoundHead, "logits", counted)
    parts = lens_of(llava(), llava_batch())[0][0].logit_lens[0]
    assert max(most) <= 700
    assert np.array_equal(parts.outputs, whole.outputs)
    assert np.allclose(parts.probabilities, whole.probabilities, atol=1e-3)


def test_hidden_states_that_only_the_lens_reads_are_not_kept():
    examples, _ = lens_of(llava(), llava_batch())
    assert examples[0].logit_lens and examples[0].hidden_states == ()
