"""Running a model so that equal inputs give equal outputs, and leaving no trace in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn


@contextmanager
def steady(model: nn.Module, seed: int = 0) -> Iterator[Callable[..., Any]]:
    """The model in evaluation mode, without gradients, from the same random state at every call.

    Some models draw random numbers in evaluation mode, too (ViLT shuffles patches). Afterwards
    every module has its own mode again, and torch's random numbers go on as if nothing had been.

    Args:
        model: any.
        seed: of the random state before every call.
    """
    before = [(module, module.training) for module in model.modules()]
    devices = [torch.cuda.current_device()] if torch.cuda.is_initialized() else []

    def run(*args: Any, **kwargs: Any) -> Any:
        torch.manual_seed(seed)
        return model(*args, **kwargs)

    with torch.random.fork_rng(devices=devices), torch.no_grad():
        model.eval()
        try:
            yield run
        finally:
            model.train(before[0][1])  # some modules do more than note the mode
            for module, training in before:
                module.training = training
