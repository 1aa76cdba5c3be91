"""Head importance of a batch, from the gradients in which relevancy is read.

Michel, Levy, Neubig, *Are sixteen heads really better than one?* (NeurIPS 2019), equation 2:
``I_h = |Att_h^T dL/dAtt_h|`` with the output ``Att_h = A V`` of a head. As the gradient by ``A`` is
that by ``Att_h`` times ``V^T``, this is ``|sum A dL/dA|`` over all queries and keys, and the output
of a head need not be seen. It is also the derivative by a factor on the head's output. Here the
score that is explained stands in the place of the loss, and nothing is normalised by layer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from vl_tb_plugin.analysis.relevancy_schedule import AttentionLayer
from vl_tb_plugin.capture.relevancy.batch_reading import BatchReading
from vl_tb_plugin.capture.relevancy.contributions import attention_layer
from vl_tb_plugin.capture.relevancy.explained_targets import explained_targets
from vl_tb_plugin.capture.relevancy.gradient_pass import SeenPart
from vl_tb_plugin.capture.relevancy.relevancy_request import ExplainedModel, RelevancyRequest

LayerImportance = dict[AttentionLayer, npt.NDArray[np.float32]]
"""(heads,) by layer; a layer that the score does not depend on may be missing."""


class HeadGradients:
    """``sum A dA`` by head, of every layer and sample."""

    def __init__(self) -> None:
        self._sums: dict[tuple[int, AttentionLayer], Tensor] = {}

    def receive(self, part: SeenPart) -> None:
        """Add some heads of one entry."""
        key = part.place.sample, attention_layer(part.site, part.layer)
        if key not in self._sums:
            self._sums[key] = torch.zeros(part.head_count, device=part.gradient.device)
        rows, columns = (
            torch.as_tensor(one.tokens, device=part.gradient.device)
            for one in (part.place.rows, part.place.columns)
        )
        products = (part.gradient * part.probabilities)[:, rows][:, :, columns]
        self._sums[key][part.heads] += products.sum(dim=(1, 2))

    def of_sample(self, sample: int) -> LayerImportance:
        """The absolute sums of a sample."""
        return {
            layer: total.abs().cpu().numpy()
            for (number, layer), total in self._sums.items()
            if number == sample
        }


def head_importance(
    explained: ExplainedModel, inputs: Mapping[str, Any], request: RelevancyRequest
) -> list[LayerImportance]:
    """By sample, the mean over its targets.

    Args:
        explained: the model.
        inputs: of its forward pass, by name.
        request: what is explained.

    Raises:
        InvalidExample: if the model has no such target.
        RuntimeError: if the attention of a layer can't be seen.
    """
    run, output = explained.observed_forward(inputs)
    batch = BatchReading(explained, run.layout, request)
    chosen, explain = explained_targets(explained, batch, output, request)
    means: list[LayerImportance] = [{} for _ in chosen]
    rounds = max(len(own) for own in chosen)
    for number in range(rounds):
        targets = [own[number] if number < len(own) else None for own in chosen]
        gradients = HeadGradients()
        run.backward(explain(output, targets), gradients, last=number == rounds - 1)
        for sample, target in enumerate(targets):
            if target is not None:
                for layer, values in gradients.of_sample(sample).items():
                    total = means[sample].setdefault(layer, np.zeros_like(values))
                    total += values / len(chosen[sample])
    return means
