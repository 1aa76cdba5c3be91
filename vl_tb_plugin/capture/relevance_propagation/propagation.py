"""``relevance_propagation``: replaces the backward pass of what is called while it is active."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torch.utils.weak import WeakTensorKeyDictionary

from vl_tb_plugin.capture.relevance_propagation.attention_arithmetic import (
    multi_head_attention_forward,
    scaled_dot_product_attention,
)
from vl_tb_plugin.capture.relevance_propagation.rules import (
    Identity,
    Linear,
    Multilinear,
    Refusal,
    RelevancePropagationUnsupported,
    Rule,
    Source,
    Sum,
)
from vl_tb_plugin.capture.relevance_propagation.torch_functions import (
    ARITHMETIC,
    CONTROL,
    CONVOLUTIONS,
    COPIES,
    CREATIONS,
    IDENTITIES,
    POOLINGS,
    PRODUCTS,
    STATISTICS,
)
from vl_tb_plugin.capture.seen_attention import own_computing

_PACKAGE = __name__.partition(".")[0]

_WRITTEN_OUT: dict[str, Callable[..., Any]] = {
    "scaled_dot_product_attention": scaled_dot_product_attention,
    "multi_head_attention_forward": multi_head_attention_forward,
}


def relevance_propagation(
    samples: int, on_attention: Callable[[Tensor], None] | None = None
) -> AbstractContextManager[Any]:
    """While active, what the model computes propagates relevance backwards instead of gradients.

    The results are those of the model, to rounding; only ``torch.autograd.grad`` of them differs.
    Of a sum of target logits it gives, at an attention matrix A, the relevance R_A, of the shape
    of A::

        matrices = []
        with relevance_propagation(len(input_ids), matrices.append):
            logits = model(**batch).logits
        relevance = torch.autograd.grad(logits[:, target].sum(), matrices, allow_unused=True)

    Gradients of the same logits need another forward pass, without this. Relevance starts at
    lookups of tokens, and at the first linear map or convolution of other inputs; parameters,
    masks, buffers and lookups of positions that the model counts are constants, which get none.
    The model is in eval mode, gradients are enabled; whether its parameters require them does not
    matter.

    Args:
        samples: in the batch. Sums share relevance within a sample; where samples can't be told
            apart by the first axis of a tensor, only one is possible.
        on_attention: takes each softmax over the last of three or four axes, in the order of
            computing, from fused attention functions too: post-softmax probabilities of (batch,
            heads, queries, keys) or (batch * heads, queries, keys), before any dropout.

    Raises:
        RelevancePropagationUnsupported: during the backward pass, where relevance reaches a
            function without a rule (deformable attention's ``grid_sample`` is one); during the
            forward pass, where that can't wait: a function that writes in place, or an autograd
            function of another library.
    """
    return _Propagation(samples, on_attention or (lambda _: None))


class _Propagation(TorchFunctionMode):
    """Applies the rules to each torch function called while active."""

    def __init__(self, samples: int, on_attention: Callable[[Tensor], None]):
        super().__init__()
        self._samples = samples
        self._on_attention = on_attention
        self._anchor = torch.zeros((), requires_grad=True)
        self._counted: Any = WeakTensorKeyDictionary()  # positions, made by arange

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        name: str = func.__name__
        if own_computing() or not torch.is_grad_enabled():
            return func(*args, **kwargs)
        if name in _WRITTEN_OUT:
            return self._written_out(func, args, kwargs)
        if name in CONTROL and name != "__get__":
            return func(*args, **kwargs)
        weighted = any(isinstance(one, nn.Parameter) for one in _tensors(args))
        args, kwargs = _constants(args), _constants(kwargs)
        if not args and "input" in kwargs:
            args = (kwargs.pop("input"),)
        carriers = [one for one in _tensors((args, kwargs)) if one.requires_grad]
        _refuse_foreign(name, carriers)
        if not carriers:
            return self._of_constants(func, args, kwargs, weighted)
        if name in COPIES or name in CREATIONS or name == "__get__":
            return func(*args, **kwargs)
        if kwargs.get("out") is not None:
            raise RelevancePropagationUnsupported(f"no rule for {name} with out=")
        if name.endswith("_") and not name.startswith("__"):
            return self._in_place(name, args, kwargs)
        result = self._by_rule(func, args, kwargs, carriers)
        return _refused(func, args, kwargs, carriers) if result is None else result

    def _written_out(self, func: Any, args: Any, kwargs: Any) -> Any:
        """What a fused function returns, with the relevance of the same written out."""
        with torch.no_grad():
            exact = func(*args, **kwargs)
        with self:
            written = _WRITTEN_OUT[func.__name__](*args, **kwargs)
        if isinstance(exact, Tensor):
            return Identity.apply(lambda: exact, written)
        output, weights = written
        return Identity.apply(lambda: exact[0], output), weights

    def _of_constants(self, func: Any, args: Any, kwargs: Any, weighted: bool) -> Any:
        """A function of nothing that carries relevance; with its result, relevance may begin."""
        name = func.__name__
        operands = list(_tensors((args, kwargs)))
        if name == "softmax":
            return self._seen_softmax(self._source(func, args, kwargs), *args, **kwargs)
        if name == "embedding" and operands[0] not in self._counted:
            return self._source(func, args, kwargs)
        if name == "linear" or name in CONVOLUTIONS:
            return self._source(func, args, kwargs)
        if weighted and (name in PRODUCTS - ARITHMETIC or name == "addmm"):
            return self._source(func, args, kwargs)
        result = func(*args, **kwargs)
        counted = operands and all(one in self._counted for one in operands)
        if isinstance(result, Tensor) and (name == "arange" or counted):
            self._counted[result] = None
        return result

    def _source(self, func: Any, args: Any, kwargs: Any) -> Tensor:
        result: Tensor = Source.apply(self._anchor, functools.partial(func, *args, **kwargs))
        return result

    def _by_rule(
        self, func: Any, args: Any, kwargs: Any, carriers: Sequence[Tensor]
    ) -> Tensor | None:
        """The result with its rule; None where there is none."""
        name = func.__name__
        compute = functools.partial(func, *args, **kwargs)
        carrier = carriers[0] if len(carriers) == 1 else None
        if name in STATISTICS or _is_statistic(name, *args, **kwargs):
            with torch.no_grad():
                return compute()
        if name == "softmax" and carrier is not None:
            return self._seen_softmax(Identity.apply(compute, carrier), *args, **kwargs)
        if name == "dropout" and carrier is not None:
            return Identity.apply(compute, carrier) if _drops(*args, **kwargs) else carrier
        if name in IDENTITIES and carrier is not None:
            return Identity.apply(compute, carrier)
        if name in ARITHMETIC and carrier is not None:
            inverted = name in ("div", "divide", "true_divide") and carrier is not args[0]
            return None if inverted else Identity.apply(compute, carrier)
        if name in POOLINGS and carrier is not None and carrier is args[0]:
            rest = args[1:]
            return Multilinear.apply(compute, lambda one: func(one, *rest, **kwargs), carrier)
        if name == "add" and len(args) == len(carriers) == 2 and not kwargs:
            return Sum.apply(compute, self._samples, *args)
        if name in PRODUCTS:
            return _product(func, args, kwargs, carriers)
        if name == "linear" and carrier is args[0]:
            return _linear(func, compute, *args, **kwargs)
        if name in CONVOLUTIONS and carrier is args[0]:
            return _convolution(func, compute, *args, **kwargs)
        if name == "addmm" and not kwargs and carrier is args[1]:
            return Linear.apply(compute, torch.mm, *args[1:])
        return None

    def _in_place(self, name: str, args: Any, kwargs: Any) -> Tensor:
        """What a function that writes to its first argument does, by the rule of the other one."""
        target = args[0]
        func = getattr(Tensor, name[:-1], None)
        result = None
        if func is not None:
            before = target.clone()  # the rule needs the values as they were
            args = (before, *args[1:])
            carriers = [one for one in _tensors((args, kwargs)) if one.requires_grad]
            result = self._by_rule(func, args, kwargs, carriers)
        if result is None:
            raise RelevancePropagationUnsupported(f"no rule for relevance through {name}")
        return target.copy_(result)

    def _seen_softmax(
        self, result: Tensor, input: Tensor, dim: int | None = None, *_: Any, **__: Any
    ) -> Tensor:
        if input.ndim in (3, 4) and dim in (-1, input.ndim - 1):
            self._on_attention(result)
        return result


def _linear(
    func: Any, compute: Any, input: Tensor, weight: Tensor, bias: Tensor | None = None
) -> Tensor:
    result: Tensor = Linear.apply(compute, func, input, weight)
    return result


def _convolution(
    func: Any,
    compute: Any,
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    *rest: Any,
    **options: Any,
) -> Tensor:
    def without_bias(operand: Tensor, kernel: Tensor) -> Tensor:
        return func(operand, kernel, None, *rest, **options)

    result: Tensor = Linear.apply(compute, without_bias, input, weight)
    return result


def _product(func: Any, args: Any, kwargs: Any, carriers: Sequence[Tensor]) -> Tensor | None:
    """Of two activations, or of one with a constant, which then is like a weight."""
    operands = tuple(_tensors(args))
    if kwargs or len(operands) != 2:
        return None
    compute = functools.partial(func, *args)
    multiply = functools.partial(func, *(one for one in args if isinstance(one, str)))
    if len(carriers) == 2:
        return Multilinear.apply(compute, multiply, *operands)
    if carriers[0] is operands[0]:
        return Linear.apply(compute, multiply, *operands)
    return Linear.apply(compute, lambda one, weight: multiply(weight, one), *reversed(operands))


def _refused(func: Any, args: Any, kwargs: Any, carriers: Sequence[Tensor]) -> Any:
    """The result, which refuses relevance: it may never get any, as that of a loss."""
    with torch.no_grad():
        result = func(*args, **kwargs)

    def refusing(value: Any) -> Any:
        if isinstance(value, Tensor):
            is_number = value.is_floating_point() or value.is_complex()
            return Refusal.apply(func.__name__, value, *carriers) if is_number else value
        return type(value)(map(refusing, value)) if type(value) in (list, tuple) else value

    return refusing(result)


def _refuse_foreign(name: str, carriers: Sequence[Tensor]) -> None:
    for carrier in carriers:
        function = getattr(carrier.grad_fn, "_forward_cls", Rule)
        if function.__module__.partition(".")[0] != _PACKAGE:  # our own rules and onlookers
            raise RelevancePropagationUnsupported(
                f"no rule for the autograd function {function.__name__}, whose result {name} uses"
            )


def _drops(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> bool:
    return training and p > 0


def _is_statistic(name: str, *args: Any, **kwargs: Any) -> bool:
    """Whether a function is a part of a normalisation or activation that is not its main path.

    Over the last axis: a mean or sum that stays as an axis of one, which LayerNorm, RMSNorm and
    unit vectors divide by; a maximum, which a softmax may subtract. And a cube, as in the
    approximation of GELU by tanh: constant, so that the whole is the identity.
    """
    if name == "pow":
        return len(args) == 2 and args[1] == 3
    if name not in ("mean", "sum", "amax"):
        return False
    axes = kwargs.get("dim", args[1] if len(args) > 1 else None)
    keeps = name == "amax" or kwargs.get("keepdim", args[2] if len(args) > 2 else False)
    return keeps and axes in (-1, [-1], (-1,), args[0].ndim - 1)


def _constants(value: Any) -> Any:
    """Without the gradients of parameters: relevance does not go there."""
    if isinstance(value, nn.Parameter):
        return value.detach()
    if type(value) in (list, tuple):
        return type(value)(map(_constants, value))
    if type(value) is dict:
        return {name: _constants(one) for name, one in value.items()}
    return value


def _tensors(value: Any) -> Iterator[Tensor]:
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _tensors(one)
    elif isinstance(value, dict):
        yield from _tensors(list(value.values()))
