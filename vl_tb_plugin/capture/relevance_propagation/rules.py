"""The rules of relevance propagation, as autograd functions.

Each computes its function as it is; its backward pass takes the relevance R of the result and
returns that of the operands. Source of all of them: Chefer, Gur, Wolf, "Transformer
Interpretability Beyond Attention Visualization", CVPR 2021, sections 3.1 and 3.2, as its published
code computes them. Relevance is worked out in float32, or float64 where that comes in.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from vl_tb_plugin.capture.seen_attention import own_arithmetic

_STABILISER = 1e-9


class RelevancePropagationUnsupported(RuntimeError):
    """Relevance reached something that no rule is known for; the message names it."""


class Rule(torch.autograd.Function):
    """What all rules have in common: they are known to carry relevance, not gradients."""


class Source(Rule):
    """``compute()``, where relevance ends: nothing before it needs any."""

    @staticmethod
    def forward(ctx: Any, anchor: Tensor, compute: Callable[[], Tensor]) -> Tensor:
        return _owned(compute())

    @staticmethod
    def backward(ctx: Any, relevance: Tensor) -> tuple[None, ...]:
        return None, None


class Identity(Rule):
    """``compute()``, whose relevance is that of ``operand``, element by element.

    For softmax, normalisation, activation, and for arithmetic with a constant. Where the operand
    was broadcast, autograd sums its copies' relevance.
    """

    @staticmethod
    def forward(ctx: Any, compute: Callable[[], Tensor], operand: Tensor) -> Tensor:
        return _owned(compute())

    @staticmethod
    def backward(ctx: Any, relevance: Tensor) -> tuple[None, Tensor]:
        return None, relevance


class Linear(Rule):
    """``compute()``, a map f(x, W) that is linear in x and in W, plus any bias.

    alpha = 1, with the sign of x taken into account: z = f(x+, W+) + f(x-, W-),
    R_x = x+ * f^T(R / z, W+) + x- * f^T(R / z, W-). The bias takes no part.
    """

    @staticmethod
    def forward(
        ctx: Any,
        compute: Callable[[], Tensor],
        linear_map: Callable[[Tensor, Tensor], Tensor],
        operand: Tensor,
        weight: Tensor,
    ) -> Tensor:
        ctx.linear_map = linear_map
        ctx.save_for_backward(operand, weight)
        return _owned(compute())

    @staticmethod
    def backward(ctx: Any, relevance: Tensor) -> tuple[Tensor | None, ...]:
        operand, weight = map(_wide, ctx.saved_tensors)

        def excitation(positive: Tensor, negative: Tensor) -> Tensor:
            both: Tensor = ctx.linear_map(positive, weight.clamp(min=0))
            return both + ctx.linear_map(negative, weight.clamp(max=0))

        parts = operand.clamp(min=0), operand.clamp(max=0)
        positive, negative = _proportional(excitation, parts, relevance)
        return None, None, positive + negative, None


class Multilinear(Rule):
    """``compute()``, a map f of n operands that is linear in each of them.

    For A V and Q K^T, products of two activations, sums and means over an axis. Each operand gets
    the n-th part, so half of it for products, in proportion to what its elements contribute:
    R_x = x * df/dx(R / f) / n.
    """

    @staticmethod
    def forward(
        ctx: Any,
        compute: Callable[[], Tensor],
        multilinear_map: Callable[..., Tensor],
        *operands: Tensor,
    ) -> Tensor:
        ctx.multilinear_map = multilinear_map
        ctx.save_for_backward(*operands)
        return _owned(compute())

    @staticmethod
    def backward(ctx: Any, relevance: Tensor) -> tuple[Tensor | None, ...]:
        operands = tuple(map(_wide, ctx.saved_tensors))
        parts = _proportional(ctx.multilinear_map, operands, relevance)
        return None, None, *(part / len(parts) for part in parts)


class Sum(Rule):
    """``compute()``, a + b, two tensors that both carry relevance, of ``samples`` samples.

    Each element's relevance is shared in proportion to a and b, then both shares are scaled, a
    sample at a time, to |S_a| / (|S_a| + |S_b|) and |S_b| / (|S_a| + |S_b|) of all relevance, S the
    sum of a share, so that large shares of opposite sign do not grow from layer to layer.

    Raises:
        RelevancePropagationUnsupported: backward, where the first axis is not that of the samples.
    """

    @staticmethod
    def forward(
        ctx: Any, compute: Callable[[], Tensor], samples: int, first: Tensor, second: Tensor
    ) -> Tensor:
        ctx.samples = samples
        ctx.save_for_backward(first, second)
        return _owned(compute())

    @staticmethod
    def backward(ctx: Any, relevance: Tensor) -> tuple[Tensor | None, ...]:
        first, second = map(_wide, ctx.saved_tensors)
        if ctx.samples != 1 and relevance.shape[:1] != (ctx.samples,):
            raise RelevancePropagationUnsupported(
                f"a sum of shape {tuple(relevance.shape)} does not tell {ctx.samples} samples"
                " apart: propagate relevance through one sample at a time"
            )
        ratio = _ratio(relevance, first + second)
        shares = first * ratio, second * ratio
        axes = tuple(range(ctx.samples != 1, relevance.ndim))
        totals = [share.sum(axes, keepdim=True) if axes else share for share in shares]
        size = totals[0].abs() + totals[1].abs()
        scale = _ratio(totals[0] + totals[1], size)
        scaled = (share * total.sign() * scale for share, total in zip(shares, totals, strict=True))
        return None, None, *scaled


class Refusal(Rule):
    """A result of a function without a rule: raises when relevance is to pass through it."""

    @staticmethod
    def forward(ctx: Any, name: str, result: Tensor, *operands: Tensor) -> Tensor:
        ctx.name = name
        return _owned(result.view_as(result))

    @staticmethod
    def backward(ctx: Any, relevance: Tensor) -> None:
        raise RelevancePropagationUnsupported(f"no rule for relevance through {ctx.name}")


def _proportional(
    compute: Callable[..., Tensor], operands: tuple[Tensor, ...], relevance: Tensor
) -> list[Tensor]:
    """operand * dz/d(operand)^T (R / z) of each operand, for z = ``compute(*operands)``."""
    with own_arithmetic(relevance.device.type), torch.enable_grad():
        leaves = [operand.detach().requires_grad_() for operand in operands]
        result = compute(*leaves)
        gradients = torch.autograd.grad(result, leaves, _ratio(relevance, result.detach()))
    return [leaf.detach() * part for leaf, part in zip(leaves, gradients, strict=True)]


def _owned(result: Tensor) -> Tensor:
    """Not a view: what an autograd function returns must be that if it is to be written to."""
    return result.clone() if result._is_view() else result


def _ratio(numerator: Tensor, denominator: Tensor) -> Tensor:
    """The quotient, kept finite near a denominator of 0; at 0 it is 0."""
    return numerator * denominator.sign() / (denominator.abs() + _STABILISER)


def _wide(tensor: Tensor) -> Tensor:
    return tensor.detach().to(torch.promote_types(tensor.dtype, torch.float32))
