"""Idefics3 and SmolVLM: tiles of an image and an overview of it, squares of patches merged.

Blocks and sequences as in :mod:`vl_tb_plugin.capture.families.image_prompt_decoders`. What stands
between the tokens of the tiles in the prompt tells how they lie; it is special, as are the tokens
around an image. Frames of videos are images.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from vl_tb_plugin.capture.families.forward_inputs import ForwardInputs
from vl_tb_plugin.capture.families.image_prompt_decoders import Paths
from vl_tb_plugin.capture.families.image_view_decoders import ImageViewDecoder, Maker, Tiling
from vl_tb_plugin.capture.families.llava import rows_and_columns
from vl_tb_plugin.capture.families.registry import register
from vl_tb_plugin.capture.sequences.padded_views import padded_views, real_views
from vl_tb_plugin.capture.sequences.patch_grid import PatchGrid
from vl_tb_plugin.capture.sequences.prompt_runs import gaps_of, runs_of


@register("idefics3", "smolvlm")
class Idefics3(ImageViewDecoder):
    paths = Paths(decoder="text_model*", layer="vision_model*.encoder.layers.{layer}")

    def grid(self, inputs: ForwardInputs) -> PatchGrid:
        return PatchGrid(*rows_and_columns(inputs), inputs.model.config.scale_factor)

    def count(self, inputs: ForwardInputs) -> int:
        return int(real_views(inputs.batch["pixel_values"]).sum())

    def maker(self, inputs: ForwardInputs, numbers: Sequence[int]) -> Maker:
        grid = self.grid(inputs)
        padded = dict(zip(numbers, padded_views(inputs, numbers, whole=False), strict=True))
        return lambda view, image, number: (
            # squares of padding stand in the prompt like all others
            grid.prompt_tokens(padded[number].padded(view), image),
            padded[number].tokens(view, image),
        )

    def tilings(
        self, inputs: ForwardInputs, sample: int, places: Sequence[int], numbers: Sequence[int]
    ) -> list[Tiling]:
        return [self._tiling(inputs, sample, runs) for runs in self._images(inputs, sample, places)]

    def structural(
        self, inputs: ForwardInputs, sample: int, places: Sequence[int]
    ) -> Iterable[int]:
        ids = inputs.batch["input_ids"][sample].tolist()
        around, start = _around(ids, places), places[0]
        if around not in ids[:start]:
            return range(start, places[-1] + 1)
        while ids[start] != around:
            start -= 1
        return range(start, places[-1] + 2)

    def _tiling(self, inputs: ForwardInputs, sample: int, runs: Sequence[range]) -> Tiling:
        ids = inputs.batch["input_ids"][sample].tolist()
        around = _around(ids, [place for run in runs for place in run])
        # within a row the next tile begins at once, after a row comes a line break
        rows = sum(gap[0] != around for gap in gaps_of(ids, runs))
        return Tiling(rows, (len(runs) - 1) // rows) if rows else Tiling()

    def _images(
        self, inputs: ForwardInputs, sample: int, places: Sequence[int]
    ) -> list[list[range]]:
        """Of each image of a sample, the runs of its views in the prompt."""
        ids = inputs.batch["input_ids"][sample].tolist()
        runs = runs_of(places, self.grid(inputs).prompt_length)
        around = _around(ids, places)
        images = [runs[:1]]
        for gap, (_, run) in zip(gaps_of(ids, runs), pairwise(runs), strict=True):
            # one token before each view; another one where an image ends
            if around is not None and gap.count(around) == 1:
                images[-1].append(run)
            else:
                images.append([run])
        return images


def _around(ids: Sequence[int], places: Sequence[int]) -> int | None:
    """The id that stands before every view and after an image, if the prompt goes on there."""
    after = places[-1] + 1
    return ids[after] if after < len(ids) else None
