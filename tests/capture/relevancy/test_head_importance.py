"""``Trace.head_importance``: the derivative by a factor on the output of each head."""

import numpy as np
import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from tests.capture.families import CASES
from tests.capture.families.vision_transformers import pictures, vit
from tests.capture.family_case import eager_weights
from tests.capture.relevancy.test_gradients import explained, mask_of
from tests.capture.tiny_models import TinyTokenizer, llava, llava_batch, lxmert, lxmert_batch
from vl_tb_plugin import CapturePolicy, InvalidExample, SummaryWriter, trace
from vl_tb_plugin.storage.manifest import parse_manifest
from vl_tb_plugin.storage.run_folder import store_path
from vl_tb_plugin.storage.tensor_store import TensorStore

TITLE = "Head importance"


def by_factor(model, batch, projections, heads, score):
    """(samples, layers, heads): |d score / d factor| of a factor on the output of each head."""
    samples = len(next(iter(batch.values())))
    factors = torch.ones(samples, len(projections), heads, requires_grad=True)

    def scaled(layer):
        def hook(module, args):
            own = args[0].unflatten(-1, (heads, -1)) * factors[:, layer, None, :, None].reshape(
                samples, 1, heads, 1
            )
            return (own.flatten(-2),)

        return hook

    modules = dict(model.named_modules())
    for layer, name in enumerate(projections):
        modules[name].register_forward_pre_hook(scaled(layer))
    with torch.enable_grad():
        total = score(model(**batch)).sum()
    return torch.autograd.grad(total, factors)[0].abs().numpy()


def largest_logit(output):
    return output.logits.amax(dim=-1)


def last_logit(output):
    return output.logits[:, -1].amax(dim=-1)


@pytest.mark.parametrize(
    ("model", "batch", "block", "projections", "heads", "score"),
    [
        (
            vit,
            lambda: pictures(24, 32),
            "vision",
            [f"vit.layers.{layer}.attention.o_proj" for layer in range(3)],
            4,
            largest_logit,
        ),
        (
            llava,
            llava_batch,
            "language",
            [f"model.language_model.layers.{layer}.self_attn.o_proj" for layer in range(3)],
            4,
            last_logit,
        ),
        (
            lxmert,
            lxmert_batch,
            "language",
            [f"lxmert.encoder.layer.{layer}.attention.output.dense" for layer in range(2)],
            4,
            lambda output: output.question_answering_score.amax(dim=-1),
        ),
    ],
    ids=["ViT", "LLaVA", "LXMERT"],
)
def test_it_is_the_derivative_by_a_factor_on_the_output_of_the_head(
    model, batch, block, projections, heads, score
):
    with torch.no_grad(), trace(model(), TinyTokenizer()) as t:
        t._model(**batch())
    got = t.head_importance(score=score)
    expected = by_factor(model(), batch(), projections, heads, score)
    assert expected.max() > 1e-4
    for sample, one in enumerate(got):
        assert np.allclose(one[block][TITLE], expected[sample], rtol=1e-3, atol=1e-7)


FAMILIES = ["CLIP", "DETR", "Mllama (Llama 3.2 Vision)", "LLaVA-NeXT"]


@pytest.mark.parametrize("name", FAMILIES)
def test_every_block_is_that_of_autograd_on_eager_attention(name):
    (case,) = [case for case in CASES if case.name == name]
    weights, output = eager_weights(case, gradients=True)
    calls = [(path, one) for path, every in weights.items() for one in every]
    total = explained(output, mask_of(case))
    found = torch.autograd.grad(total, [one for _, one in calls], allow_unused=True)
    products = {path: [] for path in weights}
    for (path, one), gradient in zip(calls, found, strict=True):
        products[path].append((one * (0 if gradient is None else gradient)).detach())

    model, batch = case.model(), case.batch()
    with torch.no_grad(), trace(model, TinyTokenizer()) as t:
        model(**batch)

    def score(output):
        whole = explained(output, mask_of(case))
        return torch.stack([whole, *[torch.zeros(()) for _ in t.examples(batch)[1:]]])

    compared = 0
    for sample, (one, example) in enumerate(
        zip(t.head_importance(score=score), t.examples(batch), strict=True)
    ):
        assert list(one) == [block.name for block in example.attention]
        for attention in example.attention:
            known = case.blocks[attention.name]
            values = one[attention.name][TITLE]
            assert values.shape == (len(attention.layers), attention.heads)
            for layer, got in zip(attention.layers, values, strict=True):
                own = products[known.modules[known.layers.index(layer)]]
                reference = known.expected(own, sample).sum(dim=(1, 2)).abs().numpy()
                assert np.allclose(got, reference, rtol=1e-3, atol=1e-5 * reference.max() + 1e-7)
                compared += int(reference.any())
    assert compared


def test_of_every_token_that_was_said_it_is_the_mean():
    model, batch = llava(), llava_batch()
    with torch.no_grad(), trace(model, TinyTokenizer()) as t:
        said = model.generate(**batch, max_new_tokens=3, min_new_tokens=3, do_sample=False)
        generated = t.head_importance()
        assert len(t.examples(batch, metrics=generated)) == len(said)
    start, each = batch["input_ids"].shape[1], []
    ids = torch.cat([batch["input_ids"], said[:, -3:-1]], dim=1)
    mask = torch.cat([batch["attention_mask"], torch.ones(len(said), 2).long()], dim=1)
    whole = batch | {"input_ids": ids, "attention_mask": mask}
    with torch.no_grad(), trace(model, TinyTokenizer()) as t:
        model(**whole)
    for number in range(3):

        def score(output, number=number):
            return output.logits[:, start - 1 + number].gather(1, said[:, number - 3, None])[:, 0]

        each.append([one["language"][TITLE] for one in t.head_importance(score=score)])
    expected = np.mean(each, axis=0)
    for sample, one in enumerate(generated):
        assert np.allclose(one["language"][TITLE], expected[sample], rtol=1e-3, atol=1e-6)


def test_it_is_logged_with_the_blocks_of_a_batch(tmp_path):
    model, batch = lxmert(), lxmert_batch()
    policy = CapturePolicy(samples=1)
    with torch.no_grad(), trace(model, TinyTokenizer(), policy=policy) as t:
        output = model(**batch)
        metrics = t.head_importance(targets=[[2], [2]])
        assert [bool(one) for one in metrics] == [True, False]
    with SummaryWriter(tmp_path) as writer:
        settings = {"batch": batch, "ids": ["a", "b"], "output": output}
        writer.add_vl_batch("val", t, metrics=metrics, **settings)
    events = EventAccumulator(str(tmp_path), size_guidance={"tensors": 0}).Reload()
    manifest = parse_manifest(events.Tensors("val/a")[0].tensor_proto.string_val[0])
    store = TensorStore(store_path(tmp_path, manifest.store))
    for block in manifest.attention:
        assert list(block.metrics) == [TITLE]
        logged = store.statistics(block.statistics_slice)[-1]
        assert np.array_equal(logged, metrics[0][block.name][TITLE])
    assert metrics[0]["text_to_image"][TITLE].any()


@pytest.mark.parametrize(
    ("metrics", "says"),
    [
        ({"nowhere": {"mine": np.zeros((2, 4))}}, "some of the blocks.*nowhere"),
        ({"text_to_image": {"mine": np.zeros((2, 3))}}, r"metrics\['mine'\].*layers x heads"),
    ],
)
def test_metrics_that_fit_no_block_are_refused(metrics, says):
    model, batch = lxmert(), lxmert_batch()
    with torch.no_grad(), trace(model, TinyTokenizer()) as t:
        model(**batch)
    with pytest.raises(InvalidExample, match=says):
        t.examples(batch, metrics=[metrics, {}])
