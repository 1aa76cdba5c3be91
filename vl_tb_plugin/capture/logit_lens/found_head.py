"""The output head of a model: from what its family states, or by convention."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from vl_tb_plugin.capture.capture_policy import CapturePolicy
from vl_tb_plugin.capture.families.structure import HiddenStateSite, OutputHead, Structure
from vl_tb_plugin.capture.module_sites import ModuleSite, module_sites, observed_modules


@dataclass(frozen=True, eq=False)
class FoundHead:
    """The modules of an output head.

    Attributes:
        stated: what the family says of it.
        stages: the modules, in the order in which they are applied.
        made: how many of them have made the hidden state of that number already.
        decodes: whether it predicts the next token of a sequence that grows.
    """

    stated: OutputHead
    stages: tuple[nn.Module, ...]
    made: dict[int, int] = field(default_factory=dict)
    decodes: bool = False
    config: Any = None

    @property
    def device(self) -> torch.device:
        """Where its weights are."""
        return next(self.stages[-1].parameters()).device

    def logits(self, states: Tensor, layer: int) -> Tensor:
        """(tokens, outputs) float32 of (tokens, features) hidden states of that number."""
        value = states[:, None].to(self.device)  # each token is the first one of its own sequence
        for stage in self.stages[self.made.get(layer, 0) :]:
            weights = next(stage.parameters(), None)
            if weights is not None and weights.is_floating_point():
                value = value.to(weights.dtype)
            if stage is self.stages[-1]:
                value = value * self.stated.scale
            value = stage(value)
        return self._scaled(value.reshape(len(states), -1).float())

    def _scaled(self, logits: Tensor) -> Tensor:
        """As decoders change their logits: Cohere, Granite, Gemma."""
        if not self.decodes:
            return logits
        factor, divisor, cap = (
            getattr(self.config, name, None) or None
            for name in ("logit_scale", "logits_scaling", "final_logit_softcapping")
        )
        logits = logits if factor is None else logits * factor
        logits = logits if divisor is None else logits / divisor
        return logits if cap is None else torch.tanh(logits / cap) * cap


def find_head(model: nn.Module, structure: Structure) -> FoundHead | None:
    """The head of a model; ``None`` where it has none that its family knows."""
    decodes = bool(structure.generated)
    for stated in structure.heads:
        modules = observed_modules(model, {path: path for path in stated.modules})
        if len(modules) == len(stated.modules):
            stages = tuple(modules[path] for path in stated.modules)
            own = decodes and stated.sequence == structure.generated
            return _found(model, structure, stated, stages, own)
    if structure.heads or not decodes:
        return None
    try:
        embeddings = model.get_output_embeddings()  # type: ignore[operator]
    except (AttributeError, NotImplementedError):
        return None
    if not isinstance(embeddings, nn.Module):
        return None
    stated = OutputHead(structure.generated, (), scale=_scale(model))
    last = _last(module_sites(model, structure.hidden_states), structure.generated)
    normalised = last is not None and "norm" in type(last.module).__name__.lower()
    stages = (last.module, embeddings) if last is not None and normalised else (embeddings,)
    return _found(model, structure, stated, stages, True)


def lens_of(
    model: nn.Module, structure: Structure, policy: CapturePolicy
) -> tuple[FoundHead | None, str]:
    """The head that a policy wants applied, and why there is none where it asked for one."""
    if policy.logit_lens == "none":
        return None, ""
    head = find_head(model, structure)
    if policy.logit_lens == "classified":
        return (head if head is not None and head.stated.row else None), ""
    if head is None:
        name = type(model).__name__
        return None, f"Logit lens: no output head is known of {name}."
    return head, ""


def _found(
    model: Any,
    structure: Structure,
    stated: OutputHead,
    stages: tuple[nn.Module, ...],
    decodes: bool,
) -> FoundHead:
    made = {
        entry.layer: stages.index(entry.module) + 1
        for entry in module_sites(model, structure.hidden_states)
        if entry.site.sequence == stated.sequence
        and entry.site.at == "output"
        and entry.module in stages
    }
    return FoundHead(stated, stages, made, decodes, model.config.get_text_config(decoder=True))


def _last(
    entries: Sequence[ModuleSite[HiddenStateSite]], sequence: str
) -> ModuleSite[HiddenStateSite] | None:
    own = [entry for entry in entries if entry.site.sequence == sequence]
    return max(own, key=lambda entry: entry.layer, default=None)


def _scale(model: Any) -> float:
    """T5 scales what its decoder hands to embeddings that it shares with the input."""
    config = model.config.get_text_config(decoder=True)
    scales = getattr(config, "scale_decoder_outputs", None)
    if scales is None:
        scales = config.model_type in ("t5", "mt5") and getattr(config, "tie_word_embeddings", True)
    return float(config.d_model) ** -0.5 if scales else 1.0
