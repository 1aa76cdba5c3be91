"""Work that takes minutes, in processes of their own, so that the server answers meanwhile.

One of each kind (module) works at a time, the others wait. The process is told what to do through
its standard input and tells how far it is through its standard output (``job_process.py`` is the
other end); it ends when it is cancelled, and when the server ends however it does.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from vl_tb_plugin.plugin.request import BadRequest, NotFound

MOST_WAITING = 8
_REMEMBERED = 32
_JUST_BEGUN_SECONDS = 10.0
"""A job that has worked for longer is worth its result, even where more was logged since."""
_THREAD_SETTINGS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)


@dataclass(frozen=True, eq=False)
class Job:
    """Something to be done once.

    Attributes:
        id: the same for the same work.
        title: for a person.
        module: run with ``python -m``; see ``job_process.py``.
        task: makes what the process is told, when its turn comes; may raise ``BadRequest``.
        subject: of jobs of one subject only the newest counts: a server that has only begun to read
            its logs asks again and again, as it finds more.
        ended: told the state that it ended in; not told when the server ends.
    """

    id: str
    title: str
    module: str
    task: Callable[[], bytes]
    subject: str
    ended: Callable[[str], None] = lambda state: None


@dataclass(eq=False)
class _Entry:
    job: Job
    state: str = "waiting"
    progress: float = 0.0
    message: str = ""
    error: str | None = None
    began: float | None = None
    stopped: float | None = None
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def open(self) -> bool:
        return self.state in ("waiting", "running")

    def described(self, before: int) -> dict[str, Any]:
        until = time.monotonic() if self.stopped is None else self.stopped
        return {
            "id": self.job.id,
            "title": self.job.title,
            "state": self.state,
            "progress": round(self.progress, 3),
            "message": self.message,
            "seconds": 0.0 if self.began is None else round(until - self.began, 1),
            "error": self.error,
            "before": before,
        }


class JobQueue:
    """Runs jobs of each kind one after another. Threads may share it."""

    def __init__(self) -> None:
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._lock = threading.Lock()
        self._working: set[str] = set()

    def submit(self, job: Job, *, again: bool = False) -> dict[str, Any]:
        """What has become of the job; it is queued if it is new.

        Args:
            job: what is to be done.
            again: also if it failed or was cancelled.

        Raises:
            BadRequest: too many wait already (503).
        """
        with self._lock:
            entry = self._entries.get(job.id)
            ended = entry is not None and entry.state in ("done", "failed", "cancelled")
            # one that is done is asked for again when its result was deleted
            if entry is not None and not (ended and (again or entry.state == "done")):
                return self._described(entry)
            others = [one for one in self._entries.values() if one.job.subject != job.subject]
            if sum(one.state == "waiting" for one in others) >= MOST_WAITING:
                raise BadRequest(
                    f"{MOST_WAITING} computations wait already. Cancel one, or ask again later.",
                    503,
                )
            superseded = self._superseded(job.subject, job.id)
            entry = self._entries[job.id] = _Entry(job)
            self._entries.move_to_end(job.id)
            self._forget()
            if job.module not in self._working:
                self._working.add(job.module)
                threading.Thread(
                    target=self._work, args=(job.module,), name="jobs", daemon=True
                ).start()
            described = self._described(entry)
        for one in superseded:
            one.job.ended("cancelled")
        return described

    def supersede(self, subject: str, id: str) -> None:
        """End the jobs of a subject that ``id`` makes needless, see :class:`Job`."""
        with self._lock:
            superseded = self._superseded(subject, id)
        for one in superseded:
            one.job.ended("cancelled")

    def _superseded(self, subject: str, id: str) -> list[_Entry]:
        """Those that waited, forgotten now; one that has only just begun is ended, too."""
        older = [
            one for one in self._entries.values() if one.job.subject == subject and one.job.id != id
        ]
        waited = [one for one in older if one.state == "waiting"]
        for one in waited:
            del self._entries[one.job.id]
        for one in older:
            if one.state == "running" and time.monotonic() - (one.began or 0) < _JUST_BEGUN_SECONDS:
                self._kill(one)
        return waited

    @staticmethod
    def _kill(entry: _Entry) -> None:
        entry.state, entry.stopped = "cancelled", time.monotonic()
        if entry.process is not None:
            entry.process.kill()

    def known(self, job: str) -> dict[str, Any] | None:
        """What has become of a job, None if nobody remembers."""
        with self._lock:
            entry = self._entries.get(job)
            return None if entry is None else self._described(entry)

    def all(self) -> list[dict[str, Any]]:
        """Every job that is remembered, in the order in which they were asked for."""
        with self._lock:
            return [self._described(entry) for entry in self._entries.values()]

    def cancel(self, job: str) -> dict[str, Any]:
        """End a job; one that has ended stays as it is. Raises ``NotFound``."""
        with self._lock:
            entry = self._entries.get(job)
            if entry is None:
                raise NotFound("There is no such computation (any more).")
            waited = entry.state == "waiting"
            if entry.open:
                self._kill(entry)
            described = self._described(entry)
        if waited:
            entry.job.ended("cancelled")
        return described

    def _described(self, entry: _Entry) -> dict[str, Any]:
        """With how many of its kind are done before it."""
        kind = [one for one in self._entries.values() if one.job.module == entry.job.module]
        before = kind[: kind.index(entry)] if entry.open else []
        return entry.described(sum(one.open for one in before))

    def _forget(self) -> None:
        ended = [one for one in self._entries.values() if not one.open]
        for one in ended[: max(0, len(self._entries) - _REMEMBERED)]:
            del self._entries[one.job.id]

    def _work(self, module: str) -> None:
        while True:
            with self._lock:
                kind = (one for one in self._entries.values() if one.job.module == module)
                entry = next((one for one in kind if one.state == "waiting"), None)
                if entry is None:
                    self._working.discard(module)
                    return
                entry.state, entry.began = "running", time.monotonic()
            error = self._outcome(entry)
            with self._lock:
                if entry.state == "running":
                    entry.state = "done" if error is None else "failed"
                    entry.error = error
                    entry.progress = 1.0 if error is None else entry.progress
                    entry.stopped = time.monotonic()
                entry.process = None
            entry.job.ended(entry.state)
            entry.job = replace(entry.job, task=bytes)  # what it holds may be large

    def _outcome(self, entry: _Entry) -> str | None:
        """Do it; what went wrong, if anything did."""
        try:
            task = entry.job.task()
            process = subprocess.Popen(
                [sys.executable, "-m", entry.job.module],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=_environment(),
            )
        except (BadRequest, OSError) as error:
            return str(error)
        with self._lock:
            entry.process = process
            if entry.state == "cancelled":
                process.kill()
        assert process.stdin is not None and process.stdout is not None
        finished = False
        failure: str | None = None
        with process:
            try:
                process.stdin.write(len(task).to_bytes(8, "little") + task)
                process.stdin.flush()
                # it stays open: when it closes, the process ends
                for line in process.stdout:
                    said = json.loads(line)
                    finished = finished or bool(said.get("done"))
                    failure = said.get("error", failure)
                    entry.progress = said.get("progress", entry.progress)
                    entry.message = said.get("message", entry.message)
            except (BrokenPipeError, ValueError):
                process.kill()
        if finished or failure:
            return failure
        return (
            f"The process ended early (status {process.returncode}): it ran out of memory, or"
            " something ended it. The terminal of TensorBoard may say more."
        )


def _environment() -> dict[str, str]:
    # the packages that this process has found, in the order in which it looked for them
    paths = os.pathsep.join(path or os.getcwd() for path in sys.path)
    return {**os.environ, "PYTHONPATH": paths, **dict.fromkeys(_THREAD_SETTINGS, "1")}
