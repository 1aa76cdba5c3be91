"""ViLT: one stream over text and, behind it, the patches of an image.

Sequence ``joint``. In every forward pass the model shuffles the patches of images that it shows
whole, and draws some at random of those with more than ``max_image_length``: they are put back row
by row. With several images (NLVR2) it reads each one with the text, and these follow one another;
the patches from the second image on stay in the order of the model, each with its own place.

=========  ================  ================
block      query -> key      layers
=========  ================  ================
``joint``  joint -> joint    of the encoder
=========  ================  ================

The last hidden state is the one before the final normalisation, as in transformers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from vl_tb_plugin.capture.families.forward_inputs import ForwardInputs, Part, SampleSequence
from vl_tb_plugin.capture.families.registry import register
from vl_tb_plugin.capture.families.structure import (
    AttentionSite,
    HiddenStateSite,
    OutputHead,
    Structure,
)
from vl_tb_plugin.capture.sequences.framed_grid import (
    admitted_cells,
    frame_of_mask,
    framed_grid_tokens,
)
from vl_tb_plugin.capture.sequences.image_tokens import ImageToken, image_sequence
from vl_tb_plugin.capture.sequences.joined_sequence import joined
from vl_tb_plugin.capture.sequences.text_sequence import text_sequence
from vl_tb_plugin.example import TokenSequence

# of several images it reads the first tokens of them all, so it says nothing of one
_CLASSIFIER = (OutputHead("joint", ("vilt.layernorm", "vilt.pooler", "classifier"), "first"),)


@register("vilt")
class Vilt:
    def structure(self, model: Any) -> Structure:
        layer = "encoder.layer.{layer}"
        return Structure(
            attention=(AttentionSite(f"{layer}.attention.attention", "joint", "joint", "joint"),),
            hidden_states=(
                HiddenStateSite("embeddings", "joint"),
                HiddenStateSite(layer, "joint", first_layer=1),
            ),
            heads=(
                OutputHead("joint", ("vilt.layernorm", "mlm_score")),
                *(_CLASSIFIER if model.config.num_images < 2 else ()),
            ),
            observed={
                "patches": "embeddings.patch_embeddings",
                "drawn": "embeddings.dropout",  # the class token and the patches in their order
            },
        )

    def sequences(self, inputs: ForwardInputs) -> list[list[TokenSequence | SampleSequence]]:
        images = _Images(inputs)
        samples: list[list[TokenSequence | SampleSequence]] = []
        for sample in range(images.samples):
            text = text_sequence(inputs, sample)
            stretches: list[TokenSequence] = []
            parts: list[Part] = []
            start = 0
            for image in range(images.count):
                tokens, order = images.tokens(sample, image)
                stretches += [text, image_sequence(tokens, "image")]
                positions = [*range(len(text)), *(len(text) + place for place in order)]
                entry = image * images.samples + sample
                parts.append(Part(entry, [start + place for place in positions]))
                start += len(positions)
            joint = joined("joint", *stretches)
            samples.append([SampleSequence(joint, placements={"": parts})])
        return samples


@dataclass(frozen=True)
class _Images:
    """The images of a batch as the model reads them, the first ones of all samples first."""

    inputs: ForwardInputs

    @property
    def samples(self) -> int:
        return len(self._given)

    @property
    def count(self) -> int:
        """How many images a sample has."""
        axes = 3 if self._embedded else 4
        return self._given.shape[1] if self._given.ndim > axes else 1

    def tokens(self, sample: int, image: int) -> tuple[list[ImageToken], list[int]]:
        """Tokens in a fixed order, and which of them each of the model's tokens is."""
        mask = self._mask(sample, image)
        if self._embedded:
            real = [True] * self._given.shape[-2] if mask is None else mask.flatten().tolist()
            embedded = [
                ImageToken(f"@{number}", "image" if one else "padding")
                for number, one in enumerate(real)
            ]
            return embedded, list(range(len(embedded)))
        patch = self.inputs.model.config.patch_size
        height, width = self._given.shape[-2:]
        rows, columns = height // patch, width // patch
        grid = framed_grid_tokens(
            self.inputs, sample, rows, columns, frame_of_mask(mask), image=image
        )
        length = max(len(self._cells(other, image)) for other in range(self.samples))
        limit = self.inputs.model.config.max_image_length
        length = length if limit is None or limit < 0 else min(length, limit)
        drawn = self._drawn(sample, image, length)
        # rows are placed from the first image's attention on, when no other order is known yet
        listed = sorted(drawn) if image == 0 else drawn
        tokens = [ImageToken("[CLS]"), *(grid[cell] for cell in listed)]
        rank = {cell: 1 + number for number, cell in enumerate(listed)}
        filled = length - len(drawn)
        order = [0, *(rank[cell] for cell in drawn), *range(len(tokens), len(tokens) + filled)]
        return [*tokens, *[ImageToken("[PAD]", "padding")] * filled], order

    def _drawn(self, sample: int, image: int, length: int) -> list[int]:
        """The cells of the grid that the model's real tokens show, in its order."""
        cells = self._cells(sample, image)
        if len(cells) < length:
            return cells  # only what fills the row up is drawn
        if image >= len(self.inputs.observed.get("drawn", ())):
            return cells[:length]  # not read yet
        patches = self.inputs.observed["patches"][image][sample]
        placed = _with_places(self.inputs.model, patches, self._mask(sample, image))
        found = _found(self.inputs.observed["drawn"][image][sample, 1:], placed, cells)
        if found is None:
            self.inputs.remarks.append(
                "Places of patches: the order in which they were drawn could not be told; they are"
                " listed as if row by row."
            )
            return cells[:length]
        return found

    def _cells(self, sample: int, image: int) -> list[int]:
        """Those of the grid that the mask leaves, row by row."""
        patch = self.inputs.model.config.patch_size
        height, width = self._given.shape[-2:]
        rows, columns = height // patch, width // patch
        admitted = admitted_cells(self._mask(sample, image), rows, columns)
        return [cell for cell in range(rows * columns) if admitted is None or admitted[cell]]

    def _mask(self, sample: int, image: int) -> Tensor | None:
        mask = self.inputs.batch.get("pixel_mask")
        if mask is None:
            return None
        return mask[sample, image] if mask.ndim > 3 else mask[sample]

    @property
    def _embedded(self) -> bool:
        return self.inputs.batch.get("pixel_values") is None

    @property
    def _given(self) -> Tensor:
        images: Tensor = self.inputs.batch["image_embeds" if self._embedded else "pixel_values"]
        return images


def _with_places(model: Any, patches: Tensor, mask: Tensor | None) -> Tensor:
    """The patches of one image (features, rows, columns) with what the model adds for their
    places, (rows * columns, features)."""
    rows, columns = patches.shape[-2:]
    admitted = admitted_cells(mask, rows, columns)
    seen = torch.ones(rows, columns) if admitted is None else torch.tensor(admitted)
    seen = seen.view(rows, columns)
    height, width = int(seen[:, 0].sum()), int(seen[0].sum())
    table = next(
        weight
        for name, weight in model.named_parameters()
        if name.endswith("embeddings.position_embeddings")
    )
    side = model.config.image_size // model.config.patch_size
    places = table.detach()[0, 1:].T.reshape(1, -1, side, side)
    places = functional.interpolate(places, (height, width), mode="bilinear", align_corners=True)
    placed = patches.detach().clone()
    placed[:, :height, :width] += places[0]
    return placed.flatten(1).T.float()


def _found(drawn: Tensor, placed: Tensor, cells: Sequence[int]) -> list[int] | None:
    """Which of the cells each drawn token is; ``None`` where one is like no cell."""
    known = placed[list(cells)].cpu()
    fast = "use_mm_for_euclid_dist"  # and exact enough in double precision
    distance = torch.cdist(drawn.detach().double().cpu(), known.double(), compute_mode=fast)
    tolerance = 1e-2 * known.norm(dim=-1).mean()
    order = []
    for row in distance:
        nearest = int(row.argmin())
        if row[nearest] > tolerance:
            return None
        order.append(cells[nearest])
        distance[:, nearest] = torch.inf  # patches that look alike take turns
    return order
