"""Every family: all attention found and named, right to 1e-5, outputs untouched, tokens placed."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.capture.families import CASES
from tests.capture.family_case import attention_functions, fits, spans
from tests.capture.tiny_models import EXACT, TinyTokenizer
from vl_tb_plugin import trace

every_family = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


FEW_ROWS = replace(EXACT, rows=(0,))
"""Where only hidden states are looked at: all weights would take most of the time."""


@torch.no_grad()
def traced(case, model=None, batch=None, policy=EXACT):
    model, batch = model or case.model(), batch or case.batch()
    with trace(model, TinyTokenizer(), policy=policy) as t:
        output = model(**batch)
    return t.examples(batch, output=output)


def tensors_of(value, path="output"):
    if isinstance(value, torch.Tensor):
        yield path, value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from tensors_of(item, f"{path}.{name}")
    elif isinstance(value, tuple | list):
        for number, item in enumerate(value):
            yield from tensors_of(item, f"{path}[{number}]")


def marks_of(model):
    return [
        (set(one.__dict__), len(one._forward_hooks), len(one._forward_pre_hooks))
        for one in model.modules()
    ]


@every_family
@torch.no_grad()
def test_the_output_is_bit_identical_and_the_model_restored(case):
    model, batch = case.model(), case.batch()

    def outputs():
        torch.manual_seed(0)  # some models draw numbers even in eval mode
        return dict(tensors_of(model(**batch)))

    plain = outputs()
    before = marks_of(model)  # transformers itself leaves some at the first run
    with trace(model):
        watched = outputs()
    with pytest.raises(KeyboardInterrupt), trace(model):
        outputs()
        raise KeyboardInterrupt
    assert marks_of(model) == before
    after = outputs()
    assert plain and plain.keys() == watched.keys() == after.keys()
    for path, tensor in plain.items():
        assert torch.equal(tensor.nan_to_num(), watched[path].nan_to_num()), path
        assert torch.equal(tensor.nan_to_num(), after[path].nan_to_num()), path


@every_family
def test_every_attention_is_found_and_named(case):
    examples = traced(case)
    assert len(examples) == len(next(iter(case.tokens.values())))
    for example in examples:
        found = {
            block.name: (block.layers, block.probabilities.shape[1], block.query, block.key)
            for block in example.attention
        }
        described = {
            name: (block.layers, block.heads, block.query, block.key)
            for name, block in case.blocks.items()
        }
        assert found == described
        assert example.left_out == case.left_out


@every_family
@torch.no_grad()
def test_no_attention_runs_outside_the_modules_that_are_watched(case):
    model = case.model()
    with attention_functions(model) as counts:
        model(**case.batch())
    watched = {path for block in case.blocks.values() for path in block.modules}
    strangers = {
        path
        for path in counts
        if not any(path == one or path.startswith(f"{one}.") for one in watched)
        and not fits(path, case.allowed)
    }
    assert not strangers
    assert counts


@every_family
def test_probabilities_equal_an_independent_reference(case):
    examples, weights = traced(case), case.reference(case)
    for name, block in case.blocks.items():
        for sample, example in enumerate(examples):
            got = example.block(name)
            real = [kind != "padding" for kind in example.sequence(block.query).modality]
            assert len(block.layers) == len(block.modules)
            for index, path in enumerate(block.modules):
                expected = block.expected(weights[path], sample).numpy()
                captured = got.probabilities[index]
                assert captured.shape == expected.shape, f"{name}, layer {index}, sample {sample}"
                error = np.abs(captured - expected)[:, real].max()
                assert error <= 1e-5, f"{name}, layer {index}, sample {sample}: {error}"


@every_family
def test_every_token_has_its_modality(case):
    examples = traced(case)
    for name, expected in case.tokens.items():
        got = [spans(example.sequence(name).modality) for example in examples]
        assert got == list(expected), name
    assert {one.name for example in examples for one in example.sequences} == set(case.tokens)


@every_family
def test_hidden_states_cover_every_sequence_that_has_some(case):
    for example in traced(case):
        assert example.hidden_states
        for states in example.hidden_states:
            assert np.isfinite(states.values).all()
            assert states.values.std() > 0


PROBED = [(case, name) for case in CASES if case.occluded for name in case.probed]


@pytest.mark.parametrize(("case", "name"), PROBED, ids=lambda one: getattr(one, "name", one))
def test_image_tokens_lie_where_occluding_pixels_changes_them(case, name):
    model, batch = case.model(), case.batch()
    torch.manual_seed(0)
    before = traced(case, model, batch)
    for sample, example in enumerate(before):
        sequence = example.sequence(name)
        placed = np.flatnonzero(np.array(sequence.modality) == "image")
        assert len(placed)
        for token in placed[:: max(1, len(placed) // 4)]:
            box, image = sequence.boxes[token], int(sequence.image_index[token])
            assert not np.isnan(box).any()
            changed = case.occluded(batch, sample, image, box.tolist())
            torch.manual_seed(0)
            after = traced(case, model, changed, FEW_ROWS)[sample]
            difference = lowest_states(after, name) - lowest_states(example, name)
            most = int(np.linalg.norm(difference, axis=-1).argmax())
            assert sequence.boxes[most].tolist() == box.tolist(), sequence.tokens[token]
            assert sequence.image_index[most] == image


def lowest_states(example, name):
    (states,) = [one for one in example.hidden_states if one.sequence == name]
    return states.values[0]


def test_every_case_that_sees_pixels_has_its_places_probed():
    assert {case.name for case in CASES if case.occluded and not case.probed} == set()


def test_families_are_listed_once():
    names = [case.name for case in CASES]
    assert len(names) == len(set(names))
