"""Perturbation test: takes tokens away in the order of maps and watches a metric."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from torch import nn
from tqdm import tqdm  # type: ignore[import-untyped]

from vl_tb_plugin.analysis.map_tokens import scores_of, sequence_with
from vl_tb_plugin.analysis.perturbation import (
    IMAGE_FRACTIONS,
    SINGLE_STREAM_IMAGE_FRACTIONS,
    TEXT_FRACTIONS,
    kept_count,
    removal_order,
)
from vl_tb_plugin.example import PerturbationTest, Relevancy, TokenSequence, as_array
from vl_tb_plugin.faithfulness.perturbation_results import PerturbationResults
from vl_tb_plugin.faithfulness.reduced_batch import Batch, Positions, ReducedBatch, Removal
from vl_tb_plugin.faithfulness.steady_model import steady
from vl_tb_plugin.faithfulness.token_removal import token_removal

Metric = Callable[[Any, Batch], Any]
"""From the model's output and the batch that gave it, (samples,) numbers in the samples' order."""

Answers = Callable[[Any, Batch], Sequence[str]]
"""From the same, what the model said about each sample."""

RANDOM = "random"
"""Name of the random order, as in the methods of relevancy."""

FloatArray = npt.NDArray[np.float64]


def perturbation_test(
    model: nn.Module,
    batch: Batch,
    maps: Sequence[Sequence[Relevancy]],
    sequences: Sequence[Sequence[TokenSequence]],
    *,
    metric: Metric,
    metric_name: str = "",
    modality: str = "image",
    sequence: str | None = None,
    removal: Removal | None = None,
    fractions: Sequence[float] | None = None,
    orders: Sequence[str] = ("positive", "negative"),
    answers: Answers | None = None,
    seed: int = 0,
    progress: bool = False,
) -> PerturbationResults:
    """Take tokens of one modality away, step by step, and see what becomes of a metric.

    Chefer, Gur, Wolf (ICCV 2021), section 4. Only text or image tokens that every map of the sample
    scores are taken; special tokens and padding stay. A random order is tested along with the
    maps, unless one of them is called so. The model runs in evaluation mode, without gradients, and
    is left as it was; it runs once for every different set of tokens.

    Args:
        model: called as ``model(**batch)``.
        batch: its inputs by name, samples on axis 0.
        maps: of each sample, one map per method.
        sequences: of each sample, the token sequences of the maps (``example.sequences``).
        metric: ``metric(output, batch) -> (samples,)``: accuracy, the probability of the target ...
            ``batch`` is what the model was given, without the tokens that are gone.
        metric_name: as the views show it; by default, the name of the function.
        modality: of the tokens to take, ``"image"`` or ``"text"``.
        sequence: name of the sequence that loses them; by default the first in which a map scores
            tokens of the modality.
        removal: how tokens leave the batch; by default the way that fits the batch, see
            :mod:`vl_tb_plugin.faithfulness.token_removal`.
        fractions: shares of the tokens to take, ascending; by default the published ones.
        orders: ``"positive"`` (most relevant first), ``"negative"``, or both.
        answers: ``answers(output, batch)``: what the model said, a string per sample.
        seed: of the random order, and of models that draw random numbers.
        progress: whether to show a progress bar.

    Raises:
        ValueError: if the maps don't fit each other or the batch, or the metric is not one number
            a sample.
        InvalidExample: if a map doesn't fit its sequences.

    Example:
        >>> results = perturbation_test(  # doctest: +SKIP
        ...     model, batch, maps, [example.sequences for example in examples],
        ...     metric=lambda output, batch: (output.logits.argmax(-1) == labels).float(),
        ...     metric_name="accuracy",
        ... )
        >>> Evaluation(curves=results.curves())  # doctest: +SKIP
    """
    losing = _losing_sequences(maps, sequences, modality, sequence)
    scores = [
        _scores(own, losing[number], modality, np.random.default_rng((seed, number)))
        for number, own in enumerate(maps)
    ]
    shares = _fractions(fractions, losing, modality)
    methods = _methods(scores)
    removal = removal or token_removal(batch, losing, modality)
    tests: list[list[PerturbationTest]] = [[] for _ in maps]
    steps = tqdm(total=len(methods) * len(orders) * len(shares), disable=not progress)
    with steps, steady(model, seed) as run:
        runs = _Runs(run, batch, removal, metric, answers)
        for method, order in ((method, order) for method in methods for order in orders):
            going = [removal_order(own[method], order) for own in scores]
            gone = [[len(one) - kept_count(len(one), share) for share in shares] for one in going]
            results = []
            for step in range(len(shares)):
                counts = [own[step] for own in gone]
                results.append(
                    runs.without([one[:n].tolist() for one, n in zip(going, counts, strict=True)])
                )
                steps.update()
            for number, own_tests in enumerate(tests):
                own_tests.append(
                    PerturbationTest(
                        method,
                        order,
                        losing[number].name,
                        shares,
                        [values[number] for values, _ in results],
                        going[number].tolist(),
                        gone[number],
                        metric=metric_name or getattr(metric, "__name__", "metric"),
                        target=_target(maps[number], method),
                        answers=[said[number] for _, said in results if said],
                    )
                )
    return PerturbationResults(tuple(map(tuple, tests)), modality)


class _Runs:
    """Runs of the model without some tokens; the same tokens are taken away once only."""

    def __init__(
        self,
        run: Callable[..., Any],
        batch: Batch,
        removal: Removal,
        metric: Metric,
        answers: Answers | None,
    ):
        self._run = run
        self._batch = batch
        self._removal = removal
        self._metric = metric
        self._answers = answers
        self._known: dict[tuple[frozenset[int], ...], tuple[list[float], list[str]]] = {}

    def without(self, positions: Positions) -> tuple[list[float], list[str]]:
        """The metric and, where asked for, the answer of each sample without these tokens."""
        gone = tuple(map(frozenset, positions))
        if gone not in self._known:
            self._known[gone] = self._new([sorted(one) for one in positions])
        return self._known[gone]

    def _new(self, positions: Positions) -> tuple[list[float], list[str]]:
        count = len(positions)
        reduced = self._removal(self._batch, positions)
        if isinstance(reduced, Sequence):
            parts = list(reduced)
        else:
            parts = [ReducedBatch(reduced, range(count))]
        values, said = np.full(count, np.nan), [""] * count
        for part in parts:
            output = self._run(**part.batch)
            samples = list(part.samples)
            own, _ = as_array(self._metric(output, part.batch), "metric")
            if own.shape != (count,):
                raise ValueError(f"metric(output, batch) gave {own.shape}, not one a sample.")
            values[samples] = own[samples]
            if self._answers is not None:
                strings = self._answers(output, part.batch)
                for sample in samples:
                    said[sample] = str(strings[sample])
        return values.tolist(), said if self._answers is not None else []


def _losing_sequences(
    maps: Sequence[Sequence[Relevancy]],
    sequences: Sequence[Sequence[TokenSequence]],
    modality: str,
    name: str | None,
) -> list[TokenSequence]:
    """The sequence of each sample that loses tokens."""
    if not maps or len(maps) != len(sequences):
        raise ValueError(f"Maps of {len(maps)} samples, but sequences of {len(sequences)}.")
    losing = []
    for number, (own, known) in enumerate(zip(maps, sequences, strict=True)):
        named = [one for one in known if one.name == name]
        found = named[0] if named else None
        if own and name is None:
            found = sequence_with(own[0], known, (modality,))
        if found is None or any(found.name not in map_.scores for map_ in own):
            wanted = f"sequence {name!r}" if name else f"a sequence with {modality} tokens"
            raise ValueError(f"Sample {number}: {list(own)} don't all have scores of {wanted}.")
        losing.append(found)
    return losing


def _scores(
    maps: Sequence[Relevancy], sequence: TokenSequence, modality: str, rng: np.random.Generator
) -> dict[str, FloatArray]:
    """Scores (tokens,) by method, NaN for tokens that stay; random ones among them."""
    scores = {map_.method: scores_of(map_, sequence, (modality,)) for map_ in maps}
    if len(scores) != len(maps):
        raise ValueError(f"One map per method, not {list(maps)}.")
    stays = np.isnan([*scores.values()]).any(axis=0)
    if stays.all():
        raise ValueError(f"No {modality} token of {sequence} is scored by all of {list(maps)}.")
    scores.setdefault(RANDOM, rng.random(len(sequence)))
    return {method: np.where(stays, np.nan, values) for method, values in scores.items()}


def _methods(scores: Sequence[Mapping[str, FloatArray]]) -> list[str]:
    methods = list(scores[0])
    for number, own in enumerate(scores):
        if set(own) != set(methods):
            raise ValueError(f"Sample {number} has maps of {list(own)}, sample 0 of {methods}.")
    return methods


def _fractions(
    given: Sequence[float] | None, losing: Sequence[TokenSequence], modality: str
) -> tuple[float, ...]:
    if given is not None:
        if not given or any(b <= a for a, b in pairwise(given)):
            raise ValueError(f"Fractions are ascending, not {list(given)}.")
        return tuple(given)
    if modality == "text":
        return TEXT_FRACTIONS
    return SINGLE_STREAM_IMAGE_FRACTIONS if "text" in losing[0].modality else IMAGE_FRACTIONS


def _target(maps: Sequence[Relevancy], method: str) -> str:
    """What the map of a method explains; the random order stands beside the first one."""
    return next((map_.target for map_ in maps if map_.method == method), maps[0].target)
