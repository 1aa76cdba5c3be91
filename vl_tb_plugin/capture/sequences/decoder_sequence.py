"""The tokens that the decoder of an encoder-decoder reads."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from vl_tb_plugin.capture.families.forward_inputs import ForwardInputs
from vl_tb_plugin.capture.sequences.text_tokens import text_modalities, token_strings
from vl_tb_plugin.example import TokenSequence

_IGNORED = -100
"""Stands in ``labels`` where nothing is to be said."""


def decoder_sequence(
    inputs: ForwardInputs,
    sample: int,
    config: Any,
    name: str = "decoder",
    *,
    otherwise: Tensor | None = None,
) -> TokenSequence:
    """The tokens of ``decoder_input_ids``, else of ``labels`` moved one token to the right.

    Where a batch has neither, the decoder begins with its start token (``generate()``).

    Args:
        inputs: of the forward pass.
        sample: number in the batch.
        config: has ``decoder_start_token_id`` and ``pad_token_id`` of the decoder.
        name: of the sequence.
        otherwise: ids (batch, tokens) that the model moves to the right where it is given neither.
    """
    start, padding = (getattr(config, f"{one}_token_id", None) for one in ("decoder_start", "pad"))
    given = inputs.batch.get("decoder_input_ids")
    embedded = inputs.batch.get("decoder_inputs_embeds")
    if given is not None:
        return decoder_tokens(inputs, given[sample].tolist(), sample, name, start, padding)
    if embedded is not None:
        return _positions(inputs, sample, embedded.shape[1], name)
    labels = inputs.batch.get("labels")
    source = otherwise if labels is None or labels.ndim < 2 else labels
    said = [] if source is None else source[sample].tolist()[:-1]
    fill = 0 if padding is None else padding
    ids = [0 if start is None else start, *(fill if one == _IGNORED else one for one in said)]
    return decoder_tokens(inputs, ids, sample, name, start, padding)


def decoder_tokens(
    inputs: ForwardInputs,
    ids: list[int],
    sample: int,
    name: str,
    start: int | None,
    padding: int | None,
) -> TokenSequence:
    """These ids, of which ``decoder_attention_mask`` tells the padding; without one, it is what
    fills the end: no token before it sees it."""
    mask = inputs.batch.get("decoder_attention_mask")
    end = len(ids)
    while end > 1 and ids[end - 1] == padding:
        end -= 1
    admitted = [place < end for place in range(len(ids))]
    if mask is not None and len(mask[sample]) == len(ids):
        admitted = [bool(one) for one in mask[sample].tolist()]
    kinds = text_modalities(ids, admitted, inputs.tokenizer)
    if kinds[0] == "text" and ids[0] == start:
        kinds[0] = "special"
    return TokenSequence(token_strings(ids, inputs.tokenizer), kinds, name)


def _positions(inputs: ForwardInputs, sample: int, count: int, name: str) -> TokenSequence:
    mask = inputs.batch.get("decoder_attention_mask")
    kinds = ["text"] * count
    if mask is not None and len(mask[sample]) == count:
        kinds = ["text" if real else "padding" for real in mask[sample].tolist()]
    return TokenSequence([f"@{place}" for place in range(count)], kinds, name)
