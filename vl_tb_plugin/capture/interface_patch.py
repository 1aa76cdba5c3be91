"""Sees calls through transformers' ``AttentionInterface``, whichever kernel they end in.

The patch is global while any trace is open, so it acts only inside watched modules, and goes when
the last trace closes. Transformers versions without ``get_interface`` are left alone: there the
torch functions tell everything.
"""

from __future__ import annotations

import functools
import math
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from vl_tb_plugin.capture.attention_watch import AttentionCall, running_calls
from vl_tb_plugin.capture.seen_attention import Folded, SeenQueryKey

_lock = threading.Lock()
_open_traces = 0
_remove: Callable[[], None] | None = None


@contextmanager
def watched_interface() -> Iterator[None]:
    """Keeps the attention interface patched while active; may be nested."""
    global _open_traces, _remove
    with _lock:
        if _open_traces == 0:
            _remove = _install()
        _open_traces += 1
    try:
        yield
    finally:
        with _lock:
            _open_traces -= 1
            if _open_traces == 0 and _remove is not None:
                _remove()
                _remove = None


def _install() -> Callable[[], None] | None:
    try:
        from transformers import AttentionInterface
    except ImportError:
        return None
    original = AttentionInterface.__dict__.get("get_interface")
    if original is None:
        return None

    @functools.wraps(original)
    def get_interface(self: Any, attn_implementation: str, *args: Any, **kwargs: Any) -> Any:
        function = original(self, attn_implementation, *args, **kwargs)
        return _observed(function, str(attn_implementation)) if running_calls() else function

    AttentionInterface.get_interface = get_interface  # type: ignore[method-assign]

    def remove() -> None:
        AttentionInterface.get_interface = original  # type: ignore[method-assign]

    return remove


def _observed(function: Callable[..., Any], implementation: str) -> Callable[..., Any]:
    @functools.wraps(function)
    def observed(*args: Any, **kwargs: Any) -> Any:
        calls = list(running_calls())
        before = [len(call.seen) for call in calls]
        names = ("module", "query", "key", "value", "attention_mask")
        arguments = dict(zip(names, args, strict=False)) | kwargs
        attend = calls[-1].attend if calls else None
        if attend is not None:
            run = functools.partial(function, *args, **kwargs)
            opaque = is_opaque(implementation)
            return attend(OpaqueCall(run, implementation, arguments)) if opaque else run()
        result = function(*args, **kwargs)
        for call, first in zip(calls, before, strict=True):
            try:
                _settle(call, first, implementation, arguments)
            except Exception as error:  # watching never breaks the model
                call.problems.append(f"{implementation}: {type(error).__name__}: {error}")
        return result

    return observed


def _settle(
    call: AttentionCall, first: int, implementation: str, arguments: dict[str, Any]
) -> None:
    """Leaves exactly one entry for this interface call: fitted, computed, or a problem."""
    batch, heads, queries, _ = arguments["query"].shape
    seen = call.seen[first:]
    del call.seen[first:]
    if arguments.get("s_aux") is not None:
        call.problems.append("attention sinks take part of every row: not computed")
    elif len(seen) == 1 and math.prod(seen[0].shape[:3]) == batch * heads * queries:
        # with a single query transformers may fold heads that share a key into the query axis
        shape = (batch, heads, queries, seen[0].shape[3])
        call.seen.append(seen[0] if seen[0].shape == shape else Folded(seen[0], shape))
    elif seen:
        call.problems.append(
            f"{implementation} computed {len(seen)} softmaxes of shapes"
            f" {[one.shape for one in seen]}: unclear which is the attention"
        )
    else:
        problem = _why_not(implementation, arguments)
        if problem:
            call.problems.append(problem)
            return
        call.seen.append(_seen(implementation, arguments))


@dataclass(frozen=True, eq=False)
class OpaqueCall:
    """A call of a kernel that ends in no torch function.

    Attributes:
        run: calls it; gives the output (batch, queries, heads, features) and what comes with it.
        implementation: its name.
        arguments: by name.
    """

    run: Callable[[], Any]
    implementation: str
    arguments: Mapping[str, Any]

    @property
    def problem(self) -> str:
        """Why its probabilities or their gradient can't be derived; empty where they can."""
        for name in ("s_aux", "softcap"):
            if self.arguments.get(name) is not None:
                return f"{self.implementation} with {name}: its gradient is not computed"
        return _why_not(self.implementation, self.arguments)

    def seen(self) -> SeenQueryKey:
        """Its probabilities."""
        return _seen(self.implementation, self.arguments)


def is_opaque(implementation: str) -> bool:
    """Whether torch functions do not show what an implementation computes."""
    return "flash" in implementation or "flex" in implementation


def _seen(implementation: str, arguments: Mapping[str, Any]) -> SeenQueryKey:
    return SeenQueryKey(
        arguments["query"].detach(),
        arguments["key"].detach(),
        _mask(implementation, arguments),
        scale=arguments.get("scaling"),
        softcap=arguments.get("softcap"),
        mechanism=f"query and key of {implementation}",
    )


def _why_not(implementation: str, arguments: Mapping[str, Any]) -> str:
    """Why probabilities can't be derived from query, key and mask; empty where they can."""
    if not is_opaque(implementation):
        return f"attention function {implementation!r} is opaque: its mask rule is unknown"
    if arguments.get("position_bias") is not None:
        return f"{implementation} with a position bias: not computed"
    if arguments.get("cache") is not None:
        return f"{implementation} with a paged cache: not computed"
    return ""


def _mask(implementation: str, arguments: Mapping[str, Any]) -> Tensor | None:
    """The rule of the kernel as a mask broadcastable to (batch, heads, queries, keys)."""
    query, key, mask = arguments["query"], arguments["key"], arguments.get("attention_mask")
    batch, heads, queries, _ = query.shape
    keys = key.shape[2]
    if "flex" in implementation:
        if mask is None or isinstance(mask, Tensor):
            return None if mask is None else mask[..., :keys]
        from torch.nn.attention.flex_attention import create_mask

        rule: Tensor = create_mask(mask.mask_mod, batch, heads, queries, keys, str(query.device))
        return rule
    # flash: a (batch, keys) padding mask, and causality by a flag, aligned to the last query
    admitted = torch.ones(1, 1, queries, keys, dtype=torch.bool, device=query.device)
    is_causal = arguments.get("is_causal")
    if is_causal is None:
        is_causal = getattr(arguments["module"], "is_causal", True)
    if is_causal and queries > 1:
        admitted = admitted.tril(diagonal=keys - queries)
    window = arguments.get("sliding_window")
    if window is not None and window < keys:
        admitted = admitted.triu(diagonal=keys - queries - window + 1)
        admitted = admitted.tril(diagonal=keys - queries + window - 1)
    ends = arguments.get("cu_seq_lens_q")
    if ends is not None:  # samples packed one after another attend within themselves
        sample = torch.bucketize(torch.arange(keys, device=query.device), ends[1:], right=True)
        admitted = admitted & (sample[keys - queries :, None] == sample[None, :])
    if mask is not None:
        admitted = admitted & mask[:, None, None, -keys:].bool()
    return admitted
