"""Layer-wise relevance propagation (LRP) through a transformer, as a modified backward pass.

Inside :func:`relevance_propagation` every torch function that the model calls computes what it
always does, but its backward pass carries relevance instead of gradients: ``torch.autograd.grad``
of a logit then gives, at each attention matrix A, its relevance R_A. The rules (``rules.py``) are
those of Chefer, Gur, Wolf, CVPR 2021 (LRP with alpha = 1).

Own code: Captum and Zennit give rules to modules, so that additions and products written as
functions escape them; LXT rewrites each model's classes by name and has no alpha rule; autoLRP has
no split of residual sums by their totals.
"""

from vl_tb_plugin.capture.relevance_propagation.propagation import relevance_propagation
from vl_tb_plugin.capture.relevance_propagation.rules import RelevancePropagationUnsupported

__all__ = ["RelevancePropagationUnsupported", "relevance_propagation"]
