"""Examples made of seeded noise, at any size, for tests that need something to log."""

from __future__ import annotations

from typing import Any

import numpy as np

from vl_tb_plugin import Attention, Example, HiddenStates, TokenSequence


def softmaxed_noise(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Post-softmax attention probabilities of the given shape."""
    weights = np.exp(rng.standard_normal(shape, dtype=np.float32))
    return weights / weights.sum(axis=-1, keepdims=True)


def grid_boxes(side: int) -> np.ndarray:
    """(side * side, 4) boxes of a square grid, row by row from the top left."""
    rows, columns = np.divmod(np.arange(side * side), side)
    return np.stack([columns, rows, columns + 1, rows + 1], axis=1) / side


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
    )
