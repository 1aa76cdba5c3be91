"""Sees attention being computed by torch functions, without taking part in it.

Families with attention written out in their own code, and transformers' own eager and SDPA
functions, end in one of three torch functions. A torch function mode that is active only inside a
watched module sees them with their final arguments (heads repeated, mask merged, causality
decided), calls them unchanged and derives the probabilities separately.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from vl_tb_plugin.capture.seen_attention import (
    SeenAttention,
    SeenQueryKey,
    SeenSoftmax,
    SeenWeights,
    own_arithmetic,
    own_computing,
)

SOFTMAX = (functional.softmax, torch.softmax, torch.Tensor.softmax)
"""Under which names a softmax is called."""

_MULTI_HEAD = inspect.signature(functional.multi_head_attention_forward)


class FunctionSightings(TorchFunctionMode):
    """Reports each attention function called while active.

    Args:
        report: takes what was seen.
        fail: takes a sentence where that was not possible; watching never breaks the model.
        training: whether dropout may write to the probabilities.
    """

    def __init__(
        self,
        report: Callable[[SeenAttention], None],
        fail: Callable[[str], None],
        *,
        training: bool = False,
    ):
        super().__init__()
        self._report = report
        self._fail = fail
        self._training = training

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        # even a look at a tensor's shape comes by here: one look-up for all that is not attention
        watch = _WATCHES.get(func)
        if watch is not None and not own_computing():
            try:
                watch(self, result, *args, **kwargs)
            except Exception as error:
                self._fail(f"{func.__name__}: {type(error).__name__}: {error}")
        return result

    def _softmax(
        self, result: Tensor, input: Tensor, dim: int | None = None, *_: Any, **__: Any
    ) -> None:
        if input.ndim not in (3, 4) or dim not in (-1, input.ndim - 1):
            return  # not a distribution over keys
        usable = result.dtype == torch.float32 and not self._training
        scores, weights = input.detach(), result.detach() if usable else None
        if input.ndim == 3:  # (batch * heads, queries, keys)
            scores = scores.unsqueeze(1)
            weights = None if weights is None else weights.unsqueeze(1)
        self._report(SeenSoftmax(scores, weights))

    def _scaled_dot_product(
        self,
        result: Tensor,
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
        mask = None if attn_mask is None else attn_mask.detach()
        self._report(
            SeenQueryKey(query.detach(), key.detach(), mask, is_causal=is_causal, scale=scale)
        )

    def _multi_head(self, result: Any, *args: Any, **kwargs: Any) -> None:
        self._report(multi_head_weights(*args, **kwargs))


_WATCHES: dict[Any, Callable[..., None]] = {
    **dict.fromkeys(SOFTMAX, FunctionSightings._softmax),
    functional.scaled_dot_product_attention: FunctionSightings._scaled_dot_product,
    functional.multi_head_attention_forward: FunctionSightings._multi_head,
}


def multi_head_weights(*args: Any, **kwargs: Any) -> SeenWeights:
    """Probabilities of ``F.multi_head_attention_forward``, by a second call that asks for them."""
    arguments = _MULTI_HEAD.bind(*args, **kwargs).arguments
    arguments |= {"need_weights": True, "average_attn_weights": False, "training": False}
    with own_arithmetic(arguments["query"].device.type):
        weights = functional.multi_head_attention_forward(**arguments)[1]
    assert weights is not None
    if weights.ndim == 3:  # unbatched input
        weights = weights.unsqueeze(0)
    return SeenWeights(weights.detach(), "multi_head_attention_forward")
