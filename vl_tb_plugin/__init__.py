"""See inside the checkpoints of vision-language transformers, in TensorBoard.

Importing this package imports neither torch nor transformers: TensorBoard loads it at start-up.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vl_tb_plugin.capture.capture_policy import CapturePolicy
    from vl_tb_plugin.capture.relevancy.targets import Target
    from vl_tb_plugin.capture.trace import Trace, trace
    from vl_tb_plugin.example import (
        Attention,
        Evaluation,
        Example,
        HiddenStates,
        InvalidExample,
        LogitLens,
        Measure,
        PerturbationCurve,
        PerturbationTest,
        Relevancy,
        TokenSequence,
    )
    from vl_tb_plugin.planner import StoragePlan, plan
    from vl_tb_plugin.storage.head_scalars import HeadScalars
    from vl_tb_plugin.storage.publisher import LoggingFailed
    from vl_tb_plugin.writer import SummaryWriter

__version__ = "0.1.0"

__all__ = [
    "Attention",
    "CapturePolicy",
    "Evaluation",
    "Example",
    "HeadScalars",
    "HiddenStates",
    "InvalidExample",
    "LoggingFailed",
    "LogitLens",
    "Measure",
    "PerturbationCurve",
    "PerturbationTest",
    "Relevancy",
    "StoragePlan",
    "SummaryWriter",
    "Target",
    "TokenSequence",
    "Trace",
    "plan",
    "trace",
]

_HOMES = {
    "Attention": "example",
    "CapturePolicy": "capture.capture_policy",
    "Evaluation": "example",
    "Example": "example",
    "HeadScalars": "storage.head_scalars",
    "HiddenStates": "example",
    "InvalidExample": "example",
    "LoggingFailed": "storage.publisher",
    "LogitLens": "example",
    "Measure": "example",
    "PerturbationCurve": "example",
    "PerturbationTest": "example",
    "Relevancy": "example",
    "StoragePlan": "planner",
    "SummaryWriter": "writer",
    "Target": "capture.relevancy.targets",
    "TokenSequence": "example",
    "Trace": "capture.trace",
    "plan": "planner",
    "trace": "capture.trace",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
