"""What a projection says of itself: titles of its axes, what may be compared with what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from vl_tb_plugin.plugin.projection_plan import ProjectionPlan


def axis_titles(title: str, components: int, explained: Sequence[float] | None) -> list[str]:
    """A title per axis; ``explained`` are shares of the variance, of principal components."""
    if explained is None:
        return [f"{title} {number + 1}" for number in range(components)]
    return [
        f"component {number + 1}, {100 * share:.3g} % of the variance"
        for number, share in enumerate(explained)
    ]


def alignment_words(plan: ProjectionPlan, left_over: Mapping[str, float]) -> str:
    """One or two sentences for the view.

    Args:
        plan: of the projection.
        left_over: of runs that were turned onto the first, the share of variance that the turn
            does not explain.
    """
    request = plan.request
    steps = len({one.step for read in plan.reads for one in read.states})
    many = [
        f"{count} {name}"
        for count, name in (
            (steps, "steps"),
            (len(request.layers), "layers"),
            (len(request.runs), "runs"),
        )
        if count > 1
    ]
    over = f" over {_listed(many)}" if many else ""
    if request.method == "axes":
        return f"The same axes{over}, so that positions can be compared."
    if request.align == "previous":
        return (
            "Each step starts where the one before ended: tokens can be followed from step to"
            " step, but only distances within a step mean something."
        )
    if request.align == "procrustes":
        rest = _listed([f"{100 * share:.0f} % for {run}" for run, share in left_over.items()])
        return (
            "Every run has a fit of its own, turned, mirrored, scaled and shifted onto that of"
            f" {request.runs[0]} by the tokens that both have. What this does not bring together:"
            f" {rest} of the variance."
        )
    return f"One fit{over}, so that positions can be compared."


def _listed(parts: Sequence[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
