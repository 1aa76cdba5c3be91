"""Words leave a batch as if they had never been in the prompt: each sample alone is the oracle."""

import pytest
import torch

from tests.capture.families.single_stream import padded_images, regions, vilt, visual_bert
from tests.capture.tiny_models import IMAGE_TOKEN, llava, llava_batch, lxmert, lxmert_batch
from vl_tb_plugin import TokenSequence
from vl_tb_plugin.faithfulness.text_removal import TextRemoval

TWO_STREAMS = (lxmert, lxmert_batch, "text", [[2, 4], [1]])
ENCODERS = {
    "lxmert": TWO_STREAMS,
    "visual_bert": (visual_bert, regions, "joint", [[2, 3], [1]]),
    "vilt": (vilt, padded_images, "joint", [[1, 3], []]),
}


def named(sequences, name):
    return [next(one for one in own if one.name == name) for own in sequences]


def alone(batch, sample, gone):
    """One sample without padding and without some words, put together by hand."""
    ids, mask = batch["input_ids"][sample].tolist(), batch["attention_mask"][sample].tolist()
    kept = [n for n, real in enumerate(mask) if real and n not in gone]
    own = {name: values[sample : sample + 1] for name, values in batch.items()}
    own["input_ids"] = torch.tensor([[ids[n] for n in kept]])
    own["attention_mask"] = torch.ones(1, len(kept), dtype=torch.long)
    if "token_type_ids" in batch:
        own["token_type_ids"] = batch["token_type_ids"][sample : sample + 1, kept]
    return own


def logits(model, batch):
    torch.manual_seed(0)
    with torch.no_grad():
        output = model(**batch)
    scores = getattr(output, "logits", None)
    return output.question_answering_score if scores is None else scores


@pytest.mark.parametrize("case", ENCODERS)
def test_the_model_answers_as_if_the_words_had_never_been_there(case, sequences_of):
    make, make_batch, name, gone = ENCODERS[case]
    model, batch = make(), make_batch()
    batch["token_type_ids"] = torch.arange(batch["input_ids"].numel()).view(2, -1) % 2
    removal = TextRemoval(named(sequences_of(model, batch), name))
    answers = logits(model, removal(batch, gone))
    for sample, own in enumerate(gone):
        expected = logits(model, alone(batch, sample, own))[0]
        assert torch.allclose(answers[sample], expected, atol=1e-5)
    changed = (answers - logits(model, batch)).abs().amax(dim=1)
    assert (changed > 1e-4).tolist() == [bool(own) for own in gone]


@pytest.mark.parametrize("side", ["left", "right"])
def test_places_of_images_and_the_side_of_the_padding_stay(side, sequences_of):
    model, batch = llava(), llava_batch(side=side)
    sequences = named(sequences_of(model, batch), "joint")
    texts = [one.positions("text").tolist() for one in sequences]
    reduced = TextRemoval(sequences)(batch, [texts[0][1:], []])
    image = [IMAGE_TOKEN] * 16
    # both have one word now: no padding is left
    assert reduced["input_ids"].tolist() == [[1, *image, 5], [1, *image, 9]]
    assert reduced["attention_mask"].all()
    reduced = TextRemoval(sequences)(batch, [texts[0][1:2], texts[1]])
    rows = [[1, *image, 5, 7, 8], [1, *image]]
    filled = [0, 0] + rows[1] if side == "left" else [*rows[1], 0, 0]
    # 3 words and none
    assert reduced["input_ids"].tolist()[0] == rows[0]
    assert reduced["input_ids"].tolist()[1] == ([0] + filled if side == "left" else [*filled, 0])
    assert reduced["attention_mask"].sum(1).tolist() == [len(row) for row in rows]


def test_a_decoder_predicts_as_if_the_words_had_never_been_there(sequences_of):
    model, batch = llava(), llava_batch()
    sequences = named(sequences_of(model, batch), "joint")
    gone = [sequences[0].positions("text").tolist()[:2], []]
    answers = logits(model, TextRemoval(sequences)(batch, gone))[:, -1]
    for sample, own in enumerate(gone):
        expected = logits(model, alone(batch, sample, own))[0, -1]
        assert torch.allclose(answers[sample], expected, atol=1e-4)


def plain(count):
    return TokenSequence(list(map(str, range(count))), ["special"] + ["text"] * (count - 1), "text")


def test_without_a_mask_one_appears_where_samples_become_unequal():
    batch = {"input_ids": torch.tensor([[1, 5, 6, 7], [1, 8, 9, 4]])}
    removal = TextRemoval([plain(4)] * 2)
    equal = removal(batch, [[1, 2], [2, 3]])
    assert equal["input_ids"].tolist() == [[1, 7], [1, 8]] and "attention_mask" not in equal
    unequal = removal(batch, [[1, 2], [3]])
    assert unequal["input_ids"].tolist() == [[1, 7, 0], [1, 8, 9]]
    assert unequal["attention_mask"].tolist() == [[1, 1, 0], [1, 1, 1]]


def test_padding_has_the_id_that_it_has_now():
    batch = {
        "input_ids": torch.tensor([[1, 5, 6, 7], [1, 8, 33, 33]]),
        "attention_mask": torch.tensor([[1, 1, 1, 1], [1, 1, 0, 0]]),
    }
    reduced = TextRemoval([plain(4)] * 2)(batch, [[1], []])
    assert reduced["input_ids"].tolist() == [[1, 6, 7], [1, 8, 33]]


def test_labels_of_tokens_go_with_them_and_labels_of_samples_stay():
    ids = torch.tensor([[1, 5, 6, 7], [1, 8, 9, 4]])
    removal = TextRemoval([plain(4)] * 2)
    per_token = removal({"input_ids": ids, "labels": ids * 10}, [[1], [1, 3]])
    assert per_token["labels"].tolist() == [[10, 60, 70], [10, 90, -100]]
    for labels in (torch.tensor([2, 3]), torch.rand(2, 4)):
        assert removal({"input_ids": ids, "labels": labels}, [[1], [1]])["labels"] is labels


def test_the_batch_given_stays_as_it_is():
    batch = lxmert_batch()
    before = {name: values.clone() for name, values in batch.items()}
    TextRemoval([plain(6)] * 2)(batch, [[1, 2], [1]])
    assert all(torch.equal(batch[name], before[name]) for name in before)


@pytest.mark.parametrize("position", [0, 6])
def test_what_is_no_word_is_refused(position):
    sequence = TokenSequence(list("cabdefi"), ["special", *["text"] * 5, "image"], "joint")
    with pytest.raises(ValueError, match="only text tokens"):
        TextRemoval([sequence] * 2)(lxmert_batch(), [[position], []])


def test_words_behind_image_tokens_that_the_prompt_lacks_are_refused():
    sequence = TokenSequence(list("iitt"), ["image", "image", "text", "text"], "joint")
    with pytest.raises(ValueError, match="own position"):
        TextRemoval([sequence])({"input_ids": torch.tensor([[5, 6, 7]])}, [[2]])


def test_a_prompt_does_not_become_empty():
    sequence = TokenSequence(["a", "b"], ["text", "text"], "text")
    with pytest.raises(ValueError, match="left without a token"):
        TextRemoval([sequence])({"input_ids": torch.tensor([[5, 6]])}, [[0, 1]])


def test_several_choices_a_sample_are_refused():
    with pytest.raises(ValueError, match="removal of your own"):
        TextRemoval([plain(4)])({"input_ids": torch.ones(1, 2, 4, dtype=torch.long)}, [[1]])
