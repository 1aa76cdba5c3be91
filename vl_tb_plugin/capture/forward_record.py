"""What one forward pass, or one ``generate()``, left behind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from vl_tb_plugin.analysis.block_axes import BlockAxes
from vl_tb_plugin.capture.attention_watch import AttentionCall
from vl_tb_plugin.capture.batch_layout import BatchLayout
from vl_tb_plugin.capture.capture_policy import CapturePolicy
from vl_tb_plugin.capture.entry_places import EntryPlaces, PlacedEntry
from vl_tb_plugin.capture.families.structure import AttentionSite, HiddenStateSite
from vl_tb_plugin.capture.generation import Generation, NewRows
from vl_tb_plugin.capture.kept_attention import KeptLayer
from vl_tb_plugin.capture.kept_hidden_states import KeptHiddenStates
from vl_tb_plugin.capture.logit_lens.lens_states import LensStates
from vl_tb_plugin.capture.row_choice import BlockShape, RowChoice, choose_rows
from vl_tb_plugin.capture.seen_attention import SeenAttention, own_arithmetic
from vl_tb_plugin.example import InvalidExample

NO_TARGET = np.zeros((0, 4), np.float32)

PENDING_ROWS = 16
"""How many generated rows are worked on at once."""

Blocks = dict[tuple[str, str, str], dict[int, KeptLayer]]
"""Layers by the names of block, query and key sequence."""


class ForwardRecord:
    """Attention and hidden states of a batch.

    Args:
        policy: what is kept.
        layers: numbers of all layers, by block.
        hidden_states: where hidden states go.
        layout: makes the layout from what the family observed; asked at the first attention.
        generation: where this is a ``generate()``.
        lens: where the hidden states go that a logit lens reads, if one does.

    Attributes:
        observed: results of the modules that the family wants to see, one per call.
        mechanisms: in what the attention was seen.
        problems: why something was not captured, a sentence each.
        calls: how often each watched module ran in this pass.
        input_ids: (batch, tokens) that the model was called with, where by name.
    """

    def __init__(
        self,
        policy: CapturePolicy,
        layers: Mapping[str, tuple[int, ...]],
        hidden_states: KeptHiddenStates,
        layout: Callable[[Mapping[str, list[Any]]], BatchLayout],
        generation: Generation | None = None,
        lens: LensStates | None = None,
    ):
        self.lens = lens
        self.hidden_states = hidden_states
        self.generation = generation
        self.observed: dict[str, list[Any]] = {}
        self.mechanisms: set[str] = set()
        self.problems: list[str] = []
        self.calls: Counter[nn.Module] = Counter()
        self.input_ids: Tensor | None = None
        self._policy = policy
        self._layers = layers
        self._make_layout = layout
        self._blocks: dict[int, Blocks] = {}
        self._block_axes: dict[tuple[int, str], BlockAxes] = {}
        self._choices: dict[tuple[int, str], RowChoice] = {}
        self._pending: dict[tuple[AttentionSite, int], list[_PendingRows]] = {}
        self._prompt = 0
        self._refused = False
        self._error: InvalidExample | None = None

    @property
    def sample_count(self) -> int:
        """Number of samples recorded."""
        return 0 if self._error is not None else self.layout.count

    @contextmanager
    def guarded(self, where: str) -> Iterator[None]:
        """Watching never breaks the model: what goes wrong is told with the examples."""
        try:
            yield
        except InvalidExample as error:
            self._error = error
        except Exception as error:
            self.problems.append(f"{where}: {type(error).__name__}: {error}.")

    def raise_error(self) -> None:
        """Raise what was found wrong with the inputs while the model ran."""
        if self._error is not None:
            raise self._error

    def refuse(self, problem: str) -> None:
        """Keep nothing of the sequence that is generated, and say why."""
        self.problems.append(problem)
        self._refused = True

    @property
    def layout(self) -> BatchLayout:
        """The sequences of every sample as far as the pass has come."""
        return self.places.layout

    @cached_property
    def places(self) -> EntryPlaces:
        """Where entries lie; asked for at the first attention."""
        with own_arithmetic("cpu"):
            return EntryPlaces(self._make_layout(self.observed))

    def blocks(self, sample: int) -> Blocks:
        """What is kept of a sample's attention."""
        return self._blocks.get(sample, {})

    def rows(self, sample: int, block: str) -> npt.NDArray[np.intp]:
        """Query positions of a block of which rows are kept, ascending."""
        prompt = np.flatnonzero(self._choices[(sample, block)].kept)
        query = self._query_of(sample, block)
        if self.generation is None or query != self.generation.sequence:
            return prompt
        grown = len(self.layout.sequence(sample, query))
        return np.concatenate([prompt, np.arange(self._prompt, grown)])

    def completed(self, layout: BatchLayout) -> BatchLayout:
        """A layout of the same batch, made anew, with what was generated."""
        if self.generation is None or not self._prompt:
            return layout
        grown = len(self.layout.sequence(0, self.generation.sequence))
        return self._continued(layout, grown)

    def generated_tokens(self, sample: int) -> tuple[int, list[int] | None]:
        """Where the generated tokens of a sample begin, and their ids where known."""
        assert self.generation is not None
        count = len(self.layout.sequence(sample, self.generation.sequence)) - self._prompt
        return self._prompt, self.generation.ids(sample, count)

    def remarks(self, sample: int) -> list[str]:
        """What was left out of a sample's attention and why."""
        own = [choice.remark for (number, _), choice in self._choices.items() if number == sample]
        return [remark for remark in own if remark]

    def add_attention(self, site: AttentionSite, layer: int, call: AttentionCall) -> None:
        """Note what a watched call showed, or why it showed nothing clear."""
        if self._error is not None:
            return
        where = f"Block {site.block}, layer {layer}"
        seen = call.unfolded()
        if seen and (len(seen) == 1 or site.packed):
            if self.generation is not None and site.query == self.generation.sequence:
                self._add_generated(site, layer, seen[0])
            elif self.generation is None or self.generation.forwards <= 1:
                self._add_all(site, layer, seen)
            self.mechanisms.update(one.mechanism for one in seen)
        elif call.problems:
            self.problems.append(f"{where}: {'; '.join(call.problems)}.")
        else:
            self.problems.append(f"{where}: saw {len(seen)} attentions in one call, not one.")

    def add_hidden_states(self, site: HiddenStateSite, layer: int, states: Tensor) -> None:
        """Keep hidden states, as far as the policy wants them."""
        generation = self.generation
        if generation is not None and site.sequence == generation.sequence:
            if self._refused:
                return
            new = generation.new_rows((site, layer), states.shape[-2])
            states, follows = states[..., new.first :, :], new.start > 0
        elif generation is None or generation.forwards <= 1:
            follows = False
        else:
            return
        for kept in (self.hidden_states, self.lens):
            if kept is not None:
                kept.add(site, layer, states, follows=follows)

    def add_output(self, output: Any) -> None:
        """Keep of the model's output what a logit lens is held against."""
        if self.lens is not None:
            with self.guarded("Logit lens"):
                self.lens.add_output(output)

    def finish(self) -> None:
        """Work on what is still pending."""
        for site, layer in list(self._pending):
            self._flush(site, layer)

    def check_batch(self, input_ids: Any) -> None:
        """Raise :class:`InvalidExample` if these are not the ids that this pass ran on."""
        if self.input_ids is None or not isinstance(input_ids, Tensor):
            return
        ran = self.input_ids
        if ran.shape != input_ids.shape or not torch.equal(ran.cpu(), input_ids.cpu()):
            raise InvalidExample(
                "batch['input_ids']",
                f"those of the last forward pass, shape {tuple(ran.shape)}",
                f"others, shape {tuple(input_ids.shape)} (ask for examples before the next pass)",
            )

    def _add_all(self, site: AttentionSite, layer: int, seen: list[SeenAttention]) -> None:
        for number, one in enumerate(seen):
            entries, _, queries, keys = one.shape
            for place in self.places.add(site, layer, entries, queries, keys, number == 0):
                self._add_place(site, layer, one, place)

    def _add_place(
        self, site: AttentionSite, layer: int, seen: SeenAttention, place: PlacedEntry
    ) -> None:
        heads, rows, columns = seen.shape[1], place.rows, place.columns
        kept = self._choice(place.sample, site, heads).kept[rows.positions]
        if kept.any():
            self._kept_layer(place.sample, site, layer, heads).add_seen(
                seen,
                place.entry,
                rows.tokens[kept],
                rows.positions[kept],
                columns.tokens,
                columns.positions,
            )

    def _add_generated(self, site: AttentionSite, layer: int, seen: SeenAttention) -> None:
        generation = self.generation
        assert generation is not None
        if self._refused:
            return
        batch, heads, queries, keys = seen.shape
        new = generation.new_rows((site, layer), queries)
        if not new.start:
            self._begin_prompt(site, new.count)
            if site.key == site.query and keys > new.end:  # a static cache holds room for more
                seen = _FirstKeys(seen, new.end)
            for entry in range(batch):
                for place in self.places.of_entry(site, entry, queries, seen.shape[3]):
                    self._add_place(site, layer, seen, place)
            return
        with own_arithmetic(seen.device_type):
            rows = slice(new.first, new.first + new.count)
            every = [seen.probabilities(entry, slice(0, heads), rows) for entry in range(batch)]
            weights = torch.stack(every).cpu().numpy()
        if site.key == site.query:
            weights = weights[..., : min(keys, new.end)]
        pending = self._pending.setdefault((site, layer), [])
        pending.append(_PendingRows(new, weights))
        if sum(one.new.count for one in pending) >= PENDING_ROWS:
            self._flush(site, layer)

    def _begin_prompt(self, site: AttentionSite, length: int) -> None:
        """The prompt is as long as what the model reads first."""
        if not self._prompt:
            self._prompt = length
            self.places.layout = self.layout.resized(site.query, length)

    def _flush(self, site: AttentionSite, layer: int) -> None:
        pending = self._pending.pop((site, layer), [])
        if not pending or self.generation is None:
            return
        end = pending[-1].new.end
        self._grow(site.query, end)
        own_keys = site.key == site.query
        for entry in range(len(pending[0].weights)):
            for stretch in self.layout.stretches(site.query, "", entry)[:1]:
                sample = stretch.sample
                kept = self._blocks.get(sample, {}).get(_names(site), {}).get(layer)
                if kept is None:
                    continue
                kept.sums.extend(self._axes(sample, site))
                keys = end if own_keys else pending[0].weights.shape[-1]
                rows = [one.of(entry, keys if own_keys else 0) for one in pending]
                positions = np.concatenate([np.arange(r.new.start, r.new.end) for r in pending])
                kept.add_rows(np.concatenate(rows, axis=1), positions, np.arange(keys))

    def _grow(self, sequence: str, length: int) -> None:
        if length > len(self.layout.sequence(0, sequence)):
            self.places.layout = self._continued(self.layout, length)

    def _continued(self, layout: BatchLayout, length: int) -> BatchLayout:
        assert self.generation is not None
        count = length - self._prompt
        more = [self.generation.modality(sample, count) for sample in range(layout.count)]
        return layout.resized(self.generation.sequence, self._prompt, more)

    def _choice(self, sample: int, site: AttentionSite, heads: int) -> RowChoice:
        choice = self._choices.get((sample, site.block))
        if choice is None:
            query = self.layout.sequence(sample, site.query)
            keys = len(self.layout.sequence(sample, site.key))
            shape = BlockShape(site.block, self._layers[site.block], heads, keys)
            room = self._room(sample)
            choice = choose_rows(self._policy, shape, query, room)
            self._choices[(sample, site.block)] = choice
        return choice

    def _room(self, sample: int) -> int | None:
        """Bytes for the next block: an equal share of what is left."""
        if self._policy.max_bytes is None:
            return None
        chosen = [choice for (number, _), choice in self._choices.items() if number == sample]
        left = self._policy.max_bytes - self.hidden_states.reserved
        left -= sum(choice.nbytes for choice in chosen)
        return max(0, left) // max(1, len(self._layers) - len(chosen))

    def _kept_layer(self, sample: int, site: AttentionSite, layer: int, heads: int) -> KeptLayer:
        layers = self._blocks.setdefault(sample, {}).setdefault(_names(site), {})
        if layer not in layers:
            wanted = layer in self._policy.layers_of(site.block, self._layers[site.block])
            layers[layer] = KeptLayer(
                heads,
                self._policy.heads_of(heads),
                self._axes(sample, site),
                self._policy.precision if wanted else "",
            )
        return layers[layer]

    def _axes(self, sample: int, site: AttentionSite) -> BlockAxes:
        query = self.layout.sequence(sample, site.query)
        key = self.layout.sequence(sample, site.key)
        axes = self._block_axes.get((sample, site.block))
        if axes is None or axes.query is not query or axes.key is not key:
            axes = self._block_axes[(sample, site.block)] = BlockAxes(query, key, NO_TARGET)
        return axes

    def _query_of(self, sample: int, block: str) -> str:
        return next(query for name, query, _ in self._blocks[sample] if name == block)


class _PendingRows:
    """Rows of generated tokens, (batch, heads, rows, keys)."""

    def __init__(self, new: NewRows, weights: npt.NDArray[np.float32]):
        self.new = new
        self.weights = weights

    def of(self, entry: int, keys: int) -> npt.NDArray[np.float32]:
        """(heads, rows, keys) of an entry; ``keys`` is the length of a sequence that grew since."""
        own = self.weights[entry]
        if not keys:
            return own
        padded = np.zeros((*own.shape[:2], keys), np.float32)
        start = self.new.key_start(own.shape[2])
        padded[:, :, start : start + own.shape[2]] = own
        return padded


class _FirstKeys(SeenAttention):
    """Attention to the first keys only; the others have no weight."""

    def __init__(self, seen: SeenAttention, keys: int):
        self.shape = (*seen.shape[:3], keys)
        self.mechanism, self.device_type = seen.mechanism, seen.device_type
        self._seen = seen

    def probabilities(self, entry: int, heads: slice, rows: slice | Tensor) -> Tensor:
        return self._seen.probabilities(entry, heads, rows)[..., : self.shape[3]]


def _names(site: AttentionSite) -> tuple[str, str, str]:
    return site.block, site.query, site.key
