"""How tokens are taken out of a batch: the way that fits a modality and a batch.

======================  ==========================================================================
``TextRemoval``         drops text tokens from ``input_ids`` and what goes with it
``RegionRemoval``       drops the features and boxes of regions (LXMERT, VisualBERT)
``PatchPainting``       paints over patches in ``pixel_values`` (all models that see pictures)
======================  ==========================================================================

Anything else is a function of your own: ``remove(batch, positions) -> batch`` with, for each
sample, the positions in its token sequence of the tokens that are to go.
"""

from __future__ import annotations

from collections.abc import Sequence

from vl_tb_plugin.example import TokenSequence
from vl_tb_plugin.faithfulness.patch_painting import PatchPainting
from vl_tb_plugin.faithfulness.reduced_batch import Batch, Removal
from vl_tb_plugin.faithfulness.region_removal import RegionRemoval
from vl_tb_plugin.faithfulness.text_removal import TextRemoval


def token_removal(batch: Batch, sequences: Sequence[TokenSequence], modality: str) -> Removal:
    """How tokens of a modality leave a batch.

    Args:
        batch: inputs of the model.
        sequences: of each sample, the token sequence that loses tokens.
        modality: ``"image"`` or ``"text"``.

    Raises:
        ValueError: if there is no way for such a batch or modality.
    """
    if modality == "text":
        return TextRemoval(sequences)
    if modality != "image":
        raise ValueError(f"modality is 'image' or 'text', not {modality!r}.")
    if any(batch.get(name) is not None for name in ("visual_feats", "visual_embeds")):
        return RegionRemoval(sequences)
    if batch.get("pixel_values") is not None:
        return PatchPainting(sequences)
    raise ValueError(
        f"No way is known to take image tokens out of a batch of {sorted(batch)}. Pass"
        " removal=, a function (batch, positions) -> batch."
    )
