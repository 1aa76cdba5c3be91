"""Layers forget from the output down, in a copy; the maps are compared with the original ones."""

import copy

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr
from torch import nn

from tests.capture.families.vision_transformers import pictures, vit
from tests.capture.tiny_models import lxmert, lxmert_batch
from vl_tb_plugin import Relevancy
from vl_tb_plugin.analysis.evaluation_measures import MEASURES
from vl_tb_plugin.faithfulness.weight_randomisation import weight_randomisation


def gradient_maps(batch):
    """How strongly the first class's score depends on each patch: a map that knows the model."""

    def maps_of(model):
        pixels = batch["pixel_values"].clone().requires_grad_()
        model(pixel_values=pixels).logits[:, 0].sum().backward()
        patches = pixels.grad.abs().sum(1).unfold(1, 8, 8).unfold(2, 8, 8)
        brightness = batch["pixel_values"].sum(1).unfold(1, 8, 8).unfold(2, 8, 8)
        return [
            [
                Relevancy({"image": own.sum((-1, -2)).flatten()}, "gradient"),
                Relevancy({"image": other.sum((-1, -2)).flatten()}, "brightness"),
            ]
            for own, other in zip(patches, brightness, strict=True)
        ]

    return maps_of


def run_alone(batch):
    def maps_of(model):
        with torch.no_grad():
            model(**batch)
        return [[Relevancy([1.0, 2.0])]]

    return maps_of


def names(stages):
    return [stage.name for stage in stages]


def test_a_map_of_the_model_changes_and_a_map_of_the_picture_does_not():
    stages = weight_randomisation(vit(), gradient_maps(pictures(24, 32, 4)))
    assert all(stage.correlation["brightness"] == 1 for stage in stages)
    assert stages[-1].correlation["gradient"] < 0.6
    for measure in stages[-1].measures:
        assert measure.name in MEASURES
        assert measure.samples == 4


def test_layers_go_from_the_output_down():
    stages = weight_randomisation(vit(), run_alone(pictures(24, 32)))
    assert names(stages) == [
        "classifier",
        "vit.layernorm",
        "vit.layers.2",
        "vit.layers.1",
        "vit.layers.0",
        "vit.embeddings",
    ]


def test_streams_go_in_the_reverse_of_the_order_in_which_they_run():
    stages = names(weight_randomisation(lxmert(), run_alone(lxmert_batch())))
    ran = [
        "lxmert.embeddings",
        "lxmert.encoder.visn_fc",
        "lxmert.encoder.layer.0",
        "lxmert.encoder.x_layers.0",
        "lxmert.encoder.x_layers.1",
        "lxmert.pooler",
        "answer_head",
    ]
    assert [name for name in stages if name in ran] == ran[::-1]
    assert stages.index("lxmert.encoder.r_layers.0") > stages.index("lxmert.encoder.x_layers.0")


def test_at_the_end_every_weight_is_another():
    model, seen = vit(), []
    with torch.no_grad():
        for weight in model.parameters():  # constant ones would stay
            weight += 0.01 * torch.randn_like(weight)

    def maps_of(current):
        run_alone(pictures(24, 32))(current)
        seen.append({name: one.clone() for name, one in current.state_dict().items()})
        return [[Relevancy([1.0, 2.0])]]

    stages = weight_randomisation(model, maps_of)
    before = model.state_dict()
    assert all(torch.equal(before[name], seen[0][name]) for name in before)
    for number, stage in enumerate(stages, start=1):
        changed = {
            name for name in before if not torch.equal(seen[number - 1][name], seen[number][name])
        }
        assert changed and all(name.startswith(stage.name) for name in changed)
    for name, weight in before.items():
        assert not torch.isclose(seen[-1][name], weight, rtol=1e-4).all(), name
    large = "vit.layers.0.mlp.fc1.weight"
    assert seen[-1][large].std() == pytest.approx(float(before[large].std()), rel=0.1)


def test_the_model_is_not_changed():
    model = vit()
    before = copy.deepcopy(model.state_dict())
    weight_randomisation(model, run_alone(pictures(24, 32)))
    assert all(torch.equal(before[name], one) for name, one in model.state_dict().items())
    assert not any(module._forward_hooks for module in model.modules())


def test_the_correlation_is_the_mean_of_that_of_every_sample():
    model = nn.Sequential(nn.Linear(6, 6), nn.Linear(6, 6))
    maps = []

    def maps_of(current):
        with torch.no_grad():
            values = current(torch.eye(6)[:3])
        maps.append(values.numpy())
        return [[Relevancy(own, target="red")] for own in values]

    torch.manual_seed(0)
    stages = weight_randomisation(model, maps_of)
    assert names(stages) == ["1", "0"]
    for number, stage in enumerate(stages, start=1):
        single = [spearmanr(a, b).statistic for a, b in zip(maps[0], maps[number], strict=True)]
        (measure,) = stage.measures
        assert measure.value == pytest.approx(np.mean(single))
        assert measure.standard_error == pytest.approx(np.std(single, ddof=1) / np.sqrt(3))


def test_equal_seeds_give_equal_maps():
    maps_of = gradient_maps(pictures(24, 32))
    first, again, other = (weight_randomisation(vit(), maps_of, seed=seed) for seed in (0, 0, 1))
    assert first[-1].correlation == again[-1].correlation != other[-1].correlation


def test_stages_may_be_chosen():
    stages = weight_randomisation(
        vit(), run_alone(pictures(24, 32)), stages=["classifier", "vit.layers"]
    )
    assert names(stages) == ["classifier", "vit.layers"]
    with pytest.raises(AttributeError, match="head"):
        weight_randomisation(vit(), run_alone(pictures(24, 32)), stages=["head"])


class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(5, 4)
        self.layers = nn.ModuleList([nn.Linear(4, 4)])
        self.head = nn.Linear(4, 5, bias=False)
        self.head.weight = self.embedding.weight

    def forward(self, ids):
        return self.head(self.layers[0](self.embedding(ids)))


def test_shared_weights_go_with_the_last_stage_that_has_them():
    stages = weight_randomisation(Tied(), run_alone({"ids": torch.tensor([1])}))
    assert names(stages) == ["layers.0", "embedding"]


def test_maps_of_another_target_are_refused():
    targets = iter(["red", "blue"])

    def maps_of(model):
        return [[Relevancy([1.0, 2.0], target=next(targets))]]

    with pytest.raises(ValueError, match="the same targets"):
        weight_randomisation(nn.Sequential(nn.Linear(2, 2)), maps_of)
