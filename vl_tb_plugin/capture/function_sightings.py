"""Sees attention being computed by torch functions, without taking part in it.

Families with attention written out in their own code, and transformers' own eager and SDPA
functions, end in one of three torch functions. A torch function mode that is active only inside a
watched module sees them with their final arguments (heads repeated, mask merged, causality
decided), calls them unchanged and derives the probabilities separately.
"""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from vl_tb_plugin.capture import probabilities

_SOFTMAX = (functional.softmax, torch.softmax, torch.Tensor.softmax)
_MULTI_HEAD = inspect.signature(functional.multi_head_attention_forward)
_own = threading.local()


@contextmanager
def own_arithmetic(device_type: str) -> Iterator[None]:
    """Marks our own computing: in full precision, without gradients, unseen by any trace."""
    before = getattr(_own, "computing", False)
    _own.computing = True
    try:
        with torch.no_grad(), torch.autocast(device_type, enabled=False):
            yield
    finally:
        _own.computing = before


class FunctionSightings(TorchFunctionMode):
    """Reports ``(probabilities, mechanism)`` of each attention function called while active.

    Args:
        report: takes the probabilities (batch, heads, queries, keys), float32 on the CPU, and the
            name of the function seen.
        fail: takes a sentence where that was not possible; watching never breaks the model.
    """

    def __init__(self, report: Callable[[Tensor, str], None], fail: Callable[[str], None]):
        super().__init__()
        self._report = report
        self._fail = fail

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        watch = None if getattr(_own, "computing", False) else self._watch_of(func)
        if watch is not None:
            try:
                watch(*args, **kwargs)
            except Exception as error:
                self._fail(f"{func.__name__}: {type(error).__name__}: {error}")
        return result

    def _watch_of(self, func: Any) -> Callable[..., None] | None:
        if func in _SOFTMAX:
            return self._softmax
        if func is functional.scaled_dot_product_attention:
            return self._scaled_dot_product
        if func is functional.multi_head_attention_forward:
            return self._multi_head
        return None

    def _softmax(self, input: Tensor, dim: int | None = None, *_: Any, **__: Any) -> None:
        if input.ndim != 4 or dim not in (-1, 3):
            return  # not a distribution over keys
        with own_arithmetic(input.device.type):
            self._report(probabilities.from_scores(input.detach()), "softmax")

    def _scaled_dot_product(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        attn_mask: Tensor | None = None,
        dropout_p: float = 0.0,
        is_causal: bool = False,
        scale: float | None = None,
        enable_gqa: bool = False,
    ) -> None:
        if query.ndim != 4:
            return
        with own_arithmetic(query.device.type):
            seen = probabilities.from_query_and_key(
                query.detach(),
                key.detach(),
                None if attn_mask is None else attn_mask.detach(),
                is_causal=is_causal,
                scale=scale,
            )
        self._report(seen, "scaled_dot_product_attention")

    def _multi_head(self, *args: Any, **kwargs: Any) -> None:
        self._report(multi_head_probabilities(*args, **kwargs), "multi_head_attention_forward")


def multi_head_probabilities(*args: Any, **kwargs: Any) -> Tensor:
    """Probabilities of ``F.multi_head_attention_forward``, by a second call that asks for them.

    Returns:
        (batch, heads, queries, keys) float32 on the CPU.
    """
    arguments = _MULTI_HEAD.bind(*args, **kwargs).arguments
    arguments |= {"need_weights": True, "average_attn_weights": False, "training": False}
    with own_arithmetic(arguments["query"].device.type):
        weights = functional.multi_head_attention_forward(**arguments)[1]
        assert weights is not None
        if weights.ndim == 3:  # unbatched input
            weights = weights.unsqueeze(0)
        # rows without any admitted key come out as NaN
        return weights.detach().nan_to_num(0.0).to("cpu", torch.float32)
