"""What a relevancy map costs beside the plain way: hold every attention and every gradient.

    python -m tests.benchmarks.relevancy_cost

Both explain one logit of the same decoder, parameters frozen, from the forward pass to the scores.
Rounds alternate, the least of them counts; time is that of one thread. Memory is the peak beyond
what the model itself takes, the median of fresh processes.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tests.benchmarks.capture_cost import _status, decoder, prompt
from vl_tb_plugin import CapturePolicy, trace

NOTHING = CapturePolicy(rows="generated", hidden_states=False)


def plain(model: Any, batch: dict[str, Any]) -> Callable[[], Any]:
    """Eager attention; what every tutorial does."""
    model.set_attn_implementation("eager")
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    embed = model.get_input_embeddings()
    embed.register_forward_hook(lambda module, args, result: result.requires_grad_())

    def run() -> Any:
        output = model(**batch, output_attentions=True)
        logits = output.logits[0, -1]
        attentions = output.attentions
        gradients = torch.autograd.grad(logits.max(), attentions)
        relevancy = torch.eye(attentions[0].shape[-1])
        for weights, gradient in zip(attentions, gradients, strict=True):
            contribution = (weights * gradient).clamp(min=0).mean(dim=1)[0].detach()
            relevancy = relevancy + contribution @ relevancy
        row = relevancy[-1].numpy()
        row[-1] = 0
        return row

    return run


def ours(model: Any, batch: dict[str, Any]) -> Callable[[], Any]:
    with torch.no_grad(), trace(model, policy=NOTHING) as t:
        model(**batch)

    def run() -> Any:
        ((found,),) = t.relevancy()
        return found.scores["joint"]

    return run


WAYS = {"plain": plain, "relevancy": ours}
LIMITS = {"time": 1.0, "memory": 0.6}


def prepared(way: str, grid: int, text: int) -> Callable[[], Any]:
    torch.manual_seed(0)
    model = decoder(grid)
    return WAYS[way](model, prompt(grid, text)(model))


def seconds(grid: int, text: int, rounds: int) -> dict[str, float]:
    made = {way: prepared(way, grid, text) for way in WAYS}
    found = {way: run() for way, run in made.items()}  # warms up
    largest = np.abs(found["plain"]).max()
    assert np.abs(found["plain"] - found["relevancy"]).max() <= 1e-4 * largest
    spent: dict[str, list[float]] = {way: [] for way in WAYS}
    for _ in range(rounds):
        for way, run in made.items():
            start = time.process_time()
            run()
            spent[way].append(time.process_time() - start)
    return {way: min(times) for way, times in spent.items()}


def peak_bytes(way: str, grid: int, text: int) -> int:
    """Of one run, beyond what was held before it; to be asked in a fresh process."""
    run = prepared(way, grid, text)
    gc.collect()
    before = _status("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far
    run()
    return _status("VmHWM") - before


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--grid", type=int, default=24, help="image tokens are its square")
    parser.add_argument("--text", type=int, default=64, help="text tokens")
    parser.add_argument("--peak-of", help=argparse.SUPPRESS)
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.peak_of:
        print(json.dumps(peak_bytes(options.peak_of, options.grid, options.text)))
        return
    spent = seconds(options.grid, options.text, options.rounds)
    peaks = {way: _peak(way, options) for way in WAYS}
    tokens = options.grid**2 + options.text
    print(f"{tokens} tokens, 8 layers x 32 heads: plain {spent['plain']:.2f} s, ", end="")
    print(f"{peaks['plain'] / 1e6:.0f} MB; relevancy {spent['relevancy']:.2f} s, ", end="")
    print(f"{peaks['relevancy'] / 1e6:.0f} MB")
    for name, values in (("time", spent), ("memory", peaks)):
        ratio = values["relevancy"] / values["plain"]
        print(f"{name:8}{ratio:8.3f}  at most {LIMITS[name]:.2f}")


def _peak(way: str, options: argparse.Namespace) -> int:
    command = [sys.executable, "-m", "tests.benchmarks.relevancy_cost", "--peak-of", way]
    command += ["--grid", str(options.grid), "--text", str(options.text)]
    # a fixed threshold keeps the allocator from holding on to what was freed
    settings = os.environ | {"MALLOC_MMAP_THRESHOLD_": "65536"}
    peaks = []
    for _ in range(3):
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=settings)
        peaks.append(int(done.stdout.splitlines()[-1]))
    return statistics.median_low(peaks)


if __name__ == "__main__":
    main()
