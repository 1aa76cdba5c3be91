"""What ``trace`` costs beside the plain forward pass, and beside ``output_attentions=True``.

    python -m tests.benchmarks.capture_cost                   # on the CPU
    python -m tests.benchmarks.capture_cost --device cuda     # a 7B-shaped decoder in bfloat16

Every figure is a ratio to the plain pass of the same model in the same process; rounds alternate,
the least of them counts. On the CPU time is that of one thread: of several, those that wait would
count as if they worked. Memory is the peak beyond what the model itself takes, the median of fresh
processes.
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
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import (
    CLIPVisionConfig,
    LlamaConfig,
    LlavaConfig,
    LlavaForConditionalGeneration,
    ViltConfig,
    ViltModel,
)

from vl_tb_plugin import CapturePolicy, trace

IMAGE_TOKEN = 999
TEXT = CapturePolicy(rows="text", hidden_states=False)


@dataclass(frozen=True)
class Workload:
    """A model, a batch, a policy and what is allowed.

    Args:
        model: makes the model.
        batch: makes its inputs.
        policy: what trace keeps.
        time: largest ratio of time.
        memory: largest ratio of peak memory, where one is set.
        generate: how many tokens to generate, instead of a forward pass.
    """

    model: Callable[[], Any]
    batch: Callable[[Any], dict[str, Any]]
    policy: CapturePolicy
    time: float
    memory: float | None = None
    generate: int = 0


def decoder(grid: int, width: int = 1024, layers: int = 8, vocabulary: int = 1000) -> Any:
    """A decoder with 32 heads behind the smallest tower that gives ``grid`` x ``grid`` patches."""
    config = LlavaConfig(
        vision_config=CLIPVisionConfig(
            hidden_size=8,
            intermediate_size=8,
            num_hidden_layers=1,
            num_attention_heads=1,
            image_size=grid * 4,
            patch_size=4,
        ),
        text_config=LlamaConfig(
            hidden_size=width,
            intermediate_size=width * 43 // 16,
            num_hidden_layers=layers,
            num_attention_heads=32,
            num_key_value_heads=32,
            vocab_size=vocabulary,
            max_position_embeddings=32768,
        ),
        image_token_id=IMAGE_TOKEN,
        vision_feature_layer=-1,
    )
    return LlavaForConditionalGeneration(config).eval()


def prompt(grid: int, text: int) -> Callable[[Any], dict[str, Any]]:
    """One image, then text."""

    def make(model: Any) -> dict[str, Any]:
        ids = torch.cat([torch.full((grid * grid,), IMAGE_TOKEN), torch.arange(1, text + 1)])
        where = next(model.parameters())
        pixels = torch.randn(1, 3, grid * 4, grid * 4, dtype=where.dtype)
        batch = {"input_ids": ids[None], "attention_mask": torch.ones(1, len(ids)).long()}
        return {name: one.to(where.device) for name, one in batch.items()} | {
            "pixel_values": pixels.to(where.device)
        }

    return make


def vilt() -> Any:
    return ViltModel(ViltConfig(image_size=448)).eval()


def vilt_batch(model: Any) -> dict[str, Any]:
    return {
        "input_ids": torch.randint(5, 1000, (1, 40)),
        "attention_mask": torch.ones(1, 40).long(),
        "token_type_ids": torch.zeros(1, 40).long(),
        "pixel_values": torch.randn(1, 3, 448, 448),
        "pixel_mask": torch.ones(1, 448, 448).long(),
    }


ON_CPU = {
    "2048 tokens, text rows": Workload(lambda: decoder(44), prompt(44, 112), TEXT, 1.15, 1.2),
    "640 tokens, text rows": Workload(lambda: decoder(24), prompt(24, 64), TEXT, 1.05),
    "ViLT-B, 237 tokens, all rows": Workload(
        vilt, vilt_batch, CapturePolicy(rows="all", hidden_states=False), 1.15
    ),
    "640 tokens + 16 generated, last rows": Workload(
        lambda: decoder(24),
        prompt(24, 64),
        CapturePolicy(rows="generated", hidden_states=False),
        1.05,
        generate=16,
    ),
}


def on_gpu(grid: int, text: int) -> Workload:
    return Workload(
        lambda: decoder(grid, width=4096, layers=32, vocabulary=32000),
        prompt(grid, text),
        TEXT,
        1.15,
    )


ON_GPU = {
    "7B shape, 4096 tokens, text rows": on_gpu(63, 127),
    "7B shape, 16384 tokens, text rows": on_gpu(127, 255),
}


def plain(workload: Workload, model: Any, batch: dict[str, Any], **settings: Any) -> None:
    if workload.generate:
        count = workload.generate
        model.generate(
            **batch, max_new_tokens=count, min_new_tokens=count, do_sample=False, **settings
        )
    else:
        model(**batch, **settings)


def traced(workload: Workload, model: Any, batch: dict[str, Any]) -> None:
    with trace(model, policy=workload.policy) as t:
        plain(workload, model, batch)
    assert t._record is not None and t._record.blocks(0), "nothing was captured"


def with_output_attentions(workload: Workload, model: Any, batch: dict[str, Any]) -> None:
    if workload.generate:
        plain(workload, model, batch, output_attentions=True, return_dict_in_generate=True)
    else:
        plain(workload, model, batch, output_attentions=True)


WAYS = {"plain": plain, "trace": traced, "output_attentions": with_output_attentions}


def prepared(workload: Workload, way: str, device: str, implementation: str) -> tuple[Any, Any]:
    torch.manual_seed(0)
    model = workload.model()
    if device != "cpu":
        model = model.to(torch.bfloat16).to(device)
    model.set_attn_implementation("eager" if way == "output_attentions" else implementation)
    return model, workload.batch(model)


@torch.no_grad()
def seconds(workload: Workload, device: str, implementation: str, rounds: int) -> dict[str, float]:
    """Least seconds of each way; the model of ``output_attentions`` has eager attention."""
    made = {way: prepared(workload, way, device, implementation) for way in WAYS}
    spent: dict[str, list[float]] = {way: [] for way in WAYS}
    for round_ in range(rounds + 1):
        for way, run in WAYS.items():
            if way == "output_attentions" and round_ > 2:
                continue  # by far the dearest, and far from any limit
            clock = time.process_time if device == "cpu" else time.perf_counter
            start = clock()
            try:
                run(workload, *made[way])
            except torch.OutOfMemoryError:
                spent[way].append(float("inf"))
                continue
            if device != "cpu":
                torch.cuda.synchronize()
            if round_:  # the first one warms up
                spent[way].append(clock() - start)
    return {way: min(times) for way, times in spent.items()}


@torch.no_grad()
def peak_bytes(workload: Workload, way: str, device: str, implementation: str) -> int:
    """Peak memory of one run beyond what was held before it; to be asked in a fresh process."""
    model, batch = prepared(workload, way, device, implementation)
    gc.collect()
    if device != "cpu":
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        try:
            WAYS[way](workload, model, batch)
        except torch.OutOfMemoryError:
            return -1
        return torch.cuda.max_memory_allocated() - before
    before = _status("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far
    WAYS[way](workload, model, batch)
    return _status("VmHWM") - before


def _status(name: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    raise LookupError(name)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--implementation", default="sdpa", help="or flash_attention_2 on a GPU")
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--only", default="", help="part of a workload's name")
    parser.add_argument("--peak-of", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    torch.set_num_threads(1)
    workloads = ON_CPU if options.device == "cpu" else ON_GPU
    if options.peak_of:
        name, way = options.peak_of
        found = peak_bytes(workloads[name], way, options.device, options.implementation)
        print(json.dumps(found))
        return
    print(f"{'':38}{'time':>8}{'at most':>9}{'eager':>8}{'peak MB':>9}{'time plain':>12}", end="")
    print(f"{'memory':>8}{'at most':>9}{'eager':>8}")
    for name, workload in workloads.items():
        if options.only not in name:
            continue
        spent = seconds(workload, options.device, options.implementation, options.rounds)
        peaks = {way: _peak(name, way, options) for way in WAYS}
        limit = "" if workload.memory is None else f"{workload.memory:.2f}"
        print(
            f"{name:38}{spent['trace'] / spent['plain']:8.3f}{workload.time:9.2f}"
            f"{spent['output_attentions'] / spent['plain']:8.2f}"
            f"{peaks['plain'] / 1e6:9.0f}{spent['plain']:11.2f}s"
            f"{peaks['trace'] / peaks['plain']:8.3f}{limit:>9}"
            f"{_ratio(peaks['output_attentions'], peaks['plain']):>8}",
            flush=True,
        )


def _ratio(peak: int, of: int) -> str:
    return "out" if peak < 0 else f"{peak / of:.2f}"


def _peak(name: str, way: str, options: argparse.Namespace) -> int:
    command = [sys.executable, "-m", "tests.benchmarks.capture_cost", "--device", options.device]
    command += ["--implementation", options.implementation, "--peak-of", name, way]
    # a fixed threshold keeps the allocator from holding on to what was freed
    settings = os.environ | {"MALLOC_MMAP_THRESHOLD_": "65536"}
    peaks = []
    for _ in range(1 if way == "output_attentions" else 3):
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=settings)
        peaks.append(int(done.stdout.splitlines()[-1]))
    return statistics.median_low(peaks)


if __name__ == "__main__":
    main()
