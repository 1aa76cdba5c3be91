"""The token sequence of a pure text stream."""

from __future__ import annotations

from vl_tb_plugin.capture.families.forward_inputs import ForwardInputs
from vl_tb_plugin.capture.sequences.text_tokens import readable_text, text_modalities, token_strings
from vl_tb_plugin.example import TokenSequence


def text_sequence(inputs: ForwardInputs, sample: int, name: str = "text") -> TokenSequence:
    """The tokens of ``input_ids`` of one sample (or their positions, for ``inputs_embeds``)."""
    mask = inputs.batch.get("attention_mask")
    admitted = None if mask is None else [bool(one) for one in mask[sample].tolist()]
    if inputs.batch.get("input_ids") is None:
        count = inputs.batch["inputs_embeds"].shape[1]
        kinds = ["text"] * count if admitted is None else []
        kinds = kinds or ["text" if real else "padding" for real in admitted or ()]
        return TokenSequence([f"@{position}" for position in range(count)], kinds, name)
    ids = inputs.batch["input_ids"][sample].tolist()
    return TokenSequence(
        tokens=token_strings(ids, inputs.tokenizer),
        modality=text_modalities(ids, admitted, inputs.tokenizer),
        name=name,
    )


def prompt_text(inputs: ForwardInputs, sample: int, tokens: TokenSequence) -> str:
    """The words of ``input_ids`` as a sentence, where ``tokens`` are their tokens; else empty."""
    ids = inputs.batch.get("input_ids")
    if ids is None or len(tokens) != len(ids[sample]):
        return ""
    return readable_text(ids[sample].tolist(), tokens.modality, inputs.tokenizer)
