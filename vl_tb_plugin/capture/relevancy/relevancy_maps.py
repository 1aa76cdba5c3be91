"""Relevancy maps of a batch: from the model to the scores of every token."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from torch import Tensor

from vl_tb_plugin.capture.relevancy.batch_reading import BatchReading
from vl_tb_plugin.capture.relevancy.contributions import Several
from vl_tb_plugin.capture.relevancy.gradient_pass import GradientPass, without_cache
from vl_tb_plugin.capture.relevancy.relevancy_request import (
    PROPAGATED,
    ExplainedModel,
    RelevancyRequest,
)
from vl_tb_plugin.capture.relevancy.targets import Logits, Target
from vl_tb_plugin.example import InvalidExample, Relevancy


def relevancy_maps(
    explained: ExplainedModel, inputs: Mapping[str, Any], request: RelevancyRequest
) -> list[list[Relevancy]]:
    """By sample, one map per target and method.

    Args:
        explained: the model.
        inputs: of its forward pass, by name.
        request: what is wanted.

    Raises:
        InvalidExample: if the model has no such target.
        RuntimeError: if the attention of a layer can't be seen.
        RelevancePropagationUnsupported: for methods that need it, where a function has no rule.
    """
    inputs = without_cache(explained.model, inputs)
    run = explained.gradient_pass()
    output = run.forward(inputs)
    _check(run)
    layout = run.layout
    batch = BatchReading(explained, layout, request)
    chosen, explain = _targets(explained, batch, output, request)
    propagation, propagated = None, None
    if request.asks_for(*PROPAGATED):
        propagation = explained.gradient_pass(propagate=True)
        propagated = propagation.forward(inputs)
        _check(propagation)
    maps: list[list[Relevancy]] = [[] for _ in range(layout.count)]
    rounds = max(len(own) for own in chosen)
    for number in range(rounds):
        targets = [own[number] if number < len(own) else None for own in chosen]
        last = number == rounds - 1
        receivers = batch.receivers(targets)
        if propagation is not None:
            logits = explain(propagated, targets)
            propagation.backward(logits, Several(receivers.relevance, receivers.last), last=last)
        run.backward(explain(output, targets), receivers.gradients, last=last)
        if batch.growing is not None:
            batch.growing.add(number, receivers.matrices)
        for sample, target in enumerate(targets):
            if target is not None:
                maps[sample] += batch.read(sample, target, receivers)
    return maps


def _check(run: GradientPass) -> None:
    if run.problems:
        raise RuntimeError("Relevancy can't be computed. " + " ".join(run.problems))


def _targets(
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
