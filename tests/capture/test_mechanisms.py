"""Each way of seeing attention, on a model and a family that a user registers in a few lines."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from tests.capture.tiny_models import EXACT, llava, llava_batch
from vl_tb_plugin import InvalidExample, TokenSequence, trace
from vl_tb_plugin.capture.families import AttentionSite, HiddenStateSite, Structure, register
from vl_tb_plugin.capture.seen_attention import SeenQueryKey, SeenSoftmax

HEADS, WIDTH = 2, 4


class Config:
    model_type = "toy_of_the_tests"
    _attn_implementation = "flash_attention_2"


@register("toy_of_the_tests")
class ToyFamily:
    def structure(self, model):
        return Structure(
            attention=(AttentionSite("layers.{layer}", "self", "joint", "joint"),),
            hidden_states=(HiddenStateSite("layers.{layer}", "joint", first_layer=1),),
        )

    def sequences(self, inputs):
        samples, tokens, _ = inputs.batch["x"].shape
        return [[TokenSequence(["t"] * tokens, ["text"] * tokens)] for _ in range(samples)]


class Toy(nn.Module):
    config = Config()

    def __init__(self, layer):
        super().__init__()
        self.layers = nn.ModuleList([layer])
        self.weight = nn.Parameter(torch.ones(()))

    def forward(self, x):
        result = self.layers[0](x, x, x) if isinstance(self.layers[0], MULTI) else self.layers[0](x)
        return result


MULTI = nn.MultiheadAttention


def heads(x):
    return x.unflatten(-1, (HEADS, WIDTH)).transpose(1, 2)


class Flash(nn.Module):
    """Attention by a kernel that no torch function shows, through transformers' interface."""

    is_causal = True

    def forward(self, x, mask=None, **kwargs):
        from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

        function = ALL_ATTENTION_FUNCTIONS.get_interface("flash_attention_2", None)
        q = heads(x)
        output, _ = function(self, q, q, q, mask, scaling=0.5, **self.settings)
        return output.transpose(1, 2).flatten(2)

    settings = {}  # noqa: RUF012


def opaque_kernel(module, query, key, value, attention_mask, scaling, **_):
    scores = (query @ key.transpose(-1, -2) * scaling).exp().tril()
    return (scores / scores.sum(-1, keepdim=True)) @ value, None


@pytest.fixture
def flash(monkeypatch):
    from transformers import AttentionInterface

    mapping = {**AttentionInterface._global_mapping, "flash_attention_2": opaque_kernel}
    monkeypatch.setattr(AttentionInterface, "_global_mapping", mapping)
    return Toy(Flash())


@pytest.fixture
def x():
    return torch.randn(2, 5, HEADS * WIDTH, generator=torch.Generator().manual_seed(0))


@torch.no_grad()
def examples_of(model, x):
    plain = model(x)
    with trace(model, policy=EXACT) as t:
        watched = model(x)
    first = plain[0] if isinstance(plain, tuple) else plain
    assert torch.equal(first, watched[0] if isinstance(watched, tuple) else watched)
    return t.examples({"x": x})


def test_a_kernel_that_shows_nothing_is_computed_from_query_and_key(flash, x):
    examples = examples_of(flash, x)
    scores = heads(x) @ heads(x).transpose(-1, -2) * 0.5
    causal = torch.ones(5, 5).tril().bool()
    expected = scores.masked_fill(~causal, -torch.inf).softmax(-1)
    for sample, example in enumerate(examples):
        got = example.attention[0].probabilities[0]
        assert np.allclose(got, expected[sample].numpy(), atol=1e-5)
    assert example.provenance["seen in"] == "query and key of flash_attention_2"


def test_attention_sinks_are_left_out_with_the_reason(flash, x):
    flash.layers[0].settings = {"s_aux": torch.zeros(HEADS)}
    example = examples_of(flash, x)[0]
    assert example.attention == ()
    assert "Block self, layer 0" in example.left_out[0] and "sinks" in example.left_out[0]


def expected_of(x, admitted):
    scores = heads(x) @ heads(x).transpose(-1, -2) * 0.5
    return scores.masked_fill(~admitted, -torch.inf).softmax(-1)


def test_a_sliding_window_admits_the_last_keys_only(flash, x):
    flash.layers[0].settings = {"sliding_window": 2}
    example = examples_of(flash, x)[1]
    admitted = torch.ones(5, 5).tril().triu(-1).bool()
    got = example.attention[0].probabilities[0]
    assert np.allclose(got, expected_of(x, admitted)[1].numpy(), atol=1e-5)


def test_samples_packed_into_one_sequence_attend_within_themselves(flash, x):
    flash.layers[0].settings = {"cu_seq_lens_q": torch.tensor([0, 2, 5])}
    example = examples_of(flash, x)[0]
    within = torch.block_diag(torch.ones(2, 2), torch.ones(3, 3)).tril().bool()
    got = example.attention[0].probabilities[0]
    assert np.allclose(got, expected_of(x, within)[0].numpy(), atol=1e-5)


@pytest.mark.parametrize("training", [False, True])
def test_torch_s_own_multi_head_attention_keeps_its_fused_path(x, training):
    torch.manual_seed(0)
    layer = nn.MultiheadAttention(HEADS * WIDTH, HEADS, batch_first=True)
    model = Toy(layer).train(training)
    example = examples_of(model, x)[1]
    expected = layer(x, x, x, average_attn_weights=False)[1][1].detach().numpy()
    assert np.allclose(example.attention[0].probabilities[0], expected, atol=1e-5)
    assert model.training == layer.training == training


def test_multi_head_attention_forward_is_seen(x):
    class Functional(nn.Module):
        def __init__(self):
            super().__init__()
            self.own = nn.MultiheadAttention(HEADS * WIDTH, HEADS)

        def forward(self, x):
            own, x = self.own, x.transpose(0, 1)
            return functional.multi_head_attention_forward(
                x, x, x, HEADS * WIDTH, HEADS, own.in_proj_weight, own.in_proj_bias, None, None,
                False, 0.0, own.out_proj.weight, own.out_proj.bias, need_weights=False,
            )[0].transpose(0, 1)  # fmt: skip

    torch.manual_seed(0)
    model = Toy(Functional())
    example = examples_of(model, x)[0]
    y = x.transpose(0, 1)
    expected = model.layers[0].own(y, y, y, average_attn_weights=False)[1][0].detach().numpy()
    assert np.allclose(example.attention[0].probabilities[0], expected, atol=1e-5)


def test_watching_never_breaks_the_model(x):
    class Softmax(nn.Module):
        def forward(self, x):
            return ((heads(x) @ heads(x).transpose(-1, -2)).softmax(-1) @ heads(x)).flatten(1)

    @register("toy_with_a_broken_family")
    class BrokenFamily(ToyFamily):
        def sequences(self, inputs):
            raise ZeroDivisionError("no tokens")

    class Broken(Toy):
        class config(Config):  # noqa: N801  an attribute of transformers' models
            model_type = "toy_with_a_broken_family"

    model = Broken(Softmax())
    plain = model(x)
    with torch.no_grad(), trace(model) as t:
        assert torch.equal(model(x), plain)
    with pytest.raises(ZeroDivisionError, match="no tokens"):
        t.examples({"x": x})


def test_a_module_that_runs_more_often_than_its_family_says_is_reported(x):
    class Softmax(nn.Module):
        def forward(self, x):
            return ((heads(x) @ heads(x).transpose(-1, -2)).softmax(-1) @ heads(x)).flatten(1)

    @register("toy_that_runs_once")
    class OnceFamily(ToyFamily):
        def structure(self, model):
            once = AttentionSite("layers.{layer}", "self", "joint", "joint", call=0)
            return Structure(attention=(once,))

    class Twice(Toy):
        class config(Config):  # noqa: N801  an attribute of transformers' models
            model_type = "toy_that_runs_once"

        def forward(self, x):
            return self.layers[0](x) + self.layers[0](x)

    with torch.no_grad(), trace(Twice(Softmax()), policy=EXACT) as t:
        t._model(x)
    example = t.examples({"x": x})[0]
    assert len(example.attention) == 1
    assert example.left_out == ("Softmax ran 2 times in one pass: only 1 of them kept.",)


@torch.no_grad()
def test_autocast_changes_neither_the_output_nor_the_precision_of_the_probabilities():
    model, batch = llava(), llava_batch()
    with torch.autocast("cpu", torch.bfloat16):
        plain = model(**batch)
        with trace(model, policy=EXACT) as t:
            watched = model(**batch)
    assert torch.equal(plain.logits, watched.logits)
    for block in t.examples(batch)[0].attention:
        sums = block.probabilities.sum(-1)
        assert (np.isclose(sums, 1, atol=1e-5) | (sums == 0)).all()


@torch.no_grad()
def test_the_examples_of_another_batch_are_refused():
    model = llava()
    other = llava_batch()
    other["input_ids"] = other["input_ids"].clone()
    other["input_ids"][0, -1] = 11
    with trace(model) as t:
        model(**llava_batch())
    with pytest.raises(InvalidExample, match="last forward pass"):
        t.examples(other)


@pytest.mark.parametrize("queries", [1, 127, 128, 300])
def test_parts_join_without_a_seam(queries):
    generator = torch.Generator().manual_seed(0)
    query = torch.randn(1, 4, queries, 8, generator=generator)
    key = torch.randn(1, 2, queries, 8, generator=generator)
    seen = SeenQueryKey(query, key, is_causal=True)
    rows = torch.arange(queries)
    got = torch.cat(
        [
            torch.cat([seen.probabilities(0, heads, part) for part in rows.split(50)], dim=1)
            for heads in (slice(0, 1), slice(1, 4))
        ]
    )
    scores = query @ key.repeat_interleave(2, 1).transpose(-1, -2) / 8**0.5
    expected = scores.masked_fill(~torch.ones(queries, queries).tril().bool(), -torch.inf)
    assert torch.allclose(got, expected.softmax(-1)[0], atol=1e-6)


def test_rows_without_any_admitted_key_are_zero():
    scores = torch.randn(1, 1, 2, 3)
    scores[0, 0, 0] += torch.finfo(torch.float32).min
    for result in (None, scores.softmax(-1)):
        got = SeenSoftmax(scores, result).probabilities(0, slice(None), slice(None))
        assert got[0].sum(-1).tolist() == [0, pytest.approx(1)]


def test_heads_that_share_an_axis_with_the_batch_are_told_apart(x):
    class Flat(nn.Module):
        num_heads = HEADS

        def forward(self, x):
            flat = heads(x).flatten(0, 1)  # (batch * heads, tokens, features)
            return (flat @ flat.transpose(1, 2)).softmax(-1) @ flat

    example = examples_of(Toy(Flat()), x)[1]
    expected = (heads(x) @ heads(x).transpose(-1, -2)).softmax(-1)[1]
    assert np.allclose(example.attention[0].probabilities[0], expected.numpy(), atol=1e-5)
