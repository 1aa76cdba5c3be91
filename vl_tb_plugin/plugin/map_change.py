"""How much what the model looks at moved from one checkpoint to another, example by example."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vl_tb_plugin.analysis.map_comparison import jensen_shannon, jensen_shannon_of_rows
from vl_tb_plugin.example import MODALITIES
from vl_tb_plugin.plugin.described_relevancy import method_title
from vl_tb_plugin.plugin.relevancy_scores import scores_by_sequence
from vl_tb_plugin.plugin.response import number_or_null
from vl_tb_plugin.storage import manifest_pb2
from vl_tb_plugin.storage.manifest import sequence_modality
from vl_tb_plugin.storage.tensor_store import TensorStore

_WORDS = ("text", "generated")


@dataclass(frozen=True)
class LoggedExample:
    """One example at one checkpoint."""

    manifest: manifest_pb2.Manifest
    store: TensorStore


Pair = tuple[LoggedExample, LoggedExample]
"""The same example at two checkpoints."""


def map_changes(pairs: Iterable[Pair | None]) -> tuple[str, list[float | None]]:
    """What is compared, in a sentence, and how much it changed in each pair, in nats.

    All pairs by the same measure, so that they can be ranked: the relevancy maps of the first
    method that a pair has at both checkpoints; where no pair has one, attention. ``None`` where a
    pair lacks what is compared, or there is no pair because its arrays are gone.
    """
    method: str | None = None
    by_relevancy: list[float | None] = []
    by_attention: list[float | None] = []
    for pair in pairs:
        if pair is None:
            by_relevancy.append(None)
            by_attention.append(None)
            continue
        method = method or _common_method(pair)
        if method is None:
            by_attention.append(_attention_change(pair))
            by_relevancy.append(None)
        else:
            by_relevancy.append(_relevancy_change(pair, method))
            by_attention.append(None)
    ends = "from 0 (equal) to 0.69 (disjoint)"
    if method is not None:
        return (
            f"Jensen-Shannon divergence of the two maps of {method_title(method)} over the tokens"
            f" that both checkpoints share, {ends}.",
            by_relevancy,
        )
    if any(change is not None for change in by_attention):
        return (
            "Jensen-Shannon divergence of the attention from words to the image in the last layer"
            f" that has it, mean over heads and words, {ends}.",
            by_attention,
        )
    return "No maps that could be compared were logged at both checkpoints.", by_attention


def _common_method(pair: Pair) -> str | None:
    there = {one.method for one in pair[1].manifest.relevancy}
    own = (one.method for one in pair[0].manifest.relevancy)
    return next((method for method in own if method in there), None)


def _relevancy_change(pair: Pair, method: str) -> float | None:
    """Between the first map of the method at either checkpoint, whatever it explains."""
    found = [
        next((one for one in example.manifest.relevancy if one.method == method), None)
        for example in pair
    ]
    first, second = found
    if first is None or second is None or list(first.sequences) != list(second.sequences):
        return None
    maps = [
        scores_by_sequence(example.store, example.manifest, one)
        for example, one in zip(pair, (first, second), strict=True)
    ]
    same = {name: _same_tokens(pair, name) for name in first.sequences}
    a, b = (np.concatenate([one[name][same[name]] for name in same]) for one in maps)
    both = ~(np.isnan(a) | np.isnan(b))
    return number_or_null(jensen_shannon(a[both], b[both])) if both.any() else None


def _attention_change(pair: Pair) -> float | None:
    """Mean over the words; of the rows, the image's share alone."""
    blocks = [_words_to_image(example.manifest) for example in pair]
    a, b = blocks
    if a is None or b is None or (a.name, a.query, a.key) != (b.name, b.query, b.key):
        return None
    layers = sorted(set(a.weight_layers) & set(b.weight_layers))
    words = _positions(pair, a.query, _WORDS)
    words = [place for place in words if all(not one.rows or place in one.rows for one in (a, b))]
    patches = _positions(pair, a.key, ("image",))
    patches = [
        place for place in patches if all(not one.keys or place in one.keys for one in (a, b))
    ]
    if not (layers and words and patches):
        return None
    rows = []
    for example, block in zip(pair, (a, b), strict=True):
        kept = list(block.rows)
        index = [kept.index(place) for place in words] if kept else words
        layer = list(block.weight_layers).index(layers[-1])
        weights = example.store.attention(block.weights, layer, None, slice(None)).decoded()
        rows.append(weights[np.ix_(index, patches)])
    divergence = jensen_shannon_of_rows(rows[0], rows[1])
    defined = divergence[~np.isnan(divergence)]
    return float(defined.mean()) if len(defined) else None


def _words_to_image(manifest: manifest_pb2.Manifest) -> manifest_pb2.AttentionBlock | None:
    """The first block with words as queries and image tokens as keys."""
    kinds = {one.name: set(one.modality) for one in manifest.sequences}
    words, image = {MODALITIES.index(name) for name in _WORDS}, MODALITIES.index("image")
    for block in manifest.attention:
        if kinds[block.query] & words and image in kinds[block.key]:
            return block
    return None


def _positions(pair: Pair, name: str, modalities: tuple[str, ...]) -> list[int]:
    """Positions of a sequence with the same token, of these modalities, at both checkpoints."""
    sequence = next(one for one in pair[0].manifest.sequences if one.name == name)
    modality = sequence_modality(sequence)
    same = _same_tokens(pair, name).tolist()
    return [place for place in same if modality[place] in modalities]


def _same_tokens(pair: Pair, name: str) -> npt.NDArray[np.int64]:
    """Positions of a sequence at which both checkpoints have the same token.

    Answers that are generated differ, and with them the ends of the sequences.
    """
    tokens = [
        one.tokens for example in pair for one in example.manifest.sequences if one.name == name
    ]
    together = zip(*tokens, strict=False)
    return np.array([place for place, (a, b) in enumerate(together) if a == b], np.int64)
