"""Qwen-VL and its kin: images of any size as one packed sequence, merged patches in the prompt.

Sequences ``joint`` (the decoder's tokens: text and merged patches) and ``vision`` (the tower's
patches, in the order in which it reads them: square by square; the images of a sample follow one
another). Each numbers its own layers.

=============  ===================  ========================================================
block          query -> key         layers
=============  ===================  ========================================================
``language``   joint -> joint       of the decoder
``vision``     vision -> vision     of the vision tower; within an image, in the windowed layers
                                    of Qwen2.5-VL within a window
=============  ===================  ========================================================

The hidden states of the decoder are those that its layers read: with what the tower's lower layers
add in between (Qwen3-VL); the last one is the one after the final normalisation.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from vl_tb_plugin.capture.families.forward_inputs import ForwardInputs, Part, SampleSequence
from vl_tb_plugin.capture.families.registry import register
from vl_tb_plugin.capture.families.structure import AttentionSite, HiddenStateSite, Structure
from vl_tb_plugin.capture.sequences.image_share import next_images
from vl_tb_plugin.capture.sequences.image_tokens import (
    ImageToken,
    grid_tokens,
    image_places,
    image_sequence,
    prompt_with_images,
)
from vl_tb_plugin.capture.sequences.marker_tokens import with_markers
from vl_tb_plugin.capture.sequences.patch_order import nested_order
from vl_tb_plugin.capture.sequences.text_sequence import text_sequence
from vl_tb_plugin.example import TokenSequence

_MARKERS = ("vision_start", "vision_end", "image_start", "image_end", "video_start", "video_end")


@register("qwen2_vl", "qwen2_5_vl", "qwen3_vl", "qwen3_vl_moe", "glm4v", "glm4v_moe")
class QwenVL:
    def structure(self, model: Any) -> Structure:
        language, tower = "layers.{layer}", "visual.blocks.{layer}"
        depth = model.config.get_text_config().num_hidden_layers
        return Structure(
            attention=(
                AttentionSite(f"{language}.self_attn", "language", "joint", "joint"),
                AttentionSite(f"{tower}.attn", "vision", "vision", "vision", packed=True),
            ),
            hidden_states=(
                HiddenStateSite(language, "joint", at="input"),
                HiddenStateSite("norm", "joint", first_layer=depth),
                HiddenStateSite(tower.format(layer=0), "vision", at="input"),
                HiddenStateSite(tower, "vision", first_layer=1),
            ),
            generated="joint",
        )

    def sequences(self, inputs: ForwardInputs) -> list[list[TokenSequence | SampleSequence]]:
        config = inputs.model.config
        markers = [getattr(config, f"{name}_token_id", None) for name in _MARKERS]
        prompts = inputs.batch.get("input_ids")
        prompts = inputs.batch["inputs_embeds"] if prompts is None else prompts
        texts = [
            with_markers(text_sequence(inputs, sample, "joint"), inputs, sample, markers)
            for sample in range(len(prompts))
        ]
        if inputs.batch.get("input_ids") is None or _shows_videos(inputs):
            return [[_without_places(inputs, sample, text)] for sample, text in enumerate(texts)]
        grids = _grids(inputs)
        return [self._sample(inputs, sample, text, grids) for sample, text in enumerate(texts)]

    def _sample(
        self, inputs: ForwardInputs, sample: int, text: TokenSequence, grids: Iterator[_Grid]
    ) -> list[TokenSequence | SampleSequence]:
        places = image_places(inputs, sample, inputs.model.config.image_token_id)
        own = next_images(grids, len(places), lambda grid: grid.in_prompt)
        merged: list[ImageToken] = []
        patches: list[ImageToken] = []
        for image, grid in enumerate(own):
            merged += grid.merged_tokens(inputs, sample, image)
            patches += grid.tower_tokens(inputs, sample, image)
        joint = prompt_with_images(text, places, merged)
        if not own:
            return [joint]
        part = Part(0, range(len(patches)), own[0].start)
        vision = SampleSequence(image_sequence(patches, "vision"), placements={"": (part,)})
        return [joint, vision]


@dataclass(frozen=True)
class _Grid:
    """The patches of one image, and where they begin in the packed sequence of the tower."""

    frames: int
    rows: int
    columns: int
    start: int
    merge: int
    window: int

    @property
    def in_prompt(self) -> int:
        """How many tokens it has in the prompt."""
        return self.frames * self.rows * self.columns // self.merge**2

    def merged_tokens(self, inputs: ForwardInputs, sample: int, image: int) -> list[ImageToken]:
        """In the prompt: one token per square of patches, row by row."""
        rows, columns = self.rows // self.merge, self.columns // self.merge
        return self.frames * grid_tokens(inputs, sample, image, rows, columns)

    def tower_tokens(self, inputs: ForwardInputs, sample: int, image: int) -> list[ImageToken]:
        """In the tower: squares that are merged lie together, and so do windows."""
        patches = grid_tokens(inputs, sample, image, self.rows, self.columns)
        sides = [side for side in (self.window, self.merge) if side > 1]
        return self.frames * [patches[n] for n in nested_order(self.rows, self.columns, sides)]


def _grids(inputs: ForwardInputs) -> Iterator[_Grid]:
    """The images of the batch, in order."""
    shapes = inputs.batch.get("image_grid_thw")
    config = inputs.model.config.vision_config
    patch = config.patch_size
    merge, window = config.spatial_merge_size, getattr(config, "window_size", 0)
    side = patch if isinstance(patch, int) else patch[0]
    start = 0
    for frames, rows, columns in [] if shapes is None else shapes.tolist():
        # a window holds whole squares of merged patches
        yield _Grid(frames, rows, columns, start, merge, window // side // merge * merge)
        start += frames * rows * columns


def _shows_videos(inputs: ForwardInputs) -> bool:
    return inputs.batch.get("pixel_values_videos") is not None


def _without_places(inputs: ForwardInputs, sample: int, text: TokenSequence) -> TokenSequence:
    if inputs.batch.get("input_ids") is None:
        remark = "Image tokens are not marked: inputs_embeds does not tell where they are."
        places: list[int] = []
    else:
        remark = "Frames of videos: their tokens have no box, and the tower is not shown."
        config = inputs.model.config
        ids = {config.image_token_id, config.video_token_id}
        places = sorted(place for one in ids for place in image_places(inputs, sample, one))
    inputs.remarks.append(remark)
    return prompt_with_images(text, places, [ImageToken("frame", "image")] * len(places))
