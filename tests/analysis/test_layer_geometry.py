"""The geometry of hidden states against the definitions, written out over all tokens at once."""

import numpy as np
import pytest
from sklearn.metrics.pairwise import cosine_similarity

from vl_tb_plugin.analysis.hidden_state_geometry import effective_rank
from vl_tb_plugin.analysis.layer_geometry import MEASURES, LayerGeometry
from vl_tb_plugin.example import MODALITIES

RNG = np.random.default_rng(0)
TEXT, IMAGE, SPECIAL, _, GENERATED = range(len(MODALITIES))


def measured(values, modality, portions=1, keep=None):
    geometry = LayerGeometry()
    keep = np.ones(len(values), bool) if keep is None else keep
    for part in np.array_split(np.arange(len(values)), portions):
        geometry.add(values[part], modality[part], keep[part], keep[part])
    names = [measure.name for measure in MEASURES]
    return dict(zip(names, geometry.values.tolist(), strict=True)), geometry.largest


@pytest.fixture(scope="module")
def tokens():
    """90 tokens of 8 features; words and patches have means of their own."""
    modality = RNG.permutation(np.repeat([TEXT, IMAGE, SPECIAL, GENERATED], [30, 40, 10, 10]))
    means = RNG.standard_normal((len(MODALITIES), 8))
    values = (RNG.standard_normal((90, 8)) + means[modality]).astype(np.float32)
    return values, modality.astype(np.uint8)


def test_every_measure_is_as_defined(tokens):
    values, modality = tokens
    found, _ = measured(*tokens)
    text, image = values[np.isin(modality, (TEXT, GENERATED))], values[modality == IMAGE]
    unit = [part / np.linalg.norm(part, axis=1, keepdims=True) for part in (text, image)]

    def expect(name, value):
        assert found[name] == pytest.approx(value, rel=1e-5), name

    expect("modality_gap", np.linalg.norm(unit[1].mean(axis=0) - unit[0].mean(axis=0)))
    for name, part in (("text", text), ("image", image)):
        expect(f"norm_{name}", np.linalg.norm(part, axis=1).mean())
        expect(f"anisotropy_{name}", cosine_similarity(part)[np.triu_indices(len(part), 1)].mean())
        singular = np.linalg.svd(part - part.mean(axis=0), compute_uv=False)
        shares = singular / singular.sum()
        expect(f"effective_rank_{name}", np.exp(-(shares * np.log(shares)).sum()))
    expect("anisotropy_between", cosine_similarity(text, image).mean())
    expect("massive_activation", np.abs(values).max() / np.median(np.abs(values)))


def test_portions_change_nothing_and_halves_are_read_as_they_are(tokens):
    values, modality = tokens
    whole, largest = measured(values.astype(np.float16), modality)
    parts, same = measured(values.astype(np.float16), modality, portions=7)
    assert parts == pytest.approx(whole, rel=1e-5)
    assert same == largest


def test_the_largest_activation_says_its_feature_even_where_a_special_token_has_it(tokens):
    values, modality = tokens[0].copy(), tokens[1]
    values[np.flatnonzero(modality == SPECIAL)[3], 5] = -400
    found, largest = measured(values, modality, portions=3)
    assert largest == (400, 5)
    assert found["massive_activation"] == pytest.approx(400 / np.median(np.abs(values)))
    assert found["norm_text"] == pytest.approx(measured(*tokens)[0]["norm_text"])


def test_one_modality_alone_has_no_gap_but_a_length(tokens):
    values, modality = tokens
    found, _ = measured(values[modality == IMAGE], modality[modality == IMAGE])
    undefined = {name for name, value in found.items() if np.isnan(value)}
    assert undefined == {
        "modality_gap",
        "modality_gap_distribution",
        "norm_text",
        "effective_rank_text",
        "anisotropy_text",
        "anisotropy_between",
    }


def test_modalities_of_different_width_have_lengths_and_no_gap():
    geometry = LayerGeometry()
    for width, code in ((6, TEXT), (9, IMAGE)):
        every = np.ones(5, bool)
        geometry.add(RNG.standard_normal((5, width)), np.full(5, code, np.uint8), every, every)
    found = dict(zip([measure.name for measure in MEASURES], geometry.values, strict=True))
    assert np.isnan(found["modality_gap"]) and found["norm_text"] > 0 and found["norm_image"] > 0


def test_a_modality_of_two_widths_is_refused():
    geometry, every = LayerGeometry(), np.ones(5, bool)
    geometry.add(RNG.standard_normal((5, 6)), np.full(5, TEXT, np.uint8), every, every)
    with pytest.raises(ValueError, match="9 features beside 6"):
        geometry.add(RNG.standard_normal((5, 9)), np.full(5, TEXT, np.uint8), every, every)


def test_tokens_of_no_length_have_no_direction_to_count(tokens):
    values, modality = tokens
    blank = np.concatenate([values, np.zeros((4, 8), np.float32)])
    with_blank, _ = measured(blank, np.append(modality, [IMAGE] * 4).astype(np.uint8))
    without, _ = measured(*tokens)
    for name in ("modality_gap", "modality_gap_distribution", "anisotropy_image"):
        assert with_blank[name] == pytest.approx(without[name], rel=1e-5)
    assert with_blank["norm_image"] == pytest.approx(without["norm_image"] * 40 / 44, rel=1e-5)


class TestEffectiveRank:
    def test_directions_of_one_size_count_one_each(self):
        axes = np.eye(9)[:5]
        assert effective_rank(np.concatenate([axes, -axes])) == pytest.approx(5)

    def test_a_line_has_one_dimension_however_far_from_the_origin(self):
        line = np.arange(20.0)[:, None] * np.ones(6) + 100
        assert effective_rank(line.astype(np.float32)) == pytest.approx(1, abs=1e-3)

    def test_more_features_than_points_change_nothing(self):
        values = RNG.standard_normal((12, 300))
        singular = np.linalg.svd(values - values.mean(axis=0), compute_uv=False)[:-1]
        shares = singular / singular.sum()
        expected = np.exp(-(shares * np.log(shares)).sum())
        assert effective_rank(values) == pytest.approx(expected, rel=1e-6)

    def test_equal_tokens_have_none(self):
        assert np.isnan(effective_rank(np.full((9, 4), 0.3, np.float32)))
        assert np.isnan(effective_rank(np.ones((1, 4))))
