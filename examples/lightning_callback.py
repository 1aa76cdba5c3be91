"""Lightning with a callback that looks at the first eight samples of every validation.

    python examples/lightning_callback.py
    tensorboard --logdir runs/lightning_callback

Needs: pip install lightning
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

import lightning
import torch
from lightning.pytorch.loggers import TensorBoardLogger
from tiny_tiles import Tiles, Words, predicted, tiny_model
from torch import Tensor
from torch.utils.data import DataLoader

from vl_tb_plugin.integrations.lightning_callback import VLLightningCallback


class Answering(lightning.LightningModule):
    """Learns to answer; nothing in it knows of the callback."""

    def __init__(self) -> None:
        super().__init__()
        self.model = tiny_model()

    def training_step(self, batch: dict[str, Tensor], number: int) -> Tensor:
        return self.model(**batch).loss

    def validation_step(self, batch: dict[str, Tensor], number: int) -> None:
        self.log("val/loss", self.model(**batch).loss)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.AdamW(self.parameters(), 2e-3)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Lightning with VLLightningCallback.")
    parser.add_argument("--logdir", default="runs/lightning_callback", help="default: %(default)s")
    parser.add_argument("--steps", type=int, default=200)
    options = parser.parse_args(arguments)
    lightning.seed_everything(0, verbose=False)
    held_out = Tiles(64, seed=1)

    shown = 8

    def values(output: Any, batch: dict[str, Tensor]) -> dict[str, Any]:
        return {
            "predictions": predicted(output),
            "images": held_out.images[:shown],
            "text": held_out.questions[:shown],
            "targets": held_out.answers[:shown],
            "target_boxes": held_out.boxes[:shown],
        }

    trainer = lightning.Trainer(
        accelerator="cpu",
        max_steps=options.steps,
        val_check_interval=max(1, options.steps // 8),
        check_val_every_n_epoch=None,
        logger=TensorBoardLogger(options.logdir, name=None),
        callbacks=[VLLightningCallback(shown, values=values, processor=Words())],
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    training = DataLoader(Tiles(4096, seed=0), batch_size=32, shuffle=True)
    trainer.fit(Answering(), training, DataLoader(held_out, batch_size=shown))
    print(f"Look at it: tensorboard --logdir {options.logdir}")


if __name__ == "__main__":
    main()
