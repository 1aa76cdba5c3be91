"""Examples made of seeded noise, at any size, for tests that need something to log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from vl_tb_plugin import (
    Attention,
    Evaluation,
    Example,
    HiddenStates,
    LogitLens,
    Measure,
    PerturbationCurve,
    PerturbationTest,
    Relevancy,
    TokenSequence,
)


def softmaxed_noise(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Post-softmax attention probabilities of the given shape."""
    weights = np.exp(rng.standard_normal(shape, dtype=np.float32))
    return weights / weights.sum(axis=-1, keepdims=True)


def grid_boxes(side: int) -> np.ndarray:
    """(side * side, 4) boxes of a square grid, row by row from the top left."""
    rows, columns = np.divmod(np.arange(side * side), side)
    return np.stack([columns, rows, columns + 1, rows + 1], axis=1) / side


def noise_maps(lengths: Mapping[str, int], *, target: str, seed: int = 0) -> list[Relevancy]:
    """Two methods' maps over sequences of these lengths; the first token of each has no score."""
    rng = np.random.default_rng([seed, 1])
    maps = []
    for method in ("relevancy", "raw_attention"):
        scores = {name: rng.random(length, np.float32) for name, length in lengths.items()}
        for values in scores.values():
            values[0] = np.nan
        maps.append(Relevancy(scores, method, target=target))
    return maps


def noise_lens(
    count: int, *, sequence: str = "joint", layers: int = 3, outputs: int = 3, seed: int = 0
) -> LogitLens:
    """A lens over ``count`` tokens and a vocabulary of nine words; the answer is word 4."""
    rng = np.random.default_rng([seed, 3])
    probabilities = softmaxed_noise((layers, count, 9), rng)
    best = np.argsort(-probabilities, axis=-1)[..., :outputs]
    own = probabilities[..., 4]
    return LogitLens(
        best,
        np.take_along_axis(probabilities, best, axis=-1),
        {number: f"thing{number}" for number in range(9)},
        sequence,
        answer=4,
        answer_ranks=(probabilities > own[..., None]).sum(axis=-1),
        answer_probabilities=own,
        answer_is="The first token that the model said.",
    )


def noise_evaluation(seed: int = 0) -> Evaluation:
    """Curves of image tokens by relevancy and in random order, and two measures."""
    rng = np.random.default_rng([seed, 2])
    fractions = (0.0, 0.25, 0.5, 0.75, 1.0)
    curves = [
        PerturbationCurve(
            method, order, "image", fractions, np.sort(rng.random(5))[::-1], rng.random(5) / 9, 64
        )
        for method in ("relevancy", "random")
        for order in ("positive", "negative")
    ]
    return Evaluation(
        curves,
        [
            Measure("pointing_game", rng.random(), "relevancy", 0.05, 64),
            Measure("attention_relevancy_agreement", rng.random(), samples=64),
        ],
    )


def joint_example(
    *,
    text_tokens: int = 4,
    grid: int = 2,
    layers: int = 2,
    heads: int = 3,
    features: int = 8,
    seed: int = 0,
    **values: Any,
) -> Example:
    """A single-stream example: one class token, text, then a grid of image tokens."""
    rng = np.random.default_rng(seed)
    image_tokens = grid * grid
    count = 1 + text_tokens + image_tokens
    boxes = np.full((count, 4), np.nan)
    boxes[1 + text_tokens :] = grid_boxes(grid)
    sequence = TokenSequence(
        tokens=["[CLS]"]
        + [f"word{position}" for position in range(text_tokens)]
        + [f"patch{position}" for position in range(image_tokens)],
        modality=["special"] + ["text"] * text_tokens + ["image"] * image_tokens,
        boxes=boxes,
    )
    defaults: dict[str, Any] = {
        "images": [rng.integers(0, 255, (32, 32, 3), dtype=np.uint8)],
        "text": f"what is in picture {seed} ?",
        "prediction": "cat",
        "target": "dog",
        "correct": False,
        "target_boxes": [[0.0, 0.0, 1 / grid, 1 / grid]],
        "fields": {"loss": 0.5},
        "relevancy": noise_maps({"joint": count}, target="cat", seed=seed),
    }
    return Example(
        sequence,
        Attention(softmaxed_noise((layers, heads, count, count), rng)),
        HiddenStates(rng.standard_normal((layers + 1, count, features), dtype=np.float32)),
        **(defaults | values),
    )


def two_stream_example(*, seed: int = 0, features: int = 8) -> Example:
    """A co-attention example: text and image apart, with blocks in both directions."""
    rng = np.random.default_rng(seed)
    text = TokenSequence(["[CLS]", "red", "tile"], ["special", "text", "text"], name="text")
    image = TokenSequence(["0", "1", "2", "3"], ["image"] * 4, name="image", boxes=grid_boxes(2))
    lengths = {"text": 3, "image": 4}

    def block(name: str, query: str, key: str) -> Attention:
        shape = (2, 3, lengths[query], lengths[key])
        return Attention(softmaxed_noise(shape, rng), name=name, query=query, key=key)

    return Example(
        [text, image],
        [
            block("language", "text", "text"),
            block("vision", "image", "image"),
            block("text_to_image", "text", "image"),
            block("image_to_text", "image", "text"),
        ],
        [
            HiddenStates(rng.standard_normal((3, lengths[name], features)), sequence=name)
            for name in lengths
        ],
        images=[rng.integers(0, 255, (32, 32, 3), dtype=np.uint8)],
        text="which tile is red ?",
        prediction="1",
        target="1",
        correct=True,
        relevancy=noise_maps(lengths, target="1", seed=seed),
        perturbation=PerturbationTest(
            "relevancy",
            "positive",
            "image",
            fractions=[0, 0.5, 0.8, 1],
            values=[1, 1, 0, np.nan],
            removal=[2, 0, 3, 1],
            removed=[0, 2, 3, 4],
            target="1",
            answers=["1", "1", "0", "3"],
        ),
    )
