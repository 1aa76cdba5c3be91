"""A model of one's own in plain torch, and the family that its author registers for it.

The patches of a 7 x 7 grid of features come first, then the text.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn

from tests.capture.families.dual_towers import texts
from tests.capture.family_case import Block, FamilyCase, Weights, stacked
from vl_tb_plugin import TokenSequence
from vl_tb_plugin.capture.families import AttentionSite, HiddenStateSite, Structure, register
from vl_tb_plugin.capture.sequences.image_tokens import grid_tokens, image_sequence
from vl_tb_plugin.capture.sequences.joined_sequence import joined
from vl_tb_plugin.capture.sequences.text_sequence import text_sequence


class Layer(nn.Module):
    def __init__(self, features: int, heads: int):
        super().__init__()
        self.attention = nn.MultiheadAttention(features, heads, batch_first=True)
        self.norm = nn.LayerNorm(features)
        self.mlp = nn.Sequential(nn.Linear(features, features), nn.GELU())

    def forward(self, states: Tensor, masked: Tensor) -> Tensor:
        normed = self.norm(states)
        states = states + self.attention(normed, normed, normed, key_padding_mask=masked)[0]
        return states + self.mlp(states)


class Embeddings(nn.Module):
    def __init__(self, features: int):
        super().__init__()
        self.backbone = nn.Conv2d(3, features, kernel_size=4, stride=4)
        self.words = nn.Embedding(50, features)

    def forward(self, input_ids: Tensor, pixel_values: Tensor) -> Tensor:
        grid = self.backbone(pixel_values).flatten(2).transpose(1, 2)
        return torch.cat([grid, self.words(input_ids)], dim=1)


class AnswerModel(nn.Module):
    def __init__(self, layers: int = 2, features: int = 32, heads: int = 4):
        super().__init__()
        self.config = SimpleNamespace(model_type="own_answer_model")
        self.embeddings = Embeddings(features)
        self.layers = nn.ModuleList([Layer(features, heads) for _ in range(layers)])
        self.answer = nn.Linear(features, 50)

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor, pixel_values: Tensor
    ) -> dict[str, Tensor]:
        states = self.embeddings(input_ids, pixel_values)
        cells = states.shape[1] - input_ids.shape[1]
        masked = nn.functional.pad(attention_mask == 0, (cells, 0), value=False)
        for layer in self.layers:
            states = layer(states, masked)
        return {"logits": self.answer(states[:, cells:])}


@register("own_answer_model")
class AnswerModelFamily:
    def structure(self, model: Any) -> Structure:
        return Structure(
            attention=(AttentionSite("layers.{layer}.attention", "joint", "joint", "joint"),),
            hidden_states=(
                HiddenStateSite("embeddings", "joint"),
                HiddenStateSite("layers.{layer}", "joint", first_layer=1),
            ),
        )

    def sequences(self, inputs: Any) -> list[list[TokenSequence]]:
        return [
            [
                joined(
                    "joint",
                    image_sequence(grid_tokens(inputs, sample, 0, 7, 7), "joint"),
                    text_sequence(inputs, sample, "joint"),
                )
            ]
            for sample in range(len(inputs.batch["input_ids"]))
        ]


def answer_model() -> AnswerModel:
    torch.manual_seed(0)
    model = AnswerModel().eval()
    with torch.no_grad():
        for layer in model.layers:
            layer.attention.in_proj_weight.normal_(0, 0.3)
    return model


def questions() -> dict[str, Any]:
    generator = torch.Generator().manual_seed(0)
    pixels = torch.randn(2, 3, 28, 28, generator=generator)
    return texts([1, 5, 6, 7, 49, 2], [1, 9, 49, 2]) | {"pixel_values": pixels}


@torch.no_grad()
def asked_again(case: FamilyCase) -> Weights:
    """What torch's module says when it is asked for the weights itself."""
    model, seen = case.model(), {}

    def note(path: str) -> Any:
        def hook(module: nn.Module, args: Any, kwargs: Any, result: Any) -> None:
            if path not in seen:
                seen[path] = []  # the second call comes here, too
                more = {"need_weights": True, "average_attn_weights": False}
                seen[path] = [module(*args, **(kwargs | more))[1]]

        return hook

    for path in case.blocks["joint"].modules:
        model.get_submodule(path).register_forward_hook(note(path), with_kwargs=True)
    model(**case.batch())
    return seen


OWN = FamilyCase(
    name="a model of one's own",
    model=answer_model,
    batch=questions,
    structure="One stream, in plain torch, over image and text.",
    layout="The cells of a 7 x 7 grid, row by row, then the text.",
    blocks={"joint": Block((0, 1), 4, "joint", "joint", stacked("layers.{}.attention", 2))},
    tokens={
        "joint": (
            "image 49, special 1, text 4, special 1",
            "image 49, special 1, text 2, special 1, padding 2",
        )
    },
    reference=asked_again,
    probed=("joint",),
)

CASES = [OWN]
