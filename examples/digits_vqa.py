"""Train a small vision-language transformer from scratch and watch it find the tile.

    python examples/digits_vqa.py
    tensorboard --logdir runs/digits_vqa

A few minutes on two CPU cores, nothing is downloaded. The questions are about handwritten digits
on coloured tiles (``grid_questions.py``); the cell that holds the answer is known. The models are
LXMERT or LLaVA, small (``grid_models.py``). Training has two stages:

0. *A stand-in for a pretrained vision tower.* Vision-language models start from a vision part that
   recognises things already. Here the vision part alone first learns to name digit and colour of
   every cell, for 300 steps. The checkpoint at step 0, "initialisation", comes *after* this stage:
   its vision is trained, all that has to do with words is random.
1. Question answering with the whole model, from pictures of two tiles to those of six to ten.

At each checkpoint held-out questions are looked at, and a row of a table printed: what the heads
look at (``grid_heads.py``), what the answers come from, and whether maps of that can be believed
(``grid_relevancy.py``). The first of them are logged with their arrays.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from grid_heads import BestHead, best_head
from grid_models import MODELS, GridModel
from grid_questions import ANSWERS, NO_COLOUR, NO_DIGIT, Questions, QuestionSource
from grid_relevancy import Explanations, explain, forgetting
from torch import Tensor, nn
from torch.nn import functional
from tqdm import tqdm

from vl_tb_plugin import CapturePolicy, Evaluation, Measure, SummaryWriter, trace

CURRICULUM = ((2, 2), (2, 4), (3, 7), (6, 10))
"""Fewest and most tiles in a picture, from easy to the real thing."""
MOVE_ON_AT = 0.75
"""Running accuracy in training at which the next stage of the curriculum begins."""
COMPARED = ("relevancy", "raw_attention", "random")
"""The methods in the printed table; more are logged."""


@dataclass(frozen=True)
class Plan:
    """How long to train, and on how many questions to look at the model.

    Attributes:
        vision_steps: of stage 0.
        checkpoints: steps of stage 1 at which to look; the last one ends it.
        batch_size: in training.
        validation_size: questions at each checkpoint.
        sanity_size: those of them whose maps are watched at the end as the model forgets.
        test_size: questions drawn for the end.
    """

    vision_steps: int
    checkpoints: tuple[int, ...]
    batch_size: int
    validation_size: int
    sanity_size: int
    test_size: int


def main(arguments: Sequence[str] | None = None) -> None:
    options = _parse(arguments)
    torch.set_num_threads(1)  # the matrices are small: more threads would wait for each other
    torch.manual_seed(options.seed)
    grid: GridModel = MODELS[options.model]()
    plan = Plan(300, grid.checkpoints, 64, max(256, options.samples), 64, 1024)
    if options.quick:
        plan = Plan(3, (0, 2, 4), 8, max(16, options.samples), 4, 32)
    # different numbers after the seed: draws that have nothing to do with each other
    training = QuestionSource(held_out=False, seed=(options.seed, 0))
    validation = QuestionSource(held_out=True, seed=(options.seed, 1)).draw(plan.validation_size)
    test = QuestionSource(held_out=True, seed=(options.seed, 2)).draw(plan.test_size)

    run_folder = Path(options.logdir) / f"{options.model}-seed{options.seed}"
    count = sum(parameter.numel() for parameter in grid.model.parameters())
    print(
        f"{options.model}: {count:,} parameters, from scratch, logged to {run_folder}.\n"
        "Step 0 comes after a stand-in for vision pretraining (stage 0); words are untrained then."
    )
    bar = tqdm(total=plan.vision_steps + plan.checkpoints[-1], unit="step", dynamic_ncols=True)
    with bar, SummaryWriter(run_folder) as writer:
        seen = pretrain_vision(grid, training, plan, bar)
        tqdm.write(f"Stage 0 done: names {seen:.0%} of the digits of its training pictures.")
        _print_header(validation)
        answer_questions(grid, training, validation, plan, options.samples, writer, bar)
        accuracy = (answers(grid, test) == test.answers).mean()
        writer.add_scalar("test/accuracy", accuracy, plan.checkpoints[-1])
    print(f"Accuracy on {len(test):,} held-out questions drawn for the end: {accuracy:.3f}")
    print(f"Look at it: tensorboard --logdir {options.logdir}")


def pretrain_vision(grid: GridModel, training: QuestionSource, plan: Plan, bar: tqdm) -> float:
    """Stage 0: the vision part learns to name digit and colour of every cell.

    Returns:
        The share of digits it names, over the last tenth of the training.
    """
    bar.set_description("stage 0: vision")
    head = nn.LazyLinear(NO_DIGIT + 1 + NO_COLOUR + 1)
    head(grid.vision_features(grid.batch(training.draw(1))))  # now it knows its size
    model = nn.ModuleList([grid.model, head])
    optimiser, schedule = _optimiser(model, 4e-3, plan.vision_steps, warm_up=0)
    right: list[float] = []
    for _ in range(plan.vision_steps):
        questions = training.draw(plan.batch_size)
        scores = head(grid.vision_features(grid.batch(questions))).flatten(0, 1)
        digit_scores, colour_scores = scores.split([NO_DIGIT + 1, NO_COLOUR + 1], dim=1)
        digits = torch.from_numpy(questions.digits).flatten()
        colours = torch.from_numpy(questions.colours).flatten()
        loss = functional.cross_entropy(digit_scores, digits)
        loss = loss + functional.cross_entropy(colour_scores, colours)
        _update(model, loss, optimiser, schedule)
        filled = digits != NO_DIGIT
        right.append((digit_scores.argmax(1) == digits)[filled].float().mean().item())
        bar.update()
    return float(np.mean(right[-max(1, len(right) // 10) :]))


def answer_questions(
    grid: GridModel,
    training: QuestionSource,
    validation: Questions,
    plan: Plan,
    samples: int,
    writer: SummaryWriter,
    bar: tqdm,
) -> None:
    """Stage 1: the whole model learns to answer, and is looked at on the way."""
    steps = plan.checkpoints[-1]
    optimiser, schedule = _optimiser(grid.model, 1e-3, steps, warm_up=100)
    stage, running = 0, 0.0
    for step in range(steps + 1):
        if step in plan.checkpoints:
            bar.set_description(f"looking at step {step}")
            sanity_checked = plan.sanity_size if step == steps else 0
            evaluate(grid, validation, samples, writer, step, sanity_checked)
            bar.set_description("stage 1: questions")
        if step == steps:
            break
        questions = training.draw(plan.batch_size, tiles=CURRICULUM[stage])
        grid.model.train()
        scores = grid.scores(grid.model(**grid.batch(questions)))
        targets = torch.from_numpy(questions.answers)
        loss = functional.cross_entropy(scores, targets)
        _update(grid.model, loss, optimiser, schedule)
        bar.update()

        running = 0.9 * running + 0.1 * (scores.argmax(1) == targets).float().mean().item()
        if running > MOVE_ON_AT and stage + 1 < len(CURRICULUM):
            stage, running = stage + 1, 0.0
        if step % 10 == 0:
            writer.add_scalar("train/loss", loss.item(), step)
            writer.add_scalar("train/most_tiles", CURRICULUM[stage][1], step)


def evaluate(
    grid: GridModel,
    validation: Questions,
    samples: int,
    writer: SummaryWriter,
    step: int,
    sanity_checked: int,
) -> None:
    """Measure on all questions, log the first ``samples``, and print a row.

    The maps of the first ``sanity_checked`` are compared with those of the model as it forgets.
    """
    model = grid.model.eval()

    # What the heads look at, where answers come from, and whether maps of that can be believed.
    batch = grid.batch(validation)
    exact = CapturePolicy(precision="float32", hidden_states=False, logit_lens="none")
    with torch.no_grad(), trace(model, processor=grid.tokenizer, policy=exact) as t:
        said = grid.scores(model(**batch)).argmax(1).tolist()
    examples = t.examples(batch)
    head = best_head(grid, examples, validation)
    found = explain(grid, t, [one.sequences for one in examples], validation, said)
    accuracy = float((np.array(said) == validation.answers).mean())
    measures = [
        Measure("accuracy", accuracy, samples=len(said)),
        Measure("attention_on_tile", head.share, samples=len(said)),
        Measure("heads_on_tile", head.heads, samples=len(said)),
        *found.measures,
    ]
    if sanity_checked:
        some = validation.part(0, sanity_checked)
        stages = forgetting(grid, some, said[:sanity_checked])
        measures += stages[-1].measures
        for number, stage in enumerate(stages, start=1):
            for method, correlation in stage.correlation.items():
                writer.add_scalar(f"layers_forgotten/{method}", correlation, number)
    writer.add_vl_evaluation("val", Evaluation(found.curves, measures), step)

    # Some samples to look into. This is all that it takes: a context around the forward pass, and
    # a call; maps, tests and the logit lens may be left out.
    shown = validation.part(0, samples)
    batch = grid.batch(shown)
    policy = CapturePolicy(logit_lens="all")
    with torch.no_grad(), trace(model, processor=grid.tokenizer, policy=policy) as t:
        output = model(**batch)
    writer.add_vl_batch(
        "val",
        t,
        batch=batch,
        output=output,
        ids=[f"{number:03d}" for number in range(len(shown))],
        global_step=step,
        images=list(shown.images),
        text=shown.sentences,
        predictions=[ANSWERS[answer] for answer in said[:samples]],
        targets=shown.answer_words,
        target_boxes=shown.boxes,
        fields={"asks for": shown.kinds, "tiles": shown.tiles.tolist()},
        relevancy=found.maps[:samples],
        perturbation=found.tests[:samples],
    )
    _print_row(step, accuracy, head, found)


@torch.no_grad()
def answers(grid: GridModel, questions: Questions) -> npt.NDArray[np.int64]:
    """(n,) the answer of the model to each question, an index into ``ANSWERS``."""
    model, size = grid.model.eval(), 128
    parts = [questions.part(start, start + size) for start in range(0, len(questions), size)]
    best = [grid.scores(model(**grid.batch(part))).argmax(1) for part in parts]
    return torch.cat(best).numpy()


def _optimiser(
    model: nn.Module, rate: float, steps: int, warm_up: int
) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]:
    optimiser = torch.optim.AdamW(
        model.parameters(), rate, betas=(0.9, 0.98), weight_decay=0.01, fused=True
    )

    def factor(step: int) -> float:
        warmed = min(1.0, (step + 1) / warm_up) if warm_up else 1.0
        return warmed * 0.5 * (1 + math.cos(math.pi * step / steps))

    return optimiser, torch.optim.lr_scheduler.LambdaLR(optimiser, factor)


def _update(
    model: nn.Module,
    loss: Tensor,
    optimiser: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler,
) -> None:
    optimiser.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimiser.step()
    schedule.step()


def _print_header(validation: Questions) -> None:
    tqdm.write(
        f"\n{len(validation)} held-out questions. The best head is chosen on one half of them and"
        " scored on the other.\n"
        "Three numbers are those of relevancy, raw attention and random numbers: how often a map"
        " points at the\n"
        "tile, and the area under the accuracy as the most (least) relevant cells go first.\n"
        f"{'':>26}{'pointing game':>18}{'most first':>18}{'least first':>18}\n"
        f"{'step':>5} {'accuracy':>9} {'on the tile':>11}"
        + 3 * f"{'rel. raw  rand.':>18}"
        + "  heads on the tile"
    )


def _print_row(step: int, accuracy: float, head: BestHead, found: Explanations) -> None:
    columns = [found.values("pointing_game"), found.areas("positive"), found.areas("negative")]
    three = [" ".join(f"{one[name]:.2f}" for name in COMPARED) for one in columns]
    heads = f"{head.heads} of {head.of} heads > {3 * head.uniform:.2f}, best {head.name}"
    tqdm.write(
        f"{step:>5} {accuracy:>9.3f} {head.share:>11.3f}"
        + "".join(f"{one:>18}" for one in three)
        + f"  {heads}"
        + ("  (initialisation)" if step == 0 else "")
    )


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", choices=sorted(MODELS), default="lxmert")
    parser.add_argument("--logdir", default="runs/digits_vqa", help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--samples", type=int, default=24, help="to log (default: %(default)s)")
    parser.add_argument("--quick", action="store_true", help="a few steps, to see that it runs")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
