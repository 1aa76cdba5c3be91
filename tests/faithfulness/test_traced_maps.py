"""The whole way: maps of a traced model, its tests, its numbers, its sanity check."""

import pytest
import torch

from tests.capture.families.single_stream import padded_images, regions, vilt, visual_bert
from tests.capture.families.vision_transformers import pictures, vit
from tests.capture.tiny_models import EXACT, TinyTokenizer, llava, llava_batch, lxmert, lxmert_batch
from vl_tb_plugin import Evaluation, trace
from vl_tb_plugin.analysis.map_measures import (
    agreement_measures,
    grounding_measures,
    reliance_measures,
)
from vl_tb_plugin.faithfulness.perturbation_test import perturbation_test
from vl_tb_plugin.faithfulness.weight_randomisation import weight_randomisation

METHODS = ("relevancy", "raw_attention")
CASES = {
    "lxmert": (lxmert, lxmert_batch, ("image", "text")),
    "visual_bert": (visual_bert, regions, ("image", "text")),
    "vilt": (vilt, padded_images, ("image", "text")),
    "vit": (vit, lambda: pictures(24, 32), ("image",)),
    "llava": (llava, llava_batch, ("image", "text")),
}


def first_logit(output, batch):
    scores = getattr(output, "logits", None)
    scores = output.question_answering_score if scores is None else scores
    return (scores[:, -1] if scores.ndim == 3 else scores)[:, 0]


def explained(model, batch):
    with torch.no_grad(), trace(model, TinyTokenizer(), policy=EXACT) as t:
        model(**batch)
    maps = t.relevancy(METHODS, score=lambda output: first_logit(output, batch))
    return maps, t.examples(batch, relevancy=maps)


@pytest.mark.parametrize("name", CASES)
def test_the_maps_of_a_traced_model_are_tested(name):
    make, make_batch, modalities = CASES[name]
    model, batch = make(), make_batch()
    maps, examples = explained(model, batch)
    sequences = [example.sequences for example in examples]
    with torch.no_grad():
        torch.manual_seed(0)
        untouched = float(first_logit(model(**batch), batch).mean())
    for modality in modalities:
        results = perturbation_test(
            model,
            batch,
            maps,
            sequences,
            metric=first_logit,
            modality=modality,
            fractions=(0, 0.5, 1),
        )
        curves = results.curves()
        assert len(curves) == 6
        assert [curve.mean[0] for curve in curves] == pytest.approx([untouched] * 6, abs=1e-4)
        last = [curve.mean[-1] for curve in curves]
        assert last == pytest.approx([last[0]] * 6, abs=1e-6)
        assert abs(last[0] - untouched) > 1e-6
        for own, tests in zip(sequences, results.samples, strict=True):
            for test in tests:
                (losing,) = [one for one in own if one.name == test.sequence]
                assert sorted(test.removal) == losing.positions(modality).tolist()


def test_the_numbers_of_a_checkpoint_come_from_its_maps():
    maps, examples = explained(lxmert(), lxmert_batch())
    sequences = [example.sequences for example in examples]
    evaluation = Evaluation(
        measures=[
            *grounding_measures(maps, sequences, [[[0, 0, 0.5, 0.5]]] * 2),
            *reliance_measures(maps, sequences),
            *agreement_measures(maps),
        ]
    )
    assert len(evaluation.measures) == 9
    assert all(-1 <= measure.value <= 1 for measure in evaluation.measures)
    assert all(measure.samples == 2 for measure in evaluation.measures)


def test_maps_of_a_traced_model_forget_with_its_weights():
    batch = lxmert_batch()
    stages = weight_randomisation(lxmert(), lambda model: explained(model, batch)[0])
    assert set(stages[-1].correlation) == set(METHODS)
    # attention below the head does not know of the head
    assert stages[0].name == "answer_head"
    assert stages[0].correlation["raw_attention"] == pytest.approx(1)
    assert stages[0].correlation["relevancy"] < 1
    assert stages[-1].correlation["raw_attention"] < 1
