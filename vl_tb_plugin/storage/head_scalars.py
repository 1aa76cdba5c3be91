"""Statistics of heads as ordinary scalars, beside the manifests of the examples."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from vl_tb_plugin.analysis.head_statistics import STATISTICS, mean_of_defined
from vl_tb_plugin.example import Attention, InvalidExample

PER = ("block", "layer", "head")

MOST_TAGS = 512
"""More scalars at one step would make TensorBoard's own page slow, and nobody looks at them."""


@dataclass(frozen=True)
class HeadScalars:
    """Which statistics of heads a :class:`vl_tb_plugin.SummaryWriter` logs as scalars, too.

    A scalar is the mean over all examples of a set at a step: ``<set>/heads/<statistic>/<block>``,
    and ``.../layer_03``, ``.../layer_03/head_07`` below it. The set is the first part of the
    example's tag, ``val`` of ``val/0007`` (none where the tag has one part). What is not defined
    (image attention of a block without image tokens, say) has no scalar.

    Args:
        statistics: names in ``vl_tb_plugin.analysis.head_statistics.STATISTICS``.
        per: ``"layer"`` for the mean over the heads of each layer, ``"block"`` for the mean over
            all heads of a block, ``"head"`` for each head.

    Raises:
        InvalidExample: for an unknown statistic or level.
    """

    statistics: Sequence[str]
    per: Literal["block", "layer", "head"] = "layer"

    def __post_init__(self) -> None:
        given = self.statistics
        names = (given,) if isinstance(given, str) else tuple(given)
        unknown = [name for name in names if name not in STATISTICS]
        if unknown or not names:
            got = ", ".join(map(repr, unknown)) or "none"
            raise InvalidExample("statistics", f"some of {', '.join(STATISTICS)}", got)
        if self.per not in PER:
            raise InvalidExample("per", f"one of {', '.join(PER)}", repr(self.per))
        object.__setattr__(self, "statistics", tuple(dict.fromkeys(names)))

    def tags(self, example_tag: str, block: Attention) -> list[str]:
        """The scalars of a block, in the order of :meth:`values`."""
        group, slash, _ = example_tag.partition("/")
        below = [""]
        if self.per != "block":
            below = [f"/layer_{layer:02d}" for layer in block.layers]
        if self.per == "head":
            below = [f"{one}/head_{head:02d}" for one in below for head in range(block.heads)]
        return [
            f"{group if slash else ''}{slash}heads/{statistic}/{block.name}{one}"
            for statistic in self.statistics
            for one in below
        ]

    def values(self, statistics: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """(scalars,) of one example, NaN where not defined.

        Args:
            statistics: (statistics, layers, heads) of a block, first those of ``STATISTICS``.
        """
        names = list(STATISTICS)
        chosen = statistics[[names.index(name) for name in self.statistics]]
        if self.per == "head":
            return chosen.reshape(-1)
        if self.per == "layer":
            return mean_of_defined(chosen).reshape(-1).astype(np.float32)
        return mean_of_defined(chosen.reshape(len(chosen), -1)).astype(np.float32)


class HeadScalarMeans:
    """The scalars of the step that is being written: means over its examples so far.

    An example that is logged again at the step counts once, as it was last. When another step
    begins the examples of the one before are forgotten.

    Args:
        wanted: which scalars.
    """

    def __init__(self, wanted: HeadScalars):
        self._wanted = wanted
        self._step: int | None = None
        self._values: dict[tuple[str, str], tuple[list[str], npt.NDArray[np.float32]]] = {}

    def add(
        self, tag: str, step: int, block: Attention, statistics: npt.NDArray[np.float32]
    ) -> None:
        """Take in a block of an example."""
        if step != self._step:
            self._step, self._values = step, {}
        tags = self._wanted.tags(tag, block)
        self._values[(tag, block.name)] = tags, self._wanted.values(statistics)

    def means(self) -> list[tuple[str, float]]:
        """Tag and value of every scalar that is defined."""
        total: dict[str, float] = defaultdict(float)
        count: dict[str, int] = defaultdict(int)
        for tags, values in self._values.values():
            for tag, value in zip(tags, values.tolist(), strict=True):
                if value == value:  # not NaN
                    total[tag] += value
                    count[tag] += 1
        return [(tag, total[tag] / count[tag]) for tag in total]


class ScalarTags:
    """How many scalars there are at a step; raises before there are too many.

    Args:
        wanted: which scalars.
    """

    def __init__(self, wanted: HeadScalars):
        self._wanted = wanted
        self._step: int | None = None
        self._tags: set[str] = set()

    def check(self, step: int, examples: Sequence[tuple[str, Sequence[Attention]]]) -> None:
        """Count the scalars of some examples, by tag and blocks.

        Raises:
            InvalidExample: if there are more than :data:`MOST_TAGS` with those before of the step;
                then these do not count.
        """
        known = self._tags if step == self._step else set()
        more = {
            tag
            for example_tag, blocks in examples
            for block in blocks
            for tag in self._wanted.tags(example_tag, block)
        }
        if len(known | more) > MOST_TAGS:
            raise InvalidExample(
                "head_scalars",
                f"at most {MOST_TAGS} scalars a step",
                f"{len(known | more)} (ask for fewer statistics, or per layer or block)",
            )
        self._step, self._tags = step, known | more
