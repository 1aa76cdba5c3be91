"""docs/models.md says what the cases say."""

import re

import torch
from torch import nn

from tests.documentation.models_page import PATH, page
from vl_tb_plugin import trace


def test_the_page_is_what_the_cases_say():
    message = "Run `python -m tests.documentation.models_page`."
    assert PATH.read_text() == page(), message


def test_every_family_has_one_row_in_alphabetical_order():
    rows = [line for line in page().splitlines() if line.startswith("| ")][2:]
    names = [row.split(" | ")[0].removeprefix("| ").casefold() for row in rows]
    assert names == sorted(set(names))
    assert "llava" in names


def test_the_model_of_one_s_own_is_traced():
    (code,) = re.findall(r"```python\n(.*?)```", page(), re.S)
    exec(code, {})

    class Attention(nn.Module):
        num_heads = 2

        def forward(self, states):
            heads = states.unflatten(-1, (2, -1)).transpose(1, 2)
            weights = (heads @ heads.transpose(-1, -2)).softmax(-1)
            return (weights @ heads).transpose(1, 2).flatten(2)

    class Layer(nn.Module):
        def __init__(self):
            super().__init__()
            self.attention = Attention()

        def forward(self, states):
            return states + self.attention(states)

    class Model(nn.Module):
        class config:  # noqa: N801  an attribute of transformers' models
            model_type = "my_model_type"

        def __init__(self):
            super().__init__()
            self.embeddings = nn.Embedding(10, 8)
            self.layers = nn.ModuleList(Layer() for _ in range(2))

        def forward(self, input_ids):
            states = self.embeddings(input_ids)
            for layer in self.layers:
                states = layer(states)
            return states

    batch = {"input_ids": torch.tensor([[1, 2, 3]])}
    model = Model()
    with torch.no_grad(), trace(model) as t:
        model(**batch)
    (example,) = t.examples(batch)
    assert example.block("self").shape == (2, 2, 3, 3)
    assert example.hidden_states[0].layers == (0, 1, 2)
    assert example.sequence("joint").tokens == ("#1", "#2", "#3")
