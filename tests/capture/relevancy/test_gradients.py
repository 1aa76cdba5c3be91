"""What a layer contributes is that of autograd on the family's own eager attention."""

import numpy as np
import pytest
import torch

from tests.capture.families import CASES
from tests.capture.family_case import eager_weights
from tests.capture.tiny_models import TinyTokenizer
from vl_tb_plugin import trace
from vl_tb_plugin.capture.relevancy.contributions import GRADIENT_WEIGHTED, Matrices


def explained(output, mask):
    """Some number that depends on all of a model's output but what it says of padding."""
    if isinstance(output, torch.Tensor):
        if not output.is_floating_point() or not output.requires_grad:
            return 0.0
        weights = torch.linspace(-1, 1, output.numel(), dtype=torch.float32).reshape(output.shape)
        if mask is not None and output.shape[:2] == mask.shape:
            # eager attention spreads padding evenly over everything, other kernels do not
            weights = weights * mask.reshape(*mask.shape, *(1,) * (output.ndim - 2))
        return (output.float().nan_to_num(0, 0, 0) * weights).sum()
    if isinstance(output, dict):
        return sum(explained(one, mask) for name, one in output.items() if "attentions" not in name)
    if isinstance(output, tuple | list):
        return sum(explained(one, mask) for one in output)
    return 0.0


def mask_of(case):
    return case.batch().get("attention_mask")


def autograd_contributions(case):
    """``relu(dA * A)`` of every call, by path of the module; none where weights aren't returned."""
    torch.manual_seed(0)
    weights, output = eager_weights(case, gradients=True)
    calls = [(name, one) for name, every in weights.items() for one in every]
    inputs = [one for _, one in calls]
    found = torch.autograd.grad(explained(output, mask_of(case)), inputs, allow_unused=True)
    products = {name: [] for name in weights}
    for (name, one), gradient in zip(calls, found, strict=True):
        gradient = torch.zeros_like(one) if gradient is None else gradient
        products[name].append((one * gradient).clamp(min=0).detach())
    return products


REAL = ("text", "image", "special", "generated")

RETURNING = [
    case for case in CASES if case.reference is type(case).__dataclass_fields__["reference"].default
]


@pytest.mark.parametrize("case", RETURNING, ids=lambda case: case.name)
def test_contributions_equal_those_of_autograd_on_eager_attention(case):
    expected = autograd_contributions(case)
    model, batch = case.model(), case.batch()
    torch.manual_seed(0)
    with torch.inference_mode(), trace(model, TinyTokenizer()) as t:
        model(**batch)
    run = t._explained(t._record).gradient_pass()
    t._explaining = True
    torch.manual_seed(0)
    output = run.forward(batch)
    matrices = Matrices(run.layout, {GRADIENT_WEIGHTED})
    run.backward(explained(output, mask_of(case)), matrices, last=True)
    assert not run.problems
    compared = 0
    for sample in range(run.layout.count):
        for layer, values in matrices.of_sample(GRADIENT_WEIGHTED, sample).items():
            block = case.blocks[layer.block]
            calls = expected[block.modules[block.layers.index(layer.layer)]]
            reference = block.expected(calls, sample).mean(dim=0).numpy()
            scale = max(np.abs(reference).max(), 1e-6)
            real = run.layout.sequence(sample, layer.query).positions(*REAL)
            assert np.abs(values - reference)[real].max() <= 1e-4 * scale, layer
            compared += int(reference.any())
    assert compared
