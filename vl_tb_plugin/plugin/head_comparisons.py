"""Heads compared by their rows of attention: with each other, and with those of another step."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vl_tb_plugin.analysis.head_divergence import divergence_sum
from vl_tb_plugin.analysis.head_matching import match_heads
from vl_tb_plugin.analysis.head_similarity import cluster_heads
from vl_tb_plugin.plugin.cohort_answers import CohortAnswers, CohortChoice
from vl_tb_plugin.plugin.compared_heads import (
    ComparedHeads,
    evenly,
    rows_note,
    rows_to_compare,
    samples_to_read,
)
from vl_tb_plugin.plugin.computed_answers import ComputedAnswer
from vl_tb_plugin.plugin.kept_block import KeptBlock
from vl_tb_plugin.plugin.logged_samples import LoggedSample
from vl_tb_plugin.plugin.request import BadRequest, NotFound
from vl_tb_plugin.plugin.run_folders import RunFolders
from vl_tb_plugin.plugin.run_index import RunIndex
from vl_tb_plugin.plugin.store_cache import StoreCache
from vl_tb_plugin.storage.run_folder import store_path


class HeadComparisons:
    """Computes the answers of ``head_similarity`` and ``head_matching``."""

    def __init__(
        self, index: RunIndex, folders: RunFolders, stores: StoreCache, cohorts: CohortAnswers
    ):
        self._index = index
        self._folders = folders
        self._stores = stores
        self._cohorts = cohorts

    def similarity(
        self, choice: CohortChoice, block: str, layers: Sequence[int] | None
    ) -> ComputedAnswer:
        """Divergence of every pair of heads, an order and clusters."""
        samples = _with_block(block, self._cohorts.cohort(choice))
        first = self._kept(choice, samples[0], block)
        heads = ComparedHeads.of(first, layers)
        pairs = len(heads) * (len(heads) - 1) // 2
        chosen = evenly(samples, samples_to_read(first, len(heads), len(samples), pairs))
        total, rows, used = np.zeros((len(heads), len(heads))), 0, 0
        for sample in chosen:
            kept = self._kept(choice, sample, block)
            if not heads.kept_in(kept):
                continue
            keys = kept.kept_keys
            positions = rows_to_compare(kept.content_rows, len(chosen), pairs, len(keys))
            weights = heads.weights(kept, positions, keys)
            weights = weights[:, (weights.sum(axis=-1) > 0).all(axis=0)]
            total += divergence_sum(weights)
            rows, used = rows + weights.shape[1], used + 1
        if not rows:
            raise NotFound(f"No row of block {block!r} has weights in all of these heads.")
        divergence = total / rows
        clusters = cluster_heads(divergence)
        layer, head = heads.numbers
        arrays = {
            "divergence": divergence.astype(np.float32),
            "layer": layer,
            "head": head,
            "cluster": clusters.cluster,
            "order": clusters.order,
        }
        note = f"{rows_note(rows, used, len(samples))} {heads.note}".strip()
        header = {
            "cohort": choice.cohort,
            "samples": used,
            "rows": rows,
            "note": note,
            "clustering": clusters.method,
        }
        return ComputedAnswer(arrays, header)

    def matching(
        self, choice: CohortChoice, block: str, layers: Sequence[int] | None
    ) -> ComputedAnswer:
        """For every head the one of the other step that looks most alike, each taken once."""
        assert choice.other is not None
        pairs = [
            pair
            for pair in self._cohorts.pairs(choice)
            if all(block in sample.blocks for sample in pair)
        ]
        if not pairs:
            raise NotFound(f"No example of the cohort has block {block!r} at both steps.")
        first, second = (self._kept(choice, sample, block) for sample in pairs[0])
        heads, others = ComparedHeads.of(first, layers), ComparedHeads.of(second, layers)
        work = len(heads) * len(others)
        chosen = evenly(pairs, samples_to_read(first, len(heads) + len(others), len(pairs), work))
        total, rows, used = np.zeros((len(heads), len(others))), 0, 0
        for pair in chosen:
            here, there = (self._kept(choice, sample, block) for sample in pair)
            if not (_same_tokens(here, there) and heads.kept_in(here) and others.kept_in(there)):
                continue
            content = np.intersect1d(here.content_rows, there.content_rows)
            keys = np.intersect1d(here.kept_keys, there.kept_keys)
            positions = rows_to_compare(content, len(chosen), work, len(keys))
            left = heads.weights(here, positions, keys)
            right = others.weights(there, positions, keys)
            known = [(one.sum(axis=-1) > 0).all(axis=0) for one in (left, right)]
            both = known[0] & known[1]
            total += divergence_sum(left[:, both], right[:, both])
            rows, used = rows + int(both.sum()), used + 1
        if not rows:
            raise BadRequest(
                f"No row of block {block!r} can be compared: heads are matched on the same tokens"
                " at both steps, with the weights of all heads."
            )
        divergence = total / rows
        index, other_index = match_heads(divergence)
        layer, head = (numbers[index] for numbers in heads.numbers)
        other_layer, other_head = others.numbers
        places = {one: place for place, one in enumerate(zip(*others.numbers, strict=True))}
        same = [places.get(one) for one in zip(layer, head, strict=True)]
        identity = [
            np.nan if place is None else divergence[one, place]
            for one, place in zip(index, same, strict=True)
        ]
        arrays = {
            "layer": layer,
            "head": head,
            "other_layer": other_layer[other_index],
            "other_head": other_head[other_index],
            "divergence": divergence[index, other_index].astype(np.float32),
            "identity_divergence": np.array(identity, np.float32),
        }
        note = f"{rows_note(rows, used, len(pairs))} {heads.note or others.note}".strip()
        header = {"cohort": choice.cohort, "samples": used, "rows": rows, "note": note}
        return ComputedAnswer(arrays, header)

    def _kept(self, choice: CohortChoice, sample: LoggedSample, block: str) -> KeptBlock:
        _, manifest = self._index.manifest(choice.experiment, sample.run, sample.tag, sample.step)
        store = self._stores.open(store_path(self._folders.folder(sample.run), manifest.store))
        return KeptBlock.of(store, manifest, block)


def _with_block(block: str, samples: list[LoggedSample]) -> list[LoggedSample]:
    found = [sample for sample in samples if block in sample.blocks]
    if not found:
        known = dict.fromkeys(name for sample in samples for name in sample.blocks)
        raise NotFound(f"No sample has an attention block {block!r}, only {list(known)}.")
    return found


def _same_tokens(first: KeptBlock, second: KeptBlock) -> bool:
    return all(
        list(one.tokens) == list(other.tokens)
        for one, other in ((first.query, second.query), (first.key, second.key))
    )
