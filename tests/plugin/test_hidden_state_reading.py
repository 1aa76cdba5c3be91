"""Hidden states come back as they were logged, a chunk at a time, of whom the catalogue says."""

import itertools
import threading

import numpy as np
import pytest
from tensorboard.backend.event_processing import data_provider, plugin_event_multiplexer

from vl_tb_plugin import Example, HiddenStates, SummaryWriter, TokenSequence
from vl_tb_plugin.example import MODALITIES
from vl_tb_plugin.plugin import hidden_state_catalogue, hidden_state_reading
from vl_tb_plugin.plugin.hidden_state_reading import HiddenStateReading
from vl_tb_plugin.plugin.run_folders import RunFolders
from vl_tb_plugin.plugin.run_index import RunIndex
from vl_tb_plugin.plugin.store_cache import StoreCache
from vl_tb_plugin.storage.tensor_store import TensorStore

MODALITY = ["special", "text", "text", "padding", "image", "padding"]
KEPT = [0, 1, 2, 4]
FEATURES = 256


def example(seed: int, layers=(0, 1, 2), features=FEATURES) -> Example:
    rng = np.random.default_rng(seed)
    values = rng.standard_normal((len(layers), len(MODALITY), features), np.float32)
    sequence = TokenSequence([f"{seed}-{n}" for n in range(6)], MODALITY, name="joint")
    return Example(sequence, hidden_states=HiddenStates(values, layers=layers))


class Log:
    """A run that grows, and what reads it."""

    def __init__(self, folder):
        self.folder = folder
        self.logged = {}
        self.writer = SummaryWriter(folder / "run")
        self.multiplexer = plugin_event_multiplexer.EventMultiplexer(
            tensor_size_guidance={"vl_tb_plugin": 0}
        )
        provider = data_provider.MultiplexerDataProvider(self.multiplexer, str(folder))
        self.index = RunIndex(provider)
        self.reading = HiddenStateReading(self.index, RunFolders(str(folder), ""), StoreCache())

    def add(self, examples, step):
        for tag, one in examples.items():
            self.writer.add_vl_example(tag, one, step)
            self.logged[tag, step] = one
        self.writer.flush()
        self.multiplexer.AddRunsFromDirectory(str(self.folder))
        self.multiplexer.Reload()
        self.index._listings.clear()  # a second old at most: the test does not wait

    def portions(self, layer=1, **chosen):
        return list(self.reading.portions("", "run", layer, ("joint",), **chosen))


@pytest.fixture
def log(tmp_path):
    made = Log(tmp_path)
    made.add({f"val/{seed}": example(seed) for seed in range(5)}, 10)
    made.add({f"val/{seed}": example(100 + seed) for seed in range(5)}, 20)
    yield made
    made.writer.close()


def stored(one: Example, layer: int) -> np.ndarray:
    states = one.hidden_states[0]
    return states.values[states.layers.index(layer)].astype(np.float16)


def test_every_state_comes_once_as_stored_without_padding_and_with_whose_it_is(log):
    seen = []
    for portion in log.portions():
        assert portion.values.dtype == np.float16
        ends = np.cumsum([len(group.places.token) for group in portion.groups])
        for group, values in zip(portion.groups, np.split(portion.values, ends[:-1]), strict=True):
            expected = stored(log.logged[group.tag, group.step], 1)
            assert group.places.token.tolist() == KEPT
            np.testing.assert_array_equal(values, expected[KEPT])
            seen.append((group.step, group.tag))
        assert portion.token.tolist() == KEPT * len(portion.groups)
        named = [MODALITIES[code] for code in portion.modality]
        assert named == ["special", "text", "text", "image"] * len(portion.groups)
    assert seen == [(step, f"val/{seed}") for step in (10, 20) for seed in range(5)]


def test_a_step_and_examples_can_be_chosen(log):
    (portion,) = log.portions(step=20, tags={"val/1", "val/4"})
    assert [(one.tag, one.step) for one in portion.groups] == [("val/1", 20), ("val/4", 20)]
    expected = [stored(log.logged[f"val/{seed}", 20], 1)[KEPT] for seed in (1, 4)]
    np.testing.assert_array_equal(portion.values, np.concatenate(expected))


def test_a_chunk_with_many_examples_is_read_once(log, monkeypatch):
    reads = []
    read = TensorStore.stacked_hidden_states
    monkeypatch.setattr(
        TensorStore,
        "stacked_hidden_states",
        lambda *arguments: reads.append(arguments[1:]) or read(*arguments),
    )
    log.portions()
    assert len(reads) == 2  # five examples at two steps


def test_portions_are_bounded_and_never_join_steps(log, monkeypatch):
    monkeypatch.setattr(hidden_state_reading, "PORTION_BYTES", 1)
    whole = [one.values for one in log.portions()]
    assert [len(portion.groups) for portion in log.portions()] == [5, 5]
    # a part that is full ends: with three layers of 600 KB each a part holds one example
    long = {f"long/{seed}": example(seed, features=100_000) for seed in range(3)}
    log.add(long, 30)
    assert [len(portion.groups) for portion in log.portions(step=30)] == [1, 1, 1]
    for before, after in zip(whole, log.portions(), strict=False):
        np.testing.assert_array_equal(before, after.values)


def test_layers_are_found_by_number_where_examples_of_one_part_have_other_layers(log):
    log.add({"val/0": example(0, layers=(0, 1, 2)), "val/1": example(1, layers=(1, 2, 7))}, 30)
    (portion,) = log.portions(layer=2, step=30)
    for group, values in zip(portion.groups, np.split(portion.values, 2), strict=True):
        np.testing.assert_array_equal(values, stored(log.logged[group.tag, 30], 2)[KEPT])
    assert [group.tag for group in log.portions(layer=0, step=30)[0].groups] == ["val/0"]


def test_a_new_step_costs_only_its_own_manifests(log, monkeypatch):
    parsed = []
    parse = hidden_state_catalogue.parse_manifest
    monkeypatch.setattr(
        hidden_state_catalogue, "parse_manifest", lambda payload: parsed.append(1) or parse(payload)
    )
    log.portions()
    assert len(parsed) == 10
    log.portions(layer=2)
    assert len(parsed) == 10
    log.add({"val/0": example(7)}, 30)
    assert sum(len(portion.groups) for portion in log.portions()) == 11
    assert len(parsed) == 11


def test_equal_sequences_share_their_places(log):
    groups = log.reading.catalogue.states("", "run", 1, ("joint",))
    assert len({id(group.places) for group in groups}) == 1


def test_reading_that_is_given_up_leaves_no_thread(log, monkeypatch):
    monkeypatch.setattr(hidden_state_reading, "PORTION_BYTES", 1)
    portions = log.reading.portions("", "run", 1, ("joint",))
    list(itertools.islice(portions, 1))
    portions.close()
    assert not [one for one in threading.enumerate() if one.name.startswith("hidden states")]
