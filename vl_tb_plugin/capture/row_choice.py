"""Which query rows of a block are kept, within the bytes that an example may have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vl_tb_plugin.capture.capture_policy import CapturePolicy
from vl_tb_plugin.example import TokenSequence
from vl_tb_plugin.example.encoded_probabilities import BYTES

TEXT = ("generated", "text", "special")
"""Modalities of the rows that ``"text"`` means, the most valuable first."""


@dataclass(frozen=True, eq=False)
class BlockShape:
    """What decides how many bytes a block takes.

    Attributes:
        name: of the block.
        layers: numbers of all its layers.
        heads: number of heads.
        keys: number of keys.
    """

    name: str
    layers: tuple[int, ...]
    heads: int
    keys: int


@dataclass(frozen=True, eq=False)
class RowChoice:
    """The rows of one block of one sample that are kept.

    Attributes:
        kept: (queries,) whether the row of that position is kept.
        remark: what was left out and why; empty where everything is kept.
        row_bytes: bytes of one row over all layers and heads kept.
    """

    kept: npt.NDArray[np.bool_]
    remark: str
    row_bytes: int

    @property
    def nbytes(self) -> int:
        """Bytes of the rows kept."""
        return int(self.kept.sum()) * self.row_bytes


def choose_rows(
    policy: CapturePolicy, block: BlockShape, query: TokenSequence, room: int | None
) -> RowChoice:
    """The rows of a block to keep.

    Args:
        policy: what the user wants.
        block: the block.
        query: its query sequence.
        room: bytes that it may take; ``None`` for no limit.
    """
    layers = len(policy.layers_of(block.name, block.layers))
    maps = layers * (len(policy.heads_of(block.heads)) + 1)  # the mean over heads is one more
    row_bytes = maps * block.keys * BYTES[policy.precision]
    limit = len(query) if room is None or row_bytes == 0 else room // row_bytes
    wanted = policy.rows_of(block.name)
    order = _by_value(query, spread=limit < len(query))
    if wanted == "auto":
        # a tower without text keeps as many of its patches as fit
        has_text = bool(len(query.positions("generated", "text")))
        wanted = "text" if limit < len(query) and has_text else "all"
    chosen = _wanted(wanted, query, order)
    kept = np.zeros(len(query), bool)
    kept[chosen[:limit]] = True
    cut = limit < len(chosen)
    return RowChoice(kept, _remark(block.name, policy, query, kept, cut), row_bytes)


def positions_of(wanted: str | Sequence[int], query: TokenSequence) -> list[int]:
    """The positions that ``"all"``, ``"text"``, ``"generated"`` or a list of them mean."""
    return _wanted(wanted, query, _by_value(query, spread=False))


def _by_value(query: TokenSequence, *, spread: bool) -> list[int]:
    """Every position: generated and text tokens, the last first; special; image, where not all fit
    spread evenly; padding."""
    order: list[int] = []
    for modality in (*TEXT, "image", "padding"):
        positions = query.positions(modality).tolist()
        order += _spread(positions) if modality == "image" and spread else positions[::-1]
    return order


def _spread(positions: list[int]) -> list[int]:
    """An order of which every beginning is spread over the whole."""
    bits = max(1, (len(positions) - 1).bit_length())
    ranks = (int(f"{number:0{bits}b}"[::-1], 2) for number in range(1 << bits))
    return [positions[rank] for rank in ranks if rank < len(positions)]


def _wanted(wanted: str | Sequence[int], query: TokenSequence, order: list[int]) -> list[int]:
    if wanted == "all":
        return order
    if wanted == "text":
        return [position for position in order if query.modality[position] in TEXT]
    if wanted == "generated":
        generated = query.positions("generated").tolist()
        text = query.positions("text").tolist()
        if not generated and not text:  # a vision tower
            return [position for position in order if query.modality[position] == "special"]
        prompt = query.positions("text", "special", "image").tolist()
        return generated[::-1] + prompt[-1:]
    given = {int(position) for position in wanted}
    return [position for position in order if position in given]


def _remark(
    name: str,
    policy: CapturePolicy,
    query: TokenSequence,
    kept: npt.NDArray[np.bool_],
    cut: bool,
) -> str:
    real = np.array([modality != "padding" for modality in query.modality])
    count, total = int((kept & real).sum()), int(real.sum())
    if count == total:
        return ""
    why = f"rows={policy.rows_of(name)!r}"
    if cut or policy.rows_of(name) == "auto":
        why = f"max_bytes={policy.max_bytes}"
    return f"Block {name}: {count} of {total} query rows kept ({why}); statistics are over these."
