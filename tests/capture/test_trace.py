"""``trace``: what a model attends to, seen without changing a bit of what it says."""

import numpy as np
import pytest
import torch
from torch import nn

from tests.capture.tiny_models import (
    EXACT,
    PATCHES,
    TinyTokenizer,
    llava,
    llava_batch,
    lxmert,
    lxmert_batch,
)
from vl_tb_plugin import CapturePolicy, InvalidExample, TokenSequence, trace
from vl_tb_plugin.capture.families import UnknownModel

CASES = {
    "lxmert": (lxmert, lxmert_batch),
    "llava, sdpa": (lambda: llava("sdpa"), llava_batch),
    "llava, eager": (lambda: llava("eager"), llava_batch),
    "llava, padded right": (lambda: llava("sdpa"), lambda: llava_batch(side="right")),
    "llava, class token kept": (
        lambda: llava(strategy="full"),
        lambda: llava_batch(patches=PATCHES + 1),
    ),
}

every_case = pytest.mark.parametrize("case", CASES)


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def made(case):
    model, batch = CASES[case]
    return model(), batch()


@torch.no_grad()
def traced(model, batch, **settings):
    with trace(model, TinyTokenizer(), **({"policy": EXACT} | settings)) as t:
        output = model(**batch)
    return t.examples(batch, output=output), output


def tensors_of(output) -> dict[str, torch.Tensor]:
    return {name: value for name, value in output.items() if isinstance(value, torch.Tensor)}


def blocks_of(example) -> dict[str, np.ndarray]:
    return {block.name: block.probabilities for block in example.attention}


@every_case
@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode, torch.enable_grad])
def test_the_output_is_bit_identical(case, mode):
    model, batch = made(case)
    with mode():
        plain = model(**batch)
        with trace(model):
            watched = model(**batch)
        after = model(**batch)
    assert tensors_of(plain)
    for name, tensor in tensors_of(plain).items():
        assert torch.equal(tensor, watched[name]), name
        assert torch.equal(tensor, after[name]), name


@every_case
def test_training_mode_and_gradients_are_left_alone(case):
    model, batch = made(case)
    model.train()
    first = next(model.parameters())

    def gradient(watch):
        model.zero_grad()
        torch.manual_seed(0)
        if watch:
            with trace(model):
                output = model(**batch)
        else:
            output = model(**batch)
        next(iter(tensors_of(output).values())).float().sum().backward()
        return [p.grad.clone() for p in model.parameters() if p.grad is not None]

    for plain, watched in zip(gradient(False), gradient(True), strict=True):
        assert torch.equal(plain, watched)
    assert model.training and first.requires_grad


@torch.no_grad()
def test_lxmert_attention_equals_its_own_where_it_returns_it():
    model, batch = lxmert(), lxmert_batch()
    examples, _ = traced(model, batch)
    own = model(**batch, output_attentions=True)
    references = {
        "language": own.language_attentions,
        "vision": own.vision_attentions,
        "text_to_image": own.cross_encoder_attentions,
    }
    for name, layers in references.items():
        expected = torch.stack(layers[: len(blocks_of(examples[0])[name])], dim=1).numpy()
        for sample, example in enumerate(examples):
            assert np.allclose(blocks_of(example)[name], expected[sample], atol=1e-5), name


@torch.no_grad()
def test_lxmert_attention_from_image_to_text_is_recomputed_from_query_and_key():
    """transformers does not return this direction: the second call of a shared module."""
    model, batch = lxmert(), lxmert_batch()
    module = model.lxmert.encoder.x_layers[1].visual_attention.att
    seen = []
    handle = module.register_forward_pre_hook(lambda _, args: seen.append(args))
    examples, _ = traced(model, batch)
    handle.remove()
    hidden, context, mask = seen[1]

    def heads(linear, states):
        return linear(states).view(2, -1, 4, 8).transpose(1, 2)

    scores = heads(module.query, hidden) @ heads(module.key, context).transpose(-1, -2) / 8**0.5
    expected = torch.softmax(scores + mask, dim=-1).numpy()
    for sample, example in enumerate(examples):
        assert np.allclose(blocks_of(example)["image_to_text"][1], expected[sample], atol=1e-5)


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("implementation", ["sdpa", "eager"])
@torch.no_grad()
def test_llava_attention_equals_eager_attention(side, implementation):
    batch = llava_batch(side=side)
    examples, _ = traced(llava(implementation), batch)
    eager = llava("eager")
    own = eager(**batch, output_attentions=True)
    expected = torch.stack(own.attentions, dim=1).numpy()
    tower = eager.model.vision_tower(batch["pixel_values"], output_attentions=True)
    for sample, example in enumerate(examples):
        real = batch["attention_mask"][sample].bool().numpy()
        got = blocks_of(example)["language"]
        assert np.allclose(got[:, :, real], expected[sample][:, :, real], atol=1e-5)
        # a padded query with no admitted key has no distribution
        sums = got[:, :, ~real].sum(axis=-1)
        assert (np.isclose(sums, 0) | np.isclose(sums, 1, atol=1e-5)).all()
        vision = torch.stack(tower.attentions, dim=1)[sample].numpy()
        assert np.allclose(blocks_of(example)["vision"], vision, atol=1e-5)


@every_case
@torch.no_grad()
def test_hidden_states_equal_those_that_transformers_returns(case):
    model, batch = made(case)
    examples, _ = traced(model, batch)
    own = model(**batch, output_hidden_states=True)
    if case == "lxmert":
        references = {"text": own.language_hidden_states, "image": own.vision_hidden_states}
    else:
        tower = model.model.vision_tower(batch["pixel_values"], output_hidden_states=True)
        references = {"joint": own.hidden_states, "vision": tower.hidden_states}
    for sample, example in enumerate(examples):
        got = {states.sequence: states.values for states in example.hidden_states}
        assert got.keys() == references.keys()
        for name, layers in references.items():
            expected = torch.stack(list(layers), dim=1)[sample].numpy()
            # LXMERT's own lists begin after the embeddings
            assert np.allclose(got[name][-len(expected) :], expected, atol=1e-6), name


def test_layers_of_streams_that_meet_carry_the_same_numbers():
    (example, _), _ = traced(lxmert(), lxmert_batch())
    attention = {block.name: block.layers for block in example.attention}
    assert attention["language"] == (0, 1) and attention["vision"] == (0,)
    assert attention["text_to_image"] == attention["cross_vision"] == (2, 3)
    states = {one.sequence: one.layers for one in example.hidden_states}
    assert states == {"text": (0, 1, 2, 3, 4), "image": (0, 1, 3, 4)}


@every_case
def test_every_token_has_a_modality_and_padding_is_padding(case):
    model, batch = made(case)
    examples, _ = traced(model, batch)
    for sample, example in enumerate(examples):
        tokens = example.sequences[0]
        real = batch["attention_mask"][sample].bool().tolist()
        assert [kind != "padding" for kind in tokens.modality] == real
        assert tokens.tokens.count("[CLS]") >= 1


@pytest.mark.parametrize("patch", [0, 3, 9, 15])
@torch.no_grad()
def test_llava_image_tokens_lie_where_occluding_pixels_changes_them(patch):
    model = llava()
    row, column = divmod(patch, 4)

    def token_embeddings(pixels):
        seen = []
        hook = model.model.vision_tower.embeddings.register_forward_hook(
            lambda *call: seen.append(call[-1])
        )
        batch = llava_batch() | {"pixel_values": pixels}
        examples, _ = traced(model, batch)
        hook.remove()
        return examples[0], seen[0][0]

    pixels = llava_batch()["pixel_values"]
    occluded = pixels.clone()
    occluded[:, :, row * 8 : row * 8 + 8, column * 8 : column * 8 + 8] = 0
    example, before = token_embeddings(pixels)
    _, after = token_embeddings(occluded)
    changed = (before != after).any(dim=-1).nonzero().flatten().tolist()
    vision = example.sequence("vision")
    expected_box = [column / 4, row / 4, (column + 1) / 4, (row + 1) / 4]
    assert [vision.boxes[position].tolist() for position in changed] == [expected_box]
    joint = example.sequence("joint")
    (image_token,) = [i for i, box in enumerate(joint.boxes.tolist()) if box == expected_box]
    assert joint.tokens[image_token] == vision.tokens[changed[0]] == f"patch {row},{column}"


def test_lxmert_regions_lie_where_visual_pos_says():
    (example, _), _ = traced(lxmert(), lxmert_batch())
    image = example.sequence("image")
    assert image.boxes.tolist() == lxmert_batch()["visual_pos"][0].tolist()


def test_a_centre_crop_is_mapped_back_to_the_original_image():
    class Processor(TinyTokenizer):
        class image_processor:  # noqa: N801  an attribute of transformers' processors
            do_resize, do_center_crop = True, True
            size = {"shortest_edge": 32}  # noqa: RUF012
            crop_size = {"height": 32, "width": 32}  # noqa: RUF012

    model, batch = llava(), llava_batch()
    wide = [np.zeros((50, 100, 3), np.uint8)] * 2
    with torch.no_grad(), trace(model, Processor()) as t:
        model(**batch)
    example = t.examples(batch, images=wide)[0]
    boxes = example.sequence("vision").boxes[1:]
    assert boxes[0].tolist() == [0.25, 0, 0.375, 0.25]
    assert boxes[-1].tolist() == [0.625, 0.75, 0.75, 1]


@torch.no_grad()
def test_several_images_of_a_sample_attend_within_themselves():
    model = llava()
    batch = llava_batch()
    ids = batch["input_ids"][:1, :]
    two = torch.cat([ids[:, :17], torch.full((1, 16), 99), ids[:, 17:]], dim=1)
    batch = {
        "input_ids": two,
        "attention_mask": torch.ones_like(two),
        "pixel_values": batch["pixel_values"],
    }
    (example,), _ = traced(model, batch)
    assert example.sequence("joint").image_index.max() == 1
    vision = blocks_of(example)["vision"]
    assert vision.shape[-2:] == (34, 34)
    assert (vision[:, :, :17, 17:] == 0).all() and (vision[:, :, 17:, :17] == 0).all()


@torch.no_grad()
def test_bfloat16_models_are_traced():
    model = llava().to(torch.bfloat16)
    batch = llava_batch()
    batch["pixel_values"] = batch["pixel_values"].to(torch.bfloat16)
    plain = model(**batch).logits
    examples, output = traced(model, batch)
    assert torch.equal(plain, output.logits)
    assert examples[0].provenance["dtype"] == "bfloat16"
    assert np.allclose(blocks_of(examples[0])["vision"].sum(-1), 1, atol=1e-5)


def test_model_and_transformers_are_restored_even_after_an_exception():
    from transformers import AttentionInterface

    model, batch = llava(), llava_batch()
    model(**batch)  # transformers itself leaves marks at the first run
    before = [dict(module.__dict__) for module in model.modules()]
    hooks = [(len(m._forward_hooks), len(m._forward_pre_hooks)) for m in model.modules()]
    interface = AttentionInterface.get_interface
    with pytest.raises(KeyboardInterrupt), trace(model):
        model(**batch)
        raise KeyboardInterrupt
    with pytest.raises(ValueError), trace(model):  # noqa: PT011  whatever transformers says
        model(**(batch | {"input_ids": batch["input_ids"][:, :9]}))
    assert AttentionInterface.get_interface is interface
    assert [dict(module.__dict__).keys() for module in model.modules()] == [
        one.keys() for one in before
    ]
    assert hooks == [(len(m._forward_hooks), len(m._forward_pre_hooks)) for m in model.modules()]


@torch.no_grad()
def test_two_models_may_be_traced_at_once():
    first, second = llava(seed=1), llava(seed=2)
    batch = llava_batch()
    alone, _ = traced(first, batch)
    with trace(first, policy=EXACT) as t1, trace(second, policy=EXACT) as t2:
        first(**batch)
        second(**batch)
    together = t1.examples(batch)[0]
    assert np.array_equal(blocks_of(together)["language"], blocks_of(alone[0])["language"])
    other = blocks_of(t2.examples(batch)[0])["language"]
    assert not np.allclose(blocks_of(together)["language"], other)


@torch.no_grad()
def test_a_trace_may_stay_around_a_whole_loop():
    model = llava()
    with trace(model, policy=EXACT) as t:
        for seed in range(3):
            batch = llava_batch(seed=seed)
            model(**batch)
            example = t.examples(batch)[0]
            assert np.array_equal(
                blocks_of(example)["vision"], blocks_of(traced(model, batch)[0][0])["vision"]
            )


@torch.no_grad()
def test_an_explicit_layout_beats_the_family():
    model, batch = lxmert(), lxmert_batch()
    text = TokenSequence(list("abcdef"), ["generated"] * 6, "text")
    image = TokenSequence(list("wxyz"), ["image"] * 4, "image")
    examples, _ = traced(model, batch, layout=[[text, image], [text, image]])
    assert examples[1].sequence("text").tokens == tuple("abcdef")
    examples, _ = traced(model, batch, layout=lambda inputs: [[text, image]] * 2)
    assert examples[0].sequence("image").tokens == tuple("wxyz")


@torch.no_grad()
def test_per_sample_values_arrive_in_their_example():
    model, batch = lxmert(), lxmert_batch()
    with trace(model, TinyTokenizer()) as t:
        model(**batch)
    first, second = t.examples(
        batch,
        predictions=torch.tensor([3, 4]),
        targets=["3", "5"],
        text=["first ?", ""],
        target_boxes=[[[0, 0, 0.5, 0.5]], []],
        fields={"loss": torch.tensor([0.25, 0.5])},
    )
    assert (first.prediction, first.target, first.correct) == ("3", "3", True)
    assert second.correct is False
    assert (first.text, second.text) == ("first ?", "w9 w10")
    assert first.fields == {"loss": 0.25}
    assert (len(first.target_boxes), len(second.target_boxes)) == (1, 0)
    assert first.provenance["seen in"] == "softmax"


def test_lists_of_the_wrong_length_are_refused():
    model, batch = lxmert(), lxmert_batch()
    with trace(model) as t:
        model(**batch)
    with pytest.raises(InvalidExample, match="predictions: expected 2 entries"):
        t.examples(batch, predictions=["one"])
    with pytest.raises(InvalidExample, match="text: expected 2 entries.*one string"):
        t.examples(batch, text="which ?")


def test_hidden_states_can_be_left_out():
    examples, _ = traced(lxmert(), lxmert_batch(), policy=CapturePolicy(hidden_states=False))
    assert examples[0].hidden_states == ()


def test_a_model_inside_a_wrapper_is_found():
    class Wrapper(nn.Module):
        def __init__(self, inner):
            super().__init__()
            self.inner = inner

        def forward(self, **batch):
            return self.inner(**batch)

    wrapped, batch = Wrapper(lxmert()), lxmert_batch()
    with torch.no_grad(), trace(wrapped) as t:
        wrapped(**batch)
    assert len(t.examples(batch)) == 2


def test_an_unknown_model_is_explained():
    with pytest.raises(UnknownModel, match=r"Known families: .*llava, .*lxmert, .*add_vl_example"):
        trace(nn.Linear(2, 2))


def test_examples_without_a_forward_pass_are_explained():
    with trace(lxmert()) as t, pytest.raises(RuntimeError, match="no forward pass"):
        t.examples(lxmert_batch())
