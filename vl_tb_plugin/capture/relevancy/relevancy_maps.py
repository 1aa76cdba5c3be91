"""Relevancy maps of a batch: from the model to the scores of every token."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vl_tb_plugin.capture.relevancy.batch_reading import BatchReading
from vl_tb_plugin.capture.relevancy.contributions import Several
from vl_tb_plugin.capture.relevancy.explained_targets import explained_targets
from vl_tb_plugin.capture.relevancy.relevancy_request import (
    PROPAGATED,
    ExplainedModel,
    RelevancyRequest,
)
from vl_tb_plugin.example import Relevancy


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
    run, output = explained.observed_forward(inputs)
    layout = run.layout
    batch = BatchReading(explained, layout, request)
    chosen, explain = explained_targets(explained, batch, output, request)
    propagation, propagated = None, None
    if request.asks_for(*PROPAGATED):
        propagation, propagated = explained.observed_forward(inputs, propagate=True)
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
