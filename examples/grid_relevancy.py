"""What the answers of a grid model come from, by five methods, and which of them to believe.

A map says how much each word and each cell mattered for what the model said. Three questions to it:

- *Is it faithful?* Take away the cells (or the words) that it calls relevant, and the model should
  stop being right soon (positive order: a small area under the accuracy); take away the others, and
  it should not (negative order: a large one).
- *Is it where the evidence is?* The cell that holds the answer is known.
- *Does it depend on what the model learnt?* With random weights it should be another map.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from grid_models import GridModel
from grid_questions import ANSWERS, Questions
from torch import Tensor, nn

from vl_tb_plugin import (
    CapturePolicy,
    Measure,
    PerturbationCurve,
    PerturbationTest,
    Relevancy,
    TokenSequence,
    Trace,
    trace,
)
from vl_tb_plugin.analysis.map_measures import (
    agreement_measures,
    grounding_measures,
    reliance_measures,
)
from vl_tb_plugin.faithfulness.perturbation_test import perturbation_test
from vl_tb_plugin.faithfulness.weight_randomisation import RandomisationStage, weight_randomisation

METHODS = ("relevancy", "raw_attention", "rollout", "grad_cam", "random")


@dataclass(frozen=True)
class Explanations:
    """Maps of what the model said, and what they are worth.

    Attributes:
        maps: of each question, one per method.
        tests: of each question, its perturbation tests: cells and words, both orders, all methods.
        curves: those over all questions.
        measures: grounding, image reliance, and how far attention agrees with relevancy.
    """

    maps: Sequence[Sequence[Relevancy]]
    tests: Sequence[Sequence[PerturbationTest]]
    curves: Sequence[PerturbationCurve]
    measures: Sequence[Measure]

    def areas(self, order: str, modality: str = "image") -> dict[str, float]:
        """Area under the accuracy as tokens go, by method."""
        wanted = [one for one in self.curves if (one.order, one.modality) == (order, modality)]
        return {curve.method: curve.area for curve in wanted}

    def values(self, measure: str) -> dict[str, float]:
        """Values of a measure by method."""
        return {one.method: one.value for one in self.measures if one.name == measure}


def explain(
    grid: GridModel,
    traced: Trace,
    sequences: Sequence[Sequence[TokenSequence]],
    questions: Questions,
    said: Sequence[int],
) -> Explanations:
    """Explain what the model said, right or wrong, and test the explanations.

    Args:
        grid: the model.
        traced: the trace of its forward pass on the questions.
        sequences: of each question, the token sequences (``example.sequences``).
        questions: with the truth that the tests measure accuracy against.
        said: the answers of the model, indices into ``ANSWERS``.
    """
    maps = traced.relevancy(METHODS, targets=grid.targets(said))
    truth = torch.from_numpy(questions.answers)

    def accuracy(output: Any, batch: Any) -> Tensor:
        return (grid.scores(output).argmax(1) == truth).float()

    def words(output: Any, batch: Any) -> list[str]:
        return [ANSWERS[answer] for answer in grid.scores(output).argmax(1)]

    image, text = (
        perturbation_test(
            grid.model,
            grid.batch(questions),
            maps,
            sequences,
            metric=accuracy,
            modality=modality,
            answers=words,
        )
        for modality in ("image", "text")
    )
    return Explanations(
        maps,
        tests=[[*one, *other] for one, other in zip(image.samples, text.samples, strict=True)],
        curves=[*image.curves(), *text.curves()],
        measures=[
            *grounding_measures(maps, sequences, list(questions.boxes)),
            *reliance_measures(maps, sequences),
            *agreement_measures(maps),
        ],
    )


def forgetting(
    grid: GridModel, questions: Questions, said: Sequence[int]
) -> list[RandomisationStage]:
    """How like its own maps those of the model stay, for the same answers, as its layers become
    random one after another: near 1 in the end, a method shows the question, not the model."""
    batch, targets = grid.batch(questions), grid.targets(said)
    sparing = CapturePolicy(hidden_states=False)

    def maps_of(model: nn.Module) -> list[list[Relevancy]]:
        with torch.no_grad(), trace(model, processor=grid.tokenizer, policy=sparing) as t:
            model(**batch)
        return t.relevancy(METHODS[:-1], targets=targets)  # random numbers know nothing anyway

    return weight_randomisation(grid.model, maps_of)
