"""Regions leave a batch as if the detector had not found them: each sample alone is the oracle."""

import pytest
import torch

from tests.capture.families.single_stream import regions, visual_bert
from tests.capture.tiny_models import lxmert, lxmert_batch
from vl_tb_plugin import TokenSequence
from vl_tb_plugin.faithfulness.region_removal import RegionRemoval

PER_REGION = ("visual_feats", "visual_pos", "visual_embeds")


def masked_lxmert_batch():
    mask = torch.tensor([[1, 1, 1, 1], [1, 0, 1, 1]])
    return lxmert_batch() | {"visual_attention_mask": mask}


CASES = {
    "lxmert": (lxmert, lxmert_batch),
    "lxmert with padding": (lxmert, masked_lxmert_batch),
    "visual_bert": (visual_bert, regions),
}
GONE = {
    "as many": [[1, 3], [0, 2]],
    "different numbers": [[1], [0, 2, 3]],
    "all of one": [[0, 1, 2, 3], [2]],
    "all": [[0, 1, 2, 3], [0, 1, 2, 3]],
    "none of one": [[], [3]],
}


def alone(batch, sample, gone):
    """One sample with the regions that stay and without padding, put together by hand."""
    own = {name: values[sample : sample + 1] for name, values in batch.items()}
    mask = own.pop("visual_attention_mask", torch.ones(1, 4))[0].tolist()
    kept = [row for row in range(4) if mask[row] and row not in gone]
    own |= {name: own[name][:, kept] for name in PER_REGION if name in own}
    if not kept and "visual_feats" in own:  # attention needs something to look at
        own |= {"visual_feats": torch.zeros(1, 1, 12), "visual_pos": torch.zeros(1, 1, 4)}
    return own


def logits(model, batch):
    with torch.no_grad():
        output = model(**batch)
    return getattr(output, "logits", getattr(output, "question_answering_score", None))


@pytest.mark.parametrize("gone", GONE)
@pytest.mark.parametrize("case", CASES)
def test_the_model_answers_as_if_the_regions_had_never_been_there(case, gone, sequences_of):
    make, make_batch = CASES[case]
    model, batch = make(), make_batch()
    sequences = [own[-1] for own in sequences_of(model, batch)]
    rows = [
        [row for row in own if sequences[sample].modality[row - 4] == "image"]
        for sample, own in enumerate(GONE[gone])
    ]
    positions = [
        [len(sequence) - 4 + row for row in own]
        for sequence, own in zip(sequences, rows, strict=True)
    ]
    found = logits(model, RegionRemoval(sequences)(batch, positions))
    for sample, own in enumerate(rows):
        assert torch.allclose(found[sample], logits(model, alone(batch, sample, own))[0], atol=1e-5)
    changed = (found - logits(model, batch)).abs().amax(dim=1) > 1e-4
    assert changed.tolist() == [bool(own) for own in rows]


def test_features_and_boxes_go_together_and_keep_their_order():
    batch = lxmert_batch()
    sequence = TokenSequence(list("pqrs"), ["image"] * 4, "image")
    reduced = RegionRemoval([sequence] * 2)(batch, [[2], [0]])
    for name in ("visual_feats", "visual_pos"):
        assert torch.equal(reduced[name][0], batch[name][0, [0, 1, 3]])
        assert torch.equal(reduced[name][1], batch[name][1, [1, 2, 3]])
    assert "visual_attention_mask" not in reduced
    assert reduced["input_ids"] is batch["input_ids"]


def test_without_a_mask_samples_run_apart_by_number():
    sequence = TokenSequence(list("pqrs"), ["image"] * 4, "image")
    batch = {"visual_feats": torch.arange(3 * 4 * 2).view(3, 4, 2).float()}
    parts = RegionRemoval([sequence] * 3, mask=None)(batch, [[0], [0, 1], [3]])
    assert [list(part.samples) for part in parts] == [[0, 2], [1]]
    assert torch.equal(
        parts[0].batch["visual_feats"][[0, 2]],
        batch["visual_feats"][[0, 2]][
            torch.arange(2)[:, None], torch.tensor([[1, 2, 3], [0, 1, 2]])
        ],
    )
    assert torch.equal(parts[1].batch["visual_feats"][1], batch["visual_feats"][1, 2:])
    assert all("visual_attention_mask" not in part.batch for part in parts)


def test_what_is_no_region_is_refused():
    joint = TokenSequence(list("abpqrs"), ["text", "image", *["image"] * 4], "joint")
    for position in (0, 1):
        with pytest.raises(ValueError, match="among its last 4"):
            RegionRemoval([joint] * 2)(lxmert_batch(), [[position], []])


def test_several_choices_a_sample_are_refused():
    sequence = TokenSequence(list("pqrs"), ["image"] * 4, "image")
    with pytest.raises(ValueError, match="removal of your own"):
        RegionRemoval([sequence])({"visual_embeds": torch.ones(1, 2, 4, 3)}, [[1]])
