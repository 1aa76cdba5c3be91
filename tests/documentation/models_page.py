"""Makes docs/models.md from the cases that test the model families.

Run it after a change to a case: ``python -m tests.documentation.models_page``.
"""

from __future__ import annotations

from pathlib import Path

from tests.capture.families import CASES
from tests.capture.families.detectors import PARTLY_CAPTURED
from tests.capture.family_case import FamilyCase

PATH = Path(__file__).parents[2] / "docs" / "models.md"

TITLE = "# Models"

INTRODUCTION = """\
`trace` knows the transformers models of these families; for any other, the package
`vl_tb_plugin.capture.families` says what a family is and shows one in full. Every row is tested on
a small model made from its configuration: each attention call found or named under limits,
probabilities within 1e-5 of an independent reference, outputs bit-identical, and image tokens
placed by occluding pixels where the model sees pixels."""

COLUMNS = ("Family", "Structure", "Blocks captured (query -> key)", "Layout", "Limits")


def page() -> str:
    """The whole page."""
    cases = [*CASES, *(case for case, _ in PARTLY_CAPTURED)]
    rows = [_row(case) for case in sorted(cases, key=lambda case: case.name.casefold())]
    table = [COLUMNS, ("---",) * len(COLUMNS), *rows]
    lines = [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in table]
    return "\n\n".join([TITLE, INTRODUCTION, "\n".join(lines)]) + "\n"


def _row(case: FamilyCase) -> tuple[str, ...]:
    blocks = [f"`{name}`: {block.query} -> {block.key}" for name, block in case.blocks.items()]
    limits = " ".join(case.limits) or "none"
    return case.name, case.structure, "<br>".join(blocks), case.layout, limits


if __name__ == "__main__":
    PATH.write_text(page())
