"""What TensorBoard lists of a run, and what follows from it, found once per listing."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from vl_tb_plugin.storage.evaluation_manifest import EVALUATION_CONTENT


@dataclass(frozen=True, eq=False)
class ListedRun:
    """The tags of a run, of examples and of evaluations.

    Attributes:
        name: of the run.
        tags: each with TensorBoard's ``TensorTimeSeries``.
    """

    name: str
    tags: Mapping[str, Any]

    @cached_property
    def examples(self) -> Mapping[str, Any]:
        """The tags that are examples; no event is read for that."""
        return {tag: listed for tag, listed in self.tags.items() if not listed.plugin_content}

    @cached_property
    def evaluations(self) -> Mapping[str, Any]:
        """The tags that are evaluations."""
        return {
            tag: listed
            for tag, listed in self.tags.items()
            if listed.plugin_content == EVALUATION_CONTENT
        }

    @cached_property
    def last_step(self) -> int:
        """Of all tags; there must be one."""
        return max(listed.max_step for listed in self.tags.values())

    @cached_property
    def digest(self) -> bytes:
        """Changes whenever something was logged to the run."""
        digest = hashlib.blake2b(self.name.encode(), digest_size=8)
        for tag, listed in sorted(self.tags.items()):
            digest.update(repr((tag, listed.max_step, listed.max_wall_time)).encode())
        return digest.digest()
