"""Head importance: how much an output would change if a head were turned down a little."""

from __future__ import annotations

TITLE = "Head importance"
"""Under which it is logged with a block of attention."""

UNIT = "change of the score"

DESCRIPTION = (
    "|Σ A · ∂y/∂A| over all pairs of tokens, A the weights of the head and y the score that is"
    " explained: by how much y would change, to first order, if the head's output were scaled down"
    " to zero (Michel, Levy, Neubig 2019). Comparable between heads of one example; not normalised"
    " by layer."
)
