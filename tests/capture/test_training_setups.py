"""Tracing in whatever setting a training loop evaluates: the same bits out, all attention seen."""

from __future__ import annotations

from contextlib import ExitStack

import numpy as np
import pytest
import torch
from torch.distributed.fsdp import fully_shard
from torch.nn.parallel import DistributedDataParallel

from tests.capture.tiny_models import (
    EXACT,
    TinyTokenizer,
    llava,
    llava_batch,
    lxmert,
    lxmert_batch,
)
from tests.capture.two_processes import on_two_processes
from tests.logged_runs import logged_runs
from vl_tb_plugin import SummaryWriter, trace

MODELS = {
    "lxmert": (lxmert, lxmert_batch),
    "llava, sdpa": (llava, llava_batch),
    "llava, eager": (lambda: llava("eager"), llava_batch),
}
BLOCKS = {
    "lxmert": {
        "language": 2,
        "vision": 1,
        "text_to_image": 2,
        "image_to_text": 2,
        "cross_language": 2,
        "cross_vision": 2,
    },
    "llava": {"vision": 2, "language": 3},
}

every_model = pytest.mark.parametrize("name", MODELS)


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def made(name):
    model, batch = MODELS[name]
    return model(), batch()


def tensors_of(output) -> dict[str, torch.Tensor]:
    found = {name: value for name, value in output.items() if isinstance(value, torch.Tensor)}
    assert found
    return found


def assert_same(first, second):
    for name, tensor in tensors_of(first).items():
        assert torch.equal(tensor, second[name]), name


def assert_complete(examples, name):
    """Every layer of every block and sequence was seen, and each row is a distribution."""
    expected = BLOCKS[name.partition(",")[0]]
    for example in examples:
        assert example.left_out == ()
        assert {block.name: len(block.layers) for block in example.attention} == expected
        assert len(example.hidden_states) == 2
        for block in example.attention:
            real = [
                modality != "padding" for modality in example.sequence(block.query or "").modality
            ]
            sums = block.probabilities[:, :, real].sum(-1)
            assert np.allclose(sums, 1, atol=2e-3), block.name


def traced_the_same(model, batch, name):
    """Examples of a traced pass, whose output is that of the passes before and after it."""
    before = model(**batch)
    with trace(model, TinyTokenizer(), policy=EXACT) as t:
        watched = model(**batch)
    assert_same(before, watched)
    assert_same(before, model(**batch))
    examples = t.examples(batch, output=watched)
    assert_complete(examples, name)
    return examples


def trained(model, batch, *, watch, backward_inside=False):
    """Gradients of a training pass, by name of the weight."""
    model.train()
    model.zero_grad()
    with ExitStack() as stack:
        if watch:
            t = stack.enter_context(trace(model, TinyTokenizer(), policy=EXACT))
        output = model(**batch)
        if not backward_inside:
            stack.close()
        next(iter(tensors_of(output).values())).float().square().sum().backward()
    if watch:
        assert_complete(t.examples(batch, output=output), "llava")
    gradients = {}
    for name, weight in model.named_parameters():
        if weight.grad is not None:
            gradient = weight.grad
            gradients[name] = (
                gradient.to_local() if hasattr(gradient, "to_local") else gradient
            ).clone()
    assert gradients
    return gradients


def in_type(batch, dtype):
    return {
        name: tensor.to(dtype) if tensor.is_floating_point() else tensor
        for name, tensor in batch.items()
    }


@every_model
@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_without_gradients(name, mode):
    model, batch = made(name)
    with mode():
        traced_the_same(model, batch, name)


@every_model
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@torch.no_grad()
def test_autocast(name, dtype):
    model, batch = made(name)
    exact = traced_the_same(model, batch, name)
    with torch.autocast("cpu", dtype):
        examples = traced_the_same(model, batch, name)
    first, second = (one[0].attention[0].probabilities for one in (exact, examples))
    # of lower precision, so it is autocast's attention that was seen; and close to the exact one
    assert not np.array_equal(first, second)
    assert np.abs(first - second).max() < 0.05


@every_model
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@torch.no_grad()
def test_models_of_half_the_precision(name, dtype):
    model, batch = made(name)
    examples = traced_the_same(model.to(dtype), in_type(batch, dtype), name)
    assert examples[0].provenance["dtype"] == str(dtype).removeprefix("torch.")


def test_gradient_checkpointing_in_evaluation():
    model, batch = made("llava, sdpa")
    model.gradient_checkpointing_enable()
    traced_the_same(model, batch, "llava")


@pytest.mark.parametrize("reentrant", [False, True])
@pytest.mark.parametrize("backward_inside", [False, True])
def test_gradient_checkpointing_in_training(reentrant, backward_inside):
    """It runs layers once more in the backward pass, also while the trace is still open."""
    model, batch = made("llava, sdpa")
    model.gradient_checkpointing_enable({"use_reentrant": reentrant})
    if reentrant:
        model.enable_input_require_grads()
    plain = trained(model, batch, watch=False)
    watched = trained(model, batch, watch=True, backward_inside=backward_inside)
    assert plain.keys() == watched.keys()
    for name, gradient in plain.items():
        assert torch.equal(gradient, watched[name]), name


@pytest.mark.parametrize("in_place", [False, True], ids=["torch.compile(model)", "model.compile()"])
@torch.no_grad()
def test_a_compiled_model_is_seen_whole_and_compiled_no_second_time(in_place):
    graphs = []

    def backend(graph, inputs):
        graphs.append(graph)
        return graph.forward

    torch._dynamo.reset()
    model, batch = made("llava, sdpa")
    if in_place:
        model.compile(backend=backend)
    else:
        model = torch.compile(model, backend=backend)
    before = model(**batch)
    compiled = len(graphs)
    assert compiled
    with trace(model, TinyTokenizer(), policy=EXACT) as t:
        watched = model(**batch)
    assert len(graphs) == compiled, "compiled anew to be traced"
    assert_same(before, watched)
    assert_complete(t.examples(batch, output=watched), "llava")
    assert_same(before, model(**batch))
    assert len(graphs) == compiled, "compiled anew after the trace"


@torch.no_grad()
def test_peft_adapters():
    from peft import LoraConfig, get_peft_model

    model, batch = made("llava, sdpa")
    plain = traced_the_same(model, batch, "llava")
    config = LoraConfig(target_modules=["q_proj", "v_proj"], init_lora_weights=False)
    adapted = traced_the_same(get_peft_model(model, config).eval(), batch, "llava")
    first, second = (one[0].attention[-1].probabilities for one in (plain, adapted))
    assert not np.allclose(first, second, atol=1e-3)


@torch.no_grad()
def test_four_bit_weights(tmp_path):
    bitsandbytes = pytest.importorskip("bitsandbytes")
    from transformers import BitsAndBytesConfig, LlavaForConditionalGeneration

    model, batch = made("llava, sdpa")
    model.save_pretrained(tmp_path)
    quantised = LlavaForConditionalGeneration.from_pretrained(
        tmp_path, quantization_config=BitsAndBytesConfig(load_in_4bit=True), device_map="cpu"
    ).eval()
    weights = quantised.model.language_model.layers[0].self_attn.q_proj
    assert isinstance(weights, bitsandbytes.nn.Linear4bit)
    traced_the_same(quantised, batch, "llava")


def distributed_data_parallel(model):
    return DistributedDataParallel(model, find_unused_parameters=True)


def fully_sharded(model):
    for part in model.modules():
        if type(part).__name__ in ("LlamaDecoderLayer", "CLIPEncoderLayer", "LxmertXLayer"):
            fully_shard(part)
    return fully_shard(model)


WRAPPERS = {"DDP": distributed_data_parallel, "FSDP2": fully_sharded}


@pytest.fixture(scope="module")
def runs_of_two_processes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("two_processes")
    on_two_processes(log_own_samples, folder / "meeting", folder / "logs")
    return logged_runs(folder / "logs")


@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_processes_log_their_own_samples_into_one_run(runs_of_two_processes, wrapper):
    """Outputs and gradients are compared where they are, in the processes."""
    for name in ("lxmert", "llava, sdpa"):
        tags = runs_of_two_processes[f"{wrapper}, {name}"]
        assert {tag: list(steps) for tag, steps in tags.items()} == {"val/0": [5], "val/1": [5]}
        stores = {manifest.store for steps in tags.values() for manifest in steps.values()}
        assert len(stores) == 2
        for steps in tags.values():
            blocks = {block.name: len(block.layers) for block in steps[5].attention}
            assert blocks == BLOCKS[name.partition(",")[0]]


def log_own_samples(rank, logs):
    for wrapper, wrap in WRAPPERS.items():
        log_own_sample(rank, wrap, logs / wrapper)


def log_own_sample(rank, wrap, logs):
    for name in ("lxmert", "llava, sdpa"):
        model, whole = made(name)
        batch = {key: tensor[rank : rank + 1] for key, tensor in whole.items()}
        with torch.no_grad():
            (expected,) = traced_the_same(model, batch, name)
            with trace(model, TinyTokenizer()) as t:
                model(**batch)
            ((explained,),) = t.relevancy()
        model = wrap(model)
        # a model of its own: after inference_mode a sharded one runs in no other mode
        for mode, wrapped in ((torch.inference_mode, wrap(made(name)[0])), (torch.no_grad, model)):
            with mode():
                (example,) = traced_the_same(wrapped, batch, name)
            for first, second in zip(expected.attention, example.attention, strict=True):
                assert np.allclose(first.probabilities, second.probabilities, atol=1e-5)
        with torch.no_grad(), trace(model, TinyTokenizer(), policy=EXACT) as t:
            output = model(**batch)
        ((found,),) = t.relevancy()
        for sequence, scores in explained.scores.items():
            same = np.allclose(scores, found.scores[sequence], 1e-4, 1e-6, equal_nan=True)
            assert same, sequence
        with SummaryWriter(f"{logs}, {name}") as writer:
            writer.add_vl_batch("val", t, batch=batch, output=output, ids=[rank], global_step=5)
    plain = trained(model, batch, watch=False)
    watched = trained(model, batch, watch=True)
    for key, gradient in plain.items():
        assert torch.equal(gradient, watched[key]), key
