"""What the tests need to know of a family, and oracles that owe nothing to the capture."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode

Weights = Mapping[str, Sequence[Tensor]]
"""By path of an attention module, (batch, heads, queries, keys) of each of its calls."""


@dataclass(frozen=True)
class Block:
    """An attention block as a reader of the model's code would describe it.

    Args:
        layers: numbers of its layers on the common depth.
        heads: number of heads.
        query: name of the query sequence.
        key: name of the key sequence.
        modules: path of the attention module of each layer, in the order of ``layers``.
        expected: from the calls of one module and the number of a sample, the (heads, queries,
            keys) of that sample; by default, entry ``sample`` of the first call.
    """

    layers: tuple[int, ...]
    heads: int
    query: str
    key: str
    modules: tuple[str, ...]
    expected: Callable[[Sequence[Tensor], int], Tensor] = lambda calls, sample: calls[0][sample]


def stacked(pattern: str, count: int) -> tuple[str, ...]:
    """The paths of a stack: ``{}`` in the pattern is the number of the layer."""
    return tuple(pattern.format(number) for number in range(count))


@dataclass(frozen=True)
class FamilyCase:
    """One family.

    Args:
        name: as users say it, e.g. ``"LLaVA-NeXT"``.
        model: makes a tiny model from its configuration, always the same one, in eval mode.
        batch: makes a batch of at least two samples, of different length where the family can.
        blocks: every block, by name.
        tokens: by sequence, the modalities of each sample's tokens, as spans: ``"special 1, image
            16, text 4, padding 3"``, in order.
        structure: one sentence: how the streams are built and where they meet.
        layout: one sentence: where image tokens are and what their boxes are.
        limits: what is not captured, and why, a sentence each.
        left_out: what every example says of that.
        reference: the weights of every attention module, found without the capture.
        allowed: patterns of module paths with a softmax that is no attention between tokens.
        occluded: changes the pixels in a box of an image of a sample, ``(batch, sample, image, box)
            -> batch``; ``None`` where the model sees no pixels.
        probed: sequences whose lowest hidden states must change most where pixels were occluded.
    """

    name: str
    model: Callable[[], Any]
    batch: Callable[[], dict[str, Any]]
    blocks: Mapping[str, Block]
    tokens: Mapping[str, tuple[str, ...]]
    structure: str
    layout: str
    limits: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    reference: Callable[[FamilyCase], Weights] = field(default=lambda case: eager_weights(case))
    allowed: tuple[str, ...] = ()
    occluded: Callable[[dict[str, Any], int, int, Sequence[float]], dict[str, Any]] | None = field(
        default=lambda batch, sample, image, box: occluded_pixels(batch, sample + image, box)
    )
    probed: tuple[str, ...] = ()


def eager_weights(case: FamilyCase, *, gradients: bool = False) -> Any:
    """What the family's own eager attention returns from each attention module.

    Args:
        case: of the family.
        gradients: keep the graph, and return the output of the model, too.
    """
    model = case.model()
    if hasattr(model, "set_attn_implementation"):
        model.set_attn_implementation("eager")
    seen: dict[str, list[Tensor]] = {}

    def note(name: str) -> Callable[..., None]:
        def hook(module: nn.Module, args: Any, result: Any) -> None:
            weights = [one for one in result if isinstance(one, Tensor) and one.ndim == 4]
            assert weights, f"{name} returns no weights: write a reference for this case"
            seen.setdefault(name, []).append(weights[0].float())

        return hook

    modules = dict(model.named_modules())
    for name in sorted({path for block in case.blocks.values() for path in block.modules}):
        modules[name].register_forward_hook(note(name))
    with torch.set_grad_enabled(gradients):
        output = model(**case.batch())
    return (seen, output) if gradients else seen


@torch.no_grad()
def projected_weights(case: FamilyCase, query: str = "query", key: str = "key") -> Weights:
    """Softmax of what each attention module's projections give, under the mask that it gets.

    For attention written out in a family's own code: ``query`` and ``key`` name the projections
    inside the module; the mask is its argument with four axes.
    """
    model = case.model()
    modules = dict(model.named_modules())
    seen: dict[str, list[Tensor]] = {}

    def watch(name: str, heads: int) -> None:
        projected: dict[str, Tensor] = {}
        for role, part in (("query", query), ("key", key)):
            modules[f"{name}.{part}"].register_forward_hook(
                lambda module, args, result, role=role: projected.update({role: result})
            )

        def note(module: nn.Module, args: Any, kwargs: Any, result: Any) -> None:
            q, k = (
                projected[role].unflatten(-1, (heads, -1)).transpose(1, 2).float()
                for role in ("query", "key")
            )
            scores = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5
            for given in (*args, *kwargs.values()):
                if isinstance(given, Tensor) and given.ndim == 4:
                    scores = scores + given
            seen.setdefault(name, []).append(torch.softmax(scores, dim=-1))

        modules[name].register_forward_hook(note, with_kwargs=True)

    for name, heads in {path: b.heads for b in case.blocks.values() for path in b.modules}.items():
        watch(name, heads)
    model(**case.batch())
    return seen


def occluded_pixels(batch: dict[str, Any], image: int, box: Sequence[float]) -> dict[str, Any]:
    """The batch with a box of entry ``image`` of ``pixel_values`` (images, 3, height, width)
    turned over."""
    pixels = batch["pixel_values"].clone()
    height, width = pixels.shape[-2:]
    rows = slice(round(box[1] * height), round(box[3] * height))
    columns = slice(round(box[0] * width), round(box[2] * width))
    pixels[image, :, rows, columns] = 3 - pixels[image, :, rows, columns]
    return batch | {"pixel_values": pixels}


def spans(modality: Sequence[str]) -> str:
    """``["text", "text", "image"]`` as ``"text 2, image 1"``."""
    runs: list[list[Any]] = []
    for kind in modality:
        if runs and runs[-1][0] == kind:
            runs[-1][1] += 1
        else:
            runs.append([kind, 1])
    return ", ".join(f"{kind} {count}" for kind, count in runs)


_ATTENTION = {
    functional.softmax,
    torch.softmax,
    torch.Tensor.softmax,
    functional.scaled_dot_product_attention,
    functional.multi_head_attention_forward,
}


@contextmanager
def attention_functions(model: nn.Module) -> Iterator[dict[str, int]]:
    """Counts the attention functions that run, by path of the innermost module around them."""
    names = {module: name for name, module in model.named_modules()}
    inside: list[str] = []
    counts: dict[str, int] = {}

    class Counting(TorchFunctionMode):
        def __torch_function__(
            self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
        ) -> Any:
            result = func(*args, **(kwargs or {}))
            first = args[0] if args else (kwargs or {}).get("input")
            if func in _ATTENTION and first is not None and first.ndim >= 3 and inside:
                counts[inside[-1]] = counts.get(inside[-1], 0) + 1
            return result

    def enter(module: nn.Module, args: Any) -> None:
        inside.append(names[module])

    def leave(module: nn.Module, args: Any, result: Any) -> None:
        inside.pop()

    handles = []
    for module in model.modules():
        handles.append(module.register_forward_pre_hook(enter))
        handles.append(module.register_forward_hook(leave, always_call=True))
    try:
        with Counting():
            yield counts
    finally:
        for handle in handles:
            handle.remove()


def fits(path: str, patterns: Sequence[str]) -> bool:
    """Whether a pattern (``*`` for anything) describes a whole path."""
    return any(re.fullmatch(re.escape(one).replace(r"\*", ".*"), path) for one in patterns)
