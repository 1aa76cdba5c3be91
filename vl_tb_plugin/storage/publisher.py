"""Writes examples off the training thread, with back-pressure; durable before visible.

Examples of one step gather in one tensor store. When the step ends (another step begins, a flush,
a close, or nothing came for a while) the store is closed, made durable and named; only then do the
manifests go out. A process that is killed loses at most the step that it was writing.
"""

from __future__ import annotations

import concurrent.futures.thread  # noqa: F401  registers its own end before ours
import contextlib
import functools
import logging
import os
import queue
import threading
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from vl_tb_plugin.analysis.block_axes import BlockAxes
from vl_tb_plugin.analysis.head_statistics import STATISTICS, head_statistics, layer_sums
from vl_tb_plugin.analysis.visual_sinks import states_read, visual_sinks
from vl_tb_plugin.example import Attention, Example
from vl_tb_plugin.storage.image_file import write_image
from vl_tb_plugin.storage.manifest import build_manifest
from vl_tb_plugin.storage.run_folder import asset_folder, new_store_name
from vl_tb_plugin.storage.tensor_store_writer import TensorStoreWriter

logger = logging.getLogger(__name__)

Observe = Callable[[str, int, Attention, npt.NDArray[np.float32]], None]

_OPEN: weakref.WeakSet[Publisher] = weakref.WeakSet()


class LoggingFailed(RuntimeError):
    """Writing failed in the background; examples since then are not logged."""


@dataclass(frozen=True)
class PublishedExample:
    """A manifest whose arrays are on disk."""

    tag: str
    step: int
    wall_time: float
    manifest: bytes


@dataclass(frozen=True)
class _QueuedExample:
    tag: str
    step: int
    wall_time: float
    example: Example


class _Flush:
    def __init__(self) -> None:
        self.done = threading.Event()


class Publisher:
    """Takes examples from any thread, writes them on one of its own.

    Args:
        run_folder: the run's folder.
        emit: called with the manifests of a step once its arrays are durable; makes them visible.
        rank: of this process, a part of the file names.
        queue_bytes: how many bytes of arrays may wait; more makes :meth:`put` wait.
        idle_seconds: a step for which nothing came for that long is published.
        observe: is shown the statistics of every block that is written, on this thread: tag and
            step of the example, the block, (statistics, layers, heads).
    """

    def __init__(
        self,
        run_folder: str | os.PathLike[str],
        emit: Callable[[list[PublishedExample]], None],
        *,
        rank: int,
        queue_bytes: int,
        idle_seconds: float,
        observe: Observe | None = None,
    ):
        self._run_folder = Path(run_folder)
        self._emit = emit
        self._rank = rank
        self._queue_bytes = queue_bytes
        self._idle_seconds = idle_seconds
        self._observe = observe
        self._queue: queue.SimpleQueue[_QueuedExample | _Flush | None] = queue.SimpleQueue()
        self._room = threading.Condition()
        self._waiting_bytes = 0
        self._failure: BaseException | None = None
        self._closed = False
        self._step: _OpenStep | None = None
        self._thread = threading.Thread(target=self._work, name="vl_tb_plugin", daemon=True)
        self._thread.start()
        _OPEN.add(self)

    def put(self, tag: str, step: int, wall_time: float, example: Example) -> None:
        """Queue an example; waits while too much is queued.

        Raises:
            LoggingFailed: if writing failed earlier.
        """
        self._raise_failure()
        size = example.nbytes
        with self._room:
            self._room.wait_for(
                lambda: self._waiting_bytes == 0 or self._waiting_bytes + size <= self._queue_bytes
            )
            self._waiting_bytes += size
        self._queue.put(_QueuedExample(tag, step, wall_time, example))

    def flush(self) -> None:
        """Wait until everything queued is durable and visible.

        Raises:
            LoggingFailed: if writing failed.
        """
        if not self._closed:
            request = _Flush()
            self._queue.put(request)
            request.done.wait()
        self._raise_failure()

    def close(self) -> None:
        """Flush, and end the thread."""
        if self._closed:
            return
        try:
            self.flush()
        finally:
            self._closed = True
            self._queue.put(None)
            self._thread.join()
            _OPEN.discard(self)

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise LoggingFailed(
                f"Writing to {asset_folder(self._run_folder)} failed"
                f" ({type(self._failure).__name__}: {self._failure}). Steps published before are"
                " safe; free the cause and open a new SummaryWriter to go on."
            ) from self._failure

    def _work(self) -> None:
        while True:
            try:
                item = self._queue.get(timeout=self._idle_seconds if self._step else None)
            except queue.Empty:
                self._guarded(self._publish)
                continue
            if item is None:
                return
            if isinstance(item, _Flush):
                self._guarded(self._publish)
                item.done.set()
                continue
            self._guarded(functools.partial(self._write, item))
            with self._room:
                self._waiting_bytes -= item.example.nbytes
                self._room.notify_all()
            del item

    def _guarded(self, action: Callable[[], None]) -> None:
        if self._failure is not None:
            return
        try:
            action()
        except Exception as error:
            # the training thread hears of it at its next call; what is unfinished stays unseen
            self._failure = error
            logger.exception("Logging of examples stopped, writing to %s failed", self._run_folder)
            if self._step is not None:
                self._step.store.discard()
                self._step = None

    def _write(self, item: _QueuedExample) -> None:
        if self._step is not None and self._step.step != item.step:
            self._publish()
        if self._step is None:
            self._step = _OpenStep(self._run_folder, item.step, self._rank, self._observe)
        self._step.add(item)

    def _publish(self) -> None:
        if self._step is None:
            return
        self._step.store.publish()
        finished, self._step = self._step.published, None
        self._emit(finished)


class _OpenStep:
    """The step that is being written."""

    def __init__(self, run_folder: Path, step: int, rank: int, observe: Observe | None):
        self._run_folder = run_folder
        self._observe = observe
        self.step = step
        self._store_name = new_store_name(step, rank)
        self.store = TensorStoreWriter(asset_folder(run_folder) / self._store_name)
        self.published: list[PublishedExample] = []

    def add(self, item: _QueuedExample) -> None:
        example, store, tag = item.example, self.store, item.tag
        number = len(self.published)
        manifest = build_manifest(
            example,
            store=self._store_name,
            statistics=list(STATISTICS),
            digests=[write_image(self._run_folder, image) for image in example.images],
            weights={
                name: (store.add_attention(name, weights, number, tag), weights)
                for name, weights in ((block.name, block.weights) for block in example.attention)
            },
            statistics_slices={
                block.name: store.add_statistics(block.name, self._statistics(item, block), tag)
                for block in example.attention
            },
            hidden_states_slices={
                states.sequence: store.add_hidden_states(states.sequence, states.values, tag)
                for states in example.hidden_states
            },
            relevancy_slices=[
                store.add_relevancy(list(one.scores.values()), tag) for one in example.relevancy
            ],
            logit_lens_slices=[store.add_logit_lens(lens, tag) for lens in example.logit_lens],
        )
        self.published.append(PublishedExample(tag, item.step, item.wall_time, manifest))

    def _statistics(self, item: _QueuedExample, block: Attention) -> npt.NDArray[np.float32]:
        values = _statistics(item.example, block)
        if self._observe is not None:
            self._observe(item.tag, item.step, block, values)
        return values


def _close_all() -> None:
    for publisher in list(_OPEN):
        # a failure has been raised at the calls before, or is shown as the thread's own
        with contextlib.suppress(LoggingFailed):
            publisher.close()


# Plain atexit is too late: by then Python refuses the threads with which zarr compresses. The
# functions registered here run in reverse order, so before those threads are ended.
threading._register_atexit(_close_all)  # type: ignore[attr-defined]


def _statistics(example: Example, block: Attention) -> npt.NDArray[np.float32]:
    values = block.statistics
    if values is None:
        query, key = example.sequence(block.query), example.sequence(block.key)
        axes = BlockAxes(query, key, example.target_boxes)
        rows = block.query_positions
        pairs = [(other.query, other.key) for other in example.attention]
        states = states_read((block.query, block.key), pairs, example.hidden_states)
        layers = [layer_sums(layer, rows, axes) for layer in block.probabilities]
        for number, sums in zip(block.layers, layers, strict=True):
            if number in states:
                sums.visual_sinks = visual_sinks(states[number], axes)
        values = head_statistics(layers)
    return np.concatenate([values, *(metric[None] for metric in block.metrics.values())])
