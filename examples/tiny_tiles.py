"""Four coloured tiles and the question which colour one of them has; a tiny LXMERT to answer it.

The examples of training loops share this. The pictures are random, nothing is downloaded.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset
from transformers import LxmertConfig, LxmertForQuestionAnswering

COLOURS = {"red": (214, 69, 65), "green": (60, 160, 90), "blue": (58, 110, 200)}
ANSWERS = tuple(COLOURS)
PLACES = ("top left", "top right", "bottom left", "bottom right")
WORDS = ("[PAD]", "[CLS]", "[SEP]", "which", "colour", "is", "top", "bottom", "left", "right", "?")
CORNERS = torch.tensor([[0.0, 0.0], [0.5, 0.0], [0.0, 0.5], [0.5, 0.5]])


class Words:
    """A word is a token. It has what ``vl_tb_plugin.trace`` asks of a tokenizer."""

    all_special_ids = (0, 1, 2)
    pad_token_id = 0

    def convert_ids_to_tokens(self, ids: list[int]) -> list[str]:
        return [WORDS[number] for number in ids]


class Tiles(Dataset):
    """Random pictures, each with a question; the inputs of the model, and what a person sees.

    Attributes:
        images: a picture each, (32, 32, 3).
        questions: in words.
        answers: a colour each.
        boxes: of the tile that is asked for, one per sample.
    """

    def __init__(self, samples: int, seed: int):
        generator = np.random.default_rng(seed)
        colours = generator.integers(len(COLOURS), size=(samples, len(PLACES)))
        places = generator.integers(len(PLACES), size=samples)
        noise = generator.normal(0, 12, (samples, len(PLACES), 3))
        tiles = (np.array(list(COLOURS.values()))[colours] + noise).clip(0, 255).astype(np.uint8)
        self.images = list(tiles.reshape(samples, 2, 2, 3).repeat(16, axis=1).repeat(16, axis=2))
        self.questions = [f"which colour is {PLACES[place]} ?" for place in places]
        right = colours[np.arange(samples), places]
        self.answers = [ANSWERS[number] for number in right]
        self._labels = torch.from_numpy(right)
        self._features = torch.from_numpy(tiles).float() / 127.5 - 1
        self._regions = torch.cat([CORNERS, CORNERS + 0.5], dim=1)
        self.boxes = [self._regions[[place]].numpy() for place in places]

    def __len__(self) -> int:
        return len(self.questions)

    def __getitem__(self, number: int) -> dict[str, Tensor]:
        words = ["[CLS]", *self.questions[number].split(), "[SEP]"]
        return {
            "input_ids": torch.tensor([WORDS.index(word) for word in words]),
            "visual_feats": self._features[number],
            "visual_pos": self._regions,
            "labels": self._labels[number],
        }


def tiny_model() -> Any:
    """LXMERT with 0.1 million weights, from scratch."""
    config = LxmertConfig(
        vocab_size=len(WORDS),
        hidden_size=48,
        num_attention_heads=4,
        intermediate_size=96,
        l_layers=1,
        r_layers=1,
        x_layers=2,
        visual_feat_dim=3,
        max_position_embeddings=8,
        num_qa_labels=len(ANSWERS),
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        initializer_range=0.15,  # narrow layers need wide weights
    )
    return LxmertForQuestionAnswering(config)


def predicted(output: Any) -> list[str]:
    """The answers in the output of the model."""
    return [ANSWERS[number] for number in output.question_answering_score.argmax(-1)]
