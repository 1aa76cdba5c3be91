"""Attention probabilities in float32, computed in chunks of rows and kept on the CPU."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

ROWS_AT_ONCE = 128
"""Query rows per chunk: bounds the extra memory to ``batch * heads * ROWS_AT_ONCE * keys``."""


def from_scores(scores: Tensor) -> Tensor:
    """Softmax over the last axis of masked scores.

    Args:
        scores: (batch, heads, queries, keys), any float dtype, masked entries very negative.

    Returns:
        (batch, heads, queries, keys) float32 on the CPU; rows without any admitted key are zero.
    """
    lowest = _masked_below(scores.dtype)
    return _by_rows(
        tuple(scores.shape), lambda rows: _softmax(scores[..., rows, :].float(), lowest)
    )


def from_query_and_key(
    query: Tensor,
    key: Tensor,
    mask: Tensor | None = None,
    *,
    is_causal: bool = False,
    scale: float | None = None,
    softcap: float | None = None,
) -> Tensor:
    """Softmax of ``scale * query key^T`` under a mask, as torch's scaled dot-product attention.

    Args:
        query: (batch, heads, queries, features).
        key: (batch, key heads, keys, features); heads divide among the key heads in order.
        mask: broadcastable to (batch, heads, queries, keys): True admits, or floats to be added.
        is_causal: admit key ``k`` to query ``q`` only where ``k <= q``.
        scale: factor of the scores, default ``features ** -0.5``.
        softcap: limit of the scores, ``softcap * tanh(score / softcap)``, before the mask.

    Returns:
        (batch, heads, queries, keys) float32 on the CPU; rows without any admitted key are zero.
    """
    batch, heads, queries, features = query.shape
    keys = key.shape[-2]
    shape = (max(batch, key.shape[0]), heads, queries, keys)
    factor = features**-0.5 if scale is None else float(scale)
    transposed = key.float().repeat_interleave(heads // key.shape[1], dim=1).transpose(-1, -2)
    lowest = -math.inf
    if mask is not None:
        lowest = _masked_below(mask.dtype)
        mask = mask.expand(shape)
    columns = torch.arange(keys, device=query.device)

    def chunk(rows: slice) -> Tensor:
        scores = query[..., rows, :].float() @ transposed * factor
        if softcap is not None:
            scores = softcap * torch.tanh(scores / softcap)
        if mask is not None and mask.dtype == torch.bool:
            scores = scores.masked_fill(~mask[..., rows, :], -math.inf)
        elif mask is not None:
            scores = scores + mask[..., rows, :].float()
        if is_causal:
            numbers = torch.arange(rows.start, rows.stop, device=query.device)
            scores = scores.masked_fill(columns > numbers[:, None], -math.inf)
        return _softmax(scores, lowest)

    return _by_rows(shape, chunk)


def _by_rows(shape: tuple[int, ...], chunk: Callable[[slice], Tensor]) -> Tensor:
    result = torch.empty(shape, dtype=torch.float32, device="cpu")
    for start in range(0, shape[-2], ROWS_AT_ONCE):
        rows = slice(start, min(start + ROWS_AT_ONCE, shape[-2]))
        result[..., rows, :] = chunk(rows).to("cpu")
    return result


def _softmax(scores: Tensor, lowest: float) -> Tensor:
    # a row whose every score is masked has no distribution: zero says so, uniform would not
    empty = scores.amax(dim=-1, keepdim=True) <= lowest
    return torch.softmax(scores, dim=-1).masked_fill(empty, 0.0)


def _masked_below(dtype: torch.dtype) -> float:
    # masks add the lowest number of their dtype; half of it leaves room for the score itself
    return torch.finfo(dtype).min / 2 if dtype.is_floating_point else -math.inf
