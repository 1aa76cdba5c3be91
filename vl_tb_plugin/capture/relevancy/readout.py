"""From relevancy between tokens to the scores of the tokens of an example."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from vl_tb_plugin.analysis.relevancy import Relevancies
from vl_tb_plugin.capture.families.structure import Readout
from vl_tb_plugin.example import TokenSequence

FloatArray = npt.NDArray[np.float32]


def read_row(readout: Readout, sequence: TokenSequence, position: int | None) -> int:
    """Which row of a sequence is read.

    Args:
        readout: of the family.
        sequence: the one that it names.
        position: of the explained logit, if it has one; else the last token is meant.
    """
    if readout.row == "explained" and position is not None:
        return position
    real = [place for place, kind in enumerate(sequence.modality) if kind != "padding"]
    if readout.row in ("last_word", "second_last_word"):
        words = [place for place in real if sequence.modality[place] != "image"]
        back = 1 if readout.row == "last_word" else 2
        return words[-min(back, len(words))]
    return real[0 if readout.row == "first" else -1] if real else 0


def row_scores(
    state: Relevancies, readout: Readout, row: int, sequences: Mapping[str, TokenSequence]
) -> dict[str, FloatArray]:
    """The scores of every sequence that a row depends on.

    The entry of the read-out token itself is zero: that it depends on itself says nothing.
    """
    scores: dict[str, FloatArray] = {}
    for (query, key), values in state.items():
        alone = query == key and len(values) == 1  # a token that pools all others
        if query == readout.sequence and not alone:
            own = row if query == key else None
            found = token_scores(values[row], sequences[key], own, readout.only_words)
            if not np.isnan(found).all():
                scores[key] = found
    return scores


def token_scores(
    row: npt.NDArray[np.floating],
    sequence: TokenSequence,
    own: int | None = None,
    only_words: bool = False,
) -> FloatArray:
    """One score per token: none for padding, zero for the read-out token itself."""
    scores = np.array(row, np.float32)
    if own is not None:
        scores[own] = 0
    without = {"padding", "special"} if only_words else {"padding"}
    scores[[kind in without for kind in sequence.modality]] = np.nan
    total = np.nansum(scores)
    return scores / total if only_words and total else scores


def tower_start(
    prompt_scores: FloatArray, prompt: TokenSequence, tower: TokenSequence
) -> FloatArray:
    """How much a decoder's read-out takes from each token of its vision tower's output.

    Image tokens of the prompt stand for those of the tower: one by one where there are as many,
    else each for the tower's tokens whose centre lies in its box, in equal shares.
    """
    start = np.zeros(len(tower), np.float32)
    own = prompt.positions("image")
    theirs = tower.positions("image")
    if len(own) == len(theirs):
        start[theirs] = prompt_scores[own]
        return start
    centres = (tower.boxes[theirs, :2] + tower.boxes[theirs, 2:]) / 2
    for position in own:
        x0, y0, x1, y1 = prompt.boxes[position]
        inside = (centres[:, 0] >= x0) & (centres[:, 0] < x1)
        inside &= (centres[:, 1] >= y0) & (centres[:, 1] < y1)
        inside &= tower.image_index[theirs] == prompt.image_index[position]
        if inside.any():
            start[theirs[inside]] += prompt_scores[position] / inside.sum()
    return start
