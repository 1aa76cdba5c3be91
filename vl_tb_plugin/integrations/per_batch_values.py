"""What a user tells of the samples of a batch, as callbacks take it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

BatchValues = Callable[[Any, Mapping[str, Any]], Mapping[str, Any]]
"""From a model's output and its inputs to values per sample.

The names are those of :meth:`vl_tb_plugin.SummaryWriter.add_vl_batch`: ``predictions``,
``targets``, ``correct``, ``images``, ``text``, ``target_boxes``, ``fields``.
"""


def joined(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """Both; where a name is in both the second counts, and ``fields`` are joined by name."""
    values = {**first, **second}
    if first.get("fields") and second.get("fields"):
        values["fields"] = {**first["fields"], **second["fields"]}
    return values
