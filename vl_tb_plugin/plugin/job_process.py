"""The process of a job: told what to do by the server, and telling it how far it is."""

from __future__ import annotations

import json
import os
import re
import sys
import threading
import time
import traceback
from collections.abc import Callable
from typing import Any

from vl_tb_plugin.analysis.projections.reduction import Progress

_TOLD_SECONDS = 0.2
_NICENESS = 5


def work(do: Callable[[bytes, Progress], None], known_errors: tuple[type[Exception], ...]) -> None:
    """Read the task, do it, and say what became of it.

    Args:
        do: what the process is for: given the task, and what to tell progress to.
        known_errors: those whose text is a sentence for a person.
    """
    told = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)  # whatever a library prints shall not be taken for progress
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    source = sys.stdin.buffer
    task = source.read(int.from_bytes(source.read(8), "little"))
    threading.Thread(target=_end_with_the_server, args=(source.fileno(),), daemon=True).start()
    teller = _Teller(told)
    try:
        do(task, teller)
        teller.say({"done": True})
    except known_errors as error:
        teller.say({"error": str(error)})
    except MemoryError:
        teller.say({"error": "There is not enough memory for this. Fit fewer points."})
    except Exception as error:
        traceback.print_exc()
        name = type(error).__name__
        message = f"The computation failed ({name}); the terminal of TensorBoard says more."
        teller.say({"error": message})


class _Teller:
    """Tells progress now and then, and at once that something else is being done."""

    def __init__(self, told: Any):
        self._told = told
        self._latest = 0.0
        self._kind = ""

    def __call__(self, share: float, message: str) -> None:
        now, kind = time.monotonic(), re.sub("[0-9]+", "", message)
        if kind != self._kind or now - self._latest >= _TOLD_SECONDS:
            self._latest, self._kind = now, kind
            self.say({"progress": share, "message": message})

    def say(self, what: dict[str, Any]) -> None:
        self._told.write(json.dumps(what) + "\n")


def _end_with_the_server(source: int) -> None:
    os.read(source, 1)  # nothing comes: it returns when the other end is closed
    os._exit(1)
