"""What the benchmarks log: softmaxed noise, 12 layers x 12 heads, 768 hidden."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence

from tests.logged_examples import joint_example
from vl_tb_plugin import Example

TOKENS = {120: (19, 10), 600: (23, 24)}
"""Sequence length: (text tokens, side of the image grid); one class token more."""


def noise_example(tokens: int, seed: int = 0) -> Example:
    """An example of 120 or 600 tokens, full attention and all hidden states."""
    text_tokens, grid = TOKENS[tokens]
    return joint_example(
        text_tokens=text_tokens, grid=grid, layers=12, heads=12, features=768, seed=seed
    )


def milliseconds(action: Callable[[], object], repeats: int = 30) -> tuple[float, float]:
    """Median and 95th percentile of the action's time in milliseconds."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        action()
        times.append((time.perf_counter() - start) * 1e3)
    return statistics.median(times), statistics.quantiles(times, n=20)[-1]


def print_table(title: str, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows as a Markdown table."""
    cells = [
        [f"{cell:,.2f}" if isinstance(cell, float) else str(cell) for cell in row] for row in rows
    ]
    widths = [max(map(len, column)) for column in zip(header, *cells, strict=True)]
    print(f"\n{title}\n")
    for row in [list(header), ["-" * width for width in widths], *cells]:
        print(
            "| "
            + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            + " |"
        )
