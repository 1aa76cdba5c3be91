"""Equal inputs give equal outputs, and the model is left as it was."""

import pytest
import torch
from torch import nn

from vl_tb_plugin.faithfulness.steady_model import steady


class Noisy(nn.Module):
    """Draws random numbers in evaluation mode, too."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(3))
        self.frozen = nn.Dropout().eval()

    def forward(self):
        return self.frozen(self.weight) + torch.rand(3)


def test_every_call_starts_from_the_same_random_state():
    with steady(Noisy(), seed=3) as run:
        first = run()
        assert torch.equal(run(), first)
    with steady(Noisy(), seed=4) as run:
        assert not torch.equal(run(), first)


def test_the_model_runs_in_evaluation_mode_without_gradients():
    model = Noisy()
    with steady(model) as run:
        assert not run().requires_grad
        assert not any(module.training for module in model.modules())


def test_modes_and_random_numbers_go_on_as_if_nothing_had_been():
    model = Noisy()
    torch.manual_seed(0)
    expected = torch.rand(2)
    torch.manual_seed(0)
    with pytest.raises(KeyError), steady(model) as run:
        run()
        raise KeyError
    assert torch.equal(torch.rand(2), expected)
    assert (model.training, model.frozen.training) == (True, False)
    assert model().requires_grad
