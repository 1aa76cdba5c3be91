"""The modules beside the example scripts, importable as the scripts import them."""

import sys
from pathlib import Path

import pytest
import torch

sys.path.insert(0, str(Path(__file__).parents[2] / "examples"))


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)
