"""PaliGemma and Gemma 3: a vision tower without class token, its patches or means of them.

Blocks and sequences as in :mod:`vl_tb_plugin.capture.families.image_prompt_decoders`. PaliGemma has
one token per patch, Gemma 3 one per square of patches, whose mean it is. The prompt (in Gemma 3:
the image) is attended to in both directions where ``token_type_ids`` say so.
"""

from __future__ import annotations

from vl_tb_plugin.capture.families.forward_inputs import ForwardInputs
from vl_tb_plugin.capture.families.image_view_decoders import ImageViewDecoder
from vl_tb_plugin.capture.families.llava import rows_and_columns
from vl_tb_plugin.capture.families.registry import register
from vl_tb_plugin.capture.sequences.patch_grid import PatchGrid


@register("paligemma", "gemma3")
class GemmaVision(ImageViewDecoder):
    markers = ("boi", "eoi")

    def grid(self, inputs: ForwardInputs) -> PatchGrid:
        rows, columns = rows_and_columns(inputs)
        tokens = getattr(inputs.model.config, "mm_tokens_per_image", rows * columns)
        return PatchGrid(rows, columns, rows // round(tokens**0.5) if rows == columns else 1)
