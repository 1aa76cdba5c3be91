"""A forward pass of its own in which the gradient of every attention can be seen."""

from __future__ import annotations

import functools
import inspect
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch.utils import _pytree as pytree

from vl_tb_plugin.capture.attention_watch import (
    AttentionCall,
    head_count,
    running_calls,
    wrapped_method,
)
from vl_tb_plugin.capture.batch_layout import BatchLayout
from vl_tb_plugin.capture.entry_places import EntryPlaces, PlacedEntry
from vl_tb_plugin.capture.families.structure import AttentionSite
from vl_tb_plugin.capture.interface_patch import OpaqueCall, watched_interface
from vl_tb_plugin.capture.module_sites import ModuleSite
from vl_tb_plugin.capture.relevance_propagation import relevance_propagation
from vl_tb_plugin.capture.relevancy.gradient_mode import GradientMode
from vl_tb_plugin.capture.relevancy.observed_attention import Sight, show
from vl_tb_plugin.capture.seen_attention import own_arithmetic
from vl_tb_plugin.capture.uncompiled import uncompiled
from vl_tb_plugin.capture.undisturbed import evaluation_mode, kept_random_state


@dataclass(frozen=True, eq=False)
class SeenPart:
    """The attention of some heads of one entry of the batch axis, and where it lies in a sample.

    Attributes:
        site: which block.
        layer: number of the layer.
        place: sample, rows and columns.
        head_count: how many heads the layer has.
        heads: which of them these are.
        probabilities: (heads, queries, keys) of the whole entry, float32.
        gradient: of the explained output by them.
    """

    site: AttentionSite
    layer: int
    place: PlacedEntry
    head_count: int
    heads: slice
    probabilities: Tensor
    gradient: Tensor


class Receiver(Protocol):
    """Takes what one backpropagation shows."""

    def receive(self, part: SeenPart) -> None:
        """Layers come from the last to the first."""


class GradientPass:
    """One forward pass, and as many backpropagations as wanted.

    Args:
        model: runs in evaluation mode, its parameters frozen; both are as before in the end.
        sites: where attention is.
        observed: modules whose results the layout depends on, by name.
        layout: makes the sequences of every sample from these results.
        propagate: carry layer-wise relevance backwards instead of gradients.

    Attributes:
        problems: why the attention of a layer can't be seen, a sentence each.
        results: of the observed modules, by name, one per call.
    """

    def __init__(
        self,
        model: nn.Module,
        sites: Sequence[ModuleSite[AttentionSite]],
        observed: Mapping[str, nn.Module],
        layout: Callable[[Mapping[str, list[Any]]], BatchLayout],
        *,
        propagate: bool = False,
    ):
        self.problems: list[str] = []
        self.results: dict[str, list[Any]] = {}
        self._model = model
        self._sites = sites
        self._modules = observed
        self._make_layout = layout
        self._propagate = propagate
        self._seen: list[tuple[Tensor, Sight]] = []
        self._inside: list[_CallSights] = []
        self._anchor = torch.zeros((), requires_grad=True)
        self._calls: Counter[nn.Module] = Counter()
        self._receiver: Receiver | None = None

    @functools.cached_property
    def places(self) -> EntryPlaces:
        """Where entries lie; known from the first attention on."""
        with own_arithmetic("cpu"):
            return EntryPlaces(self._make_layout(self.results))

    @property
    def layout(self) -> BatchLayout:
        """The sequences of every sample."""
        return self.places.layout

    def forward(self, inputs: Mapping[str, Any]) -> Any:
        """The output of the model, with a graph that leads through every attention.

        Gradients must be enabled, also for the backward pass.
        """
        with ExitStack() as stack:
            stack.enter_context(uncompiled())
            stack.enter_context(evaluation_mode(self._model))
            stack.enter_context(_frozen(self._model))
            stack.enter_context(kept_random_state())
            stack.enter_context(watched_interface())
            for name, observed in self._modules.items():
                note = functools.partial(self._note, name)
                stack.callback(observed.register_forward_hook(note).remove)
            for module in {entry.module for entry in self._sites}:
                stack.enter_context(wrapped_method(module, "forward", self._observed(module)))
            if self._propagate:
                tensors = (one for one in inputs.values() if isinstance(one, Tensor))
                samples = len(inputs["input_ids"] if "input_ids" in inputs else next(tensors))
                stack.enter_context(relevance_propagation(samples, self._note_attention))
            self._anchor = torch.zeros((), requires_grad=True)
            return self._model(**_outside_inference_mode(inputs))

    def backward(self, explained: Tensor, receiver: Receiver, *, last: bool) -> None:
        """Show a receiver the attention and its gradient.

        Args:
            explained: a sum over samples that do not depend on each other.
            receiver: takes them.
            last: whether the graph may go.
        """
        self._receiver = receiver
        try:
            sources = [one for one, _ in self._seen] or [self._anchor]
            found = torch.autograd.grad(
                explained, sources, retain_graph=not last, allow_unused=True
            )
            for (attention, sight), relevance in zip(self._seen, found, strict=False):
                if relevance is not None:
                    show(sight, _four(attention.detach()), _four(relevance))
        finally:
            self._receiver = None

    def _note(self, name: str, module: nn.Module, args: tuple[Any, ...], result: Any) -> None:
        self.results.setdefault(name, []).append(result)

    def _observed(self, module: nn.Module) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        def wrap(forward: Callable[..., Any]) -> Callable[..., Any]:
            @functools.wraps(forward)
            def observed(*args: Any, **kwargs: Any) -> Any:
                sightings = _CallSights(self, module, self._calls[module])
                self._calls[module] += 1
                mode = None if self._propagate else GradientMode(sightings.new, self._anchor)
                call = AttentionCall(module, attend=functools.partial(_attend_opaque, mode))
                running_calls().append(call)
                self._inside.append(sightings)
                try:
                    with mode or nullcontext():
                        result = forward(*args, **kwargs)
                finally:
                    running_calls().remove(call)
                    self._inside.pop()
                sightings.check(call.problems)
                return result

            return observed

        return wrap

    def _note_attention(self, attention: Tensor) -> None:
        """Take attention whose relevance will be asked for."""
        sight = self._inside[-1].new(tuple(_four(attention).shape)) if self._inside else None
        if sight is not None:
            self._seen.append((attention, sight))

    def receive(self, part: SeenPart) -> None:
        """Hand on what a sight was shown."""
        if self._receiver is not None:
            self._receiver.receive(part)


class _CallSights:
    """The sights of one call of an attention module."""

    def __init__(self, owner: GradientPass, module: nn.Module, number: int):
        self._owner = owner
        self._module = module
        own = [entry for entry in owner._sites if entry.module is module]
        self._entries = [entry for entry in own if entry.site.call in (None, number)]
        self._count = 0

    def new(self, shape: tuple[int, ...]) -> _CallSight | None:
        self._count += 1
        if not self._entries:
            return None
        packed = self._entries[0].site.packed
        if self._count > 1 and not packed:
            return None
        batch, count, queries, keys = shape
        heads = head_count(self._module)
        # heads may share an axis with the batch
        folded = heads if count == 1 and heads > 1 and batch % heads == 0 else 1
        entries = batch // folded
        places = [
            list(
                self._owner.places.add(
                    one.site, one.layer, entries, queries, keys, self._count == 1
                )
            )
            for one in self._entries
        ]
        return _CallSight(self._owner, self._entries, places, folded, count * folded)

    def check(self, problems: list[str]) -> None:
        name = type(self._module).__name__
        for entry in self._entries:
            where = f"Block {entry.site.block}, layer {entry.layer} ({name})"
            if problems:
                self._owner.problems.append(f"{where}: {'; '.join(problems)}.")
            elif self._count == 0 or (self._count > 1 and not entry.site.packed):
                self._owner.problems.append(
                    f"{where}: {self._count} attentions in one call, not one."
                )


class _CallSight:
    def __init__(
        self,
        owner: GradientPass,
        entries: Sequence[ModuleSite[AttentionSite]],
        places: Sequence[Sequence[PlacedEntry]],
        folded: int,
        heads: int,
    ):
        self._owner, self._entries, self._places = owner, entries, places
        self._folded, self._heads = folded, heads

    def see(self, entry: int, heads: slice, probabilities: Tensor, gradient: Tensor) -> None:
        if self._folded > 1:
            heads = slice(entry % self._folded, entry % self._folded + 1)
            entry = entry // self._folded
        for one, places in zip(self._entries, self._places, strict=True):
            for place in places:
                if place.entry == entry:
                    self._owner.receive(
                        SeenPart(
                            one.site, one.layer, place, self._heads, heads, probabilities, gradient
                        )
                    )


def _attend_opaque(mode: GradientMode | None, call: OpaqueCall) -> Any:
    """A kernel that torch functions do not show, with its gradient beside it."""
    problem = call.problem if mode else f"{call.implementation} hides how relevance passes"
    if mode is None or problem:
        running_calls()[-1].problems.append(problem)
        return call.run()
    returned: list[Any] = []

    def attend() -> Tensor:
        returned.append(call.run())
        first = returned[-1][0]
        heads_first: Tensor = first.transpose(1, 2)
        return heads_first

    seen = call.seen()
    query, key, value = (call.arguments[name] for name in ("query", "key", "value"))
    output = mode.attended(query, key, value, seen, seen.scale, attend)
    return (output.transpose(1, 2), *returned[-1][1:])


def _four(attention: Tensor) -> Tensor:
    """(batch, heads, queries, keys), where the two first axes may be one."""
    return attention if attention.ndim == 4 else attention.unsqueeze(1)


@contextmanager
def _frozen(model: nn.Module) -> Iterator[None]:
    """No parameter asks for a gradient; afterwards as before."""
    asking = [one for one in model.parameters() if one.requires_grad]
    try:
        for one in asking:
            one.requires_grad_(False)
        yield
    finally:
        for one in asking:
            one.requires_grad_(True)


def _outside_inference_mode(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Inputs that backpropagation may keep."""

    def usable(value: Any) -> Any:
        return value.clone() if isinstance(value, Tensor) and value.is_inference() else value

    mapped: dict[str, Any] = pytree.tree_map(usable, dict(inputs))
    return mapped


def without_cache(model: nn.Module, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Inputs of a pass that nothing follows: keys and values need not be kept."""
    accepted = inspect.signature(model.forward).parameters
    known = "use_cache" in accepted or any(
        one.kind is inspect.Parameter.VAR_KEYWORD for one in accepted.values()
    )
    config = getattr(model, "config", None)
    text = getattr(config, "text_config", config)
    caches = hasattr(config, "use_cache") or hasattr(text, "use_cache")
    return {**inputs, "use_cache": False} if known and caches else dict(inputs)
