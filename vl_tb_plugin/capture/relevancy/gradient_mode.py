"""Inside an attention module: lets every attention that is computed be seen with its gradient."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from vl_tb_plugin.capture.function_sightings import SOFTMAX
from vl_tb_plugin.capture.relevancy.observed_attention import (
    ObservedAttention,
    ObservedProbabilities,
    Sight,
    show,
)
from vl_tb_plugin.capture.seen_attention import SeenQueryKey

NewSight = Callable[[tuple[int, ...]], Sight | None]
"""From (batch, heads, queries, keys) to what is shown them; ``None`` where nobody wants to see."""

_MULTI_HEAD = inspect.signature(functional.multi_head_attention_forward)


class GradientMode(TorchFunctionMode):
    """Replaces attention functions by ones that show their probabilities' gradient.

    Args:
        new_sight: says who is shown the attention of a call.
        anchor: a tensor that requires a gradient.
    """

    def __init__(self, new_sight: NewSight, anchor: Tensor):
        super().__init__()
        self._new_sight = new_sight
        self._anchor = anchor

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        if func in SOFTMAX:
            return self._softmax(func, *args, **kwargs)
        if func is functional.scaled_dot_product_attention:
            return self._scaled_dot_product(func, *args, **kwargs)
        if func is functional.multi_head_attention_forward:
            return self._multi_head(func, args, kwargs)
        return func(*args, **kwargs)

    def _softmax(self, func: Any, scores: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        dim = kwargs.get("dim", args[0] if args else None)
        result: Tensor = func(scores, *args, **kwargs)
        if scores.ndim not in (3, 4) or dim not in (-1, scores.ndim - 1):
            return result  # not a distribution over keys
        four = result if result.ndim == 4 else result.unsqueeze(1)
        sight = self._new_sight(tuple(four.shape))
        if sight is None:
            return result
        observed: Tensor = ObservedProbabilities.apply(four, self._anchor, sight)
        return observed if result.ndim == 4 else observed.squeeze(1)

    def _scaled_dot_product(
        self,
        func: Any,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        attn_mask: Tensor | None = None,
        dropout_p: float = 0.0,
        is_causal: bool = False,
        scale: float | None = None,
        enable_gqa: bool = False,
    ) -> Tensor:
        mask, causal = attn_mask, is_causal
        run = functools.partial(
            func, query, key, value, mask, dropout_p, causal, scale=scale, enable_gqa=enable_gqa
        )
        if query.ndim != 4:
            return run()  # type: ignore[no-any-return]
        scale = query.shape[-1] ** -0.5 if scale is None else scale
        seen = SeenQueryKey(
            query.detach(),
            key.detach(),
            None if mask is None else mask.detach(),
            is_causal=causal,
            scale=scale,
        )
        return self.attended(query, key, value, seen, scale, run)

    def attended(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        seen: SeenQueryKey,
        scale: float,
        attend: Callable[[], Tensor],
    ) -> Tensor:
        """The result of a kernel, (batch, heads, queries, features), seen with its gradient."""
        sight = self._new_sight(seen.shape)
        if sight is None:
            return attend()
        result: Tensor = ObservedAttention.apply(
            query, key, value, self._anchor, attend, seen, scale, sight
        )
        return result

    def _multi_head(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        arguments = dict(_MULTI_HEAD.bind(*args, **kwargs).arguments)
        wanted = arguments.get("need_weights", True)
        averaged = arguments.get("average_attn_weights", True)
        arguments |= {"need_weights": True, "average_attn_weights": False}
        arguments["query"] = _Anchored.apply(arguments["query"], self._anchor)
        output, weights = func(**arguments)
        four = weights if weights.ndim == 4 else weights.unsqueeze(0)
        sight = self._new_sight(tuple(four.shape))
        if sight is not None:
            # what the function returns is a view of what its output came of
            source = weights._base if weights._base is not None else weights
            source.register_hook(
                lambda gradient: show(sight, source.view(four.shape), gradient.view(four.shape))
            )
        shown = weights.mean(dim=-3) if averaged else weights
        return output, shown if wanted else None


class _Anchored(torch.autograd.Function):
    """The identity, so that backpropagation comes by."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, anchor: Tensor) -> Tensor:
        return values.view_as(values)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        return gradients[0], None
