"""Makes docs/models.md from the cases that test the model families.

Run it after a change to a case: ``python -m tests.documentation.models_page``.
"""

from __future__ import annotations

from pathlib import Path

from tests.capture.families import CASES
from tests.capture.family_case import FamilyCase
from vl_tb_plugin.capture import families

PATH = Path(__file__).parents[2] / "docs" / "models.md"

TITLE = "# Models"

INTRODUCTION = """\
`trace` knows the transformers models of these families, under any attention implementation, and
follows `generate()` for those that write text; for any other, see [below](#a-model-of-your-own).
Every row is tested on a small model made from its configuration: each attention call found or
named under limits, probabilities within 1e-5 of an independent reference, outputs bit-identical,
and image tokens placed by occluding pixels where the model sees pixels."""

OWN_MODEL = """\
## A model of your own

Say, anywhere before `trace`, which modules compute attention and what the tokens are; a
transformers model is known by its `config.model_type`, a model in plain torch by one that you give
it. What you register also replaces the built-in family of that name.

```python
{code}
```

To place the tokens of single batches otherwise than a family does, give `trace` a `layout=`: the
`TokenSequence`s of every sample, or a function that makes them. Models that are not in torch log
plain arrays: `SummaryWriter.add_vl_example`."""

COLUMNS = ("Family", "Structure", "Blocks captured (query -> key)", "Layout", "Limits")


def page() -> str:
    """The whole page."""
    rows = [_row(case) for case in sorted(CASES, key=lambda case: case.name.casefold())]
    table = [COLUMNS, ("---",) * len(COLUMNS), *rows]
    lines = [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in table]
    return "\n\n".join([TITLE, INTRODUCTION, "\n".join(lines), _own_model()]) + "\n"


def _own_model() -> str:
    """The code that the package of families shows."""
    code = [
        line[4:]
        for line in (families.__doc__ or "").splitlines()
        if line.startswith((">>> ", "... ")) or line == "..."
    ]
    return OWN_MODEL.format(code="\n".join(code).replace("\n@", "\n\n\n@", 1))


def _row(case: FamilyCase) -> tuple[str, ...]:
    blocks = [f"`{name}`: {block.query} -> {block.key}" for name, block in case.blocks.items()]
    limits = " ".join(case.limits) or "none"
    return case.name, case.structure, "<br>".join(blocks), case.layout, limits


if __name__ == "__main__":
    PATH.write_text(page())
