"""The registry of model families: one decorator."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from torch import nn

from vl_tb_plugin.capture.families.forward_inputs import ForwardInputs, SampleSequence
from vl_tb_plugin.capture.families.structure import Structure
from vl_tb_plugin.example import TokenSequence


class Family(Protocol):
    """What capture must know of a model structure."""

    def structure(self, model: Any) -> Structure:
        """Where attention and hidden states of ``model`` are."""

    def sequences(
        self, inputs: ForwardInputs
    ) -> Sequence[Sequence[TokenSequence | SampleSequence]]:
        """The token sequences of every sample of a batch."""


FamilyClass = TypeVar("FamilyClass", bound=Callable[[], Family])

_families: dict[str, Family] = {}


class UnknownModel(LookupError):
    """No family is registered for a model."""


def register(*model_types: str) -> Callable[[FamilyClass], FamilyClass]:
    """Class decorator: this family describes models whose ``config.model_type`` is one of these.

    A later registration replaces an earlier one.
    """

    def decorate(family: FamilyClass) -> FamilyClass:
        for model_type in model_types:
            _families[model_type] = family()
        return family

    return decorate


def known_families() -> list[str]:
    """Model types that have a family, sorted."""
    _load_built_in()
    return sorted(_families)


def find_family(model: nn.Module) -> tuple[nn.Module, str, Family]:
    """The outermost part of ``model`` that a family describes, its model type, and the family.

    Wrappers (DistributedDataParallel, PEFT, a LightningModule, an own module around a transformers
    model) are looked through.

    Raises:
        UnknownModel: if there is none; the message says what to do.
    """
    _load_built_in()
    model_type = None
    for part in model.modules():
        if hasattr(part, "_orig_mod"):  # what torch.compile puts around a model
            continue
        model_type = getattr(getattr(part, "config", None), "model_type", None)
        if isinstance(model_type, str):
            if model_type in _families:
                return part, model_type, _families[model_type]
            break  # a known part of an unknown whole would be only half of it
    raise UnknownModel(
        f"trace() does not know where {type(model).__name__} (config.model_type:"
        f" {model_type!r}) keeps its attention. Known families:"
        f" {', '.join(sorted(_families))}. Either register one (vl_tb_plugin.capture.families"
        " shows how, in about ten lines), or log the arrays yourself:"
        " writer.add_vl_example(tag, vl_tb_plugin.Example(...))."
    )


def _load_built_in() -> None:
    theirs = dict(_families)
    package = importlib.import_module("vl_tb_plugin.capture.families")
    for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        importlib.import_module(module.name)
    _families.update(theirs)  # what a user registered before counts
