"""``SummaryWriter``: PyTorch's own, and what it takes to log a vision-language model."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tensorboard.compat.proto import summary_pb2, tensor_pb2, tensor_shape_pb2, types_pb2
from torch.utils import tensorboard

from vl_tb_plugin.example import Evaluation, Example, InvalidExample
from vl_tb_plugin.storage.evaluation_manifest import (
    EVALUATION_CONTENT,
    EVALUATION_SUFFIX,
    build_evaluation,
)
from vl_tb_plugin.storage.head_scalars import HeadScalarMeans, HeadScalars, ScalarTags
from vl_tb_plugin.storage.publisher import PublishedExample, Publisher
from vl_tb_plugin.storage.run_folder import PLUGIN_NAME

if TYPE_CHECKING:
    # plain arrays are logged without importing transformers
    from vl_tb_plugin.capture.trace import Trace


class SummaryWriter(tensorboard.SummaryWriter):
    """A :class:`torch.utils.tensorboard.SummaryWriter` that also logs examples with attention.

    All methods of its base work unchanged. Arrays are written on a thread of their own; ``flush``
    and ``close`` wait for it, a process that ends without them writes out what is queued, and one
    that is killed keeps every finished step.

    Args:
        log_dir: folder of the run, as in the base class; a local or mounted one.
        *args: further arguments of the base class.
        queue_bytes: how many bytes of arrays may wait to be written; beyond that ``add_vl_*``
            waits, so that memory stays bounded.
        rank: of this process, default ``$RANK`` or 0. In distributed evaluations each rank logs
            its own examples (other ids), or only one logs.
        head_scalars: statistics of heads to be logged as ordinary scalars, too, when the examples
            of a step are written. After a ``flush`` within a step they are written again, as the
            mean over all its examples so far, if no other step came between. Of several ranks,
            rank 0 writes them, of its own examples.
        **kwargs: further arguments of the base class.
    """

    def __init__(
        self,
        log_dir: str | os.PathLike[str] | None = None,
        *args: Any,
        queue_bytes: int = 512 << 20,
        rank: int | None = None,
        head_scalars: HeadScalars | None = None,
        **kwargs: Any,
    ):
        super().__init__(log_dir, *args, **kwargs)
        self._queue_bytes = queue_bytes
        self._rank = int(os.environ.get("RANK", "0")) if rank is None else rank
        self._head_means: HeadScalarMeans | None = None
        self._scalar_tags: ScalarTags | None = None
        if head_scalars is not None and self._rank == 0:
            self._head_means = HeadScalarMeans(head_scalars)
            self._scalar_tags = ScalarTags(head_scalars)
        self._publisher: Publisher | None = None
        self._closed = False

    def add_vl_example(
        self, tag: str, example: Example, global_step: int = 0, walltime: float | None = None
    ) -> None:
        """Log one example at one step.

        Args:
            tag: a stable name of the sample, the same at every step, e.g. ``"val/0007"``; it
                may not end with ``"/evaluation"``.
            example: its arrays and what belongs to them.
            global_step: the checkpoint. Logged again, the later one counts.
            walltime: seconds since the epoch, default now.

        Raises:
            InvalidExample: if an argument does not fit.
            LoggingFailed: if writing failed earlier (disk full, say).
            RuntimeError: if the writer is closed.
        """
        self._check_open("add_vl_example", tag)
        _check_example_tag(tag)
        if not isinstance(example, Example):
            raise InvalidExample("example", "a vl_tb_plugin.Example", type(example).__name__)
        step = _as_step(global_step)
        if self._scalar_tags is not None:
            self._scalar_tags.check(step, [(tag, example.attention)])
        publisher = self._open_publisher()
        publisher.put(tag, step, time.time() if walltime is None else walltime, example)

    def add_vl_batch(
        self,
        tag: str,
        trace: Trace,
        *,
        batch: Mapping[str, Any],
        ids: Sequence[object],
        output: Any = None,
        global_step: int = 0,
        walltime: float | None = None,
        **values: Any,
    ) -> None:
        """Log every sample of a traced batch as ``<tag>/<id>``.

        Args:
            tag: name of the set, e.g. ``"val"``.
            trace: what :func:`vl_tb_plugin.trace` recorded of the last forward pass.
            batch: the inputs of that pass, by name.
            ids: a stable name of each sample, the same at every step.
            output: what the model returned.
            global_step: the checkpoint.
            walltime: seconds since the epoch, default now.
            **values: per sample, whatever :meth:`vl_tb_plugin.Trace.examples` takes: ``images``,
                ``text``, ``predictions``, ``targets``, ``correct``, ``target_boxes``, ``fields``,
                ``relevancy``, ``perturbation``, ``metrics``.

        Raises:
            InvalidExample: if an argument does not fit; then nothing of the batch is logged.
            LoggingFailed: if writing failed earlier (disk full, say).
            RuntimeError: if the writer is closed.
        """
        examples = trace.examples(batch, output=output, **values)
        names = [str(name) for name in ids]
        # the policy's samples may end within the batch, or before it
        fits = len(names) >= len(examples) if trace.policy.samples else len(names) == len(examples)
        if not fits:
            raise InvalidExample("ids", f"{len(examples)} names, one per sample", f"{len(names)}")
        if len(set(names)) != len(names):
            raise InvalidExample("ids", "a different name for each sample", f"{names}")
        tags = [f"{tag}/{name}" for name in names]
        for one in tags:
            _check_example_tag(one)
        if self._scalar_tags is not None:
            blocks = [example.attention for example in examples]
            self._scalar_tags.check(_as_step(global_step), list(zip(tags, blocks, strict=False)))
        for one, example in zip(tags, examples, strict=False):
            self.add_vl_example(one, example, global_step, walltime)

    def add_vl_evaluation(
        self,
        tag: str,
        evaluation: Evaluation,
        global_step: int = 0,
        walltime: float | None = None,
    ) -> None:
        """Log what was measured over many examples at one step.

        Everything is a scalar, too: ``<tag>/<measure>/<method>`` (``<tag>/<measure>`` of no
        method) and ``<tag>/perturbation_area/<modality>/<order>/<method>``.

        Args:
            tag: name of the set, e.g. ``"val"``.
            evaluation: its curves and numbers.
            global_step: the checkpoint. Logged again, the later one counts.
            walltime: seconds since the epoch, default now.

        Raises:
            InvalidExample: if an argument does not fit, or two numbers have one scalar's tag.
            RuntimeError: if the writer is closed.
        """
        self._check_open("add_vl_evaluation", tag)
        _check_tag(tag)
        if not isinstance(evaluation, Evaluation):
            came = type(evaluation).__name__
            raise InvalidExample("evaluation", "a vl_tb_plugin.Evaluation", came)
        step = _as_step(global_step)
        scalars = _scalars(tag, evaluation)
        tags = [tag + EVALUATION_SUFFIX, *(name for name, _ in scalars)]
        repeated = sorted({name for name in tags if tags.count(name) > 1})
        if repeated:
            raise InvalidExample(
                "evaluation",
                "one number a scalar (log a second metric as another tag)",
                f"several for {repeated}",
            )
        walltime = time.time() if walltime is None else walltime
        summary = _summary(tags[0], build_evaluation(evaluation), EVALUATION_CONTENT)
        self._get_file_writer().add_summary(summary, step, walltime)
        for name, value in scalars:
            self.add_scalar(name, value, step, walltime)

    def flush(self) -> None:
        """Wait until everything logged is on disk and visible to TensorBoard."""
        if self._publisher is not None:
            self._publisher.flush()
        super().flush()

    def close(self) -> None:
        """Flush and close; ``add_vl_*`` raises afterwards."""
        self._closed = True
        try:
            if self._publisher is not None:
                self._publisher.close()
        finally:
            super().close()

    def _check_open(self, method: str, tag: str) -> None:
        if self._closed:
            raise RuntimeError(
                f"{method}({tag!r}): this SummaryWriter is closed. Open a new one with the same"
                f" log_dir ({self.log_dir!r}) to go on."
            )

    def _open_publisher(self) -> Publisher:
        if self._publisher is None:
            if "://" in str(self.log_dir):
                raise InvalidExample(
                    "log_dir",
                    "a local or mounted folder for add_vl_* (sync it to the bucket afterwards)",
                    str(self.log_dir),
                )
            self._publisher = Publisher(
                self.log_dir,
                self._emit,
                rank=self._rank,
                queue_bytes=self._queue_bytes,
                idle_seconds=self.flush_secs,
                observe=None if self._head_means is None else self._head_means.add,
            )
        return self._publisher

    def _emit(self, published: list[PublishedExample]) -> None:
        writer = self._get_file_writer()
        for example in published:
            summary = _summary(example.tag, example.manifest)
            writer.add_summary(summary, example.step, example.wall_time)
        if self._head_means is not None:
            last = published[-1]
            for name, value in self._head_means.means():
                self.add_scalar(name, value, last.step, last.wall_time)
        writer.flush()


def _summary(tag: str, manifest: bytes, content: bytes = b"") -> summary_pb2.Summary:
    # TensorBoard's data server drops summaries whose data class is unset, without a word
    metadata = summary_pb2.SummaryMetadata(
        plugin_data=summary_pb2.SummaryMetadata.PluginData(
            plugin_name=PLUGIN_NAME, content=content
        ),
        data_class=summary_pb2.DATA_CLASS_TENSOR,
    )
    tensor = tensor_pb2.TensorProto(
        dtype=types_pb2.DT_STRING,
        string_val=[manifest],
        tensor_shape=tensor_shape_pb2.TensorShapeProto(),
    )
    return summary_pb2.Summary(
        value=[summary_pb2.Summary.Value(tag=tag, metadata=metadata, tensor=tensor)]
    )


def _scalars(tag: str, evaluation: Evaluation) -> list[tuple[str, float]]:
    """Tag and value of every number of an evaluation."""
    scalars = []
    for measure in evaluation.measures:
        parts = [tag, measure.name, *([measure.method] if measure.method else [])]
        scalars.append(("/".join(parts), measure.value))
    for curve in evaluation.curves:
        parts = [tag, "perturbation_area", curve.modality, curve.order, curve.method]
        scalars.append(("/".join(parts), curve.area))
    return scalars


def _check_tag(tag: Any) -> None:
    if not isinstance(tag, str) or not tag:
        raise InvalidExample("tag", "a non-empty string", repr(tag))


def _check_example_tag(tag: Any) -> None:
    _check_tag(tag)
    if tag.endswith(EVALUATION_SUFFIX):
        # TensorBoard knows one kind of summary per tag
        expected = f"no {EVALUATION_SUFFIX!r} at its end: evaluations are logged there"
        raise InvalidExample("tag", expected, repr(tag))


def _as_step(global_step: Any) -> int:
    try:
        step = int(global_step)
    except (TypeError, ValueError) as error:
        raise InvalidExample("global_step", "an integer", repr(global_step)) from error
    if step < 0 or step != global_step:
        raise InvalidExample("global_step", "an integer from 0 on", repr(global_step))
    return step
