"""Answers that take a while to compute: kept in memory, each computed once."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy.typing as npt

_CACHED_BYTES = 64 << 20


@dataclass(frozen=True, eq=False)
class ComputedAnswer:
    """The arrays and the header of a binary answer, or what is answered in JSON as the header."""

    arrays: Mapping[str, npt.NDArray[Any]]
    header: Mapping[str, Any]

    @cached_property
    def nbytes(self) -> int:
        """About as many bytes as it takes."""
        arrays = sum(array.nbytes for array in self.arrays.values())
        return arrays + len(json.dumps(self.header))


class ComputedAnswers:
    """Keeps the latest used answers within a bound of bytes. Threads may share it."""

    def __init__(self) -> None:
        self._answers: OrderedDict[Hashable, ComputedAnswer] = OrderedDict()
        self._turns: dict[Hashable, threading.Lock] = {}
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, key: Hashable, compute: Callable[[], ComputedAnswer]) -> ComputedAnswer:
        """The answer of that key; computed once, whoever asks meanwhile waits."""
        with self._lock:
            turn = self._turns.setdefault(key, threading.Lock())
        with turn:
            with self._lock:
                if key in self._answers:
                    self._answers.move_to_end(key)
                    self._turns.pop(key, None)
                    return self._answers[key]
            try:
                with _one_thread:
                    answer = compute()
                self._keep(key, answer)
            finally:
                with self._lock:
                    self._turns.pop(key, None)
            return answer

    def _keep(self, key: Hashable, answer: ComputedAnswer) -> None:
        with self._lock:
            if key not in self._answers:
                self._bytes += answer.nbytes
            self._answers[key] = answer
            while self._bytes > _CACHED_BYTES and len(self._answers) > 1:
                _, dropped = self._answers.popitem(last=False)
                self._bytes -= dropped.nbytes


class _OneThread:
    """While entered, BLAS works on one thread: two that share a busy core wait for each other.

    The limit is the process's own, so it ends when the last computation does.
    """

    def __init__(self) -> None:
        self._inside = 0
        self._lock = threading.Lock()
        self._limits: Any = None

    def __enter__(self) -> None:
        from threadpoolctl import threadpool_limits

        with self._lock:
            if not self._inside:
                self._limits = threadpool_limits(1)
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside:
                self._limits.restore_original_limits()


_one_thread = _OneThread()
