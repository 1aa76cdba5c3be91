"""What is asked of a batch: of which model, by which methods, for which outputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from vl_tb_plugin.analysis.relevancy import RULES
from vl_tb_plugin.analysis.relevancy_schedule import Schedule, in_order
from vl_tb_plugin.capture.batch_layout import BatchLayout
from vl_tb_plugin.capture.families.structure import AttentionSite, Explanation
from vl_tb_plugin.capture.module_sites import ModuleSite
from vl_tb_plugin.capture.relevancy.contributions import GRAD_CAM, MEAN, RELEVANCE, attention_layer
from vl_tb_plugin.capture.relevancy.gradient_pass import GradientPass, without_cache
from vl_tb_plugin.capture.relevancy.targets import Target
from vl_tb_plugin.example import InvalidExample

Score = Callable[[Any], Tensor]
"""From the output of the model to one number per sample, where it is no single logit."""

LAST_LAYERS = {"raw_attention": MEAN, "grad_cam": GRAD_CAM, "partial_lrp": RELEVANCE}
"""Methods that look at the last layers alone, and at what of them."""

PROPAGATED = ("partial_lrp", "transformer_attribution")
"""Methods that need layer-wise relevance."""

COMPUTED = (*RULES, *LAST_LAYERS, "rollout", "transformer_attribution", "tower_relevancy", "random")


@dataclass(frozen=True)
class ExplainedModel:
    """A model and how relevancy sees it.

    Attributes:
        model: runs with gradients.
        sites: where its attention is.
        observed: modules whose results its layout depends on.
        layout: makes the sequences of a batch from the results of those.
        explanation: what is read.
        decoder: name of the sequence in which a decoder says its tokens; empty if it has none.
        token: the string of a token id.
    """

    model: nn.Module
    sites: Sequence[ModuleSite[AttentionSite]]
    observed: Mapping[str, nn.Module]
    layout: Callable[[Mapping[str, list[Any]]], BatchLayout]
    explanation: Explanation
    decoder: str
    token: Callable[[int], str]

    @property
    def schedule(self) -> Schedule:
        """The order in which layers count."""
        if self.explanation.schedule.steps:
            return self.explanation.schedule
        return in_order([attention_layer(one.site, one.layer) for one in self.sites])

    def gradient_pass(self, *, propagate: bool = False) -> GradientPass:
        """A fresh pass."""
        return GradientPass(self.model, self.sites, self.observed, self.layout, propagate=propagate)

    def observed_forward(
        self, inputs: Mapping[str, Any], *, propagate: bool = False
    ) -> tuple[GradientPass, Any]:
        """A fresh pass that has run forward, and its output.

        Raises:
            RuntimeError: if the attention of a layer can't be seen.
        """
        run = self.gradient_pass(propagate=propagate)
        output = run.forward(without_cache(self.model, inputs))
        if run.problems:
            raise RuntimeError("Relevancy can't be computed. " + " ".join(run.problems))
        return run, output


@dataclass
class RelevancyRequest:
    """What is asked of a batch.

    Attributes:
        methods: names of methods.
        targets: by sample, what is explained; ``None`` for what the model says.
        score: instead of a logit.
        start_layer: from which layer on attention counts; ``None`` for the family's own.
        seed: of random maps.
        prompt: where the targets are the tokens that a ``generate()`` said, in order: how many
            tokens it was given.
    """

    methods: Sequence[str] = ("relevancy",)
    targets: Sequence[Sequence[Target | int | None]] | None = None
    score: Score | None = None
    start_layer: int | None = None
    seed: int = 0
    prompt: int | None = None

    def __post_init__(self) -> None:
        unknown = [name for name in self.methods if name not in COMPUTED]
        if unknown:
            raise InvalidExample(
                "methods", f"some of {', '.join(COMPUTED)}", ", ".join(map(repr, unknown))
            )

    def asks_for(self, *methods: str) -> bool:
        """Whether one of these methods is wanted."""
        return any(name in self.methods for name in methods)
