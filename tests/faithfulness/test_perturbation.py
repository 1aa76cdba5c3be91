"""The perturbation test, against values worked out by hand and against runs of the model."""

import numpy as np
import pytest
import torch
from torch import nn

from tests.capture.families.single_stream import padded_images, vilt
from tests.capture.tiny_models import lxmert, lxmert_batch
from vl_tb_plugin import Example, Relevancy, TokenSequence
from vl_tb_plugin.analysis.perturbation import (
    IMAGE_FRACTIONS,
    SINGLE_STREAM_IMAGE_FRACTIONS,
    TEXT_FRACTIONS,
)
from vl_tb_plugin.faithfulness.perturbation_results import PerturbationResults
from vl_tb_plugin.faithfulness.perturbation_test import perturbation_test
from vl_tb_plugin.faithfulness.region_removal import RegionRemoval

FRACTIONS = (0, 0.25, 0.5, 1)


class Worth(nn.Module):
    """What the regions that it sees are worth together; how often it ran."""

    def __init__(self):
        super().__init__()
        self.factor = nn.Parameter(torch.ones(()))
        self.runs = 0

    def forward(self, visual_feats, visual_attention_mask=None, labels=None):
        self.runs += 1
        worth = visual_feats[:, :, 0] * self.factor
        return (worth if visual_attention_mask is None else worth * visual_attention_mask).sum(1)


def image(count=4):
    return TokenSequence(list("pqrstuvw")[:count], ["image"] * count, "image")


def regions(*rows):
    return {"visual_feats": torch.tensor(rows, dtype=torch.float)[:, :, None]}


def worth(output, batch):
    return output


VALUES = [[3.0, 1.0, 4.0, 2.0], [10.0, 40.0, 30.0, 20.0]]
FAITHFUL = [[Relevancy({"image": values}, target="red")] for values in VALUES]


def outcome(maps=FAITHFUL, model=None, rows=VALUES, **options):
    settings = {"metric": worth, "fractions": FRACTIONS} | options
    sequences = [[image(len(row))] for row in rows]
    return perturbation_test(model or Worth(), regions(*rows), maps, sequences, **settings)


def found(results, sample, method, order):
    (test,) = [one for one in results.samples[sample] if (one.method, one.order) == (method, order)]
    return test


def test_the_metric_follows_the_tokens_that_are_left():
    results = outcome()
    first = found(results, 0, "relevancy", "positive")
    assert first.values == (10, 6, 3, 0)
    assert (first.removal, first.removed) == ((2, 0, 3, 1), (0, 1, 2, 4))
    assert found(results, 0, "relevancy", "negative").values == (10, 9, 7, 0)
    assert found(results, 1, "relevancy", "positive").values == (100, 60, 30, 0)
    assert found(results, 1, "relevancy", "negative").values == (100, 90, 70, 0)


def test_every_test_says_what_it_was():
    results = outcome(metric_name="worth", answers=lambda output, batch: map_strings(output))
    for sample, target in ((0, "red"), (1, "red")):
        for test in results.samples[sample]:
            assert (test.sequence, test.metric, test.target) == ("image", "worth", target)
            assert test.fractions == FRACTIONS
            assert test.answers == tuple(f"{value:.0f}" for value in test.values)
    assert found(outcome(), 0, "random", "positive").metric == "worth"  # the function's name


def map_strings(output):
    return [f"{value:.0f}" for value in output.tolist()]


def test_curves_are_means_over_samples():
    curves = {(one.method, one.order): one for one in outcome().curves()}
    assert set(curves) == {
        (method, order) for method in ("relevancy", "random") for order in ("positive", "negative")
    }
    curve = curves["relevancy", "positive"]
    assert curve.mean == (55, 33, 16.5, 0)
    values = np.array([(10, 6, 3, 0), (100, 60, 30, 0)])
    assert np.allclose(curve.standard_error, values.std(0, ddof=1) / np.sqrt(2))
    assert (curve.samples, curve.modality, curve.metric) == (2, "image", "worth")
    assert curve.area == pytest.approx(np.trapezoid(curve.mean, FRACTIONS))


def test_results_of_batches_make_one_curve():
    rows = [*VALUES, [5.0, 6.0, 7.0, 8.0]]
    maps = [[Relevancy({"image": values})] for values in rows]
    whole = outcome(maps, rows=rows).curves()[0]
    parts = outcome(maps[:2], rows=rows[:2]) + outcome(maps[2:], rows=rows[2:])
    assert parts.curves()[0] == whole
    assert len(parts.samples) == 3
    with pytest.raises(ValueError, match="don't make one curve"):
        parts + PerturbationResults((), "text")


def test_a_faithful_map_is_better_than_chance_and_chance_than_its_opposite():
    rng = np.random.default_rng(0)
    rows = rng.permuted(np.tile([1.0, 2, 4, 8, 16, 32, 64, 128], (40, 1)), axis=1).tolist()
    maps = [
        [Relevancy({"image": row}, "good"), Relevancy({"image": [-one for one in row]}, "bad")]
        for row in rows
    ]
    areas = {
        (one.method, one.order): one.area
        for one in outcome(maps, rows=rows, fractions=IMAGE_FRACTIONS).curves()
    }
    positive, negative = (
        [areas[method, order] for method in ("good", "random", "bad")]
        for order in ("positive", "negative")
    )
    assert positive == sorted(positive)
    assert negative == sorted(negative, reverse=True)
    # at random, half of the worth is gone with half of the tokens
    assert positive[1] == pytest.approx(255 / 2, rel=0.1)


def test_the_random_order_depends_on_the_seed_and_differs_between_samples():
    rows = [[float(n) for n in range(8)]] * 2
    maps = [[Relevancy({"image": row})] for row in rows]
    orders = [
        [
            found(outcome(maps, rows=rows, seed=seed), n, "random", "positive").removal
            for n in (0, 1)
        ]
        for seed in (0, 0, 1)
    ]
    assert orders[0] == orders[1] != orders[2]
    assert orders[0][0] != orders[0][1]
    assert sorted(orders[0][0]) == list(range(8))


def test_a_random_map_of_ones_own_is_the_random_order():
    maps = [[*own, Relevancy({"image": [4, 3, 2, 1]}, "random")] for own in FAITHFUL]
    results = outcome(maps)
    assert found(results, 1, "random", "positive").removal == (0, 1, 2, 3)
    assert len(results.samples[0]) == 4


def test_the_model_runs_once_for_the_same_tokens():
    model = Worth()
    outcome(model=model, orders=["positive"], fractions=(0, 1))
    assert model.runs == 2  # everything, nothing: for the map and the random order alike


def test_the_model_and_its_random_numbers_are_left_as_they_were():
    model = Worth().train()
    model.register_forward_hook(lambda module, args, output: modes.append(module.training))
    modes = []
    torch.manual_seed(0)
    expected = torch.rand(1)
    torch.manual_seed(0)
    outcome(model=model)
    assert torch.equal(torch.rand(1), expected)
    assert model.training and not any(modes)
    assert model.factor.grad is None


def test_only_tokens_that_every_map_scores_go():
    maps = [
        [
            Relevancy({"image": [np.nan, 1, 4, 2]}, "one"),
            Relevancy({"image": [1, 2, 3, np.nan]}, "other"),
        ]
    ]
    results = outcome(maps, rows=VALUES[:1], fractions=(0, 0.5, 1))
    for test in results.samples[0]:
        assert set(test.removal) == {1, 2}
        assert test.removed == (0, 1, 2)
        assert test.values[-1] == VALUES[0][0] + VALUES[0][3]


def test_parts_of_a_batch_each_say_what_becomes_of_their_own_samples():
    maps = [[Relevancy({"image": [4, 1, np.nan, 2]})], [Relevancy({"image": VALUES[1]})]]
    removal = RegionRemoval([image(), image()], mask=None)
    results = outcome(maps, removal=removal)
    assert found(results, 0, "relevancy", "positive").values == (10, 7, 7, 4)
    assert found(results, 1, "relevancy", "positive").values == (100, 60, 30, 0)


def test_a_removal_of_ones_own_gets_batch_and_positions():
    def zeroed(batch, positions):
        features = batch["visual_feats"].clone()
        for sample, own in enumerate(positions):
            features[sample, list(own)] = 0.5
        return {"visual_feats": features}

    results = outcome(removal=zeroed)
    assert found(results, 0, "relevancy", "positive").values == (10, 6.5, 4, 2)


def test_special_tokens_and_padding_of_a_prompt_stay(sequences_of):
    model, batch = lxmert(), lxmert_batch()
    sequences = sequences_of(model, batch)
    maps = [
        [Relevancy({"text": [9, *range(3, 8)], "image": [1, 2, 3, 4]})],
        [Relevancy({"text": [9, 1, 2, 9, np.nan, np.nan], "image": [1, 2, 3, 4]})],
    ]

    def chosen(output, batch):
        return output.question_answering_score.softmax(-1)[:, 0]

    results = perturbation_test(model, batch, maps, sequences, metric=chosen, modality="text")
    assert results.samples[0][0].fractions == TEXT_FRACTIONS
    assert results.samples[0][0].removal == (4, 3, 2, 1)
    assert results.samples[1][0].removal == (2, 1)
    bare = {
        **{name: batch[name] for name in ("visual_feats", "visual_pos")},
        "input_ids": torch.tensor([[1, 2]] * 2),
    }
    with torch.no_grad():
        expected = chosen(model(**bare), bare)
    for sample in (0, 1):
        last = [one.values[-1] for one in results.samples[sample]]
        assert last == pytest.approx([float(expected[sample])] * 4, abs=1e-5)
    Example(sequences[1], relevancy=maps[1], perturbation=results.samples[1])


def test_a_model_that_shuffles_its_patches_gives_the_same_curve_twice(sequences_of):
    model, batch = vilt(), padded_images()
    sequences = sequences_of(model, batch)
    maps = [[Relevancy(np.arange(len(own[0])) % 7)] for own in sequences]

    def top(output, batch):
        return output.logits.max(dim=-1).values

    first, second = (perturbation_test(model, batch, maps, sequences, metric=top) for _ in range(2))
    assert first.curves() == second.curves()
    curve = first.curves()[0]
    assert curve.fractions == SINGLE_STREAM_IMAGE_FRACTIONS
    assert len(set(curve.mean)) > 2
    with torch.no_grad():
        untouched = top(model(**batch), batch).mean()
        blank = top(model(**batch | {"pixel_values": torch.zeros(2, 3, 24, 32)}), batch).mean()
    assert curve.mean[0] == pytest.approx(float(untouched), abs=1e-5)
    assert curve.mean[-1] == pytest.approx(float(blank), abs=1e-5)


def test_streams_have_the_published_fractions():
    assert outcome(fractions=None).samples[0][0].fractions == IMAGE_FRACTIONS


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"maps": FAITHFUL[:1]}, "sequences of 2"),
        ({"maps": [FAITHFUL[0] * 2, FAITHFUL[1]]}, "One map per method"),
        ({"maps": [[], []]}, "a sequence with image tokens"),
        ({"modality": "text"}, "a sequence with text tokens"),
        ({"sequence": "joint"}, "sequence 'joint'"),
        ({"maps": [[Relevancy({"image": VALUES[0]}, "other")], FAITHFUL[1]]}, "Sample 1 has maps"),
        ({"fractions": (0, 0.5, 0.5)}, "ascending"),
        ({"orders": ["best"]}, "'positive' or 'negative'"),
        ({"metric": lambda output, batch: output.mean()}, "not one a sample"),
    ],
)
def test_what_does_not_fit_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        outcome(**options)
