"""Training with Lightning, as torchrun starts it on each of two processes."""

import sys

import torch

from tests.integrations.test_lightning_callback import fit, watching

if __name__ == "__main__":
    torch.set_num_threads(1)
    strategy = "ddp_find_unused_parameters_true"
    fit(sys.argv[1], [watching()], devices=2, strategy=strategy)
