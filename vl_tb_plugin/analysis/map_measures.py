"""Numbers of maps of relevancy over samples, as measures to log.

Common arguments, with one entry per sample:

- ``maps``: its maps, of any methods; several of one method (of several targets) count with their
  mean;
- ``sequences``: the token sequences that the maps' scores belong to.

A sample for which a number means nothing does not count (:attr:`Measure.samples` says how many do),
and a method without any such sample gives no measure. All functions raise ``ValueError`` if the
arguments have different numbers of samples, and :class:`~vl_tb_plugin.InvalidExample` for a map
that does not fit its sequences.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from vl_tb_plugin.analysis.grounding import energy_inside, otsu_iou, pointing_game
from vl_tb_plugin.analysis.map_comparison import spearman
from vl_tb_plugin.analysis.map_tokens import IMAGE, TEXT, scores_of, sequence_with, sequences_of
from vl_tb_plugin.analysis.reliance import image_reliance
from vl_tb_plugin.analysis.sample_mean import mean_and_standard_error
from vl_tb_plugin.example import Measure, Relevancy, TokenSequence

Maps = Sequence[Sequence[Relevancy]]
Sequences = Sequence[Sequence[TokenSequence]]
Formula = Callable[[npt.ArrayLike, npt.ArrayLike, npt.ArrayLike], float]
"""Scores, boxes and evidence to a number."""

_GROUNDING: dict[str, Formula] = {
    "pointing_game": pointing_game,
    "energy_inside": energy_inside,
    "otsu_iou": otsu_iou,
}


def grounding_measures(
    maps: Maps, sequences: Sequences, target_boxes: Sequence[npt.ArrayLike]
) -> list[Measure]:
    """Pointing game, energy inside and IoU after Otsu's threshold, per method.

    Args:
        maps: see above.
        sequences: see above.
        target_boxes: the evidence in the first image of each sample: (n, 4) boxes as fractions of
            it, none where unknown, or a mask (height, width) of dtype bool.
    """
    measures = []
    for name, formula in _GROUNDING.items():

        def value(map_: Relevancy, number: int, formula: Formula = formula) -> float:
            sequence = sequence_with(map_, sequences[number], IMAGE)
            if sequence is None:
                return float("nan")
            scores = scores_of(map_, sequence, IMAGE)
            scores[sequence.image_index != 0] = np.nan
            return formula(scores, sequence.boxes, target_boxes[number])

        measures += per_method(name, maps, value, sequences, target_boxes)
    return measures


def reliance_measures(maps: Maps, sequences: Sequences) -> list[Measure]:
    """Image reliance per method.

    Both modalities are taken from one sequence where one holds both, else each from the first that
    holds it.
    """

    def value(map_: Relevancy, number: int) -> float:
        own = sequences_of(map_, sequences[number])
        scores = [[scores_of(map_, one, kind) for kind in (IMAGE, TEXT)] for one in own]
        scored = [[not np.isnan(one).all() for one in pair] for pair in scores]
        if [True, True] in scored:
            return image_reliance(*scores[scored.index([True, True])])
        image, text = (
            next((pair[kind] for pair in scores if not np.isnan(pair[kind]).all()), np.zeros(0))
            for kind in (0, 1)
        )
        return image_reliance(image, text)

    return per_method("image_reliance", maps, value, sequences)


def agreement_measures(
    maps: Maps, method: str = "relevancy", other: str = "raw_attention"
) -> list[Measure]:
    """How far the maps of two methods agree: see :func:`agreement`; at most one measure.

    Maps of the same target and position of a sample are compared. The measure is
    ``attention_relevancy_agreement``, of the first method.
    """

    def value(map_: Relevancy, number: int) -> float:
        return agreement_with(map_, [one for one in maps[number] if one.method == other])

    own = [[one for one in sample if one.method == method] for sample in maps]
    return per_method("attention_relevancy_agreement", own, value)


def agreement_with(map_: Relevancy, others: Sequence[Relevancy]) -> float:
    """Agreement of a map with that of the same target and position; NaN without one."""
    wanted = map_.target, map_.position
    partners = [one for one in others if (one.target, one.position) == wanted]
    return agreement(map_, partners[0]) if partners else float("nan")


def agreement(a: Relevancy, b: Relevancy) -> float:
    """Spearman's rank correlation of two maps, over all tokens that both score.

    The scores of all sequences that both have are compared as one map. NaN where they share none.

    Raises:
        ValueError: if a sequence has different lengths in them.
    """
    shared = [name for name in a.scores if name in b.scores]
    if not shared:
        return float("nan")
    first, second = (np.concatenate([one.scores[name] for name in shared]) for one in (a, b))
    if any(len(a.scores[name]) != len(b.scores[name]) for name in shared):
        raise ValueError(f"{a} and {b} have different numbers of tokens.")
    both = ~np.isnan(first) & ~np.isnan(second)
    return spearman(first[both], second[both]) if both.any() else float("nan")


def per_method(
    name: str,
    maps: Maps,
    value: Callable[[Relevancy, int], float],
    *per_sample: Sequence[object],
) -> list[Measure]:
    """A measure for each method: the mean over samples of the value of a sample's map.

    Args:
        name: of the measure.
        maps: see above.
        value: of a map of the sample with a number; NaN where it means nothing.
        *per_sample: what else has one entry per sample.
    """
    for given in per_sample:
        if len(given) != len(maps):
            raise ValueError(f"{name}: maps of {len(maps)} samples, but {len(given)} of the rest.")
    values: dict[str, list[float]] = {}
    for number, sample in enumerate(maps):
        for method in dict.fromkeys(one.method for one in sample):
            own = np.array([value(one, number) for one in sample if one.method == method])
            known = own[~np.isnan(own)]
            values.setdefault(method, []).extend([float(known.mean())] if len(known) else [])
    measures = []
    for method, known_values in values.items():
        if known_values:
            mean, error = mean_and_standard_error(known_values)
            count = len(known_values)
            measures.append(Measure(name, float(mean), method, float(error), count))
    return measures
