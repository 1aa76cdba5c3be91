"""How far a ``generate()`` has come: which tokens follow the prompt, and which rows are new."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True)
class NewRows:
    """The rows of one call that no earlier call has given.

    Attributes:
        first: number of the first new row within the call.
        start: its position in the sequence.
        count: how many there are.
    """

    first: int
    start: int
    count: int

    @property
    def end(self) -> int:
        """Length of the sequence after this call."""
        return self.start + self.count

    def key_start(self, keys: int) -> int:
        """Position of the first of so many keys: a sliding window holds the last ones."""
        return max(0, self.end - keys)


@dataclass(eq=False)
class Generation:
    """One ``generate()``.

    Attributes:
        sequence: name of the sequence that grows.
        end_ids: ids that end a sample.
        fed: ids (batch,) of each token read after the prompt, where the model's own forward is
            given them.
        result: what ``generate`` returned, once it has.
        forwards: how many forward passes of the whole model have begun.
    """

    sequence: str
    end_ids: frozenset[int] = frozenset()
    fed: list[Tensor] = field(default_factory=list)
    result: Any = None
    forwards: int = 0
    _rows: Counter[Hashable] = field(default_factory=Counter)

    def begin_forward(self, inputs: dict[str, Any]) -> None:
        """Note that a forward pass of the whole model begins."""
        self.forwards += 1
        ids = inputs.get("decoder_input_ids")
        ids = inputs.get("input_ids") if ids is None else ids
        if self.forwards > 1 and isinstance(ids, Tensor):
            self.fed.append(ids[:, -1].detach().cpu())

    def new_rows(self, where: Hashable, queries: int) -> NewRows:
        """The new rows of a call with so many queries, ``where`` being its module.

        With a cache a call gives new rows only; without one, all from the start.
        """
        before = self._rows[where]
        first = before if before and queries > before else 0
        self._rows[where] = before + queries - first
        return NewRows(first, before, queries - first)

    def modality(self, sample: int, count: int) -> list[str]:
        """Of ``count`` tokens after the prompt: generated, special (the end), then padding."""
        kinds: list[str] = []
        for number in range(count):
            if kinds and kinds[-1] in ("special", "padding"):
                kinds.append("padding")
            else:
                known = number < len(self.fed) and sample < len(self.fed[number])
                ended = known and int(self.fed[number][sample]) in self.end_ids
                kinds.append("special" if ended else "generated")
        return kinds

    def ids(self, sample: int, count: int) -> list[int] | None:
        """Ids of ``count`` tokens after the prompt; ``None`` where nobody told."""
        if len(self.fed) >= count:
            return [int(step[sample]) for step in self.fed[:count]]
        result = getattr(self.result, "sequences", self.result)
        if isinstance(result, Tensor) and result.ndim == 2 and result.shape[1] > count:
            # the last token was said, but never read
            return [int(one) for one in result[sample, -count - 1 : -1]]
        return None


def end_ids(model: Any, settings: dict[str, Any]) -> frozenset[int]:
    """Ids that end a sample, as ``generate`` is told or configured."""
    given = settings.get("eos_token_id")
    for source in (settings.get("generation_config"), getattr(model, "generation_config", None)):
        given = getattr(source, "eos_token_id", None) if given is None else given
    if isinstance(given, Tensor):
        given = given.tolist()
    return frozenset(given if isinstance(given, Sequence) else [given]) - {None}


def prompt_inputs(model: Any, args: tuple[Any, ...], settings: dict[str, Any]) -> dict[str, Any]:
    """The inputs of the model among what ``generate`` is given."""
    inputs = {name: value for name, value in settings.items() if isinstance(value, Tensor)}
    first = args[0] if args else settings.get("inputs")
    if isinstance(first, Tensor):
        inputs.pop("inputs", None)
        inputs[getattr(model, "main_input_name", "input_ids")] = first
    config = getattr(model, "config", None)
    if getattr(config, "is_encoder_decoder", False) and "decoder_input_ids" not in inputs:
        start = getattr(model.generation_config, "decoder_start_token_id", None)
        start = getattr(config, "decoder_start_token_id", None) if start is None else start
        start = getattr(config, "bos_token_id", None) if start is None else start
        samples = len(next(iter(inputs.values()))) if inputs else 1
        inputs["decoder_input_ids"] = torch.full((samples, 1), 0 if start is None else start)
    return inputs


def refusal(settings: dict[str, Any], model: Any) -> str:
    """Why a way of generating can't be followed; empty where it can."""
    for name in ("assistant_model", "prompt_lookup_num_tokens"):
        if settings.get(name) is not None:
            return f"generate({name}=...) drafts tokens and takes some back: not followed."
    sources = (settings.get("generation_config"), getattr(model, "generation_config", None))
    for name in ("num_beams", "num_return_sequences"):
        values = [settings.get(name), *(getattr(source, name, None) for source in sources)]
        count = next((value for value in values if value is not None), 1)
        if count > 1:
            return (
                f"generate({name}={count}) reorders the samples of a batch between steps: not"
                " followed. Trace greedy search or sampling with one sequence per sample."
            )
    return ""
