"""What is explained: one logit per sample."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from vl_tb_plugin.capture.families.structure import Explanation
from vl_tb_plugin.example import InvalidExample, TokenSequence


@dataclass(frozen=True)
class Target:
    """One output of a model for one sample.

    Args:
        index: of the class, or the id of the token.
        position: where the logit is, for logits with positions: of the token whose successor a
            decoder says, of the masked token, of the object query.
        label: what the views call it; by default its name in the model's configuration, or the
            token.
    """

    index: int
    position: int | None = None
    label: str = ""


class Logits:
    """The logits of a forward pass, and what they are of.

    Args:
        output: what the model returned.
        explanation: of its family.
        samples: how many.
        config: of the model, for the names of classes.
        token: the string of a token id.

    Raises:
        InvalidExample: if the output has no such logits.
    """

    def __init__(
        self,
        output: Any,
        explanation: Explanation,
        samples: int,
        config: Any,
        token: Callable[[int], str],
    ):
        values = getattr(output, explanation.logits, None)
        if not isinstance(values, Tensor):
            raise InvalidExample(
                "model",
                f"one whose output has {explanation.logits!r}, to explain one of them (or give"
                " score=, a function of the output)",
                f"{type(output).__name__}",
            )
        self.values = values
        by_axes = {2: "classes", 3: "tokens"}
        self.of = explanation.logits_of or by_axes.get(values.ndim, "")
        self._config, self._token = config, token
        if not self.of or (self.of != "pairs" and len(values) < samples):
            raise InvalidExample(
                f"output.{explanation.logits}",
                f"logits of {samples} samples (or give score=, a function of the output)",
                f"shape {tuple(values.shape)}",
            )

    def target(self, sample: int, given: Target | int | None, real: TokenSequence) -> Target:
        """A target with everything that it leaves open.

        Args:
            sample: number of the sample.
            given: by default what the model says: its arg-max.
            real: the sequence whose positions the logits have, if any.

        Raises:
            InvalidExample: if there is no such logit.
        """
        if self.of == "pairs":
            return Target(min(sample, self.values.shape[1] - 1), label="image and text match")
        target = Target(int(given)) if isinstance(given, int) else given
        position = None if target is None else target.position
        own = self.values[sample].detach()
        if self.of == "objects":
            classes = getattr(self._config, "num_labels", 0)
            if own.shape[1] == classes + 1:  # the last one says that there is no object
                own = own[:, :classes]
            position = int(own.amax(dim=-1).argmax()) if position is None else position
        elif self.of == "tokens" and position is None:
            position = _last_real(real, own.shape[0])
        if position is not None and not 0 <= position < own.shape[0]:
            raise InvalidExample("target.position", f"0 to {own.shape[0] - 1}", f"{position}")
        row = own if position is None else own[position]
        index = int(row.argmax()) if target is None else target.index
        if not 0 <= index < len(row):
            raise InvalidExample("target.index", f"0 to {len(row) - 1}", f"{index}")
        label = target.label if target is not None and target.label else self._label(index)
        if self.of == "objects" and not (target is not None and target.label):
            label = f"{label}, query {position}"
        return Target(index, position, label)

    def explained(self, targets: Sequence[Target | None]) -> Tensor:
        """The sum of one logit per sample; samples without a target take no part."""
        chosen = []
        for sample, target in enumerate(targets):
            if target is not None:
                own = self.values[sample]
                own = own if target.position is None or self.of == "pairs" else own[target.position]
                chosen.append(own[target.index])
        return torch.stack(chosen).sum()

    def _label(self, index: int) -> str:
        if self.of == "tokens":
            return self._token(index)
        names = getattr(self._config, "id2label", None) or {}
        name = str(names.get(index, index))
        return name if name != f"LABEL_{index}" else str(index)


def _last_real(sequence: TokenSequence, count: int) -> int:
    real = [place for place, kind in enumerate(sequence.modality[:count]) if kind != "padding"]
    return real[-1] if real else count - 1
