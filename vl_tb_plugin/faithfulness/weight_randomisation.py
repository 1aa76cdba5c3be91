"""Weight randomisation: whether maps of relevancy depend on what the model learnt.

Adebayo et al., *Sanity Checks for Saliency Maps* (NeurIPS 2018), section 3: the layers are made
random one after another, from the output down, and the maps compared with the original ones. Maps
that stay the same show the picture, not the model.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

import torch
from torch import nn
from tqdm import tqdm  # type: ignore[import-untyped]

from vl_tb_plugin.analysis.map_measures import agreement_with, per_method
from vl_tb_plugin.example import Measure, Relevancy

Maps = Sequence[Sequence[Relevancy]]
"""Of each sample, its maps."""


@dataclass(frozen=True)
class RandomisationStage:
    """How like the original maps are once a layer, and all above it, are random.

    Attributes:
        name: path of the layer's module, empty for weights that the model itself holds.
        measures: ``randomisation`` of each method: Spearman's rank correlation of a sample's map
            with its original, mean over samples. Those of the last stage belong to a model that
            knows nothing any more: log them as measures of the checkpoint.
    """

    name: str
    measures: tuple[Measure, ...]

    @property
    def correlation(self) -> dict[str, float]:
        """Mean correlation by method."""
        return {measure.method: measure.value for measure in self.measures}


def weight_randomisation(
    model: nn.Module,
    maps_of: Callable[[nn.Module], Maps],
    *,
    stages: Sequence[str] | None = None,
    seed: int = 0,
    progress: bool = False,
) -> list[RandomisationStage]:
    """Make a copy of the model forget layer after layer, and compare its maps with the original's.

    Every weight is drawn anew from the normal distribution with the mean and standard deviation
    that the weights of its tensor have: scales stay as they are, so that activations neither vanish
    nor saturate, which would change maps, too. What is constant stays so (a normalisation that was
    never trained), and so do buffers and integers.

    The copy takes as much memory as the model; maps are computed once per stage and once before.

    Args:
        model: any; it is not changed.
        maps_of: makes the maps of all samples with a model, every time for the same targets (name
            them: the arg-max of a random model is another one).
        stages: paths of modules, from the output down; by default, all layers and what else has
            weights, in the reverse of the order in which they run. Weights that several modules
            share (tied embeddings) become random with the last stage that has them.
        seed: of the random weights.
        progress: whether to show a progress bar.

    Raises:
        ValueError: if the maps of a stage don't fit the original ones.
        AttributeError: if the model has no module of a name given as stage.
    """
    copied = copy.deepcopy(model)
    layers = _layers(copied)
    with _order_of_running(copied, layers) as order:
        originals = maps_of(copied)
    if stages is None:
        weights = {name: layers[name] for name in order}
    else:
        weights = {name: list(copied.get_submodule(name).parameters()) for name in stages}
    generator = torch.Generator().manual_seed(seed)
    results = []
    for name, own in tqdm(_each_once(weights), disable=not progress):
        for weight in own:
            _draw_anew(weight, generator)
        results.append(RandomisationStage(name, tuple(_measures(originals, maps_of(copied)))))
    return results


def _layers(model: nn.Module) -> dict[str, list[nn.Parameter]]:
    """Weights by path of the module that makes up a layer, or what has weights beside the layers.

    Elements of the outermost lists of modules are layers. A module that holds such a list is none
    itself, but for the weights that it has of its own.
    """
    layers: dict[str, list[nn.Parameter]] = {}

    def visit(path: str, module: nn.Module) -> None:
        if path and not any(isinstance(one, nn.ModuleList) for one in module.modules()):
            layers[path] = list(module.parameters())
            return
        layers[path] = list(module.parameters(recurse=False))
        for name, child in module.named_children():
            inside = f"{path}.{name}".lstrip(".")
            if isinstance(module, nn.ModuleList):
                layers[inside] = list(child.parameters())
            else:
                visit(inside, child)

    visit("", model)
    return {path: weights for path, weights in layers.items() if weights}


@contextmanager
def _order_of_running(model: nn.Module, layers: Iterable[str]) -> Iterator[list[str]]:
    """Fills a list with the layers, once the body ran the model: those that ended last come first;
    at the end those that did not run."""
    ended: dict[str, int] = {}
    clock = count(1)

    def note(name: str) -> Callable[..., None]:
        def hook(module: nn.Module, args: Any, result: Any) -> None:
            ended[name] = next(clock)

        return hook

    order: list[str] = []
    handles = [model.get_submodule(name).register_forward_hook(note(name)) for name in layers]
    try:
        yield order
    finally:
        for handle in handles:
            handle.remove()
    order += sorted(reversed(list(layers)), key=lambda name: -ended.get(name, 0))


def _each_once(stages: Mapping[str, list[nn.Parameter]]) -> list[tuple[str, list[nn.Parameter]]]:
    """Each weight in the last stage that has it; stages without any weight are gone."""
    last = {id(weight): name for name, weights in stages.items() for weight in weights}
    owned = [
        (name, [weight for weight in weights if last[id(weight)] == name])
        for name, weights in stages.items()
    ]
    return [(name, weights) for name, weights in owned if weights]


def _draw_anew(weight: nn.Parameter, generator: torch.Generator) -> None:
    if not weight.is_floating_point():
        return
    with torch.no_grad():
        values = weight.float()
        # drawn on the CPU: the same numbers on every device
        noise = torch.randn(weight.shape, generator=generator).to(values.device)
        weight.copy_(values.mean() + noise * values.std(correction=0))


def _measures(originals: Maps, maps: Maps) -> list[Measure]:
    def value(original: Relevancy, number: int) -> float:
        same = [one for one in maps[number] if one.method == original.method]
        if all((one.target, one.position) != (original.target, original.position) for one in same):
            raise ValueError(
                f"{original} of sample {number} has no counterpart among {same}: maps_of must"
                " explain the same targets with every model."
            )
        return agreement_with(original, same)

    return per_method("randomisation", originals, value, maps)
