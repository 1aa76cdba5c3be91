"""Runs of image tokens in a prompt: what stands between them tells which make up one image."""

from __future__ import annotations

from collections.abc import Sequence


def runs_of(places: Sequence[int], longest: int | None = None) -> list[range]:
    """Stretches of places that follow each other without a gap.

    Args:
        places: positions in the prompt, ascending.
        longest: length at which a run ends and the next one begins.
    """
    runs: list[range] = []
    for place in places:
        if runs and runs[-1].stop == place and len(runs[-1]) != longest:
            runs[-1] = range(runs[-1].start, place + 1)
        else:
            runs.append(range(place, place + 1))
    return runs


def gaps_of(ids: Sequence[int], runs: Sequence[range]) -> list[list[int]]:
    """The ids between each run and the next one."""
    return [
        list(ids[before.stop : after.start])
        for before, after in zip(runs[:-1], runs[1:], strict=True)
    ]
