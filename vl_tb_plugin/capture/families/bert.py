"""BERT, RoBERTa: text in one stack of self-attention.

Sequence ``text``:

=============  ===============  =================
block          query -> key     layers
=============  ===============  =================
``language``   text -> text     of the encoder
=============  ===============  =================
"""

from __future__ import annotations

from typing import Any

from vl_tb_plugin.capture.families.forward_inputs import ForwardInputs
from vl_tb_plugin.capture.families.layer_stack import BERT
from vl_tb_plugin.capture.families.registry import register
from vl_tb_plugin.capture.families.structure import OutputHead, Structure
from vl_tb_plugin.capture.sequences.text_sequence import text_sequence
from vl_tb_plugin.example import TokenSequence


@register("bert", "roberta")
class Bert:
    def structure(self, model: Any) -> Structure:
        return Structure(
            attention=(BERT.attention("language", "text"),),
            hidden_states=BERT.hidden_states(model, "text"),
            generated="text" if getattr(model.config, "is_decoder", False) else "",
            heads=(OutputHead("text", ("cls.predictions",)),),
        )

    def sequences(self, inputs: ForwardInputs) -> list[list[TokenSequence]]:
        prompts = inputs.batch.get("input_ids")
        prompts = inputs.batch["inputs_embeds"] if prompts is None else prompts
        return [[text_sequence(inputs, sample)] for sample in range(len(prompts))]
