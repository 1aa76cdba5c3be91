"""Attention that was seen being computed; its probabilities are worked out part by part on demand.

Nothing of the size of a whole layer is made: whoever asks says which entry of the batch axis,
which heads and which query rows. The tensors are those of the model, unchanged and not copied.
"""

from __future__ import annotations

import math
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

_own = threading.local()


@contextmanager
def own_arithmetic(device_type: str) -> Iterator[None]:
    """Marks our own computing: in full precision, without gradients, unseen by any trace."""
    before = own_computing()
    _own.computing = True
    try:
        with torch.no_grad(), torch.autocast(device_type, enabled=False):
            yield
    finally:
        _own.computing = before


def own_computing() -> bool:
    """Whether this thread is inside :func:`own_arithmetic`."""
    return getattr(_own, "computing", False)


class SeenAttention(ABC):
    """One computation of attention probabilities.

    Attributes:
        shape: (batch, heads, queries, keys).
        mechanism: in what it was seen.
        device_type: where its tensors are.
    """

    shape: tuple[int, int, int, int]
    mechanism: str
    device_type: str

    @abstractmethod
    def probabilities(self, entry: int, heads: slice, rows: slice | Tensor) -> Tensor:
        """(heads, rows, keys) float32 of one entry of the batch axis.

        May be a view of the model's own tensor: not to be written to. Rows without any admitted
        key are zero.
        """


class SeenSoftmax(SeenAttention):
    """A softmax over the last axis of masked scores.

    Args:
        scores: (batch, heads, queries, keys), masked entries very negative.
        result: what the softmax gave, where that is float32 and will not be written to.
    """

    def __init__(self, scores: Tensor, result: Tensor | None = None):
        self.shape = _four(scores.shape)
        self.mechanism, self.device_type = "softmax", scores.device.type
        self._scores, self._result = scores, result
        self._lowest = _masked_below(scores.dtype)

    def probabilities(self, entry: int, heads: slice, rows: slice | Tensor) -> Tensor:
        scores = self._scores[entry, heads][:, rows]
        weights = self._result[entry, heads][:, rows] if self._result is not None else None
        if weights is None:
            weights = torch.softmax(scores.float(), dim=-1)
        return _without(weights, scores.amax(dim=-1, keepdim=True) <= self._lowest)


class SeenQueryKey(SeenAttention):
    """Softmax of ``scale * query key^T`` under a mask, as torch's scaled dot-product attention.

    Args:
        query: (batch, heads, queries, features).
        key: (batch, key heads, keys, features); heads divide among the key heads in order.
        mask: broadcastable to (batch, heads, queries, keys): True admits, or floats to be added.
        is_causal: admit key ``k`` to query ``q`` only where ``k <= q``.
        scale: factor of the scores, default ``features ** -0.5``.
        softcap: limit of the scores, ``softcap * tanh(score / softcap)``, before the mask.
        mechanism: in what it was seen.

    Attributes:
        scale: factor of the scores.
    """

    def __init__(
        self,
        query: Tensor,
        key: Tensor,
        mask: Tensor | None = None,
        *,
        is_causal: bool = False,
        scale: float | None = None,
        softcap: float | None = None,
        mechanism: str = "scaled_dot_product_attention",
    ):
        batch, heads, queries, features = query.shape
        self.shape = (batch, heads, queries, key.shape[-2])
        self.mechanism, self.device_type = mechanism, query.device.type
        self._query, self._key = query, key
        self._mask = None if mask is None else mask.expand(batch, -1, -1, self.shape[3])
        self._lowest = -math.inf if mask is None else _masked_below(mask.dtype)
        self._is_causal, self._softcap = is_causal, softcap
        self.scale = features**-0.5 if scale is None else float(scale)
        self._heads_per_key = heads // key.shape[1]

    def probabilities(self, entry: int, heads: slice, rows: slice | Tensor) -> Tensor:
        query = self._query[entry, heads][:, rows].float()
        numbers = [head // self._heads_per_key for head in range(self.shape[1])[heads]]
        first, last = numbers[0], numbers[-1]
        key = self._key[entry, first : last + 1].float()
        if len(key) not in (1, len(query)):
            key = key[torch.tensor(numbers, device=key.device) - first]
        scores = (query * self.scale) @ key.transpose(-1, -2)
        if self._softcap is not None:
            scores = self._softcap * torch.tanh(scores / self._softcap)
        empty = None
        if self._mask is not None:
            mask = self._mask[entry, heads if self._mask.shape[1] > 1 else slice(None)]
            mask = mask[:, rows] if mask.shape[1] > 1 else mask
            if mask.dtype == torch.bool:  # adding is faster than filling
                mask = torch.where(mask, 0.0, -math.inf)
            scores += mask
            empty = mask.amax(dim=-1, keepdim=True) <= self._lowest
        if self._is_causal:
            queries = torch.arange(self.shape[2], device=scores.device)[rows]
            keys = torch.arange(self.shape[3], device=scores.device)
            scores += torch.where(keys > queries[:, None], -math.inf, 0.0)
        return _without(torch.softmax(scores, dim=-1, out=scores), empty)


class SeenWeights(SeenAttention):
    """Probabilities at hand, (batch, heads, queries, keys); NaN in rows without any key."""

    def __init__(self, weights: Tensor, mechanism: str):
        self.shape = _four(weights.shape)
        self.mechanism, self.device_type = mechanism, weights.device.type
        self._weights = weights

    def probabilities(self, entry: int, heads: slice, rows: slice | Tensor) -> Tensor:
        return self._weights[entry, heads][:, rows].float().nan_to_num(0.0)


class Folded(SeenAttention):
    """Attention whose heads lie partly in the query axis, as they were before.

    With a single query transformers may fold heads that share a key into the query axis, and the
    axes (batch, heads) of some families are one.
    """

    def __init__(self, seen: SeenAttention, shape: tuple[int, int, int, int]):
        self.shape, self.mechanism, self.device_type = shape, seen.mechanism, seen.device_type
        self._seen = seen

    def probabilities(self, entry: int, heads: slice, rows: slice | Tensor) -> Tensor:
        batch, count, queries, keys = self.shape
        inner = self._seen
        per_entry = inner.shape[0] // batch
        every = [
            inner.probabilities(entry * per_entry + number, slice(None), slice(None))
            for number in range(per_entry)
        ]
        return torch.cat(every).reshape(count, queries, keys)[heads][:, rows]


def _four(shape: torch.Size) -> tuple[int, int, int, int]:
    batch, heads, queries, keys = shape
    return batch, heads, queries, keys


def _without(probabilities: Tensor, empty: Tensor | None) -> Tensor:
    # a row whose every score is masked has no distribution: zero says so, uniform would not
    if empty is None or not bool(empty.any()):
        return probabilities
    return probabilities.masked_fill(empty, 0.0)


def _masked_below(dtype: torch.dtype) -> float:
    # masks add the lowest number of their dtype; half of it leaves room for the score itself
    return torch.finfo(dtype).min / 2 if dtype.is_floating_point else -math.inf
