"""Model families: one small file per structure, and a registry.

A family says, as data, which modules compute which block of attention and whose outputs are the
hidden states of which sequence, and it builds the token sequences of each sample. A structure that
is missing here takes a few lines of your own, anywhere before ``trace``:

>>> from vl_tb_plugin import TokenSequence
>>> from vl_tb_plugin.capture.families import AttentionSite, HiddenStateSite, Structure, register
>>> @register("my_model_type")  # config.model_type
... class MyFamily:
...     def structure(self, model):
...         return Structure(
...             attention=(AttentionSite("layers.{layer}.attention", "self", "joint", "joint"),),
...             hidden_states=(
...                 HiddenStateSite("embeddings", "joint"),
...                 HiddenStateSite("layers.{layer}", "joint", first_layer=1),
...             ),
...         )
...
...     def sequences(self, inputs):
...         return [
...             [TokenSequence([f"#{i}" for i in row], ["text"] * len(row), "joint")]
...             for row in inputs.batch["input_ids"].tolist()
...         ]

Building blocks for new families: :mod:`vl_tb_plugin.capture.sequences`.
"""

from vl_tb_plugin.capture.families.forward_inputs import ForwardInputs, Part, SampleSequence
from vl_tb_plugin.capture.families.registry import (
    Family,
    UnknownModel,
    find_family,
    known_families,
    register,
)
from vl_tb_plugin.capture.families.structure import (
    AttentionSite,
    Explanation,
    HiddenStateSite,
    Readout,
    Structure,
)

__all__ = [
    "AttentionSite",
    "Explanation",
    "Family",
    "ForwardInputs",
    "HiddenStateSite",
    "Part",
    "Readout",
    "SampleSequence",
    "Structure",
    "UnknownModel",
    "find_family",
    "known_families",
    "register",
]
