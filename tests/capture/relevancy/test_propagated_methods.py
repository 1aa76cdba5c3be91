"""Partial LRP and transformer attribution, from relevance and gradients found separately."""

import numpy as np
import torch

from tests.capture.families.vision_transformers import pictures, vit
from tests.capture.relevancy.test_trace_relevancy import maps_of
from vl_tb_plugin.capture.relevance_propagation import relevance_propagation


def relevance_of_heads(model, batch, target):
    """R_A of every layer, of a batch of one."""
    seen = []
    with relevance_propagation(1, seen.append):
        logits = model(**batch).logits
    return [one[0] for one in torch.autograd.grad(logits[0, target], seen)]


def gradients_of_heads(model, batch, target):
    """dA of every layer, of a batch of one."""
    model.set_attn_implementation("eager")
    output = model(**batch, output_attentions=True)
    return [one[0] for one in torch.autograd.grad(output.logits[0, target], output.attentions)]


def test_methods_on_layer_wise_relevance():
    batch = {name: value[:1] for name, value in pictures(24, 32).items()}
    (maps,) = maps_of(vit(), batch, ["partial_lrp", "transformer_attribution"], targets=[[1]])
    partial, attribution = (one.scores["image"] for one in maps)
    relevance = relevance_of_heads(vit(), batch, 1)
    gradients = gradients_of_heads(vit(), batch, 1)
    last = relevance[-1].mean(dim=0)[0].numpy()
    row = torch.eye(len(last))[0]
    for heads, gradient in reversed(list(zip(relevance, gradients, strict=True))):
        row = row + row @ (heads * gradient).clamp(min=0).mean(dim=0)
    assert np.abs(partial[1:] - last[1:]).max() <= 1e-4 * np.abs(last).max()
    expected = row[1:].numpy()
    assert np.abs(attribution[1:] - expected).max() <= 1e-4 * expected.max()
    assert partial[0] == attribution[0] == 0
