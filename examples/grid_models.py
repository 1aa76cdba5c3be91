"""Small LXMERT and LLaVA models for the grid questions, built from configurations of transformers.

Each class says what its model takes and where its answer is read; training and evaluation do not
know which one they work with. The sizes are small (0.3 to 0.4 million parameters), the code is that
of the large models.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import torch
from grid_questions import ANSWERS, CELL, CELLS, GRID, Questions, cell_boxes, cell_pixels
from torch import Tensor, nn
from transformers import (
    CLIPVisionConfig,
    LlamaConfig,
    LlavaConfig,
    LlavaForConditionalGeneration,
    LxmertConfig,
    LxmertForQuestionAnswering,
)

from vl_tb_plugin import Target

HIDDEN = 64
HEADS = 4
FEED_FORWARD = 256

_SPECIAL = ("[PAD]", "[CLS]", "[SEP]", "<image>")
_WORDS = ("which", "what", "digit", "colour", "is", "on", "under", "the", "tile", "?")


class Tokenizer:
    """A word is a token. It has what ``vl_tb_plugin.trace`` asks of a tokenizer."""

    def __init__(self) -> None:
        self._tokens = (*_SPECIAL, *_WORDS, *ANSWERS)
        self._ids = {token: number for number, token in enumerate(self._tokens)}
        self.pad_token_id = self._ids["[PAD]"]
        self.all_special_ids = [self._ids[token] for token in _SPECIAL]

    def __len__(self) -> int:
        return len(self._tokens)

    def encode(self, tokens: Sequence[str]) -> list[int]:
        return [self._ids[token] for token in tokens]

    def convert_ids_to_tokens(self, ids: Sequence[int]) -> list[str]:
        return [self._tokens[number] for number in ids]


class GridModel(Protocol):
    """A model for the grid questions.

    Attributes:
        model: of transformers.
        tokenizer: of its text.
        checkpoints: steps at which to look at it; the last one ends the training.
        grounding_block: the attention from text to image.
        read_out_rows: rows of that block in which finding the tile should show, by name.
    """

    model: nn.Module
    tokenizer: Tokenizer
    checkpoints: tuple[int, ...]
    grounding_block: str
    read_out_rows: dict[str, int]

    def batch(self, questions: Questions) -> dict[str, Tensor]:
        """What the model takes."""

    def scores(self, output: Any) -> Tensor:
        """(n, answers) logits of the answers."""

    def targets(self, answers: Sequence[int]) -> list[list[Target]]:
        """For each question, the output that stands for an answer, to be explained."""

    def vision_features(self, batch: dict[str, Tensor]) -> Tensor:
        """(n, cells, features) what the vision part alone makes of each cell."""


class GridLxmert:
    """LXMERT: a language stream and a region stream; each cell is a region with its box."""

    checkpoints = (0, 100, 150, 200, 250, 300, 500, 900)
    grounding_block = "text_to_image"
    # both kinds of sentence name the tile in their sixth word; the answer is read off [CLS]
    read_out_rows = {"[CLS]": 0, "keyword": 6}
    _length = 10

    def __init__(self) -> None:
        self.tokenizer = Tokenizer()
        config = LxmertConfig(
            vocab_size=len(self.tokenizer),
            hidden_size=HIDDEN,
            num_attention_heads=HEADS,
            intermediate_size=FEED_FORWARD,
            l_layers=1,
            r_layers=1,
            x_layers=2,
            num_qa_labels=len(ANSWERS),
            id2label=dict(enumerate(ANSWERS)),
            visual_feat_dim=3 * CELL * CELL,
            max_position_embeddings=self._length,
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
        )
        self.model = LxmertForQuestionAnswering(config)
        initialise(self.model)

    def batch(self, questions: Questions) -> dict[str, Tensor]:
        ids = torch.full((len(questions), self._length), self.tokenizer.pad_token_id)
        for row, sentence in zip(ids, questions.sentences, strict=True):
            tokens = self.tokenizer.encode(["[CLS]", *sentence.split(), "[SEP]"])
            row[: len(tokens)] = torch.tensor(tokens)
        return {
            "input_ids": ids,
            "attention_mask": (ids != self.tokenizer.pad_token_id).long(),
            "visual_feats": _normalised(cell_pixels(questions.images)),
            "visual_pos": torch.from_numpy(cell_boxes()).expand(len(questions), -1, -1),
        }

    def scores(self, output: Any) -> Tensor:
        return output.question_answering_score

    def targets(self, answers: Sequence[int]) -> list[list[Target]]:
        return [[Target(int(one), label=ANSWERS[one])] for one in answers]

    def vision_features(self, batch: dict[str, Tensor]) -> Tensor:
        encoder = self.model.lxmert.encoder
        features = encoder.visn_fc(batch["visual_feats"], batch["visual_pos"])
        for layer in encoder.r_layers:
            features = layer(features)[0]
        return features


class GridLlava:
    """LLaVA: a CLIP tower, a projector, and a Llama that reads patches and prompt in one row."""

    checkpoints = (0, 100, 200, 250, 300, 400, 600, 1000)
    grounding_block = "language"
    read_out_rows = {"keyword": -1}  # the last word of the prompt, where the answer is read too

    def __init__(self) -> None:
        self.tokenizer = Tokenizer()
        vision = CLIPVisionConfig(
            hidden_size=HIDDEN,
            intermediate_size=FEED_FORWARD,
            num_hidden_layers=2,
            num_attention_heads=HEADS,
            image_size=GRID * CELL,
            patch_size=CELL,
        )
        text = LlamaConfig(
            vocab_size=len(self.tokenizer),
            hidden_size=HIDDEN,
            intermediate_size=FEED_FORWARD,
            num_hidden_layers=3,
            num_attention_heads=HEADS,
            max_position_embeddings=64,
            pad_token_id=self.tokenizer.pad_token_id,
            bos_token_id=None,
            eos_token_id=None,
            use_cache=False,
        )
        config = LlavaConfig(
            vision_config=vision,
            text_config=text,
            image_token_index=self.tokenizer.encode(["<image>"])[0],
            image_seq_length=CELLS,
            vision_feature_layer=-1,
        )
        self.model = LlavaForConditionalGeneration(config)
        initialise(self.model)
        with torch.no_grad():
            self.model.get_input_embeddings().weight.normal_(0, 0.7)
            # a place that the tower can tell from the start; entry 0 is the class token
            positions = self.model.model.vision_tower.embeddings.position_embedding.weight
            positions[1:] = 0.35 * _sine_cosine_positions()
        self._answers = self.tokenizer.encode(ANSWERS)

    def batch(self, questions: Questions) -> dict[str, Tensor]:
        opening = ["[CLS]", *["<image>"] * CELLS]
        ids = [self.tokenizer.encode([*opening, *one.split()]) for one in questions.prompts]
        pixels = np.ascontiguousarray(questions.images.transpose(0, 3, 1, 2))
        input_ids = torch.tensor(ids)
        return {
            "input_ids": input_ids,
            "attention_mask": torch.ones_like(input_ids),
            "pixel_values": _normalised(pixels),
        }

    def scores(self, output: Any) -> Tensor:
        # the next word after the prompt, among the words that can be an answer
        return output.logits[:, -1, self._answers]

    def targets(self, answers: Sequence[int]) -> list[list[Target]]:
        return [[Target(self._answers[one], label=ANSWERS[one])] for one in answers]

    def vision_features(self, batch: dict[str, Tensor]) -> Tensor:
        return self.model.model.vision_tower(batch["pixel_values"]).last_hidden_state[:, 1:]


MODELS: dict[str, type[GridLxmert] | type[GridLlava]] = {"lxmert": GridLxmert, "llava": GridLlava}


def initialise(model: nn.Module, deviation: float = 0.1) -> None:
    """Draw all weight matrices from N(0, deviation), norms and biases aside.

    The usual 0.02 is made for wide layers: at 64 features the questions are then not learned.
    """
    for name, parameter in model.named_parameters():
        if parameter.ndim > 1:
            nn.init.normal_(parameter, 0.0, deviation)
        elif re.search(r"bias$", name):
            nn.init.zeros_(parameter)
    for module in model.modules():
        if isinstance(module, nn.Embedding) and module.padding_idx is not None:
            nn.init.zeros_(module.weight[module.padding_idx])


def _normalised(pixels: Any) -> Tensor:
    return torch.from_numpy(pixels).float().div_(255).sub_(0.45).div_(0.25)


def _sine_cosine_positions() -> Tensor:
    """(16, features) half of the features for the row of a cell, half for its column."""
    quarter = HIDDEN // 4
    frequency = 10000.0 ** (-torch.arange(quarter) / quarter)
    row, column = torch.arange(CELLS) // GRID, torch.arange(CELLS) % GRID
    angles = [place[:, None] * frequency for place in (row, column)]
    return torch.cat([part for one in angles for part in (one.sin(), one.cos())], dim=1)
