"""Watches attention modules run: what each call computed, found by two independent mechanisms.

Inside a watched module a :class:`FunctionSightings` mode sees torch's attention functions
(mechanism T), and :mod:`interface_patch` sees transformers' attention interface (mechanism I),
which is needed for kernels that torch functions do not show (flash, flex) and tells the true
number of heads and queries. The model's own functions run unchanged either way.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn

from vl_tb_plugin.capture.function_sightings import FunctionSightings, own_arithmetic

_running = threading.local()


@dataclass(eq=False)
class AttentionCall:
    """One call of a watched module, and the probabilities seen in it.

    Attributes:
        module: the watched module.
        seen: each (batch, heads, queries, keys), float32 on the CPU.
        mechanisms: what each of ``seen`` was seen in.
        problems: why something was not captured, a sentence each.
    """

    module: nn.Module
    seen: list[Tensor] = field(default_factory=list)
    mechanisms: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def add(self, probabilities: Tensor, mechanism: str) -> None:
        """Note probabilities (batch, heads, queries, keys) seen in this call."""
        self.seen.append(probabilities)
        self.mechanisms.append(mechanism)


def running_calls() -> list[AttentionCall]:
    """The watched calls that this thread is inside of, outermost first."""
    if not hasattr(_running, "calls"):
        _running.calls = []
    calls: list[AttentionCall] = _running.calls
    return calls


@contextmanager
def watched(
    module: nn.Module, is_recording: Callable[[], bool], finish: Callable[[AttentionCall], None]
) -> Iterator[None]:
    """Watches every call of ``module`` while active; ``finish`` gets each completed call.

    The module's ``forward`` is wrapped on the instance, rather than hooked, so that the mode is
    left again whatever ends the call, a keyboard interrupt included.
    """
    run = _run_multihead if isinstance(module, nn.MultiheadAttention) else _run

    def wrap(forward: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(forward)
        def observed(*args: Any, **kwargs: Any) -> Any:
            if not is_recording():  # e.g. gradient checkpointing, which runs layers once more
                return forward(*args, **kwargs)
            call = AttentionCall(module)
            running_calls().append(call)
            try:
                result = run(call, forward, args, kwargs)
            finally:
                running_calls().remove(call)
            finish(call)
            return result

        return observed

    with wrapped_forward(module, wrap):
        yield


@contextmanager
def wrapped_forward(
    module: nn.Module, wrap: Callable[[Callable[..., Any]], Callable[..., Any]]
) -> Iterator[None]:
    """Replaces ``module.forward`` by ``wrap(module.forward)`` on this instance while active."""
    own = module.__dict__.get("forward")  # libraries such as accelerate put one there, too
    module.__dict__["forward"] = wrap(module.forward)
    try:
        yield
    finally:
        del module.__dict__["forward"]
        if own is not None:
            module.__dict__["forward"] = own


def _run(
    call: AttentionCall,
    forward: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> Any:
    with FunctionSightings(call.add, call.problems.append):
        return forward(*args, **kwargs)


def _run_multihead(
    call: AttentionCall,
    forward: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> Any:
    # torch's own module leaves its fused path, and so its last bits, when it sees any mode:
    # let it run alone, then ask it for the weights in a second, undropped run
    result = forward(*args, **kwargs)
    module = call.module
    training = module.training
    again = dict(zip(("query", "key", "value", "key_padding_mask"), args, strict=False)) | kwargs
    if len(args) > 4:
        again["attn_mask"] = args[5] if len(args) > 5 else None
    again |= {"need_weights": True, "average_attn_weights": False}
    try:
        module.training = False
        with own_arithmetic(next(module.parameters()).device.type):
            weights = forward(**again)[1]
    finally:
        module.training = training
    weights = weights if weights.ndim == 4 else weights.unsqueeze(0)
    call.add(weights.detach().nan_to_num(0.0).to("cpu").float(), "nn.MultiheadAttention")
    return result
