"""Notes of jobs under way, beside the results they will have: a restarted server reads them.

Two servers on one folder of logs may both do the same work: results appear whole and are equal, so
that costs time and nothing else. A note whose writer is still alive is left to it.
"""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_SUFFIX = ".job.json"
_ELSEWHERE_SECONDS = 3_600
"""How long a note is believed whose process we can't see: on another machine, say."""


def note(result: Path, request: dict[str, Any]) -> None:
    """Say that work on a result is under way."""
    path = _path(result)
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    content = {"request": request, "host": socket.gethostname(), "process": os.getpid()}
    temporary.write_text(json.dumps(content), encoding="utf-8")
    os.replace(temporary, path)


def forget(result: Path) -> None:
    """Say that it is not any more."""
    _path(result).unlink(missing_ok=True)


def abandoned(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Names of results, and their requests, that nobody works on any more."""
    for path in sorted(folder.glob(f"*{_SUFFIX}")):
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            if not _alive(content, path):
                yield path.name.removesuffix(_SUFFIX), content["request"]
        except (OSError, ValueError, KeyError, TypeError):
            continue  # gone meanwhile, or not one of ours


def _alive(content: dict[str, Any], path: Path) -> bool:
    if content["host"] != socket.gethostname():
        return time.time() - path.stat().st_mtime < _ELSEWHERE_SECONDS
    if content["process"] == os.getpid():
        return False  # ours, which the queue knows, or of a container that was started again
    if os.name != "posix":  # no way to ask that would not end the process
        return time.time() - path.stat().st_mtime < _ELSEWHERE_SECONDS
    try:
        os.kill(int(content["process"]), 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # somebody else's process
    return True


def _path(result: Path) -> Path:
    return result.with_name(result.name + _SUFFIX)
