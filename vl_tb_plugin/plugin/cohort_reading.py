"""Statistics of many samples at once, each part of a store read once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from vl_tb_plugin.plugin.logged_samples import LoggedBlock, LoggedSample
from vl_tb_plugin.plugin.request import BadRequest, NotFound
from vl_tb_plugin.plugin.store_cache import StoreCache
from vl_tb_plugin.storage.run_folder import store_path


@dataclass(frozen=True)
class BlockHeads:
    """The heads of an attention block, the same in all samples that are looked at together."""

    layers: tuple[int, ...]
    heads: int
    statistics: tuple[str, ...]
    """Names of all samples' statistics, in the order of the first."""


def common_heads(block: str, samples: Iterable[LoggedSample]) -> BlockHeads:
    """The heads of a block in samples that are averaged or compared.

    Raises:
        NotFound: where no sample has the block.
        BadRequest: where the block has other layers or heads in one sample than in another.
    """
    found: tuple[LoggedSample, LoggedBlock] | None = None
    names: dict[str, None] = {}
    others: dict[str, None] = {}
    for sample in samples:
        one = sample.blocks.get(block)
        if one is None:
            others |= dict.fromkeys(sample.blocks)
            continue
        found = found or (sample, one)
        if (one.layers, one.heads) != (found[1].layers, found[1].heads):
            raise BadRequest(
                f"Block {block!r} has {_described(sample, one)}, but {_described(*found)}: these"
                " heads can't be matched. Choose samples, runs or steps with the same heads."
            )
        names |= dict.fromkeys(one.statistics)
    if found is None:
        raise NotFound(f"No sample has an attention block {block!r}, only {list(others)}.")
    return BlockHeads(found[1].layers, found[1].heads, tuple(names))


def read_statistics(
    samples: Sequence[LoggedSample | None],
    block: str,
    heads: BlockHeads,
    names: Sequence[str],
    folder: Path,
    stores: StoreCache,
) -> npt.NDArray[np.float32]:
    """Statistics of one run's samples, which may be of several steps.

    Args:
        samples: ``None`` where a sample is missing.
        block: name of the block.
        heads: its layers and heads in all samples.
        names: which statistics.
        folder: the run's.
        stores: opens the stores.

    Returns:
        (samples, statistics, layers, heads), NaN where a sample, its block or a statistic of it was
        not logged.
    """
    shape = len(samples), len(names), len(heads.layers), heads.heads
    values = np.full(shape, np.nan, np.float32)
    parts: dict[tuple[str, str, tuple[str, ...]], list[tuple[int, int]]] = defaultdict(list)
    for row, sample in enumerate(samples):
        one = None if sample is None else sample.blocks.get(block)
        if sample is not None and one is not None:
            parts[sample.store, one.part, one.statistics].append((row, one.offset))
    for (store, path, statistics), places in parts.items():
        logged = [number for number, name in enumerate(names) if name in statistics]
        chosen = [statistics.index(names[number]) for number in logged]
        stacked = stores.open(store_path(folder, store)).stacked_statistics(path)
        rows, offsets = np.array(places).T
        values[np.ix_(rows, logged)] = stacked[np.ix_(offsets, chosen)]
    return values


def _described(sample: LoggedSample, block: LoggedBlock) -> str:
    return (
        f"layers {', '.join(map(str, block.layers))} with {block.heads} heads in {sample.tag!r}"
        f" (run {sample.run!r}, step {sample.step})"
    )
