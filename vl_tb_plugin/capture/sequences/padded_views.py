"""Views of different size, padded to one size at the right and lower edge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from vl_tb_plugin.capture.families.forward_inputs import ForwardInputs
from vl_tb_plugin.capture.sequences.image_tokens import ImageToken
from vl_tb_plugin.capture.sequences.image_views import View, view_tokens


def real_views(pixels: Tensor) -> Tensor:
    """Which of the views (samples, views, ...) are none that only fill up a sample: a flat mask."""
    real: Tensor = pixels.flatten(0, 1).flatten(1).ne(0).any(dim=1)
    return real


@dataclass(frozen=True)
class PaddedView:
    """A view in the upper left corner of what it was padded to.

    Attributes:
        mask: (rows, columns): which patches are not padding.
        height: of what it was padded to, as a multiple of the height of the view.
        width: as a multiple of its width.
    """

    mask: Tensor
    height: float
    width: float

    def padded(self, view: View) -> View:
        """What the view shows together with its padding."""
        x0, y0, x1, y1 = view.box
        return View((x0, y0, x0 + (x1 - x0) * self.width, y0 + (y1 - y0) * self.height), view.label)

    def tokens(self, view: View, image: int) -> list[ImageToken]:
        """One token per patch, row by row; those that only pad the view are padding.

        Args:
            view: of the image.
            image: number of the image among those of the sample.
        """
        patches = view_tokens(self.padded(view), image, *self.mask.shape)
        return [
            patch if shows else ImageToken(patch.name, "padding")
            for patch, shows in zip(patches, self.mask.flatten().tolist(), strict=True)
        ]


def padded_views(inputs: ForwardInputs, numbers: Sequence[int], *, whole: bool) -> list[PaddedView]:
    """Some of the real views of the batch.

    Args:
        inputs: with ``pixel_values`` (samples, views, 3, height, width) and, if any,
            ``pixel_attention_mask`` (samples, views, height, width).
        numbers: which of the real views.
        whole: whether all pixels of a patch must be real, or any.
    """
    pixels = inputs.batch["pixel_values"]
    mask = inputs.batch.get("pixel_attention_mask")
    if mask is None:
        mask = torch.ones(*pixels.shape[:2], *pixels.shape[3:])
    patch: Any = inputs.model.config.vision_config.patch_size
    views = []
    chosen = real_views(pixels).nonzero().flatten()[list(numbers)].to(mask.device)
    for own in mask.flatten(0, 1)[chosen].bool().cpu():
        squares = own.unfold(0, patch, patch).unfold(1, patch, patch).flatten(2)
        shows = squares.all(dim=2) if whole else squares.any(dim=2)
        height, width = (
            count * patch / int(own.any(dim=axis).sum())
            for count, axis in zip(shows.shape, (1, 0), strict=True)
        )
        views.append(PaddedView(shows, height, width))
    return views
