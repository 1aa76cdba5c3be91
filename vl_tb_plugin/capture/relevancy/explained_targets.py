"""What is explained of a batch: the outputs that were asked for, or what the model says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor

from vl_tb_plugin.capture.relevancy.batch_reading import BatchReading
from vl_tb_plugin.capture.relevancy.relevancy_request import ExplainedModel, RelevancyRequest
from vl_tb_plugin.capture.relevancy.targets import Logits, Target
from vl_tb_plugin.example import InvalidExample


def explained_targets(
    explained: ExplainedModel, batch: BatchReading, output: Any, request: RelevancyRequest
) -> tuple[list[list[Target]], Callable[[Any, Sequence[Target | None]], Tensor]]:
    """By sample what is explained, and the sum over samples of one target each."""
    count = batch.layout.count
    if request.score is not None:
        score = request.score

        def scored(output: Any, targets: Sequence[Target | None]) -> Tensor:
            values = score(output)
            if not isinstance(values, Tensor) or values.ndim != 1 or len(values) < count:
                got = f"{tuple(getattr(values, 'shape', ()))}"
                raise InvalidExample("score(output)", f"shape ({count},), one per sample", got)
            return values[:count].sum()  # a policy may want fewer samples than there are

        return [[Target(0, label="score")] for _ in range(count)], scored

    def logits(output: Any) -> Logits:
        config = getattr(explained.model, "config", None)
        return Logits(output, explained.explanation, count, config, explained.token)

    given = request.targets
    if given is not None and len(given) < count:
        raise InvalidExample("targets", f"{count} lists, one per sample", f"{len(given)}")
    name, first = batch.readouts[0].sequence, logits(output)
    chosen = [
        [
            first.target(sample, target, batch.layout.sequence(sample, name))
            for target in _several((None,) if given is None else given[sample])
        ]
        for sample in range(count)
    ]
    return chosen, lambda output, targets: logits(output).explained(targets)


def _several(given: Any) -> Sequence[Target | int | None]:
    return list(given) if isinstance(given, list | tuple) else [given]
