"""Running a model so that equal inputs give equal outputs, and leaving no trace in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from vl_tb_plugin.capture.undisturbed import undisturbed


@contextmanager
def steady(model: nn.Module, seed: int = 0) -> Iterator[Callable[..., Any]]:
    """The model in evaluation mode, without gradients, from the same random state at every call.

    Some models draw random numbers in evaluation mode, too (ViLT shuffles patches).

    Args:
        model: any.
        seed: of the random state before every call.
    """

    def run(*args: Any, **kwargs: Any) -> Any:
        torch.manual_seed(seed)
        return model(*args, **kwargs)

    with undisturbed(model):
        yield run
