"""The demo, run from its command line at small size."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
ARGUMENTS = {
    "lxmert-seed0": ["--model", "lxmert", "--seed", "0"],
    "lxmert-seed1": ["--model", "lxmert", "--seed", "1"],
    "llava-seed0": ["--model", "llava", "--seed", "0"],
}
"""By name of the run."""
LONGEST_SECONDS = 900


@dataclass(frozen=True)
class DemoRuns:
    """Logs of the demo.

    Attributes:
        logdir: the folder of all runs.
        printed: by name of the run, what it wrote to its standard output.
    """

    logdir: Path
    printed: dict[str, str]


def quick_runs(logdir: Path) -> DemoRuns:
    """LXMERT with two seeds and LLaVA, all at once, into an empty folder.

    Raises:
        AssertionError: if one of them failed, with what it said.
    """
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    command = [sys.executable, str(ROOT / "examples" / "digits_vqa.py"), "--quick"]
    processes = {
        name: subprocess.Popen(
            [*command, *arguments, "--logdir", str(logdir)],
            cwd=logdir,
            env={**os.environ, "PYTHONPATH": path},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for name, arguments in ARGUMENTS.items()
    }
    printed = {}
    for name, process in processes.items():
        printed[name], errors = process.communicate(timeout=LONGEST_SECONDS)
        assert process.returncode == 0, errors
    return DemoRuns(logdir, printed)
