"""Which head of a grid model looks at the tile that holds the answer, and how much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from grid_models import GridModel
from grid_questions import Questions

from vl_tb_plugin import Example


@dataclass(frozen=True)
class BestHead:
    """How much the best head looks at the tile that holds the answer.

    Attributes:
        name: which head that is, in words.
        share: its attention on the tile, mean over samples that did not choose it.
        uniform: the share of a head that looks at everything equally.
        over_tiles: the share of a head that looks at all tiles equally, and at nothing else.
        heads: how many heads give the tile more than three times the uniform share.
        of: how many heads there are.
    """

    name: str
    share: float
    uniform: float
    over_tiles: float
    heads: int
    of: int


def best_head(grid: GridModel, examples: Sequence[Example], questions: Questions) -> BestHead:
    """Find the head that looks at the right tile most, on one half, and score it on the other."""
    rows = list(grid.read_out_rows)
    shares, uniform = [], []
    for example, cell in zip(examples, questions.cells, strict=True):
        block = example.block(grid.grounding_block)
        keys = example.sequence(block.key)
        cells = keys.positions("image")
        on_tile = block.probabilities[..., cells[cell]]  # (layers, heads, queries)
        shares.append(on_tile[..., list(grid.read_out_rows.values())])
        uniform.append(1 / len(keys.tokens))
    share = np.stack(shares)  # (samples, layers, heads, rows)
    choose, score = share[::2].mean(axis=0), share[1::2].mean(axis=0)
    layer, head, row = best = np.unravel_index(choose.argmax(), choose.shape)
    return BestHead(
        name=f"layer {block.layers[layer]} head {head} from {rows[row]}",
        share=float(score[best]),
        uniform=float(np.mean(uniform)),
        over_tiles=float((1 / questions.tiles).mean()),
        heads=int((share.mean(axis=0) > 3 * np.mean(uniform)).sum()),
        of=choose.size,
    )
