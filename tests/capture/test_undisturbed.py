"""A look at a model leaves nothing behind in it, or in the random numbers."""

import random

import numpy as np
import pytest
import torch
from torch import nn

from vl_tb_plugin.capture.undisturbed import undisturbed


class Merging(nn.Linear):
    """Does more than note the mode, as some adapters do."""

    merged = False

    def train(self, mode=True):
        self.merged = not mode
        return super().train(mode)


def test_every_module_gets_back_its_own_mode():
    model = nn.Sequential(nn.Dropout(), nn.Sequential(nn.Dropout(), nn.BatchNorm1d(2)))
    model[1].eval()
    before = [module.training for module in model.modules()]
    with undisturbed(model):
        assert not any(module.training for module in model.modules())
    assert [module.training for module in model.modules()] == before == [True, True, *[False] * 3]


def test_modules_that_act_on_the_mode_are_told():
    model = nn.Sequential(Merging(1, 1))
    with undisturbed(model):
        assert model[0].merged
    assert not model[0].merged


def test_random_numbers_go_on_as_if_nothing_had_been_even_after_an_error():
    def numbers():
        return random.random(), np.random.rand(), torch.rand(())

    def seeded():
        random.seed(0), np.random.seed(0), torch.manual_seed(0)

    model = nn.Linear(1, 1)
    seeded()
    expected = numbers()
    seeded()
    with pytest.raises(KeyError), undisturbed(model):
        numbers()
        raise KeyError
    assert numbers() == expected
    assert torch.is_grad_enabled()
