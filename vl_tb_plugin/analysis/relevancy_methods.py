"""The methods of relevancy that the project knows by name."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RelevancyMethod:
    """A method and how to say what it is.

    Attributes:
        name: in code and logs.
        title: for people.
        description: what it computes, and who proposed it.
    """

    name: str
    title: str
    description: str


_CHEFER = "Chefer, Gur, Wolf, ICCV 2021"

METHODS: dict[str, RelevancyMethod] = {
    method.name: method
    for method in (
        RelevancyMethod(
            "relevancy",
            "Relevancy",
            "Attention weighted by its gradient, positive part, mean over heads, carried through"
            f" all layers and across modalities ({_CHEFER}).",
        ),
        RelevancyMethod(
            "tower_relevancy",
            "Relevancy within the vision tower",
            "Relevancy of the pixels for what the vision tower hands on, all of its tokens alike;"
            f" rules of {_CHEFER}, reading as in LVLM-Interpret (2024).",
        ),
        RelevancyMethod(
            "raw_attention", "Raw attention", "Mean over the heads of the last layer's attention."
        ),
        RelevancyMethod(
            "rollout",
            "Rollout",
            "Mean attention plus the residual path, multiplied through all layers"
            " (Abnar, Zuidema, ACL 2020).",
        ),
        RelevancyMethod(
            "grad_cam",
            "Attention Grad-CAM",
            "The last layer's attention, each head weighted by its mean gradient"
            f" (as in {_CHEFER}).",
        ),
        RelevancyMethod(
            "partial_lrp",
            "Partial LRP",
            "The last layer's attention by layer-wise relevance propagation, mean over heads"
            " (Voita et al., ACL 2019).",
        ),
        RelevancyMethod(
            "transformer_attribution",
            "Transformer attribution",
            "Layer-wise relevance of each attention map weighted by its gradient, multiplied"
            " through all layers (Chefer, Gur, Wolf, CVPR 2021).",
        ),
        RelevancyMethod(
            "no_normalisation",
            "Relevancy, not normalised",
            f"Relevancy without the normalisation of equations 8 and 9 ({_CHEFER}, ablation).",
        ),
        RelevancyMethod(
            "no_self_in_rule_10",
            "Relevancy, cross rule without self-attention",
            f"Relevancy whose rule 10 adds the cross-attention alone ({_CHEFER}, ablation).",
        ),
        RelevancyMethod(
            "no_aggregation",
            "Relevancy, not aggregated",
            f"Relevancy whose rules replace instead of add ({_CHEFER}, ablation).",
        ),
        RelevancyMethod("random", "Random order", "Random numbers: what no map at all achieves."),
    )
}
