"""Layer-wise relevance propagation, against its formulas written out in numpy."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from torch import nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode
from transformers import ViTConfig, ViTForImageClassification
from transformers.activations import ACT2FN
from transformers.models.llama.modeling_llama import LlamaMLP, LlamaRMSNorm

from tests.capture.families.detectors import DETR
from tests.capture.families.dual_towers import CLIP
from tests.capture.families.language_and_vision_streams import LXMERT
from tests.capture.families.single_stream import VILT, VISUAL_BERT
from tests.capture.families.text_alone import BERT, T5
from tests.capture.families.vision_prefix_decoders import LLAVA
from tests.capture.tiny_models import EXACT, lxmert, lxmert_batch, widened
from vl_tb_plugin import trace
from vl_tb_plugin.capture.relevance_propagation import (
    RelevancePropagationUnsupported,
    relevance_propagation,
)
from vl_tb_plugin.capture.seen_attention import own_arithmetic


def random(*shape: int, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed + sum(shape))
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def propagated(function, *operands, relevance=None, samples=1):
    """The relevance of each operand, for the relevance of the result (default: random)."""
    leaves = [operand.clone().requires_grad_() for operand in operands]
    with relevance_propagation(samples):
        result = function(*leaves)
    assert_allclose(result.detach(), function(*operands).detach(), rtol=1e-6)
    relevance = random(*result.shape, seed=7) if relevance is None else relevance
    return [one.numpy() for one in torch.autograd.grad(result, leaves, relevance)]


def linear_rule(x, weight, relevance):
    """x (..., inputs), weight (outputs, inputs), relevance (..., outputs), in numpy."""
    positive, negative = np.maximum(x, 0), np.minimum(x, 0)
    more, less = np.maximum(weight, 0), np.minimum(weight, 0)
    ratio = relevance / (positive @ more.T + negative @ less.T)
    return positive * (ratio @ more) + negative * (ratio @ less)


def sum_rule(first, second, relevance):
    """Of one sample."""
    a, b = first * relevance / (first + second), second * relevance / (first + second)
    size = abs(a.sum()) + abs(b.sum())
    total = relevance.sum()
    return a * abs(a.sum()) / size * total / a.sum(), b * abs(b.sum()) / size * total / b.sum()


# Linear maps


@pytest.mark.parametrize("bias", [None, random(5)])
def test_a_linear_map_gives_relevance_to_what_excites_and_none_to_the_bias(bias):
    x, weight, relevance = random(2, 3, 8), random(5, 8), random(2, 3, 5, seed=1)
    (found,) = propagated(lambda one: functional.linear(one, weight, bias), x, relevance=relevance)
    assert_allclose(found, linear_rule(x.numpy(), weight.numpy(), relevance.numpy()), rtol=1e-6)
    assert_allclose(found.sum(), relevance.sum())


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
def test_a_unit_that_nothing_excites_passes_no_relevance_on(dtype):
    x = torch.tensor([[1, -2]], dtype=dtype)
    weight = torch.tensor([[-1, 3], [1, 0]], dtype=dtype)
    relevance = torch.tensor([[1, 5]], dtype=dtype)
    (found,) = propagated(lambda one: functional.linear(one, weight), x, relevance=relevance)
    assert_allclose(found, [[5.0, 0.0]])


@pytest.mark.parametrize(
    "function",
    [
        lambda x, weight: x @ weight.T,
        lambda x, weight: torch.matmul(weight, x.mT).mT,
        lambda x, weight: torch.einsum("btc,oc->bto", x, weight),
        lambda x, weight: torch.addmm(random(5), x[0], weight.T)[None],
        lambda x, weight: functional.linear(input=x, weight=weight),
    ],
    ids=["right", "left", "einsum", "addmm", "keywords"],
)
def test_a_product_with_a_parameter_is_a_linear_map(function):
    x, weight, relevance = random(1, 3, 4), random(5, 4), random(1, 3, 5, seed=1)
    parameter = nn.Parameter(weight)
    (found,) = propagated(lambda one: function(one, parameter), x, relevance=relevance)
    assert_allclose(found, linear_rule(x.numpy(), weight.numpy(), relevance.numpy()), rtol=1e-6)


def test_a_convolution_is_a_linear_map_of_its_patches():
    image, kernel, relevance = random(1, 2, 4, 4), random(3, 2, 2, 2), random(1, 3, 2, 2, seed=1)
    (found,) = propagated(
        lambda one: functional.conv2d(one, kernel, random(3), stride=2), image, relevance=relevance
    )
    patches = functional.unfold(image, 2, stride=2).mT  # (1, patches, 2 * 2 * 2)
    expected = linear_rule(
        patches.numpy(), kernel.flatten(1).numpy(), relevance.flatten(2).mT.numpy()
    )
    back = functional.fold(torch.from_numpy(expected).mT, (4, 4), 2, stride=2)
    assert_allclose(found, back, rtol=1e-6)


# Products


@pytest.mark.parametrize(
    "function",
    [torch.matmul, lambda a, v: a @ v, lambda a, v: torch.einsum("bij,bjk->bik", a, v), torch.bmm],
    ids=["matmul", "@", "einsum", "bmm"],
)
def test_a_product_of_two_gives_each_half_in_proportion_to_its_terms(function):
    a, v, relevance = random(2, 3, 4).softmax(-1), random(2, 4, 5), random(2, 3, 5, seed=1)
    of_a, of_v = propagated(function, a, v, relevance=relevance)
    ratio = relevance.numpy() / (a @ v).numpy()
    terms = a[..., None].numpy() * v[:, None].numpy()  # (batch, query, key, width)
    shares = terms * ratio[:, :, None]
    assert_allclose(of_a, shares.sum(-1) / 2, rtol=1e-6)
    assert_allclose(of_v, shares.sum(1) / 2, rtol=1e-6)
    assert_allclose(of_a.sum() + of_v.sum(), relevance.sum())


def test_a_gated_product_gives_each_factor_half():
    gate, up, relevance = random(2, 3), random(2, 3, seed=1), random(2, 3, seed=2)
    found = propagated(lambda a, b: functional.silu(a) * b, gate, up, relevance=relevance)
    for one in found:
        assert_allclose(one, relevance / 2, rtol=1e-6)


def test_a_gated_layer_of_llama_conserves_relevance():
    torch.manual_seed(0)
    config = type("Config", (), dict(hidden_size=8, intermediate_size=16, mlp_bias=False))
    config.hidden_act = "silu"
    (found,) = propagated(LlamaMLP(config).double(), random(1, 3, 8), relevance=random(1, 3, 8))
    assert_allclose(found.sum(), random(1, 3, 8).sum(), rtol=1e-5)


# Sums


def test_a_sum_shares_relevance_by_the_size_of_each_total_within_a_sample():
    first, second, relevance = random(2, 3, 4), random(2, 3, 4, seed=1), random(2, 3, 4, seed=2)
    found = propagated(lambda a, b: a + b, first, second, relevance=relevance, samples=2)
    for sample in range(2):
        expected = sum_rule(*(one[sample].numpy() for one in (first, second, relevance)))
        for one, other in zip(found, expected, strict=True):
            assert_allclose(one[sample], other, rtol=1e-5)
        assert_allclose(sum(one[sample].sum() for one in found), relevance[sample].sum())


def test_of_one_sample_all_axes_are_tokens():
    first, second, relevance = random(3, 4), random(3, 4, seed=1), random(3, 4, seed=2)
    found = propagated(lambda a, b: a + b, first, second, relevance=relevance)
    expected = sum_rule(*(one.numpy() for one in (first, second, relevance)))
    for one, other in zip(found, expected, strict=True):
        assert_allclose(one, other, rtol=1e-5)


def test_a_sum_that_does_not_tell_samples_apart_is_refused():
    with pytest.raises(RelevancePropagationUnsupported, match="one sample at a time"):
        propagated(lambda a, b: a + b, random(6, 4), random(6, 4, seed=1), samples=2)


def test_a_sum_that_broadcasts_gives_an_operand_the_relevance_of_its_copies():
    first, second, relevance = random(1, 3, 4), random(1, 1, 4, seed=1), random(1, 3, 4, seed=2)
    found = propagated(lambda a, b: a + b, first, second, relevance=relevance)
    expected = sum_rule(first.numpy(), second.expand(1, 3, 4).numpy(), relevance.numpy())
    assert_allclose(found[0], expected[0], rtol=1e-5)
    assert_allclose(found[1], expected[1].sum(1, keepdims=True), rtol=1e-5)


def test_adding_in_place_is_adding():
    def in_place(a, b):
        result = a * 2
        result += b
        result *= 3
        return result

    relevance = random(1, 3, seed=5)
    first, second = random(1, 3), random(1, 3, seed=1)
    found = propagated(in_place, first, second, relevance=relevance)
    for one, other in zip(
        found, sum_rule((2 * first).numpy(), second.numpy(), relevance.numpy()), strict=True
    ):
        assert_allclose(one, other, rtol=1e-5)


def test_adding_to_what_a_linear_map_returned_is_adding():
    weight, bias = random(4, 4), random(4)
    relevance = random(2, 3, 4, seed=5)

    def in_place(x):
        result = functional.linear(x, weight, bias)
        result += random(2, 3, 4, seed=6)
        return result

    (found,) = propagated(in_place, random(2, 3, 4), relevance=relevance)
    (expected,) = propagated(
        lambda x: functional.linear(x, weight), random(2, 3, 4), relevance=relevance
    )
    assert_allclose(found, expected)


# What passes relevance on as it is


def new_gelu(x):
    return ACT2FN["gelu_new"](x)


def own_layer_norm(x):
    centred = x - x.mean(-1, keepdim=True)
    return centred / torch.sqrt(centred.pow(2).mean(-1, keepdim=True) + 1e-6)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: functional.softmax(x, dim=-1),
        lambda x: functional.layer_norm(x, x.shape[-1:], random(4), random(4, seed=1)),
        own_layer_norm,
        LlamaRMSNorm(4).double(),
        lambda x: x / x.norm(p=2, dim=-1, keepdim=True),
        lambda x: x / x.pow(2).sum(dim=-1, keepdim=True).pow(0.5),
        lambda x: functional.softmax(x - x.amax(dim=-1).unsqueeze(-1), dim=-1),
        functional.gelu,
        functional.relu,
        torch.tanh,
        nn.Dropout(0.5).eval(),
        new_gelu,
        ACT2FN["quick_gelu"],
        ACT2FN["gelu_fast"],
        ACT2FN["gelu_python"],
        lambda x: 1 - x / 8 * random(4),
        lambda x: x + nn.Parameter(random(1, 3, 4, seed=3)),
        lambda x: (x - 10000.0).to(torch.float64).contiguous(),
        lambda x: torch.cat([x[:, 1:], x[:, :1]], dim=1).roll(1, dims=1),
    ],
    ids=[
        "softmax",
        "layer norm",
        "own layer norm",
        "rms norm",
        "unit vectors",
        "unit vectors by a root",
        "shifted softmax",
        "gelu",
        "relu",
        "tanh",
        "dropout",
        "gelu by tanh",
        "gelu by sigmoid",
        "gelu by tanh, factored",
        "gelu by erf",
        "scale and shift",
        "parameter",
        "cast",
        "permutation",
    ],
)
def test_relevance_passes_unchanged(function):
    relevance = random(2, 3, 4, seed=5)
    (found,) = propagated(function, random(2, 3, 4), relevance=relevance, samples=2)
    assert_allclose(found, relevance, rtol=1e-4)


def test_the_cube_in_gelu_does_not_compete_with_its_operand():
    relevance = torch.tensor([2.0, -1.0]).double()
    (found,) = propagated(new_gelu, torch.tensor([0.1, 10.0]).double(), relevance=relevance)
    assert_allclose(found, relevance, rtol=1e-6)


def test_a_constant_made_like_a_tensor_gets_no_relevance():
    relevance = random(3, seed=5)
    (found,) = propagated(lambda x: x + torch.ones_like(x), random(3), relevance=relevance)
    assert_allclose(found, relevance)


def test_what_a_constant_broadcasts_gets_the_relevance_of_its_copies():
    relevance = random(3, 4, seed=5)
    (found,) = propagated(lambda x: x * random(3, 1, seed=1), random(1, 4), relevance=relevance)
    assert_allclose(found, relevance.sum(0, keepdim=True))


def test_positions_that_the_model_counts_get_no_relevance():
    table = nn.Embedding(5, 4).double()

    def with_positions(x):
        distances = torch.arange(3)[:, None] - torch.arange(3)[None, :]
        distances = torch.where(distances > 1, 1, torch.max(distances, torch.zeros_like(distances)))
        return x + table(distances).sum(1).unsqueeze(0)

    relevance = random(1, 3, 4, seed=5)
    (found,) = propagated(with_positions, random(1, 3, 4), relevance=relevance)
    assert_allclose(found, relevance)


def test_looked_up_tokens_take_their_share():
    table = nn.Embedding(5, 4).double()
    relevance = random(1, 3, 4, seed=5)
    x, tokens = random(1, 3, 4), torch.tensor([[1, 4, 2]])
    (found,) = propagated(lambda one: one + table(tokens), x, relevance=relevance)
    expected, _ = sum_rule(x.numpy(), table(tokens).detach().numpy(), relevance.numpy())
    assert_allclose(found, expected, rtol=1e-5)


def test_a_copied_value_gets_the_relevance_of_all_its_copies():
    relevance = random(2, 6, seed=5)
    (found,) = propagated(lambda x: x.repeat_interleave(2, -1), random(2, 3), relevance=relevance)
    assert_allclose(found, relevance[:, ::2] + relevance[:, 1::2])


def test_a_mean_over_tokens_gives_each_what_it_contributes():
    x, relevance = random(1, 3, 4), random(1, 4, seed=5)
    (found,) = propagated(lambda one: one.mean(1), x, relevance=relevance)
    assert_allclose(found, x * (relevance / x.sum(1))[:, None], rtol=1e-6)


# Fused attention


def written_out(query, key, value, mask=None):
    scores = query @ key.transpose(-1, -2) / query.shape[-1] ** 0.5
    if mask is not None:
        scores = scores + torch.zeros(mask.shape).double().masked_fill(~mask, -torch.inf)
    return functional.softmax(scores, dim=-1) @ value


CAUSAL = torch.ones(3, 3, dtype=torch.bool).tril()


@pytest.mark.parametrize(
    ("options", "mask"),
    [
        ({}, None),
        ({"attn_mask": CAUSAL}, CAUSAL),
        ({"is_causal": True}, CAUSAL),
        ({"attn_mask": torch.zeros(3, 3).double().masked_fill(~CAUSAL, -torch.inf)}, CAUSAL),
    ],
    ids=["free", "mask", "causal", "added mask"],
)
def test_fused_attention_propagates_as_written_out(options, mask):
    operands = [random(1, 2, 3, 4, seed=seed) for seed in range(3)]
    fused = propagated(
        lambda *one: functional.scaled_dot_product_attention(*one, **options), *operands
    )
    expected = propagated(lambda *one: written_out(*one, mask), *operands)
    for one, other in zip(fused, expected, strict=True):
        assert_allclose(one, other, rtol=1e-6)


def test_fused_attention_with_shared_keys_propagates_as_if_they_were_repeated():
    query, key, value = random(1, 4, 3, 4), random(1, 2, 3, 4), random(1, 2, 3, 4, seed=1)
    fused = propagated(
        lambda *one: functional.scaled_dot_product_attention(*one, enable_gqa=True),
        *(query, key, value),
    )
    repeated = (one.repeat_interleave(2, 1) for one in (key, value))
    of_query, *shared = propagated(written_out, query, *repeated)
    assert_allclose(fused[0], of_query, rtol=1e-6)
    for one, other in zip(fused[1:], shared, strict=True):
        assert_allclose(one, other.reshape(1, 2, 2, 3, 4).sum(2), rtol=1e-6)


def test_a_query_without_any_key_gets_and_gives_no_relevance():
    operands = [random(1, 2, 3, 4, seed=seed) for seed in range(3)]
    mask = torch.tensor([[True] * 3, [False] * 3, [True] * 3])
    found = propagated(
        lambda *one: functional.scaled_dot_product_attention(*one, attn_mask=mask), *operands
    )
    assert all(np.isfinite(one).all() for one in found)
    assert not found[0][:, :, 1].any()
    assert found[0][:, :, 0].any()


@pytest.mark.parametrize("batch_first", [True, False])
def test_multi_head_attention_of_torch_propagates_as_written_out(batch_first):
    torch.manual_seed(0)
    module = nn.MultiheadAttention(8, 2, batch_first=batch_first).double().eval()
    padding = torch.tensor([[False, False, True], [False, False, False]])
    weights, biases = module.in_proj_weight.detach().chunk(3), random(24).chunk(3)
    module.in_proj_bias = nn.Parameter(torch.cat(biases))

    def by_hand(x):
        queries, keys, values = (
            functional.linear(x, weight, bias).unflatten(-1, (2, 4)).transpose(1, 2)
            for weight, bias in zip(weights, biases, strict=True)
        )
        context = written_out(queries, keys, values, ~padding[:, None, None])
        return module.out_proj(context.transpose(1, 2).flatten(2))

    def by_torch(x):
        x = x if batch_first else x.transpose(0, 1)
        result, _ = module(x, x, x, key_padding_mask=padding)
        return result if batch_first else result.transpose(0, 1)

    (found,) = propagated(by_torch, random(2, 3, 8), samples=2)
    (expected,) = propagated(by_hand, random(2, 3, 8), samples=2)
    assert_allclose(found, expected, rtol=1e-5)


@pytest.mark.parametrize("implementation", ["eager", "sdpa"])
def test_each_attention_matrix_is_handed_out_once_as_the_model_has_it(implementation):
    model, batch = LLAVA.model(), LLAVA.batch()
    model.set_attn_implementation("eager")
    expected = model(**batch, output_attentions=True).attentions
    model.set_attn_implementation(implementation)
    seen = []
    with relevance_propagation(2, seen.append):
        model(**batch)
    assert len(seen) == len(expected) + model.config.vision_config.num_hidden_layers
    for one, other in zip(seen[-len(expected) :], expected, strict=True):
        real = other.sum(-1) > 0.5
        assert_allclose(one.detach()[real], other.detach()[real], atol=1e-5)


# Whole models


def vit(layers: int = 2) -> ViTForImageClassification:
    torch.manual_seed(0)
    config = ViTConfig(
        hidden_size=16,
        intermediate_size=24,
        num_hidden_layers=layers,
        num_attention_heads=2,
        image_size=8,
        patch_size=4,
        num_labels=3,
    )
    return widened(ViTForImageClassification(config)).double()


class WrittenOutLayer:
    """A layer of ViT in numpy: forward, then relevance backwards."""

    def __init__(self, weights):
        self.weights = {name: weight.detach().numpy() for name, weight in weights}

    def linear(self, name, x):
        return x @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"]

    def norm(self, name, x):
        centred = x - x.mean(-1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-12)
        return scaled * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"]

    def heads(self, x):
        return x.reshape(len(x), 2, 8).transpose(1, 0, 2)

    def forward(self, x):
        """x (tokens, width)"""
        self.x = x
        self.before = self.norm("layernorm_before", x)
        self.q, self.k, self.v = (
            self.heads(self.linear(f"attention.{name}_proj", self.before)) for name in "qkv"
        )
        scores = self.q @ self.k.transpose(0, 2, 1) / np.sqrt(8)
        exponents = np.exp(scores - scores.max(-1, keepdims=True))
        self.a = exponents / exponents.sum(-1, keepdims=True)
        self.context = (self.a @ self.v).transpose(1, 0, 2).reshape(len(x), 16)
        self.attended = self.linear("attention.o_proj", self.context)
        self.middle = x + self.attended
        self.after = self.norm("layernorm_after", self.middle)
        hidden = torch.from_numpy(self.linear("mlp.fc1", self.after))
        self.hidden = functional.gelu(hidden).numpy()
        self.output = self.linear("mlp.fc2", self.hidden)
        return self.middle + self.output

    def relevance(self, relevance):
        """Of the layer's input, and of its attention (heads, queries, keys)."""
        w = {name.removesuffix(".weight"): weight for name, weight in self.weights.items()}
        residual, branch = sum_rule(self.middle, self.output, relevance)
        branch = linear_rule(self.hidden, w["mlp.fc2"], branch)
        middle = residual + linear_rule(self.after, w["mlp.fc1"], branch)
        residual, branch = sum_rule(self.x, self.attended, middle)
        branch = self.heads(linear_rule(self.context, w["attention.o_proj"], branch))
        ratio = branch / (self.a @ self.v) / 2
        of_a = self.a * (ratio @ self.v.transpose(0, 2, 1))
        of_v = self.v * (self.a.transpose(0, 2, 1) @ ratio)
        ratio = of_a / (self.q @ self.k.transpose(0, 2, 1)) / 2
        of_q, of_k = self.q * (ratio @ self.k), self.k * (ratio.transpose(0, 2, 1) @ self.q)
        for name, one in zip("qkv", (of_q, of_k, of_v), strict=True):
            joined = one.transpose(1, 0, 2).reshape(self.x.shape)
            residual = residual + linear_rule(self.before, w[f"attention.{name}_proj"], joined)
        return residual, of_a


def test_a_vision_transformer_propagates_as_written_out_layer_by_layer():
    model, pixels = vit(layers=2), random(1, 3, 8, 8)
    layers = [WrittenOutLayer(layer.named_parameters()) for layer in model.vit.layers]
    tokens = model.vit.embeddings(pixels)[0].detach().numpy()
    for layer in layers:
        tokens = layer.forward(tokens)
    final = functional.layer_norm(torch.from_numpy(tokens), (16,), eps=1e-12).numpy()
    relevance = np.zeros_like(tokens)
    one_hot = np.eye(3)[1]
    relevance[0] = linear_rule(final[0], model.classifier.weight.detach().numpy(), one_hot)
    expected = []
    for layer in reversed(layers):
        relevance, of_attention = layer.relevance(relevance)
        expected.insert(0, of_attention)

    seen = []
    with relevance_propagation(1, seen.append):
        logits = model(pixels).logits
    found = torch.autograd.grad(logits[0, 1], seen)
    for one, other in zip(found, expected, strict=True):
        assert_allclose(one[0], other, rtol=1e-4, atol=1e-7 * abs(other).max())


def answer(output) -> torch.Tensor:
    """The logits that a target is chosen from, of (samples, anything)."""
    names = ("question_answering_score", "logits_per_image", "logits")
    return next(getattr(output, name) for name in names if hasattr(output, name)).flatten(1)


@pytest.mark.parametrize(
    "case",
    [BERT, VISUAL_BERT, VILT, LXMERT, CLIP, LLAVA, DETR, T5],
    ids=lambda case: case.name,
)
def test_every_family_answers_as_without_and_gives_each_attention_its_relevance(case):
    model, batch = case.model(), case.batch()
    samples = len(next(iter(batch.values())))
    with torch.no_grad():
        plain = answer(model(**batch))
    seen = []
    with relevance_propagation(samples, seen.append):
        logits = answer(model(**batch))
    assert_allclose(logits.detach(), plain, rtol=1e-5, atol=1e-6)

    found = torch.autograd.grad(logits[:, -1].sum(), seen, allow_unused=True)
    reached = [one for one in found if one is not None and one.any()]
    assert all(torch.isfinite(one).all() for one in reached)
    # the last layer of a stream that the answer does not come from has none
    assert len(reached) >= max(len(found) - 3, 1)
    for one in reached:
        # half of what reaches a product of A and V, which is at most all there is
        assert abs(one.flatten(1).sum(1)).max() <= 1


@pytest.mark.parametrize("case", [BERT, VILT, LLAVA], ids=lambda case: case.name)
def test_no_relevance_is_lost_between_layers(case):
    model, batch = case.model().double(), case.batch()
    batch = {name: one.double() if one.is_floating_point() else one for name, one in batch.items()}
    with relevance_propagation(1):
        output = model(**batch, output_hidden_states=True)
    states = output.hidden_states[1:-1]
    target = output.logits.flatten()[-3]
    for one in torch.autograd.grad(target, states):
        assert_allclose(one.sum(), 1, rtol=1e-3)


def test_a_sample_does_not_depend_on_the_others_of_its_batch():
    model, batch = lxmert().double(), lxmert_batch()
    batch = {name: one.double() if one.is_floating_point() else one for name, one in batch.items()}

    def relevances(inputs):
        seen = []
        with relevance_propagation(len(inputs["input_ids"]), seen.append):
            scores = answer(model(**inputs))
        return torch.autograd.grad(
            scores[:, 2].sum(), seen, materialize_grads=True, allow_unused=True
        )

    together = relevances(batch)
    for sample in range(2):
        alone = relevances({name: one[sample : sample + 1] for name, one in batch.items()})
        for one, other in zip(together, alone, strict=True):
            assert_allclose(one[sample], other[0], rtol=1e-3, atol=1e-6)


def test_parameters_are_neither_needed_nor_touched():
    model, pixels = vit(), random(1, 3, 8, 8)

    def relevances():
        seen = []
        with relevance_propagation(1, seen.append):
            logits = model(pixels).logits
        with pytest.raises(RuntimeError):
            torch.autograd.grad(logits.sum(), model.classifier.weight, retain_graph=True)
        return torch.autograd.grad(logits[0, 1], seen)

    free = relevances()
    assert all(parameter.requires_grad for parameter in model.parameters())
    for one, other in zip(free, (relevances() if model.requires_grad_(False) else ()), strict=True):
        assert torch.equal(one, other)


def test_afterwards_gradients_are_gradients_again():
    weight = random(3)
    x = random(3, seed=1).requires_grad_()
    with relevance_propagation(1):
        x * weight
    (gradient,) = torch.autograd.grad((x * weight).sum(), x)
    assert torch.equal(gradient, weight)


def test_our_own_arithmetic_keeps_its_gradients():
    weight = random(3)
    x = random(3, seed=1).requires_grad_()
    with relevance_propagation(1), own_arithmetic("cpu"), torch.enable_grad():
        (gradient,) = torch.autograd.grad((x * weight).sum(), x)
    assert torch.equal(gradient, weight)


def test_half_precision_is_propagated_in_full():
    model, batch = LLAVA.model().to(torch.bfloat16), LLAVA.batch()
    batch["pixel_values"] = batch["pixel_values"].to(torch.bfloat16)
    seen = []
    with relevance_propagation(2, seen.append):
        logits = model(**batch).logits
    found = torch.autograd.grad(logits[:, -1, 5].sum(), seen[-1])
    assert torch.isfinite(found[0]).all()
    assert found[0].any()


@pytest.mark.parametrize("implementation", ["eager", "sdpa"])
def test_a_trace_sees_the_same_attention_while_relevance_is_propagated(implementation):
    model, batch = LLAVA.model(), LLAVA.batch()
    model.set_attn_implementation(implementation)

    def traced():
        with trace(model, policy=EXACT) as t:
            model(**batch)
        return [block for example in t.examples(batch) for block in example.attention]

    with torch.no_grad():
        expected = traced()
    with relevance_propagation(2):
        found = traced()
    assert [block.name for block in found] == [block.name for block in expected]
    for one, other in zip(found, expected, strict=True):
        assert_allclose(one.probabilities, other.probabilities, atol=1e-6)


# What has no rule


def test_relevance_that_reaches_an_unknown_function_is_refused_by_name():
    with pytest.raises(RelevancePropagationUnsupported, match="cumsum"):
        propagated(lambda x: x.cumsum(0), random(3))


@pytest.mark.parametrize("function", [lambda a, b: a - b, lambda a, b: a / b, torch.minimum])
def test_a_function_of_two_without_a_rule_is_refused(function):
    if function is torch.minimum:  # a choice of elements, not arithmetic
        assert_allclose(sum(propagated(function, random(3), random(3, seed=1))), random(3, seed=7))
        return
    with pytest.raises(RelevancePropagationUnsupported, match="sub|div"):
        propagated(function, random(3), random(3, seed=1))


def test_an_unknown_function_that_no_relevance_reaches_does_no_harm():
    def with_loss(x):
        functional.cross_entropy(x, torch.tensor([1])) + x.logsumexp(-1)
        return x * 2

    relevance = random(1, 3, seed=5)
    (found,) = propagated(with_loss, random(1, 3), relevance=relevance)
    assert_allclose(found, relevance)


def test_an_unknown_function_that_writes_in_place_is_refused_at_once():
    x = random(3).requires_grad_()
    with (
        relevance_propagation(1),
        pytest.raises(RelevancePropagationUnsupported, match="index_add_"),
    ):
        torch.zeros(3).double().index_add_(0, torch.tensor([0, 1, 2]), x)


class Kernel(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.clone()

    @staticmethod
    def backward(ctx, gradient):
        return gradient


def test_an_autograd_function_of_a_library_is_refused_at_once():
    x = random(3).requires_grad_()
    with relevance_propagation(1), pytest.raises(RelevancePropagationUnsupported, match="Kernel"):
        Kernel.apply(x) + 1


def test_an_autograd_function_of_this_package_only_looks_on(monkeypatch):
    monkeypatch.setattr(Kernel, "__module__", relevance_propagation.__module__)
    relevance = random(3, seed=5)
    (found,) = propagated(lambda x: Kernel.apply(x) * 2, random(3), relevance=relevance)
    assert_allclose(found, relevance)


def test_a_mode_on_top_may_write_attention_out_itself():
    class WritesOut(TorchFunctionMode):
        def __torch_function__(self, func, types, args=(), kwargs=None):
            if func is functional.scaled_dot_product_attention:
                return written_out(*args, **(kwargs or {}))
            return func(*args, **(kwargs or {}))

    def on_top(*one):
        with WritesOut():
            return functional.scaled_dot_product_attention(*one)

    operands = [random(1, 2, 3, 4, seed=seed) for seed in range(3)]
    expected = propagated(written_out, *operands)
    for one, other in zip(propagated(on_top, *operands), expected, strict=True):
        assert_allclose(one, other)


def test_multi_head_attention_with_keys_of_its_own_is_refused():
    module = nn.MultiheadAttention(8, 2, add_zero_attn=True).eval()
    x = torch.randn(3, 1, 8)
    with relevance_propagation(1), pytest.raises(RelevancePropagationUnsupported, match="keys"):
        module(x, x, x)
