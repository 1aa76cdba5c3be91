"""How the arrays came to be, for whoever looks at them later."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import nn

import vl_tb_plugin
from vl_tb_plugin.capture.capture_policy import CapturePolicy


def provenance(
    model: nn.Module, mechanisms: Iterable[str], policy: CapturePolicy
) -> dict[str, str]:
    """Model, dtype, attention implementation, capture path and versions, by name."""
    import transformers

    base = getattr(model, "get_base_model", None)  # PEFT
    model = base() if callable(base) else model
    config = getattr(model, "config", None)
    implementation = getattr(config, "_attn_implementation", None)
    return {
        "model": type(model).__name__,
        "dtype": str(next(model.parameters()).dtype).removeprefix("torch."),
        "attention implementation": str(implementation or "of the model itself"),
        "seen in": ", ".join(sorted(mechanisms)) or "nothing",
        "weights": policy.precision,
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "vl_tb_plugin": vl_tb_plugin.__version__,
    }
