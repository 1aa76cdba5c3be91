"""A training loop with Accelerate; each process logs its own share of eight samples.

    python examples/accelerate_loop.py                    # or with more processes:
    accelerate launch --cpu --num_processes 2 examples/accelerate_loop.py
    tensorboard --logdir runs/accelerate_loop

Needs: pip install accelerate
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

import torch
from accelerate import Accelerator, DistributedDataParallelKwargs
from tiny_tiles import Tiles, Words, predicted, tiny_model
from torch.utils.data import DataLoader, default_collate

from vl_tb_plugin import SummaryWriter, trace

SHOWN = 8


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Accelerate with trace and SummaryWriter.")
    parser.add_argument("--logdir", default="runs/accelerate_loop", help="default: %(default)s")
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--cpu", action="store_true", help="even where there is a GPU")
    options = parser.parse_args(arguments)
    torch.manual_seed(0)
    # the answer is read from the words: LXMERT's last layer of regions goes without gradients
    unused = DistributedDataParallelKwargs(find_unused_parameters=True)
    accelerator = Accelerator(cpu=options.cpu, kwargs_handlers=[unused])
    held_out = Tiles(64, seed=1)
    model = tiny_model()
    optimiser = torch.optim.AdamW(model.parameters(), 2e-3)
    pictures = Tiles(32 * accelerator.num_processes * options.steps, seed=0)
    training = DataLoader(pictures, batch_size=32, shuffle=True)
    model, optimiser, training = accelerator.prepare(model, optimiser, training)

    # one run: every process writes files of its own into the same folder
    with SummaryWriter(options.logdir, rank=accelerator.process_index) as writer:
        look(accelerator, model, held_out, writer, step=0)
        for step, batch in enumerate(training, start=1):
            model.train()
            loss = model(**batch).loss
            accelerator.backward(loss)
            optimiser.step()
            optimiser.zero_grad()
            if step % max(1, len(training) // 8) == 0:
                look(accelerator, model, held_out, writer, step)
    accelerator.print(f"Look at it: tensorboard --logdir {options.logdir}")
    # the wrapped model ends before the group of processes it speaks through: torch may wait for
    # itself for ever where that model holds the last reference to the group
    model, optimiser, training = accelerator.free_memory(model, optimiser, training)
    accelerator.end_training()


@torch.no_grad()
def look(
    accelerator: Accelerator, model: Any, held_out: Tiles, writer: SummaryWriter, step: int
) -> None:
    """Log this process's share of the samples; no two processes log the same one."""
    bare = accelerator.unwrap_model(model).eval()
    with accelerator.split_between_processes(list(range(SHOWN))) as mine:
        batch = default_collate([held_out[number] for number in mine])
        batch = {name: tensor.to(accelerator.device) for name, tensor in batch.items()}
        with trace(bare, Words()) as t:
            output = bare(**batch)
        writer.add_vl_batch(
            "val",
            t,
            batch=batch,
            output=output,
            ids=[f"{number:03d}" for number in mine],
            global_step=step,
            images=[held_out.images[number] for number in mine],
            text=[held_out.questions[number] for number in mine],
            predictions=predicted(output),
            targets=[held_out.answers[number] for number in mine],
            target_boxes=[held_out.boxes[number] for number in mine],
        )
    writer.flush()


if __name__ == "__main__":
    main()
