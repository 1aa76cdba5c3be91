"""Display strings and modalities of text tokens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def token_strings(ids: Sequence[int], tokenizer: Any) -> list[str]:
    """The tokenizer's string of each id; ``#id`` without a tokenizer."""
    if tokenizer is None:
        return [f"#{number}" for number in ids]
    strings = tokenizer.convert_ids_to_tokens(list(ids))
    return [
        f"#{number}" if string is None else str(string)
        for number, string in zip(ids, strings, strict=True)
    ]


def text_modalities(
    ids: Sequence[int], admitted: Sequence[bool] | None, tokenizer: Any
) -> list[str]:
    """``text``, ``special`` or ``padding`` for each id.

    Args:
        ids: of one sample.
        admitted: its row of the attention mask; what is not admitted is padding.
        tokenizer: tells the special ids; without one every token admitted is text.
    """
    special = special_ids(tokenizer)
    kinds = ["special" if number in special else "text" for number in ids]
    if admitted is None:
        padding = getattr(tokenizer, "pad_token_id", None)
        return kinds if padding is None else _without_mask(ids, kinds, padding)
    return [kind if real else "padding" for kind, real in zip(kinds, admitted, strict=True)]


def special_ids(tokenizer: Any) -> frozenset[int]:
    """Ids that structure the text; unknown words and mask tokens stand for words and are text."""
    words = {getattr(tokenizer, name, None) for name in ("unk_token_id", "mask_token_id")}
    return frozenset(getattr(tokenizer, "all_special_ids", ())) - words


def readable_text(ids: Sequence[int], modalities: Sequence[str], tokenizer: Any) -> str:
    """The text tokens of a sample as a sentence; empty without a tokenizer that decodes."""
    words = [number for number, kind in zip(ids, modalities, strict=True) if kind == "text"]
    if not hasattr(tokenizer, "decode"):
        return " ".join(token_strings(words, tokenizer)) if tokenizer is not None else ""
    return str(tokenizer.decode(words)).strip()


def _without_mask(ids: Sequence[int], kinds: list[str], padding: int) -> list[str]:
    # without a mask the model does attend to these tokens: they are special, never words
    return [
        "special" if number == padding else kind for number, kind in zip(ids, kinds, strict=True)
    ]
