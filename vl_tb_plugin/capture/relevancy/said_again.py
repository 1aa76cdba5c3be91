"""A ``generate()`` as one forward pass over all that it read and said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from vl_tb_plugin.capture.forward_record import ForwardRecord
from vl_tb_plugin.capture.relevancy.targets import Target
from vl_tb_plugin.example import InvalidExample

Targets = Sequence[Sequence[Target | int | None]]


def said_again(
    record: ForwardRecord, inputs: Mapping[str, Any], targets: Targets | None
) -> tuple[int, dict[str, Any], Targets]:
    """Length of the prompt, inputs that hold what was read after it, and the tokens said.

    Args:
        record: of the generation.
        inputs: of its prompt.
        targets: must be ``None``: what was said is what is explained.

    Raises:
        InvalidExample: if targets were given.
        RuntimeError: if what was said is not known.
    """
    if targets is not None:
        raise InvalidExample(
            "targets", "none after generate(): each token said is explained", "some"
        )
    generation = record.generation
    assert generation is not None
    samples = range(record.sample_count)
    prompt, _ = record.generated_tokens(0)
    read = [record.generated_tokens(sample)[1] for sample in samples]
    result = getattr(generation.result, "sequences", generation.result)
    if not prompt or not isinstance(result, Tensor) or any(one is None for one in read):
        raise RuntimeError(
            "Relevancy can't be computed: it is not known which tokens generate() said."
        )
    said: list[Sequence[Target | int | None]] = []
    for sample in samples:
        ids = [*(read[sample] or []), int(result[sample, -1])]
        end = next((n for n, one in enumerate(ids) if one in generation.end_ids), len(ids) - 1)
        said.append([Target(one, prompt - 1 + number) for number, one in enumerate(ids[: end + 1])])
    name = "decoder_input_ids" if "decoder_input_ids" in inputs else "input_ids"
    return prompt, _continued(inputs, name, [one or [] for one in read]), said


def _continued(inputs: Mapping[str, Any], name: str, read: list[list[int]]) -> dict[str, Any]:
    """Inputs whose ids go on, and with them whatever else has one value per token."""
    ids = inputs[name]
    more = torch.tensor(read, dtype=ids.dtype, device=ids.device)
    continued = dict(inputs) | {name: torch.cat([ids, more], dim=1)}
    if name == "decoder_input_ids" or not more.numel():
        return continued
    for other, value in inputs.items():
        if other != name and isinstance(value, Tensor) and value.shape == ids.shape:
            # what is said is real, and text
            fill = torch.full_like(more, 1 if other == "attention_mask" else 0, dtype=value.dtype)
            continued[other] = torch.cat([value, fill], dim=1)
        elif isinstance(value, Tensor) and value.ndim > 2 and value.shape[:2] == ids.shape:
            # what the last token may look at, the next ones may, too
            repeated = value[:, -1:].expand(-1, more.shape[1], *value.shape[2:])
            continued[other] = torch.cat([value, repeated], dim=1)
    return continued
