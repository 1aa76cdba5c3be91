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

from torch import nn

from vl_tb_plugin.capture.function_sightings import FunctionSightings
from vl_tb_plugin.capture.seen_attention import (
    Folded,
    SeenAttention,
    SeenWeights,
    own_arithmetic,
)

_running = threading.local()


_HEAD_COUNTS = ("num_heads", "num_attention_heads", "n_heads", "heads")
"""Attributes in which attention modules say how many heads they have."""


@dataclass(eq=False)
class AttentionCall:
    """One call of a watched module, and what was seen in it.

    Attributes:
        module: the watched module.
        seen: every attention computed.
        problems: why something was not captured, a sentence each.
        attend: takes the place of kernels that torch functions do not show, if given.
    """

    module: nn.Module
    attend: Callable[[Any], Any] | None = None
    seen: list[SeenAttention] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def unfolded(self) -> list[SeenAttention]:
        """What was seen, with heads on their own axis also where they shared one with the batch."""
        heads = head_count(self.module)
        result = []
        for seen in self.seen:
            batch, count, queries, keys = seen.shape
            if count == 1 and heads > 1 and batch % heads == 0:
                seen = Folded(seen, (batch // heads, heads, queries, keys))
            result.append(seen)
        return result


def head_count(module: nn.Module) -> int:
    """How many heads an attention module says it has; 0 where it says nothing."""
    counts = (getattr(module, name, 0) for name in _HEAD_COUNTS)
    return next((one for one in counts if isinstance(one, int) and one), 0)


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

    with wrapped_method(module, "forward", wrap):
        yield


@contextmanager
def wrapped_method(
    module: nn.Module, name: str, wrap: Callable[[Callable[..., Any]], Callable[..., Any]]
) -> Iterator[None]:
    """Replaces a method by ``wrap(method)`` on this instance while active."""
    own = module.__dict__.get(name)  # libraries such as accelerate put one there, too
    module.__dict__[name] = wrap(getattr(module, name))
    try:
        yield
    finally:
        del module.__dict__[name]
        if own is not None:
            module.__dict__[name] = own


def _run(
    call: AttentionCall,
    forward: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> Any:
    mode = FunctionSightings(call.seen.append, call.problems.append, training=call.module.training)
    with mode:
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
    call.seen.append(SeenWeights(weights.detach(), "nn.MultiheadAttention"))
    return result
