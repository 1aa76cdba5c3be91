"""transformers.Trainer with a callback that looks at eight samples at every evaluation.

    python examples/trainer_callback.py
    tensorboard --logdir runs/trainer_callback

Needs: pip install accelerate
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence

import torch
from tiny_tiles import Tiles, Words, predicted, tiny_model
from transformers import Trainer, TrainingArguments, default_data_collator

from vl_tb_plugin.integrations.probe_set import ProbeSet
from vl_tb_plugin.integrations.transformers_callback import VLTrainerCallback


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Trainer with VLTrainerCallback.")
    parser.add_argument("--logdir", default="runs/trainer_callback", help="default: %(default)s")
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--cpu", action="store_true", help="even where there is a GPU")
    options = parser.parse_args(arguments)
    os.environ["TENSORBOARD_LOGGING_DIR"] = options.logdir  # scalars and examples: one run
    torch.manual_seed(0)
    held_out = Tiles(64, seed=1)

    shown = 8
    probe = ProbeSet.from_dataset(
        held_out,
        default_data_collator,
        samples=shown,
        images=held_out.images[:shown],
        text=held_out.questions[:shown],
        targets=held_out.answers[:shown],
        target_boxes=held_out.boxes[:shown],
    )
    callback = VLTrainerCallback(
        probe,
        values=lambda output, batch: {"predictions": predicted(output)},
        processor=Words(),
    )

    trainer = Trainer(
        tiny_model(),
        TrainingArguments(
            output_dir=f"{options.logdir}/checkpoints",
            max_steps=options.steps,
            per_device_train_batch_size=32,
            learning_rate=2e-3,
            eval_strategy="steps",
            eval_steps=max(1, options.steps // 8),
            eval_on_start=True,
            prediction_loss_only=True,
            save_strategy="no",
            report_to="tensorboard",
            disable_tqdm=True,
            use_cpu=options.cpu,
        ),
        train_dataset=Tiles(4096, seed=0),
        eval_dataset=held_out,
        callbacks=[callback],
    )
    trainer.train()
    # several processes end together, and the wrapped model before the group it speaks through:
    # torch may wait for itself for ever where that model holds the last reference to the group
    accelerator = trainer.accelerator
    del trainer
    accelerator.free_memory()
    accelerator.end_training()
    print(f"Look at it: tensorboard --logdir {options.logdir}")


if __name__ == "__main__":
    main()
