"""Numbers of maps over samples: which tokens they look at, and what they average."""

import numpy as np
import pytest

from vl_tb_plugin import InvalidExample, Relevancy, TokenSequence
from vl_tb_plugin.analysis.evaluation_measures import MEASURES
from vl_tb_plugin.analysis.grounding import energy_inside, otsu_iou, pointing_game
from vl_tb_plugin.analysis.map_measures import (
    agreement,
    agreement_measures,
    grounding_measures,
    reliance_measures,
)
from vl_tb_plugin.analysis.map_tokens import IMAGE, TEXT, sequence_with
from vl_tb_plugin.analysis.sample_mean import mean_and_standard_error

QUARTERS = np.array([[0, 0, 1, 1], [1, 0, 2, 1], [0, 1, 1, 2], [1, 1, 2, 2]]) / 2


def words(name="text"):
    return TokenSequence(["[CLS]", "a", "b"], ["special", "text", "text"], name)


def regions(name="image", image_index=None):
    return TokenSequence(list("pqrs"), ["image"] * 4, name, QUARTERS, image_index)


def joint():
    boxes = np.concatenate([np.full((3, 4), np.nan), QUARTERS])
    kinds = ["special", "text", "generated", *["image"] * 4]
    return TokenSequence(list("cabpqrs"), kinds, "joint", boxes)


def two_streams(image, text=(9, 1, 2), method="relevancy", **more):
    return Relevancy({"text": list(text), "image": image}, method, **more)


STREAMS = [words(), regions()]


def by_key(measures):
    return {(one.name, one.method): one for one in measures}


def test_grounding_is_the_mean_over_samples_per_method():
    images = [[4, 1, 0, 0], [0, 1, 4, 0], [1, 1, 2, 4]]
    truths = [[[0, 0, 0.5, 0.5]], [[0, 0, 0.5, 0.6]], [[0.5, 0.4, 1, 1]]]
    maps = [[two_streams(image), two_streams(image[::-1], method="rollout")] for image in images]
    found = by_key(grounding_measures(maps, [STREAMS] * 3, truths))
    assert len(found) == 6
    formulas = {
        "pointing_game": pointing_game,
        "energy_inside": energy_inside,
        "otsu_iou": otsu_iou,
    }
    for (name, method), measure in found.items():
        values = [
            formulas[name](image if method == "relevancy" else image[::-1], QUARTERS, truth)
            for image, truth in zip(images, truths, strict=True)
        ]
        assert measure.value == pytest.approx(np.mean(values))
        assert measure.standard_error == pytest.approx(np.std(values, ddof=1) / np.sqrt(3))
        assert measure.samples == 3


def test_grounding_in_one_stream_looks_at_image_tokens_alone():
    map_ = Relevancy([99, 50, 50, 0, 0, 1, 3])
    (pointing, energy, iou) = grounding_measures([[map_]], [[joint()]], [[[0.5, 0.5, 1, 1]]])
    assert (pointing.value, energy.value, iou.value) == (1, 0.75, 1)


def test_the_evidence_lies_in_the_first_image():
    sequences = [[words(), regions(image_index=[0, 0, 1, 1])]]
    maps = [[two_streams([1, 0, 5, 0])]]
    pointing = grounding_measures(maps, sequences, [[[0, 0, 0.5, 0.5]]])[0]
    assert pointing.value == 1


def test_a_sample_without_evidence_does_not_count():
    maps = [[two_streams([4, 1, 0, 0])], [two_streams([0, 0, 1, 4])]]
    nothing = np.zeros((0, 4))
    found = grounding_measures(maps, [STREAMS] * 2, [[[0, 0, 0.5, 0.5]], nothing])
    assert {one.samples for one in found} == {1}
    assert found[0].value == 1 and np.isnan(found[0].standard_error)
    assert grounding_measures(maps, [STREAMS] * 2, [nothing, nothing]) == []


def test_maps_of_several_targets_count_with_their_mean():
    maps = [
        [two_streams([1, 0, 0, 0], target="red"), two_streams([0, 0, 0, 1], target="blue")],
        [two_streams([1, 0, 0, 0])],
    ]
    pointing = grounding_measures(maps, [STREAMS] * 2, [[[0, 0, 0.5, 0.5]]] * 2)[0]
    assert (pointing.value, pointing.samples) == (0.75, 2)


def test_reliance_in_two_streams_leaves_special_tokens_out():
    (measure,) = reliance_measures([[two_streams([1, 2, 0, 0], [50, 1, 0])]], [STREAMS])
    assert (measure.name, measure.method, measure.value) == ("image_reliance", "relevancy", 0.75)


def test_reliance_counts_generated_tokens_as_text():
    (measure,) = reliance_measures([[Relevancy([50, 1, 3, 1, 1, 1, 1])]], [[joint()]])
    assert measure.value == 0.5


def test_reliance_compares_within_one_sequence_where_it_can():
    tower = regions("vision")
    map_ = Relevancy({"vision": [100] * 4, "joint": [50, 1, 3, 1, 1, 1, 1]})
    (measure,) = reliance_measures([[map_]], [[tower, joint()]])
    assert measure.value == 0.5


def test_reliance_of_a_map_of_one_modality_is_no_number():
    assert reliance_measures([[Relevancy({"image": [1, 2, 3, 4]})]], [STREAMS]) == []


def test_agreement_is_the_rank_correlation_of_attention_and_relevancy():
    maps = [
        [two_streams([1, 2, 3, 4]), two_streams([1, 2, 3, 4], method="raw_attention")],
        [two_streams([1, 2, 3, 4]), two_streams([0] * 4, (1, 5, 2), method="raw_attention")],
        [two_streams([1, 2, 3, 4])],
    ]
    (measure,) = agreement_measures(maps)
    second = agreement(*maps[1])
    assert second < 0.9
    assert measure.value == pytest.approx((1 + second) / 2)
    assert (measure.samples, measure.method) == (2, "relevancy")


def test_agreement_compares_maps_of_one_target():
    rising, falling = [1, 2, 3, 4], [4, 3, 2, 1]
    maps = [
        two_streams(rising, (1, 2, 3), target="red"),
        two_streams(falling, (3, 2, 1), "raw_attention", target="blue"),
        two_streams(rising, (1, 2, 3), "raw_attention", target="red"),
    ]
    assert agreement_measures([maps])[0].value == 1


def test_agreement_leaves_out_what_one_map_does_not_score():
    a = Relevancy({"image": [1, 2, np.nan, 3], "text": [1, 2, 3]})
    b = Relevancy({"image": [1, np.nan, 7, 3]})
    assert agreement(a, b) == 1
    assert np.isnan(agreement(a, Relevancy({"joint": [1, 2]})))


def test_every_measure_is_known_by_name():
    maps = [[two_streams([4, 1, 0, 0]), two_streams([1, 2, 0, 0], method="raw_attention")]]
    found = [
        *grounding_measures(maps, [STREAMS], [[[0, 0, 0.5, 0.5]]]),
        *reliance_measures(maps, [STREAMS]),
        *agreement_measures(maps),
    ]
    assert {one.name for one in found} <= set(MEASURES)
    assert all(name == one.name for name, one in MEASURES.items())


def test_the_first_scored_sequence_of_a_modality_counts():
    sequences = [words(), regions("tower"), joint()]
    map_ = Relevancy({"tower": [np.nan] * 3 + [1], "joint": [1] * 7})
    assert sequence_with(map_, sequences, IMAGE).name == "tower"
    assert sequence_with(map_, sequences, TEXT).name == "joint"
    assert sequence_with(Relevancy({"text": [1, np.nan, np.nan]}), sequences, TEXT) is None


def test_a_map_of_other_tokens_is_refused():
    with pytest.raises(InvalidExample):
        reliance_measures([[Relevancy({"image": [1, 2]})]], [STREAMS])
    with pytest.raises(ValueError, match="2 samples, but 1"):
        reliance_measures([[], []], [STREAMS])


def test_the_standard_error_is_that_of_the_mean():
    values = np.random.default_rng(0).standard_normal((7, 3))
    mean, error = mean_and_standard_error(values)
    assert np.allclose(mean, values.mean(0))
    assert np.allclose(error**2, values.var(0, ddof=1) / 7)
    assert np.isnan(mean_and_standard_error(values[:1])[1]).all()
