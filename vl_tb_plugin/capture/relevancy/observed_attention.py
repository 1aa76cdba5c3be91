"""Attention whose probabilities and their gradient are shown to a sight as backpropagation passes.

The model's own function computes the output. Its gradient is worked out beside the probabilities, a
few heads at a time: nothing of the size of a layer's attention is kept from forward to backward.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import torch
from torch import Tensor

from vl_tb_plugin.capture.seen_attention import SeenAttention, own_arithmetic

CHUNK_BYTES = 4 << 20
"""Of one array of probabilities that is worked on at a time."""


class Sight(Protocol):
    """What is shown the attention of one call."""

    def see(self, entry: int, heads: slice, probabilities: Tensor, gradient: Tensor) -> None:
        """Take the probabilities and their gradient, both (heads, queries, keys) float32."""


class ObservedProbabilities(torch.autograd.Function):
    """The identity on probabilities that the model's own code computes.

    Args:
        probabilities: (batch, heads, queries, keys).
        anchor: requires a gradient, so that backpropagation comes by though nothing before does.
        sight: is shown them.
    """

    @staticmethod
    def forward(ctx: Any, probabilities: Tensor, anchor: Tensor, sight: Sight) -> Tensor:
        ctx.sight = sight
        ctx.save_for_backward(probabilities)
        return probabilities.view_as(probabilities)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        (probabilities,) = ctx.saved_tensors
        (gradient,) = gradients
        show(ctx.sight, probabilities, gradient)
        return gradient, None, None


class ObservedAttention(torch.autograd.Function):
    """Attention by whatever kernel the model uses.

    Args:
        query: (batch, heads, queries, features).
        key: (batch, key heads, keys, features).
        value: (batch, key heads, keys, value features).
        anchor: as in :class:`ObservedProbabilities`.
        attend: the kernel, with its arguments; gives (batch, heads, queries, value features).
        seen: the probabilities of the same call.
        scale: factor of the scores.
        sight: is shown the probabilities.
    """

    @staticmethod
    def forward(
        ctx: Any,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        anchor: Tensor,
        attend: Callable[[], Tensor],
        seen: SeenAttention,
        scale: float,
        sight: Sight,
    ) -> Tensor:
        ctx.seen, ctx.scale, ctx.sight = seen, scale, sight
        ctx.save_for_backward(query, key, value)
        return attend()

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        query, key, value = ctx.saved_tensors
        wanted = any(ctx.needs_input_grad[:3])
        into = [torch.zeros_like(one, dtype=torch.float32) for one in ctx.saved_tensors]
        with own_arithmetic(query.device.type):
            batch, heads, queries, _ = query.shape
            keys = key.shape[2]
            shared = heads // key.shape[1]
            step = _heads_at_once(queries, keys)
            step = step - step % shared if step > shared else step
            for entry in range(batch):
                for first in range(0, heads, step):
                    chunk = slice(first, min(first + step, heads))
                    numbers = torch.arange(chunk.start, chunk.stop, device=query.device) // shared
                    below = gradients[0][entry, chunk].float()
                    own_value = value[entry, numbers].float()
                    probabilities = ctx.seen.probabilities(entry, chunk, slice(None))
                    gradient = below @ own_value.transpose(-1, -2)
                    ctx.sight.see(entry, chunk, probabilities, gradient)
                    if not wanted:  # nothing before the first layer is asked for
                        continue
                    weighted = probabilities * gradient
                    scores = torch.addcmul(
                        weighted, probabilities, weighted.sum(-1, keepdim=True), value=-1
                    )
                    own_key = key[entry, numbers].float()
                    into[0][entry, chunk] = scores @ own_key * ctx.scale
                    own_query = query[entry, chunk].float()
                    to_key = scores.transpose(-1, -2) @ own_query * ctx.scale
                    to_value = probabilities.transpose(-1, -2) @ below
                    into[1][entry].index_add_(0, numbers, to_key)
                    into[2][entry].index_add_(0, numbers, to_value)
        if not wanted:
            return (None,) * 8
        return (*(one.to(query.dtype) for one in into), *(None,) * 5)


def show(sight: Sight, probabilities: Tensor, gradient: Tensor) -> None:
    """Show a sight everything of one attention, (batch, heads, queries, keys), bit by bit."""
    with own_arithmetic(gradient.device.type):
        batch, heads, queries, keys = gradient.shape
        step = _heads_at_once(queries, keys)
        for entry in range(batch):
            for first in range(0, heads, step):
                chunk = slice(first, min(first + step, heads))
                sight.see(
                    entry,
                    chunk,
                    probabilities[entry, chunk].float(),
                    gradient[entry, chunk].float(),
                )


def _heads_at_once(queries: int, keys: int) -> int:
    return max(1, CHUNK_BYTES // (4 * queries * keys))
