"""From the paths that a family states to the modules of a model."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from torch import nn

from vl_tb_plugin.capture.families.structure import AttentionSite, HiddenStateSite

Site = TypeVar("Site", AttentionSite, HiddenStateSite)


@dataclass(frozen=True, eq=False)
class ModuleSite(Generic[Site]):
    """A site, one of its modules, and that module's layer on the common depth."""

    site: Site
    module: nn.Module
    layer: int


def module_sites(model: nn.Module, sites: tuple[Site, ...]) -> list[ModuleSite[Site]]:
    """Every module that one of the sites names, in the order of the sites and layers.

    A path without ``{layer}`` names one module: of several, the one nearest to the root.
    """
    found: list[ModuleSite[Site]] = []
    for site in sites:
        matches = _matches(model, site.path)
        if "{layer}" not in site.path:
            matches = sorted(matches, key=lambda match: match[0].string.count("."))[:1]
        layers = [
            ModuleSite(site, module, site.first_layer + int(match.groupdict().get("layer") or 0))
            for match, module in matches
        ]
        found += sorted(layers, key=lambda entry: entry.layer)
    return found


def layers_by(
    entries: Sequence[ModuleSite[Site]], name: Callable[[Site], str]
) -> dict[str, tuple[int, ...]]:
    """The layer numbers of all entries whose sites have the same name, ascending."""
    found: dict[str, set[int]] = {}
    for entry in entries:
        found.setdefault(name(entry.site), set()).add(entry.layer)
    return {key: tuple(sorted(layers)) for key, layers in found.items()}


def observed_modules(model: nn.Module, paths: Mapping[str, str]) -> dict[str, nn.Module]:
    """The module of each named path, where the model has it."""
    found = {}
    for name, path in paths.items():
        matches = _matches(model, path)
        if matches:
            found[name] = matches[0][1]
    return found


def _matches(model: nn.Module, path: str) -> list[tuple[re.Match[str], nn.Module]]:
    pattern = _pattern(path)
    return [
        (match, module)
        for name, module in model.named_modules()
        if (match := pattern.search(name)) is not None
    ]


def _pattern(path: str) -> re.Pattern[str]:
    expression = re.escape(path)
    expression = expression.replace(re.escape("{layer}"), r"(?P<layer>\d+)")
    expression = expression.replace(re.escape("*"), r".*")
    return re.compile(rf"(?:^|\.){expression}$")
