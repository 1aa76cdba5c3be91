"""Tokens that several checkpoints have in common, as many as there is time to compare.

Which examples are drawn depends on their tags and a fixed seed: every layer and every step of a
run is asked about the same tokens.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from vl_tb_plugin.example import MODALITIES
from vl_tb_plugin.plugin.hidden_state_reading import (
    HiddenStateReading,
    sequences_sharing_space,
)
from vl_tb_plugin.plugin.request import NotFound
from vl_tb_plugin.plugin.run_index import LoggedSeries, RunIndex
from vl_tb_plugin.storage import manifest_pb2
from vl_tb_plugin.storage.manifest import UnreadableManifest, parse_manifest

SEED = 0
_PADDING = MODALITIES.index("padding")
_TAGS_AT_ONCE = 32


@dataclass(frozen=True)
class Checkpoint:
    """A run at a step."""

    run: str
    step: int


@dataclass(frozen=True)
class LayerChoice:
    """Of which hidden states: a layer, and a sequence whose space it is (default: the first)."""

    experiment: str
    layer: int
    sequence: str | None = None


@dataclass(frozen=True, eq=False)
class SampledGroup:
    """Tokens of one sequence of one example: positions and modalities, (tokens,) each."""

    tag: str
    sequence: str
    token: npt.NDArray[np.int64]
    modality: npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class TokenSample:
    """The tokens of all groups in turn.

    Attributes:
        groups: of each example one per sequence.
        examples: how many examples were drawn.
        of: how many there are to draw from.
    """

    groups: tuple[SampledGroup, ...]
    examples: int
    of: int

    def __len__(self) -> int:
        return len(self.modality)

    @property
    def sampled(self) -> bool:
        """Whether there are more examples than were drawn."""
        return self.examples < self.of

    @cached_property
    def modality(self) -> npt.NDArray[np.uint8]:
        """(tokens,) index into ``MODALITIES``."""
        return np.concatenate([group.modality for group in self.groups])

    @cached_property
    def example(self) -> npt.NDArray[np.int64]:
        """(tokens,) the number of the example that each is of."""
        numbers = {tag: number for number, tag in enumerate(self.tags)}
        lengths = [len(group.token) for group in self.groups]
        return np.repeat([numbers[group.tag] for group in self.groups], lengths)

    @cached_property
    def tags(self) -> list[str]:
        """The examples, each once."""
        return list(dict.fromkeys(group.tag for group in self.groups))

    @cached_property
    def starts(self) -> npt.NDArray[np.int64]:
        """(groups,) where each group begins."""
        return np.cumsum([0, *(len(group.token) for group in self.groups)])[:-1]

    def place(self, point: int) -> tuple[SampledGroup, int]:
        """The group of a token, and its position in the sequence."""
        number = int(np.searchsorted(self.starts, point, side="right")) - 1
        group = self.groups[number]
        return group, int(group.token[point - self.starts[number]])

    def drawn(self, most: int) -> npt.NDArray[np.int64]:
        """At most so many of the tokens, by seed, in order."""
        if len(self) <= most:
            return np.arange(len(self))
        chosen = np.random.default_rng([SEED, len(self)]).choice(len(self), most, replace=False)
        return np.sort(chosen)


class TokenSampling:
    """Draws tokens and reads their hidden states."""

    def __init__(self, index: RunIndex, reading: HiddenStateReading):
        self._index = index
        self._reading = reading

    def steps(self, experiment: str, run: str) -> list[int]:
        """The steps of a run: of the example that has most, among some."""
        tags = _shuffled(self._index.tags(experiment, run))[:_TAGS_AT_ONCE]
        series = self._index.series(experiment, run, tags).values()
        every = [[logged.step for logged in one.manifests] for one in series]
        return max(every, key=len, default=[])

    def layers(self, experiment: str, checkpoint: Checkpoint, sequence: str | None) -> list[int]:
        """The layers of a sequence (default: the first logged) at a checkpoint."""
        tags = sorted(self._index.tags(experiment, checkpoint.run))
        for _, (manifest,) in self._manifests(experiment, [checkpoint], tags):
            for states in manifest.hidden_states if manifest else ():
                if sequence in (None, states.sequence):
                    return list(states.layers)
        where = f"step {checkpoint.step} of {checkpoint.run!r}"
        raise NotFound(f"No hidden states were logged at {where}.")

    def sample(
        self,
        choice: LayerChoice,
        checkpoints: Sequence[Checkpoint],
        most: int,
        first: str | None = None,
    ) -> TokenSample:
        """Tokens that were logged at every one of the checkpoints, whole examples at a time.

        A token is the same where position, text, modality and image are. Padding is left out.

        Args:
            choice: layer and sequence.
            checkpoints: which.
            most: no more examples are drawn when there are so many tokens.
            first: an example that is drawn before all others.

        Raises:
            NotFound: where there is no token at all.
        """
        common = [set(self._index.tags(choice.experiment, one.run)) for one in checkpoints]
        tags = _shuffled(set.intersection(*common), first)
        groups: list[SampledGroup] = []
        tokens = examples = without = 0
        sequences: tuple[str, ...] = ()
        widths: dict[Checkpoint, int] = {}
        for tag, manifests in self._manifests(choice.experiment, checkpoints, tags):
            if tokens >= most:
                break
            sequences = sequences or _sequences(manifests, choice)
            found = [
                group
                for name in sequences
                if _one_width(manifests, checkpoints, choice.layer, name, widths)
                for group in _common_tokens(tag, name, manifests)
            ]
            groups += found
            tokens += sum(len(group.token) for group in found)
            examples += bool(found)
            without += not found
        if not groups:
            where = ", ".join(f"step {one.step} of {one.run!r}" for one in checkpoints[:4])
            more = ", …" if len(checkpoints) > 4 else ""
            raise NotFound(
                f"No token has hidden states of layer {choice.layer} at {where}{more} alike."
            )
        return TokenSample(tuple(groups), examples, len(tags) - without)

    def values(
        self, choice: LayerChoice, checkpoint: Checkpoint, sample: TokenSample
    ) -> npt.NDArray[np.float32]:
        """(tokens, features) hidden states of the sample at a checkpoint."""
        places = {
            (group.tag, group.sequence): slice(start, start + len(group.token))
            for group, start in zip(sample.groups, sample.starts, strict=True)
        }
        wanted = {(group.tag, group.sequence): group.token for group in sample.groups}
        result: npt.NDArray[np.float32] | None = None
        for portion in self._reading.portions(
            choice.experiment,
            checkpoint.run,
            choice.layer,
            list(dict.fromkeys(group.sequence for group in sample.groups)),
            step=checkpoint.step,
            tags=set(sample.tags),
        ):
            start = 0
            for states in portion.groups:
                name, tokens = (states.tag, states.sequence), states.places.token
                if name in places:
                    if result is None:
                        result = np.empty((len(sample), states.features), np.float32)
                    rows = start + np.searchsorted(tokens, wanted[name])
                    result[places[name]] = portion.values[rows]
                start += len(tokens)
        assert result is not None
        return result

    def _manifests(
        self, experiment: str, checkpoints: Sequence[Checkpoint], tags: list[str]
    ) -> Iterator[tuple[str, list[manifest_pb2.Manifest | None]]]:
        """Of each example its manifests at the checkpoints; None where there is none."""
        for start in range(0, len(tags), _TAGS_AT_ONCE):
            portion = tags[start : start + _TAGS_AT_ONCE]
            runs = {
                run: self._index.series(experiment, run, portion)
                for run in {one.run for one in checkpoints}
            }
            for tag in portion:
                yield tag, [_at(runs[one.run].get(tag), one.step) for one in checkpoints]


def _shuffled(tags: Iterable[str], first: str | None = None) -> list[str]:
    ordered = sorted(tags)
    mixed = [ordered[place] for place in np.random.default_rng(SEED).permutation(len(ordered))]
    return sorted(mixed, key=lambda tag: tag != first)


def _at(series: LoggedSeries | None, step: int) -> manifest_pb2.Manifest | None:
    for logged in series.manifests if series else ():
        if logged.step == step:
            try:
                return parse_manifest(logged.payload)
            except UnreadableManifest:
                return None  # the picker says so of the example
    return None


def _sequences(
    manifests: Sequence[manifest_pb2.Manifest | None], choice: LayerChoice
) -> tuple[str, ...]:
    known = next((one for one in manifests if one is not None), None)
    return sequences_sharing_space(known, choice.layer, choice.sequence) if known else ()


def _one_width(
    manifests: Sequence[manifest_pb2.Manifest | None],
    checkpoints: Sequence[Checkpoint],
    layer: int,
    sequence: str,
    widths: dict[Checkpoint, int],
) -> bool:
    """Whether the layer is there at all checkpoints, as wide as in the examples before."""
    for checkpoint, manifest in zip(checkpoints, manifests, strict=True):
        width = manifest and _width(manifest, layer, sequence)
        if not width or widths.setdefault(checkpoint, width) != width:
            return False
    return True


def _width(manifest: manifest_pb2.Manifest, layer: int, sequence: str) -> int:
    for states in manifest.hidden_states:
        if states.sequence == sequence and layer in states.layers:
            return states.features
    return 0


def _common_tokens(
    tag: str, sequence: str, manifests: Sequence[manifest_pb2.Manifest | None]
) -> Iterator[SampledGroup]:
    known = [one for one in manifests if one is not None]
    looks = [_looks(one, sequence) for one in known]
    same = [
        position
        for position, tokens in enumerate(zip(*looks, strict=False))
        if tokens[0][1] != _PADDING and all(one == tokens[0] for one in tokens)
    ]
    if same:
        modality = np.array([looks[0][position][1] for position in same], np.uint8)
        yield SampledGroup(tag, sequence, np.array(same, np.int64), modality)


def _looks(manifest: manifest_pb2.Manifest, name: str) -> list[tuple[str, int, str]]:
    """What tells each token of a sequence from others: text, modality, the image it is of."""
    sequence = _sequence(manifest, name)
    images = sequence.image_index or [-1] * len(sequence.tokens)
    digests = [
        manifest.images[image].digest if 0 <= image < len(manifest.images) else ""
        for image in images
    ]
    return list(zip(sequence.tokens, sequence.modality, digests, strict=True))


def _sequence(manifest: manifest_pb2.Manifest, name: str) -> manifest_pb2.Sequence:
    return next(item for item in manifest.sequences if item.name == name)
