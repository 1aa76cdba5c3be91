"""Runs compiled models as the Python that they came from."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch


def uncompiled() -> AbstractContextManager[Any]:
    """While active; compiled code shows neither modules nor functions."""
    stance = getattr(torch.compiler, "set_stance", None)  # torch >= 2.6
    return nullcontext() if stance is None else stance("force_eager")  # type: ignore[no-any-return]
