"""The samples that are looked at stay the same, whatever the dataset does."""

import random

import numpy as np
import pytest
import torch
from torch.utils.data import IterableDataset

from vl_tb_plugin import InvalidExample
from vl_tb_plugin.integrations.probe_set import ProbeSet


class Noisy:
    """A dataset whose samples are different each time."""

    def __len__(self):
        return 5

    def __getitem__(self, number):
        return torch.rand(3) + np.random.rand() + random.random()


class Endless(IterableDataset):
    def __iter__(self):
        while True:
            yield torch.rand(3)


def collate(samples):
    return {"x": torch.stack(samples)}


def batches(*sizes):
    return [{"input_ids": torch.zeros(size, 4), "pixel_values": torch.zeros(9)} for size in sizes]


def test_samples_are_drawn_once():
    probe = ProbeSet.from_dataset(Noisy(), collate, samples=4, batch_size=3)
    first, second = ([part.inputs["x"] for part in probe] for _ in range(2))
    assert [len(x) for x in first] == [3, 1]
    for before, after in zip(first, second, strict=True):
        assert torch.equal(before, after)


def test_drawing_them_changes_no_other_random_number():
    def numbers():
        return random.random(), np.random.rand(), torch.rand(())

    def seeded():
        random.seed(0), np.random.seed(0), torch.manual_seed(0)

    seeded()
    expected = numbers()
    seeded()
    ProbeSet.from_dataset(Noisy(), collate)
    assert numbers() == expected


def test_a_small_dataset_is_taken_whole_and_an_endless_one_in_part():
    assert len(ProbeSet.from_dataset(Noisy(), collate, samples=100)) == 5
    assert len(ProbeSet.from_dataset(Endless(), collate, samples=6)) == 6


def test_ids_and_values_are_dealt_to_the_batches():
    probe = ProbeSet(batches(2, 1), text=["a", "b", "c"], targets=None, fields={"size": [1, 2, 3]})
    first, second = probe
    assert (first.ids, second.ids) == (["000", "001"], ["002"])
    assert first.values == {"text": ["a", "b"], "fields": {"size": [1, 2]}}
    assert second.values == {"text": ["c"], "fields": {"size": [3]}}


@pytest.mark.parametrize(
    "arguments, said",
    [
        ({"ids": ["a", "b"]}, "ids: expected 3 entries.*2"),
        ({"ids": ["a", "b", "a"]}, "ids: expected a different name"),
        ({"text": ["a"]}, "text: expected 3 entries.*1"),
        ({"text": "abc"}, "text: expected 3 entries.*one string"),
        ({"fields": {"size": [1]}}, r"fields\['size'\]: expected 3 entries"),
    ],
)
def test_what_does_not_fit_the_samples_is_refused(arguments, said):
    with pytest.raises(InvalidExample, match=said):
        ProbeSet(batches(2, 1), **arguments)


@pytest.mark.parametrize("nothing", [[], [{"input_ids": [1, 2]}, {}]])
def test_a_probe_set_without_samples_is_refused(nothing):
    with pytest.raises(InvalidExample, match="batches: expected"):
        ProbeSet([{"words": "no tensor"}] if nothing else [])
