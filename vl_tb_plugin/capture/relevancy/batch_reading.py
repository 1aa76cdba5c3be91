"""What is collected of a batch while backpropagation passes, and how scores are read from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import torch

from vl_tb_plugin.analysis.relevancy import RULES, Relevancies, relevancy
from vl_tb_plugin.analysis.relevancy_baselines import last_layers, rollout
from vl_tb_plugin.analysis.relevancy_schedule import AttentionLayer, Schedule, attention_of
from vl_tb_plugin.capture.batch_layout import BatchLayout
from vl_tb_plugin.capture.families.structure import Readout
from vl_tb_plugin.capture.relevancy.contributions import (
    ATTRIBUTION,
    GRAD_CAM,
    GRADIENT_WEIGHTED,
    MEAN,
    RELEVANCE,
    GrowingContributions,
    HeadRelevance,
    LayerArrays,
    Matrices,
    RowRecursion,
    Several,
)
from vl_tb_plugin.capture.relevancy.readout import read_row, row_scores, token_scores, tower_start
from vl_tb_plugin.capture.relevancy.relevancy_request import (
    LAST_LAYERS,
    ExplainedModel,
    RelevancyRequest,
)
from vl_tb_plugin.capture.relevancy.targets import Target
from vl_tb_plugin.example import Relevancy, TokenSequence


@dataclass
class Receivers:
    """What backpropagation for one target per sample fills."""

    matrices: Matrices
    rows: RowRecursion | None
    relevance: HeadRelevance
    last: Matrices

    @property
    def gradients(self) -> Several:
        """What is shown attention and its gradient."""
        every = [one for one in (self.matrices, self.rows) if one is not None]
        return Several(*every)


@dataclass
class BatchReading:
    """What all targets of a batch share."""

    explained: ExplainedModel
    layout: BatchLayout
    request: RelevancyRequest
    schedule: Schedule = field(init=False)
    readouts: tuple[Readout, ...] = field(init=False)
    growing: GrowingContributions | None = field(init=False)

    def __post_init__(self) -> None:
        explanation, request = self.explained.explanation, self.request
        start = explanation.start_layer if request.start_layer is None else request.start_layer
        full = self.explained.schedule
        self.schedule = full.from_layer(start) if start else full
        # blocks that this batch has no sequence for take no part (text without an image)
        here = set(self.layout.samples[0]) if self.layout.samples else set()
        steps = [
            tuple(one for one in step if {attention_of(one).query, attention_of(one).key} <= here)
            for step in self.schedule.steps
        ]
        self.schedule = Schedule(tuple(step for step in steps if step))
        self.readouts = tuple(one for one in explanation.readouts if one.sequence in here)
        if not self.readouts:
            decodes = self.explained.decoder in here
            name = self.explained.decoder if decodes else self.schedule.layers[-1].query
            row = "explained" if decodes else "first"
            self.readouts = (Readout(name, row),)  # type: ignore[arg-type]
        decoder = [one for one in self.schedule.layers if one.query == self.explained.decoder]
        self.growing = None
        if request.prompt is not None and request.asks_for(*RULES):
            self.growing = GrowingContributions(request.prompt, decoder, self.layout.count)

    def read_rows(self, sample: int, target: Target) -> list[tuple[Readout, int]]:
        """Which row of which sequence is read."""
        return [
            (one, read_row(one, self.layout.sequence(sample, one.sequence), target.position))
            for one in self._readouts(target)
        ]

    def receivers(self, targets: Sequence[Target | None]) -> Receivers:
        """Fresh receivers for one target per sample."""
        request, relevance = self.request, HeadRelevance()
        layers = set(self.schedule.layers)
        connected = self._connected(self.readouts[0].sequence)
        by_row = [layer for layer in self.schedule.layers if layer.query in connected]
        # a stack of self-attention is carried as one row; whatever else needs matrices
        one_row = len(self.readouts) == 1 and len(connected) == 1 and self.growing is None
        one_row = one_row and "relevancy" in request.methods
        wanted: dict[str, set[AttentionLayer]] = {}
        if request.asks_for(*RULES):
            all_by_row = one_row and not request.asks_for(*(set(RULES) - {"relevancy"}))
            wanted[GRADIENT_WEIGHTED] = layers - set(by_row) if all_by_row else layers
        if request.asks_for("tower_relevancy"):
            own = wanted.setdefault(GRADIENT_WEIGHTED, set())
            own |= {layer for layer in layers if layer.query not in connected}
        if request.asks_for("rollout"):
            wanted[MEAN] = layers
        elif request.asks_for("raw_attention"):
            wanted[MEAN] = self._last()
        if request.asks_for("grad_cam"):
            wanted[GRAD_CAM] = self._last()
        if request.asks_for("transformer_attribution"):
            wanted[ATTRIBUTION] = layers
        rows = None
        if one_row:
            starts = {}
            for sample, target in enumerate(targets):
                if target is not None:
                    ((_, row),) = self.read_rows(sample, target)
                    start = torch.zeros(len(self.layout.sequence(sample, by_row[0].query)))
                    start[row] = 1
                    starts[sample] = start
            rows = RowRecursion(starts, by_row)
        matrices = Matrices(self.layout, wanted, wanted, relevance)
        last = Matrices(self.layout, {RELEVANCE}, {RELEVANCE: self._last()})
        return Receivers(matrices, rows, relevance, last)

    def read(self, sample: int, target: Target, receivers: Receivers) -> list[Relevancy]:
        """The maps of a sample for one target."""
        position = None
        if self.explained.decoder and target.position is not None:
            position = target.position + 1
        sequences = {name: one.tokens for name, one in self.layout.samples[sample].items()}
        maps = []
        for method in self.request.methods:
            scores = self._scores(method, sample, target, receivers, sequences)
            if scores:
                maps.append(Relevancy(scores, method, target=target.label, position=position))
        return maps

    def _scores(
        self,
        method: str,
        sample: int,
        target: Target,
        receivers: Receivers,
        sequences: Mapping[str, TokenSequence],
    ) -> dict[str, npt.NDArray[np.float32]]:
        rows = self.read_rows(sample, target)
        if method == "random":
            return self._random(sample, sequences)
        if method == "relevancy" and receivers.rows is not None:
            ((readout, row),) = rows
            own = sequences[readout.sequence]
            values = receivers.rows.row(sample)
            scores = {readout.sequence: token_scores(values, own, row, readout.only_words)}
            state = self._state(method, sample, receivers) if self._towers() else {}
        else:
            state = self._state(method, sample, receivers)
            scores = {}
            for readout, row in rows:
                connected = self._connected(readout.sequence)
                seen = {pair: one for pair, one in state.items() if pair[1] in connected}
                scores |= row_scores(seen, readout, row, sequences)
            if method == "tower_relevancy":
                scores = {}
            elif method in RULES and self.growing is not None:
                scores = _of_one(scores, rows[0][0].sequence)
        if method not in LAST_LAYERS:
            self._add_towers(method, state, scores, sequences)
        return scores

    def _add_towers(
        self,
        method: str,
        state: Relevancies,
        scores: dict[str, npt.NDArray[np.float32]],
        sequences: Mapping[str, TokenSequence],
    ) -> None:
        """Go on through sequences that stand behind image tokens, from those nearest to the prompt
        to the pixels."""
        connected = self._connected(self.readouts[0].sequence)
        left = [name for name in self._towers() if name in sequences]
        while left:
            starts = {name: self._tower_start(method, name, scores, sequences) for name in left}
            ready = [name for name, start in starts.items() if start.any()]
            if not ready:
                return
            left.remove(ready[0])
            for (query, key), values in state.items():
                if query == ready[0] and key not in connected:
                    found = token_scores(starts[query] @ values, sequences[key])
                    if np.nansum(np.abs(found)):
                        scores[key] = found

    def _state(self, method: str, sample: int, receivers: Receivers) -> Relevancies:
        lengths = {name: len(one.tokens) for name, one in self.layout.samples[sample].items()}

        def arrays(reduction: str) -> LayerArrays:
            source = receivers.last if reduction == RELEVANCE else receivers.matrices
            return source.of_sample(reduction, sample)

        if method == "rollout":
            return rollout(self.schedule, arrays(MEAN), lengths)
        if method in LAST_LAYERS:
            return last_layers(self.schedule, arrays(LAST_LAYERS[method]))
        reduction = ATTRIBUTION if method == "transformer_attribution" else GRADIENT_WEIGHTED
        rules = RULES.get(method, RULES["relevancy"])
        contributions = arrays(reduction)
        if reduction == GRADIENT_WEIGHTED and self.growing is not None:
            contributions |= self.growing.of_sample(sample)
        return relevancy(self.schedule, contributions, lengths, rules)

    def _tower_start(
        self,
        method: str,
        tower: str,
        scores: Mapping[str, npt.NDArray[np.float32]],
        sequences: Mapping[str, TokenSequence],
    ) -> npt.NDArray[np.float32]:
        own = sequences[tower]
        start = np.zeros(len(own), np.float32)
        if method == "tower_relevancy":
            handed_on = own.positions("image")
            start[handed_on] = 1 / max(1, len(handed_on))
            return start
        for name, values in scores.items():
            if not start.any():
                start = tower_start(np.nan_to_num(values), sequences[name], own)
        return start

    def _random(
        self, sample: int, sequences: Mapping[str, TokenSequence]
    ) -> dict[str, npt.NDArray[np.float32]]:
        source = np.random.default_rng([self.request.seed, sample])
        names = self._connected(self.readouts[0].sequence)
        return {
            name: token_scores(source.random(len(sequence)), sequence)
            for name, sequence in sequences.items()
            if name in names
        }

    def _readouts(self, target: Target) -> tuple[Readout, ...]:
        # a logit at a position is read at that position
        if target.position is not None and len(self.readouts) == 1:
            return (Readout(self.readouts[0].sequence, "explained"),)
        return self.readouts

    def _connected(self, sequence: str) -> set[str]:
        """The sequences that a read-out of one depends on through attention."""
        found, new = set(), {sequence}
        for other in self.readouts[1:]:
            new.add(other.sequence)
        while new:
            found |= new
            new = {one.key for one in self.schedule.layers if one.query in found} - found
        return found

    def _towers(self) -> list[str]:
        """Sequences whose tokens the prompt holds without looking at them: the last of a tower."""
        connected = self._connected(self.readouts[0].sequence)
        others = [name for name in self.schedule.sequences if name not in connected]
        looked_at = {one.key for one in self.schedule.layers if not one.is_self}
        return [name for name in others if name not in looked_at]

    def _last(self) -> set[AttentionLayer]:
        return set({(one.query, one.key): one for one in self.schedule.layers}.values())


def _of_one(
    scores: dict[str, npt.NDArray[np.float32]], sequence: str
) -> dict[str, npt.NDArray[np.float32]]:
    """Equations 8 and 9 for the row that is read: its own sequence's scores sum to one."""
    total = float(np.nansum(scores[sequence])) or 1.0
    return {**scores, sequence: scores[sequence] / total}
