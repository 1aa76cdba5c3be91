"""``plan``: what logging will cost, before anything is logged."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vl_tb_plugin.example import Example
from vl_tb_plugin.storage.publisher import Publisher
from vl_tb_plugin.storage.run_folder import asset_folder

if TYPE_CHECKING:
    from torch import nn

    from vl_tb_plugin.capture.capture_policy import CapturePolicy
    from vl_tb_plugin.capture.layout import Layout


@dataclass(frozen=True)
class StoragePlan:
    """Bytes that a policy costs, measured on one batch. ``print`` it.

    Attributes:
        memory: bytes of one example in memory, by part (attention block, hidden states), a mean
            over the batch.
        kept: what is kept of each part, in words.
        example_bytes: bytes of one example on disk, compressed.
        examples: examples per step.
        steps: steps of the training run.
        left_out: what the policy leaves out, a sentence each.
    """

    memory: Mapping[str, int]
    kept: Mapping[str, str]
    example_bytes: int
    examples: int
    steps: int
    left_out: tuple[str, ...] = field(default=())

    @property
    def step_bytes(self) -> int:
        """Bytes on disk of one step."""
        return self.example_bytes * self.examples

    @property
    def run_bytes(self) -> int:
        """Bytes on disk of the training run."""
        return self.step_bytes * self.steps

    def __str__(self) -> str:
        rows = [(name, self.kept[name], _size(size)) for name, size in self.memory.items()]
        rows.append(("in memory", "", _size(sum(self.memory.values()))))
        widths = [max(len(row[column]) for row in rows) for column in range(3)]
        table = [
            f"  {name:<{widths[0]}}  {kept:<{widths[1]}}  {size:>{widths[2]}}"
            for name, kept, size in rows
        ]
        disk = [
            f"On disk: {_size(self.example_bytes)} an example,"
            f" {_size(self.step_bytes)} a step of {self.examples},"
            f" {_size(self.run_bytes)} a run of {self.steps}."
        ]
        return "\n".join(["One example:", *table, *disk, *self.left_out])


def plan(
    model: nn.Module,
    batch: Mapping[str, Any],
    processor: Any = None,
    *,
    policy: CapturePolicy | None = None,
    layout: Layout | None = None,
    examples: int | None = None,
    steps: int = 1,
) -> StoragePlan:
    """Run ``model(**batch)`` once and say what logging it would cost.

    Args:
        model: as for :func:`vl_tb_plugin.trace`.
        batch: inputs like those of the evaluation.
        processor: as for :func:`vl_tb_plugin.trace`.
        policy: what is to be kept.
        layout: as for :func:`vl_tb_plugin.trace`.
        examples: examples per step, default the policy's ``samples``, else those of the batch.
        steps: steps of the training run.

    Raises:
        UnknownModel: if no family is registered for the model.
    """
    import torch

    from vl_tb_plugin.capture.trace import trace

    training = model.training
    try:
        model.eval()
        with torch.no_grad(), trace(model, processor, policy=policy, layout=layout) as t:
            model(**batch)
    finally:
        model.train(training)
    seen = t.examples(batch)
    memory: Counter[str] = Counter()
    kept: dict[str, str] = {}
    for example in seen:
        for name, words, size in _parts(example):
            memory[name] += size
            kept.setdefault(name, words)
    return StoragePlan(
        {name: size // len(seen) for name, size in memory.items()},
        kept,
        _on_disk(seen) // len(seen),
        examples or t.policy.samples or len(seen),
        steps,
        tuple(dict.fromkeys(remark for example in seen for remark in example.left_out)),
    )


def _parts(example: Example) -> list[tuple[str, str, int]]:
    """Name, what is kept and bytes of every part of an example."""
    parts = []
    for block in example.attention:
        layers, heads, rows, keys = block.shape
        words = f"{layers} layers x {heads} heads x {rows} rows x {keys} keys, {block.precision}"
        parts.append((block.name, words, block.nbytes))
    for states in example.hidden_states:
        layers, tokens, features = states.values.shape
        words = f"{layers} layers x {tokens} tokens x {features} features, {states.values.dtype}"
        parts.append((f"hidden states of {states.sequence}", words, states.values.nbytes))
    for lens in example.logit_lens:
        layers, positions, outputs = lens.outputs.shape
        words = f"{layers} layers x {positions} tokens x {outputs} outputs"
        parts.append((f"logit lens of {lens.sequence}", words, lens.nbytes))
    return parts


def _on_disk(examples: list[Example]) -> int:
    """Bytes of the files that a step with these examples makes."""
    manifests: list[bytes] = []
    with tempfile.TemporaryDirectory() as folder:
        publisher = Publisher(
            folder,
            lambda published: manifests.extend(one.manifest for one in published),
            rank=0,
            queue_bytes=1 << 40,
            idle_seconds=3600,
        )
        for number, example in enumerate(examples):
            publisher.put(str(number), 0, 0.0, example)
        publisher.close()
        files = [path for path in asset_folder(Path(folder)).rglob("*") if path.is_file()]
        return sum(path.stat().st_size for path in files) + sum(map(len, manifests))


def _size(count: int) -> str:
    amount, units = float(count), iter(("B", "kB", "MB", "GB", "TB"))
    unit = next(units)
    for larger in units:
        if amount < 1000:
            break
        amount, unit = amount / 1000, larger
    return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.3g} {unit}"
