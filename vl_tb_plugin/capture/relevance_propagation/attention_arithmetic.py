"""Fused attention functions written out, so that their probabilities are tensors with a relevance.

Plain torch: the rules apply to what is called here as to what a model calls.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from vl_tb_plugin.capture.relevance_propagation.rules import RelevancePropagationUnsupported


def scaled_dot_product_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """``F.scaled_dot_product_attention``, of (..., queries, width) and (..., keys, width).

    Rows without any admitted key are zero.
    """
    if enable_gqa:
        key = key.repeat_interleave(query.shape[-3] // key.shape[-3], dim=-3)
        value = value.repeat_interleave(query.shape[-3] // value.shape[-3], dim=-3)
    if is_causal:
        shape = query.shape[-2], key.shape[-2]
        attn_mask = torch.ones(shape, dtype=torch.bool, device=query.device).tril()
    scale = 1 / math.sqrt(query.shape[-1]) if scale is None else scale
    scores = torch.matmul(query, key.transpose(-2, -1)) * scale
    if attn_mask is not None and attn_mask.dtype == torch.bool:
        scores = scores.masked_fill(~attn_mask, -math.inf)
    elif attn_mask is not None:
        scores = scores + attn_mask
    empty = scores.detach().amax(dim=-1, keepdim=True) == -math.inf
    weights = functional.softmax(scores.masked_fill(empty, 0), dim=-1).masked_fill(empty, 0)
    return torch.matmul(functional.dropout(weights, dropout_p, dropout_p > 0), value)


def multi_head_attention_forward(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    embed_dim_to_check: int,
    num_heads: int,
    in_proj_weight: Tensor | None,
    in_proj_bias: Tensor | None,
    bias_k: Tensor | None,
    bias_v: Tensor | None,
    add_zero_attn: bool,
    dropout_p: float,
    out_proj_weight: Tensor,
    out_proj_bias: Tensor | None,
    training: bool = True,
    key_padding_mask: Tensor | None = None,
    need_weights: bool = True,
    attn_mask: Tensor | None = None,
    use_separate_proj_weight: bool = False,
    q_proj_weight: Tensor | None = None,
    k_proj_weight: Tensor | None = None,
    v_proj_weight: Tensor | None = None,
    static_k: Tensor | None = None,
    static_v: Tensor | None = None,
    average_attn_weights: bool = True,
    is_causal: bool = False,
) -> tuple[Tensor, Tensor | None]:
    """``F.multi_head_attention_forward``, of (tokens, batch, width).

    Raises:
        RelevancePropagationUnsupported: an unbatched input, or keys that the module adds.
    """
    if (
        query.ndim != 3
        or add_zero_attn
        or any(extra is not None for extra in (bias_k, bias_v, static_k, static_v))
    ):
        raise RelevancePropagationUnsupported(
            "multi_head_attention_forward without a batch axis, or with keys of its own"
        )
    queries, batch, width = query.shape
    keys = key.shape[0]
    if use_separate_proj_weight:
        weights: Any = q_proj_weight, k_proj_weight, v_proj_weight
    else:
        assert in_proj_weight is not None
        weights = in_proj_weight.chunk(3)
    biases: Any = (None,) * 3 if in_proj_bias is None else in_proj_bias.chunk(3)

    def heads(tokens: Tensor, number: int) -> Tensor:
        """(batch, heads, tokens, width of a head)"""
        projected = functional.linear(tokens, weights[number], biases[number])
        split = projected.reshape(tokens.shape[0], batch, num_heads, width // num_heads)
        return split.permute(1, 2, 0, 3)

    scores = torch.matmul(heads(query, 0), heads(key, 1).transpose(-2, -1))
    scores = scores / math.sqrt(width // num_heads)
    if attn_mask is not None:
        mask = _added(attn_mask, scores.dtype)
        scores = scores + (mask if mask.ndim == 2 else mask.view(batch, -1, queries, keys))
    if key_padding_mask is not None:
        scores = scores + _added(key_padding_mask, scores.dtype)[:, None, None]
    probabilities = functional.softmax(scores, dim=-1)
    context = functional.dropout(probabilities, dropout_p, training)
    context = torch.matmul(context, heads(value, 2))
    joined = context.permute(2, 0, 1, 3).reshape(queries, batch, width)
    output = functional.linear(joined, out_proj_weight, out_proj_bias)
    if not need_weights:
        return output, None
    return output, probabilities.mean(dim=1) if average_attn_weights else probabilities


def _added(mask: Tensor, dtype: torch.dtype) -> Tensor:
    """A mask that is True where attention is forbidden, as what is added to the scores."""
    if mask.dtype != torch.bool:
        return mask
    return torch.zeros(mask.shape, dtype=dtype, device=mask.device).masked_fill(mask, -math.inf)
