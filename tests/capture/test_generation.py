"""``generate()`` is followed token by token: the prompt's rows, then one row per token read."""

import numpy as np
import pytest
import torch
from transformers import (
    BartConfig,
    BartForConditionalGeneration,
    Gemma3Config,
    Gemma3ForConditionalGeneration,
)

from tests.capture.tiny_models import EXACT, TinyTokenizer, llava, llava_batch, widened
from vl_tb_plugin import CapturePolicy, trace

NEW = 5
GREEDY = {"max_new_tokens": NEW, "min_new_tokens": NEW, "do_sample": False}


@torch.no_grad()
def generated(model, batch, policy=EXACT, **settings):
    """Examples, ids (batch, prompt + new) and the same ids from an untraced run."""
    torch.manual_seed(3)
    plain = model.generate(**batch, **(GREEDY | settings))
    torch.manual_seed(3)
    with trace(model, TinyTokenizer(), policy=policy) as t:
        ids = model.generate(**batch, **(GREEDY | settings))
    assert torch.equal(getattr(plain, "sequences", plain), getattr(ids, "sequences", ids))
    return t.examples(batch), getattr(ids, "sequences", ids)


@torch.no_grad()
def whole(model, batch, ids):
    """Eager attention (batch, layers, heads, tokens, tokens) of one pass over all that was read."""
    read = ids[:, :-1]
    more = torch.ones(len(ids), read.shape[1] - batch["attention_mask"].shape[1], dtype=torch.long)
    mask = torch.cat([batch["attention_mask"], more], dim=1)
    inputs = batch | {"input_ids": read, "attention_mask": mask}
    if "token_type_ids" in batch:
        inputs["token_type_ids"] = torch.cat([batch["token_type_ids"], 0 * more], dim=1)
    output = model(**inputs, output_attentions=True)
    return torch.stack(output.attentions, dim=1).numpy(), output


WAYS = {
    "greedy": {},
    "sampling": {"do_sample": True, "temperature": 1.5},
    "static cache": {"cache_implementation": "static"},
    "without a cache": {"use_cache": False},
    "a dictionary returned": {"return_dict_in_generate": True, "output_scores": True},
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("implementation", ["sdpa", "eager"])
def test_rows_equal_those_of_one_pass_over_the_whole_text(way, implementation):
    batch = llava_batch(side="left")
    examples, ids = generated(llava(implementation), batch, **WAYS[way])
    expected, _ = whole(llava("eager"), batch, ids)
    prompt = batch["input_ids"].shape[1]
    for sample, example in enumerate(examples):
        tokens, block = example.sequence("joint"), example.block("language")
        assert len(tokens) == prompt + NEW - 1  # the last token is said, but never read
        assert tokens.modality[prompt:] == ("generated",) * (NEW - 1)
        assert list(tokens.tokens[prompt:]) == [f"w{one}" for one in ids[sample, prompt:-1]]
        real = [kind != "padding" for kind in tokens.modality]
        error = np.abs(block.probabilities - expected[sample])[:, :, real].max()
        assert error <= 1e-5
        assert example.left_out == ()


def test_the_vision_tower_is_captured_once():
    batch = llava_batch()
    model = llava()
    examples, _ = generated(model, batch)
    with torch.no_grad(), trace(model, policy=EXACT) as t:
        model(**batch)
    plain = t.examples(batch)
    for example, other in zip(examples, plain, strict=True):
        assert np.allclose(
            example.block("vision").probabilities, other.block("vision").probabilities
        )


def test_hidden_states_go_on_with_the_generated_tokens():
    batch = llava_batch()
    examples, ids = generated(llava(), batch)
    more = torch.ones(2, NEW - 1, dtype=torch.long)
    with torch.no_grad():
        own = llava()(
            **batch
            | {
                "input_ids": ids[:, :-1],
                "attention_mask": torch.cat([batch["attention_mask"], more], dim=1),
            },
            output_hidden_states=True,
        ).hidden_states
    expected = torch.stack(own, dim=1).numpy()
    for sample, example in enumerate(examples):
        states = next(one for one in example.hidden_states if one.sequence == "joint")
        real = [kind != "padding" for kind in example.sequence("joint").modality]
        assert np.allclose(states.values[:, real], expected[sample][:, real], atol=1e-4)


def test_statistics_cover_prompt_and_answer():
    batch = llava_batch()
    examples, ids = generated(llava(), batch)
    from vl_tb_plugin.analysis.block_axes import BlockAxes
    from vl_tb_plugin.analysis.head_statistics import head_statistics, layer_sums
    from vl_tb_plugin.analysis.visual_sinks import visual_sinks

    for example in examples:
        block, tokens = example.block("language"), example.sequence("joint")
        axes = BlockAxes(tokens, tokens, np.zeros((0, 4)))
        rows = np.arange(len(tokens))
        layers = [layer_sums(one, rows, axes) for one in block.probabilities]
        (read,) = [one.values for one in example.hidden_states if one.sequence == "joint"]
        for sums, states in zip(layers, read, strict=False):  # a layer reads that of its number
            sums.visual_sinks = visual_sinks(states, axes)
        expected = head_statistics(layers)
        assert np.allclose(block.statistics, expected, rtol=1e-4, atol=1e-6, equal_nan=True)


def test_only_generated_rows_and_the_one_that_predicts_the_first():
    batch = llava_batch(side="left")
    examples, ids = generated(
        llava(), batch, policy=CapturePolicy(rows="generated", precision="float32")
    )
    expected, _ = whole(llava("eager"), batch, ids)
    prompt = batch["input_ids"].shape[1]
    for sample, example in enumerate(examples):
        block = example.block("language")
        assert block.rows == tuple(range(prompt - 1, prompt + NEW - 1))
        kept = expected[sample][:, :, list(block.rows)]
        assert np.allclose(block.probabilities, kept, atol=1e-5)


def test_a_sample_that_ends_early_is_padding_from_there():
    batch = llava_batch()
    model = llava()
    free, ids = generated(model, batch)
    prompt = batch["input_ids"].shape[1]
    first, second = ids[:, prompt:].tolist()
    ending = next(one for one in first[1:] if one not in second)
    step = first.index(ending)
    examples, _ = generated(model, batch, eos_token_id=ending, pad_token_id=0, min_new_tokens=1)
    kinds = examples[0].sequence("joint").modality[prompt:]
    expected = ["generated"] * step + ["special"] + ["padding"] * NEW
    assert list(kinds) == expected[: len(kinds)]
    assert set(examples[1].sequence("joint").modality[prompt:]) == {"generated"}


@pytest.mark.parametrize("settings", [{"num_beams": 2}, {"num_return_sequences": 2}])
def test_what_reorders_samples_is_refused_with_what_to_do(settings):
    batch, model = llava_batch(), llava()
    if "num_return_sequences" in settings:
        settings = settings | {"do_sample": True}
    told = pytest.warns(UserWarning, match="Trace greedy search or sampling")
    with torch.no_grad(), trace(model, policy=EXACT) as t, told:
        model.generate(**batch, **(GREEDY | settings))
    example = t.examples(batch)[0]
    assert [block.name for block in example.attention] == ["vision"]
    assert "reorders the samples" in example.left_out[0]


def gemma3():
    torch.manual_seed(0)
    config = Gemma3Config(
        text_config={
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_hidden_layers": 3,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "head_dim": 8,
            "vocab_size": 100,
            "sliding_window": 4,
            "layer_types": ["sliding_attention", "full_attention", "sliding_attention"],
            "pad_token_id": 0,
        },
        vision_config={
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_hidden_layers": 1,
            "num_attention_heads": 4,
            "image_size": 16,
            "patch_size": 8,
        },
        mm_tokens_per_image=4,
        image_token_index=99,
        image_token_id=99,
        boi_token_index=97,
        eoi_token_index=98,
    )
    return widened(Gemma3ForConditionalGeneration(config))


@pytest.mark.parametrize("cache", ["dynamic", "static"])
def test_a_sliding_window_keeps_its_keys_in_place(cache):
    model = gemma3()
    ids = torch.tensor([[1, 5, 6, 7, 8, 9, 10]])
    batch = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
    settings = {} if cache == "dynamic" else {"cache_implementation": "static"}
    examples, said = generated(model, batch, **settings)
    model.set_attn_implementation("eager")
    expected, _ = whole(model, batch, said)
    error = np.abs(examples[0].block("language").probabilities - expected[0]).max()
    assert error <= 1e-5
    assert (expected[0][0, :, -1, :4] == 0).all()  # the window does leave keys out


def test_an_encoder_decoder_answers_token_by_token():
    torch.manual_seed(0)
    config = BartConfig(
        vocab_size=50,
        d_model=32,
        encoder_layers=2,
        decoder_layers=2,
        encoder_attention_heads=4,
        decoder_attention_heads=4,
        encoder_ffn_dim=64,
        decoder_ffn_dim=64,
        max_position_embeddings=64,
        forced_eos_token_id=None,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=0,
        decoder_start_token_id=2,
    )
    model = widened(BartForConditionalGeneration(config))
    ids = torch.tensor([[1, 5, 6, 7, 2], [1, 8, 9, 2, 0]])
    batch = {"input_ids": ids, "attention_mask": (ids != 0).long()}
    examples, said = generated(model, batch)
    model.set_attn_implementation("eager")
    with torch.no_grad():
        own = model(**batch, decoder_input_ids=said[:, :-1], output_attentions=True)
    for sample, example in enumerate(examples):
        assert len(example.sequence("decoder")) == said.shape[1] - 1
        for name, layers in {
            "decoder": own.decoder_attentions,
            "decoder_to_encoder": own.cross_attentions,
        }.items():
            expected = torch.stack(layers, dim=1)[sample].numpy()
            got = example.block(name).probabilities
            assert np.abs(got - expected).max() <= 1e-5, name
