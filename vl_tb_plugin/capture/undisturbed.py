"""Looking at a model in the middle of its training, without leaving a trace in it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import nn


@contextmanager
def undisturbed(model: nn.Module) -> Iterator[None]:
    """Evaluation mode without gradients; afterwards training goes on as if nothing had been.

    Gradients are off by ``no_grad``: tensors that a module makes under ``inference_mode`` and
    keeps could not be used in training later.
    """
    with evaluation_mode(model), kept_random_state(), torch.no_grad():
        yield


@contextmanager
def evaluation_mode(model: nn.Module) -> Iterator[None]:
    """Evaluation mode; afterwards each module has its own mode again.

    A frozen part may have been in evaluation mode all the time.
    """
    before = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        model.train(before[0][1])  # some modules do more than note the mode
        for module, training in before:
            module.training = training


@contextmanager
def kept_random_state() -> Iterator[None]:
    """Random numbers afterwards are those that would have come without the body."""
    python, array = random.getstate(), np.random.get_state()
    devices = [torch.cuda.current_device()] if torch.cuda.is_initialized() else []
    with torch.random.fork_rng(devices=devices):
        try:
            yield
        finally:
            random.setstate(python)
            np.random.set_state(array)
