"""``Trace.relevancy``: any target, any loop, nothing left behind."""

import numpy as np
import pytest
import torch

from tests.capture.families.vision_transformers import pictures, vit
from tests.capture.test_families import marks_of
from tests.capture.tiny_models import TinyTokenizer, llava, llava_batch, lxmert, lxmert_batch
from vl_tb_plugin import CapturePolicy, InvalidExample, Relevancy, Target, trace
from vl_tb_plugin.analysis.relevancy import relevancy
from vl_tb_plugin.analysis.relevancy_schedule import AttentionLayer, Schedule

BFLOAT16_TOLERANCE = 0.1
"""Of the largest score; that of eager attention in bfloat16 is about twice as far off."""


def maps_of(model, batch, *arguments, **settings):
    with torch.no_grad(), trace(model, TinyTokenizer()) as t:
        model(**batch)
    return t.relevancy(*arguments, **settings)


def difference(first, second):
    """Of two maps, in shares of the largest score."""
    assert first.scores.keys() == second.scores.keys()
    pairs = [(first.scores[name], second.scores[name]) for name in first.scores]
    assert all((np.isnan(one) == np.isnan(other)).all() for one, other in pairs)
    largest = max(np.nanmax(np.abs(one)) for one, _ in pairs)
    return max(np.nanmax(np.abs(one - other)) for one, other in pairs) / largest


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode, torch.enable_grad])
def test_the_mode_of_the_loop_does_not_matter(mode):
    model, batch = lxmert(), lxmert_batch()
    with mode(), trace(model, TinyTokenizer()) as t:
        model(**{name: value.clone() for name, value in batch.items()})
        ((within,), _) = t.relevancy()
    ((outside,), _) = maps_of(model, batch)
    assert difference(within, outside) == 0


def test_nothing_is_left_behind():
    model, batch = llava().train(), llava_batch()
    model.model.vision_tower.eval()
    training = [module.training for module in model.modules()]
    asking = [one.requires_grad for one in model.parameters()]
    with torch.no_grad(), trace(model, TinyTokenizer()) as t:
        model(**batch)
        marks = marks_of(model)
        random = torch.get_rng_state()
        before = t.examples(batch)
        maps = t.relevancy()
        after = t.examples(batch, relevancy=maps)
        assert torch.equal(torch.get_rng_state(), random)
        assert marks_of(model) == marks
    assert [module.training for module in model.modules()] == training
    assert [one.requires_grad for one in model.parameters()] == asking
    assert all(one.grad is None for one in model.parameters())
    for first, second in zip(before, after, strict=True):
        for block, again in zip(first.attention, second.attention, strict=True):
            assert np.array_equal(block.probabilities, again.probabilities)
    assert [len(example.relevancy) for example in after] == [1, 1]


def test_what_the_batch_says_beyond_the_model_does_not_reach_it():
    model, batch = lxmert(), lxmert_batch()
    with torch.no_grad(), trace(model, TinyTokenizer()) as t:
        model(**batch)
    t.examples(batch | {"places": torch.zeros(2)})
    assert len(t.relevancy()) == 2


def test_samples_that_the_policy_leaves_out_have_no_map():
    model, batch = lxmert(), lxmert_batch()
    policy = CapturePolicy(samples=1)
    with torch.no_grad(), trace(model, TinyTokenizer(), policy=policy) as t:
        model(**batch)
    maps = t.relevancy()
    assert [len(own) for own in maps] == [1, 0]
    assert len(t.examples(batch, relevancy=maps)) == 1


def test_by_default_what_the_model_says_is_explained():
    model, batch = vit(), pictures(24, 32)
    with torch.no_grad():
        said = model(**batch).logits.argmax(dim=-1).tolist()
    default = maps_of(model, batch)
    stated = maps_of(model, batch, targets=[[one] for one in said])
    for (one,), (other,), index in zip(default, stated, said, strict=True):
        assert one.target == other.target == str(index)
        assert difference(one, other) == 0


def test_several_targets_are_as_each_alone():
    model, batch = lxmert(), lxmert_batch()
    both = maps_of(model, batch, targets=[[1, 3], [2]])
    assert [[one.target for one in own] for own in both] == [["1", "3"], ["2"]]
    ((first,), (second,)) = maps_of(model, batch, targets=[[1], [2]])
    ((third,), _) = maps_of(model, batch, targets=[[3], [0]])
    for one, other in zip([*both[0], *both[1]], [first, third, second], strict=True):
        assert difference(one, other) <= 1e-6


@pytest.mark.parametrize("make, make_batch", [(lxmert, lxmert_batch), (llava, llava_batch)])
def test_a_sample_does_not_depend_on_the_others_of_its_batch(make, make_batch):
    model, batch = make(), make_batch()
    together = maps_of(model, batch)
    for sample, (map_in_batch,) in enumerate(together):
        alone = {name: value[sample : sample + 1] for name, value in batch.items()}
        ((one,),) = maps_of(model, alone)
        assert difference(map_in_batch, one) <= 1e-4


def test_a_function_of_the_output_is_explained():
    model, batch = vit(), pictures(24, 32)
    ((logit,), _) = maps_of(model, batch, targets=[[0], [0]])
    ((score,), _) = maps_of(model, batch, score=lambda output: output.logits[:, 0])
    assert difference(logit, score) == 0


def test_a_decoder_is_explained_at_a_position():
    model, batch = llava(), llava_batch(side="right")
    last = int(batch["attention_mask"][0].sum()) - 1
    with torch.no_grad():
        said = int(model(**batch).logits[0, last].argmax())
    ((default,), _) = maps_of(model, batch)
    ((stated,), _) = maps_of(model, batch, targets=[[Target(said, last)], [None]])
    assert default.target == f"w{said}"
    assert default.position == last + 1
    assert difference(default, stated) == 0
    ((earlier,), _) = maps_of(model, batch, targets=[[Target(said, last - 1)], [None]])
    assert np.nansum(earlier.scores["joint"][last:]) == 0  # a decoder does not look ahead


def test_half_precision_is_near_full_precision_of_the_same_weights():
    batch = llava_batch()
    targets = [[Target(7)], [Target(8)]]
    rounded = batch | {"pixel_values": batch["pixel_values"].bfloat16()}
    half = maps_of(llava().bfloat16(), rounded, targets=targets)
    batch = batch | {"pixel_values": rounded["pixel_values"].float()}
    exact = maps_of(llava().bfloat16().float(), batch, targets=targets)
    for (one,), (other,) in zip(exact, half, strict=True):
        assert difference(one, other) <= BFLOAT16_TOLERANCE


def test_a_row_carried_backwards_equals_matrices_multiplied_forwards():
    model, batch = llava(), llava_batch()
    carried = maps_of(model, batch, ["relevancy"])
    multiplied = maps_of(model, batch, ["relevancy", "no_aggregation"])
    for (one,), (other, _) in zip(carried, multiplied, strict=True):
        assert difference(one, other) <= 1e-5


def test_random_maps_repeat_with_their_seed():
    model, batch = lxmert(), lxmert_batch()
    first, again, other = (maps_of(model, batch, ["random"], seed=seed)[0][0] for seed in (1, 1, 2))
    assert difference(first, again) == 0
    assert difference(first, other) > 0
    assert np.isnan(maps_of(model, batch, ["random"])[1][0].scores["text"][-2:]).all()


def test_what_does_not_exist_is_refused():
    model, batch = lxmert(), lxmert_batch()
    for settings, argument in (
        ({"methods": ["magic"]}, "methods"),
        ({"targets": [[99], [0]]}, "target.index"),
        ({"targets": [[1]]}, "targets"),
        ({"score": lambda output: output.question_answering_score}, "score"),
    ):
        with pytest.raises(InvalidExample, match=argument.replace(".", r"\.")):
            maps_of(model, batch, **settings)
    with pytest.raises(InvalidExample, match=r"score="):
        maps_of(model.lxmert, batch)
    with pytest.raises(RuntimeError, match="no forward pass"):
        trace(model).relevancy()


def test_a_map_of_ones_own_is_logged_under_its_own_name():
    model, batch = lxmert(), lxmert_batch()
    with torch.no_grad(), trace(model, TinyTokenizer()) as t:
        model(**batch)
    own = [[Relevancy({"image": np.arange(4.0)}, "shap", target="w5")] for _ in range(2)]
    examples = t.examples(batch, relevancy=own)
    assert [example.relevancy[0].method for example in examples] == ["shap", "shap"]


def eager_contributions(model, batch, explained):
    """``mean_h relu(dA * A)`` of the first sample by autograd on eager attention, by layer."""
    model.set_attn_implementation("eager")
    seen = {}

    def note(name, number):
        def hook(module, args, result):
            seen[(name, number)] = result[1]

        return hook

    stacks = {
        "language": model.model.language_model.layers,
        "vision": model.model.vision_tower.encoder.layers,
    }
    handles = [
        layer.self_attn.register_forward_hook(note(name, number))
        for name, stack in stacks.items()
        for number, layer in enumerate(stack)
    ]
    output = model(**batch)
    for handle in handles:
        handle.remove()
    gradients = torch.autograd.grad(explained(output), seen.values(), allow_unused=True)
    return {
        place: (weights * gradient).clamp(min=0).float().mean(dim=1)[0].detach().numpy()
        for (place, weights), gradient in zip(seen.items(), gradients, strict=True)
        if gradient is not None
    }


def test_the_vision_tower_goes_on_where_the_prompt_ends():
    """What each image token of the prompt gets goes through the tower's own relevancy."""
    batch = {name: value[:1] for name, value in llava_batch(side="right").items()}
    found, tower = maps_of(llava(), batch, ["relevancy", "tower_relevancy"])[0]
    last = batch["input_ids"].shape[1] - 1
    expected = eager_contributions(llava(), batch, lambda output: output.logits[0, last].max())
    layer = AttentionLayer("vision", 0, "vision", "vision")
    lengths = {"vision": 17}
    contributions = {layer: expected[("vision", 0)]}
    matrix = relevancy(Schedule.of([layer]), contributions, lengths)[("vision", "vision")]
    joint = found.scores["joint"]
    image = batch["input_ids"][0].numpy() == 99
    start = np.concatenate([[0], joint[image]])  # the class token is not handed on
    composed = start @ matrix
    assert np.abs(found.scores["vision"] - composed).max() <= 1e-4 * composed.max()
    alone = np.concatenate([[0], np.full(16, 1 / 16)]) @ matrix
    assert set(tower.scores) == {"vision"}
    assert np.abs(tower.scores["vision"] - alone).max() <= 1e-4 * alone.max()


@pytest.mark.parametrize("use_cache", [True, False])
def test_every_token_that_was_said_is_explained(use_cache):
    """Rows of the prompt are those for the first token, each later row that of its own token."""
    model = llava()
    batch = {name: value[:1] for name, value in llava_batch(side="left").items()}
    steps, prompt = 4, batch["input_ids"].shape[1]
    with torch.no_grad(), trace(model, TinyTokenizer()) as t:
        said = model.generate(
            **batch,
            max_new_tokens=steps,
            min_new_tokens=steps,
            do_sample=False,
            use_cache=use_cache,
        )
    (maps,) = t.relevancy()
    (example,) = t.examples(batch, relevancy=[maps])
    assert [one.position for one in maps] == list(range(prompt, prompt + steps))
    assert [one.target for one in maps] == [f"w{int(token)}" for token in said[0, prompt:]]
    model.set_attn_implementation("eager")
    read = batch | {"input_ids": said[:, :-1], "attention_mask": torch.ones_like(said[:, :-1])}
    grown = {}
    for step, found in enumerate(maps):
        row, token = prompt - 1 + step, int(said[0, prompt + step])
        layers = eager_contributions(
            model, read, lambda output, row=row, token=token: output.logits[0, row, token]
        )
        carried = np.eye(prompt + steps - 1)[row]
        for number in range(3):
            values = layers[("language", number)]
            kept = grown.setdefault(number, np.zeros_like(values))
            rows = slice(0, prompt) if step == 0 else slice(row, row + 1)
            kept[rows] = values[rows]
        for number in reversed(range(3)):
            carried = carried + carried @ grown[number]
        carried[row] = 0
        expected = carried / carried.sum()
        assert np.abs(found.scores["joint"] - expected).max() <= 1e-4 * expected.max()
    assert len(example.sequence("joint")) == prompt + steps - 1


def test_no_target_is_taken_after_generate():
    model, batch = llava(), llava_batch()
    with torch.no_grad(), trace(model, TinyTokenizer()) as t:
        model.generate(**batch, max_new_tokens=2)
    with pytest.raises(InvalidExample, match="each token said is explained"):
        t.relevancy(targets=[[1], [2]])
