"""One sequence after another, as one."""

from __future__ import annotations

import numpy as np

from vl_tb_plugin.example import TokenSequence


def joined(name: str, *sequences: TokenSequence) -> TokenSequence:
    """The tokens of several sequences, in order."""
    return TokenSequence(
        [token for one in sequences for token in one.tokens],
        [kind for one in sequences for kind in one.modality],
        name,
        np.concatenate([one.boxes for one in sequences]),
        np.concatenate([one.image_index for one in sequences]),
    )
