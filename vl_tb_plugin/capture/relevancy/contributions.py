"""What each attention layer contributes to an output, reduced as backpropagation shows it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from vl_tb_plugin.analysis.relevancy_schedule import AttentionLayer
from vl_tb_plugin.capture.batch_layout import BatchLayout, Stretch
from vl_tb_plugin.capture.families.structure import AttentionSite
from vl_tb_plugin.capture.relevancy.gradient_pass import SeenPart

GRADIENT_WEIGHTED = "gradient_weighted"
"""``mean_h relu(dA * A)``: equation 5 of Chefer, Gur, Wolf (ICCV 2021)."""
MEAN = "mean"
"""``mean_h A``."""
GRAD_CAM = "grad_cam"
"""``relu(mean_h[A * mean_ij dA])``."""
RELEVANCE = "relevance"
"""``mean_h R``, of the layer-wise relevance R in the place of the gradient."""
ATTRIBUTION = "attribution"
"""``mean_h relu(dA * R)``."""

LayerArrays = dict[AttentionLayer, npt.NDArray[np.float32]]


class Matrices:
    """One array (queries, keys) per layer, sample and reduction.

    Args:
        layout: the sequences of every sample.
        reductions: which ones.
        layers: by reduction, which layers it is wanted of; all where not named.
        relevance: of every head, where :data:`ATTRIBUTION` is wanted.
    """

    def __init__(
        self,
        layout: BatchLayout,
        reductions: Collection[str],
        layers: Mapping[str, Collection[AttentionLayer]] | None = None,
        relevance: HeadRelevance | None = None,
    ):
        self._layout = layout
        self._reductions = reductions
        self._layers = layers or {}
        self._relevance = relevance
        self._sums: dict[tuple[str, int, AttentionLayer], Tensor] = {}

    def receive(self, part: SeenPart) -> None:
        """Add some heads of one entry."""
        layer = attention_layer(part.site, part.layer)
        for reduction in self._reductions:
            if layer in self._layers.get(reduction, (layer,)):
                value = self._reduced(reduction, part) / part.head_count
                _add(self._sum(reduction, part, layer), value, part.place.rows, part.place.columns)

    def of_sample(self, reduction: str, sample: int) -> LayerArrays:
        """The arrays of a sample by layer."""
        found = {
            layer: total.clamp(min=0) if reduction == GRAD_CAM else total
            for (name, number, layer), total in self._sums.items()
            if name == reduction and number == sample
        }
        return {layer: total.cpu().numpy() for layer, total in found.items()}

    def _reduced(self, reduction: str, part: SeenPart) -> Tensor:
        if reduction == MEAN:
            return part.probabilities.sum(dim=0)
        if reduction == RELEVANCE:
            return part.gradient.sum(dim=0)
        if reduction == GRAD_CAM:
            weight = part.gradient.mean(dim=(1, 2), keepdim=True)
            return (part.probabilities * weight).sum(dim=0)
        if reduction == ATTRIBUTION:
            assert self._relevance is not None
            return (part.gradient * self._relevance.of(part)).clamp(min=0).sum(dim=0)
        return (part.gradient * part.probabilities).clamp(min=0).sum(dim=0)

    def _sum(self, reduction: str, part: SeenPart, layer: AttentionLayer) -> Tensor:
        key = (reduction, part.place.sample, layer)
        if key not in self._sums:
            shape = [
                len(self._layout.sequence(part.place.sample, name))
                for name in (layer.query, layer.key)
            ]
            self._sums[key] = torch.zeros(shape, device=part.probabilities.device)
        return self._sums[key]


class HeadRelevance:
    """The layer-wise relevance of every head: the one thing that is kept whole.

    Transformer attribution multiplies it by the gradient head by head, and the two come from
    different backpropagations.
    """

    def __init__(self) -> None:
        self._heads: dict[Any, dict[int, Tensor]] = defaultdict(dict)

    def receive(self, part: SeenPart) -> None:
        """Keep the heads of one entry."""
        kept = self._heads[_place(part)]
        for number, relevance in enumerate(part.gradient):
            kept[part.heads.start + number] = relevance.clone()

    def of(self, part: SeenPart) -> Tensor:
        """The relevance (heads, queries, keys) of the same heads; zero where none came by."""
        kept = self._heads.get(_place(part), {})
        nothing = torch.zeros_like(part.gradient[0])
        every = range(part.heads.start, part.heads.start + len(part.gradient))
        return torch.stack([kept.get(number, nothing) for number in every])


class RowRecursion:
    """One read-out row of a stack of self-attention, carried from its last layer to its first.

    ``row (I + C_L) ... (I + C_1)`` of equation 6, multiplied in the order in which backpropagation
    shows the layers: no matrix (queries, keys) is kept.

    Args:
        rows: by sample, (tokens,) where the recursion starts.
        layers: of the stack that count.
    """

    def __init__(self, rows: Mapping[int, Tensor], layers: Collection[AttentionLayer]):
        self._rows = dict(rows)
        self._layers = layers
        self._current: AttentionLayer | None = None
        self._gained: dict[int, Tensor] = {}

    def receive(self, part: SeenPart) -> None:
        """Add what some heads of one entry pass on."""
        layer = attention_layer(part.site, part.layer)
        sample = part.place.sample
        if layer not in self._layers or sample not in self._rows:
            return
        if layer != self._current:
            self._close()
            self._current = layer
        device = part.probabilities.device
        row = self._rows[sample] = self._rows[sample].to(device)
        gained = self._gained.setdefault(sample, torch.zeros_like(row))
        contribution = (part.gradient * part.probabilities).clamp_(min=0).sum(dim=0)
        rows, columns = part.place.rows, part.place.columns
        asking = torch.zeros(len(contribution), device=device)
        asking[_index(rows.tokens)] = row[_index(rows.positions)]
        passed = asking @ contribution / part.head_count
        gained.index_add_(0, _index(columns.positions, device), passed[_index(columns.tokens)])

    def row(self, sample: int) -> npt.NDArray[np.float32]:
        """(tokens,) what the read-out takes from each token below all layers."""
        self._close()
        values: npt.NDArray[np.float32] = self._rows[sample].cpu().numpy()
        return values

    def _close(self) -> None:
        for sample, gained in self._gained.items():
            self._rows[sample] = self._rows[sample] + gained
        self._gained = {}


class GrowingContributions:
    """Contributions of a decoder's layers while it says token after token.

    The prompt's rows are those for the first token; each further token adds the one row that was
    asked when it was said (the rule of LVLM-Interpret, 2024).

    Args:
        prompt: number of tokens that the decoder was given.
        layers: of the decoder.
        samples: how many.
    """

    def __init__(self, prompt: int, layers: Collection[AttentionLayer], samples: int):
        self._prompt = prompt
        self._layers = layers
        self._grown: list[LayerArrays] = [{} for _ in range(samples)]

    def add(self, said: int, matrices: Matrices) -> None:
        """Take over the rows of the token with number ``said``."""
        last = self._prompt - 1 + said
        rows = slice(0, self._prompt) if said == 0 else slice(last, last + 1)
        for sample, grown in enumerate(self._grown):
            for layer, values in matrices.of_sample(GRADIENT_WEIGHTED, sample).items():
                if layer in self._layers:
                    grown.setdefault(layer, np.zeros_like(values))[rows] = values[rows]

    def of_sample(self, sample: int) -> LayerArrays:
        """The arrays of a sample by layer, as far as it has spoken."""
        return self._grown[sample]


class Several:
    """Shows everything to several receivers."""

    def __init__(self, *receivers: Any):
        self._receivers = receivers

    def receive(self, part: SeenPart) -> None:
        """Hand on."""
        for receiver in self._receivers:
            receiver.receive(part)


def attention_layer(site: AttentionSite, layer: int) -> AttentionLayer:
    """A layer of a site in the words of a schedule."""
    return AttentionLayer(site.block, layer, site.query, site.key)


def _place(part: SeenPart) -> tuple[Any, ...]:
    rows, columns = part.place.rows.positions, part.place.columns.positions
    where = (int(rows[0]), int(columns[0]))
    return part.site, part.layer, part.place.sample, part.place.entry, where


def _add(total: Tensor, value: Tensor, rows: Stretch, columns: Stretch) -> None:
    if total.shape == value.shape == (_whole(rows), _whole(columns)):
        total += value
        return
    part = value[_index(rows.tokens)[:, None], _index(columns.tokens)]
    # a token may occur twice in what a window repeats
    total.index_put_(
        (_index(rows.positions, total.device)[:, None], _index(columns.positions, total.device)),
        part,
        accumulate=True,
    )


def _whole(stretch: Stretch) -> int:
    """How many tokens there are, where all lie as in the sample; else none."""
    return len(stretch.tokens) if bool((stretch.tokens == stretch.positions).all()) else 0


def _index(positions: npt.NDArray[np.intp], device: Any = None) -> Tensor:
    return torch.as_tensor(positions, device=device)
