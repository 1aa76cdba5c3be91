"""A log of many hidden states: so many points of 768 features at so many steps.

One layer is logged, by the real writer, of examples of 50 words and a 12 x 12 grid of patches. A
point is the mean of its modality, plus that of its word (of a vocabulary in which few words are
frequent) or of the kind of its patch, plus something of its own; each part's variance falls over a
rotated basis like 1 / component. From step to step the kinds drift and each point moves a little.

    python -m tests.benchmarks.embedding_workload FOLDER --points 1000000 --steps 1

writes a gigabyte and a half per million points and step, once; the folder is yours to delete.
"""

from __future__ import annotations

import argparse
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tests.logged_examples import grid_boxes
from vl_tb_plugin import Example, HiddenStates, SummaryWriter, TokenSequence

FEATURES = 768
LAYER = 6
WORDS, GRID = 50, 12
TOKENS = WORDS + GRID * GRID
VOCABULARY, KINDS = 4000, 400
RUN = "run"


@cache
def basis() -> npt.NDArray[np.float32]:
    """(features, features): rows of a rotation, each scaled by its standard deviation."""
    rng = np.random.default_rng(0)
    rotation = np.linalg.qr(rng.standard_normal((FEATURES, FEATURES)))[0]
    scale = np.arange(1, FEATURES + 1) ** -0.5
    return (rotation * scale[:, None]).astype(np.float32)


def spread(count: int, rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """(count, features) points about the origin."""
    return rng.standard_normal((count, FEATURES), np.float32) @ basis()


@cache
def kinds(step: int) -> npt.NDArray[np.float32]:
    """(vocabulary + kinds, features): where each word and each kind of patch lies at a step."""
    means = spread(VOCABULARY + KINDS, np.random.default_rng(1))
    means[VOCABULARY:] += 2 * spread(1, np.random.default_rng(2))  # the gap between modalities
    drift = spread(VOCABULARY + KINDS, np.random.default_rng(3))
    return means + 0.1 * step * drift


def example(number: int, step: int) -> tuple[Example, npt.NDArray[np.float16]]:
    """One example at a step, and its (tokens, features) states."""
    who = np.random.default_rng([4, number])  # the same words at each step
    word = np.minimum(who.zipf(1.3, WORDS), VOCABULARY) - 1
    kind = who.integers(0, KINDS, GRID * GRID)
    own = spread(TOKENS, who) * 0.6
    moved = spread(TOKENS, np.random.default_rng([5, number, step])) * 0.2
    states = (kinds(step)[[*word, *(VOCABULARY + kind)]] + own + moved).astype(np.float16)
    boxes = np.full((TOKENS, 4), np.nan)
    boxes[WORDS:] = grid_boxes(GRID)
    sequence = TokenSequence(
        [f"word{one}" for one in word] + [str(place) for place in range(GRID * GRID)],
        ["text"] * WORDS + ["image"] * GRID * GRID,
        boxes=boxes,
    )
    correct = bool(who.random() < 0.6 + 0.03 * step)
    made = Example(
        sequence,
        hidden_states=HiddenStates(states[None], layers=[LAYER]),
        images=[np.full((32, 32, 3), 128, np.uint8)],
        text=f"question {number}",
        prediction=f"answer {who.integers(20)}",
        target=f"answer {who.integers(20)}",
        correct=correct,
        fields={"loss": float(who.random())},
    )
    return made, states


def example_count(points: int) -> int:
    """Examples that have at least so many tokens."""
    return -(-points // TOKENS)


def workload(folder: Path, points: int, steps: int = 1) -> Path:
    """The folder of a log with at least so many points at each of so many steps; made if needed."""
    logdir = folder / f"points_{points}_steps_{steps}"
    finished = logdir / "finished"
    if not finished.exists():
        with SummaryWriter(logdir / RUN) as writer:
            for step in range(steps):
                for number in range(example_count(points)):
                    writer.add_vl_example(f"val/{number:05d}", example(number, step)[0], step)
                writer.flush()
        finished.touch()
    return logdir


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--points", type=int, default=1_000_000)
    parser.add_argument("--steps", type=int, default=1)
    arguments = parser.parse_args()
    print(workload(arguments.folder, arguments.points, arguments.steps))


if __name__ == "__main__":
    main()
