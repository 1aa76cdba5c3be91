"""A callback for ``transformers.Trainer``: looks at a probe set at every evaluation."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import nullcontext
from importlib.util import find_spec
from pathlib import Path
from typing import Any

if find_spec("accelerate") is None:
    raise ImportError(
        "transformers.Trainer, and with it vl_tb_plugin.integrations.transformers_callback, needs"
        " accelerate: pip install accelerate"
    )

from torch import nn
from transformers import TrainerCallback

from vl_tb_plugin.capture.capture_policy import CapturePolicy
from vl_tb_plugin.capture.layout import Layout
from vl_tb_plugin.capture.trace import Trace, trace
from vl_tb_plugin.capture.undisturbed import undisturbed
from vl_tb_plugin.integrations.per_batch_values import BatchValues, joined
from vl_tb_plugin.integrations.probe_set import ProbeSet, on_device
from vl_tb_plugin.storage.head_scalars import HeadScalars
from vl_tb_plugin.writer import SummaryWriter


class VLTrainerCallback(TrainerCallback):
    """Runs a probe set through the model at every evaluation and logs what it attends to.

    The model runs in evaluation mode, without gradients, and training goes on afterwards as it
    would have: with its modes and its random numbers.

    In distributed training every process runs the probe set, because a sharded model needs all of
    them in its forward pass, and process zero logs it. So the log is one run in one folder,
    whatever the number of processes and nodes.

    The writer is one of its own, for Trainer's callback for TensorBoard closes any that it is
    given. Two writers may share a folder: set ``log_dir`` and the environment variable
    ``TENSORBOARD_LOGGING_DIR`` to the same one, and TensorBoard shows one run.

    Args:
        probe: the samples.
        values: predictions and whatever else depends on the model, of a batch that just ran:
            ``lambda output, batch: {"predictions": [...]}``.
        tag: name of the set; samples are logged as ``<tag>/<id>``.
        processor: of the model; by default the Trainer's ``processing_class``.
        log_dir: folder of the run. By default ``$TENSORBOARD_LOGGING_DIR``, or ``logging_dir`` of
            the training arguments where they have one, or else ``runs/vision_language`` in their
            ``output_dir``. Each trial of a hyperparameter search gets a folder in it.
        policy: what is kept, as in :func:`vl_tb_plugin.trace`.
        layout: as in :func:`vl_tb_plugin.trace`.
        relevancy: methods of :meth:`vl_tb_plugin.Trace.relevancy` whose maps are logged, too.
        head_scalars: statistics of heads that are logged as scalars, too.

    Example:
        >>> probe = ProbeSet.from_dataset(dataset, collate, samples=8)  # doctest: +SKIP
        >>> trainer.add_callback(VLTrainerCallback(probe, log_dir="runs/mine"))  # doctest: +SKIP
    """

    def __init__(
        self,
        probe: ProbeSet,
        *,
        values: BatchValues | None = None,
        tag: str = "val",
        processor: Any = None,
        log_dir: str | os.PathLike[str] | None = None,
        policy: CapturePolicy | None = None,
        layout: Layout | None = None,
        relevancy: Sequence[str] = (),
        head_scalars: HeadScalars | None = None,
    ):
        self._probe = probe
        self._values = values
        self._tag = tag
        self._processor = processor
        self._log_dir = log_dir
        self._policy = policy
        self._layout = layout
        self._relevancy = tuple(relevancy)
        self._head_scalars = head_scalars
        self._writer: SummaryWriter | None = None
        self._in_training = False
        self._last_step: int | None = None

    def on_train_begin(
        self, args: Any, state: Any, control: Any, *, model: Any = None, **objects: Any
    ) -> None:
        """Refuse a model that cannot be traced now, rather than at the first evaluation."""
        self._trace(model, objects)
        self._in_training, self._last_step = True, None

    def on_evaluate(
        self, args: Any, state: Any, control: Any, *, model: Any = None, **objects: Any
    ) -> None:
        """Look at the probe set; once per step, however many sets are evaluated then."""
        if self._in_training and self._last_step == state.global_step:
            return
        self._last_step = state.global_step
        # a sharded model needs every process in each of its forward passes
        traces = state.is_world_process_zero or self._relevancy
        watched = self._trace(model, objects) if traces else nullcontext()
        with undisturbed(model), watched as record:
            for part in self._probe:
                batch = on_device(part.inputs, args.device)
                output = model(**batch)
                if record is None:
                    continue
                maps = record.relevancy(self._relevancy) if self._relevancy else None
                if not state.is_world_process_zero:
                    continue
                own = self._values(output, batch) if self._values else {}
                self._open_writer(args, state).add_vl_batch(
                    self._tag,
                    record,
                    batch=batch,
                    ids=part.ids,
                    output=output,
                    global_step=state.global_step,
                    relevancy=maps,
                    **joined(part.values, own),
                )
        if self._writer is not None:
            self._writer.flush()

    def on_train_end(self, args: Any, state: Any, control: Any, **objects: Any) -> None:
        """Close the writer; an evaluation after training opens another one."""
        self._in_training = False
        self.close()

    def close(self) -> None:
        """Close the writer, if one is open."""
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()

    def _trace(self, model: nn.Module, objects: dict[str, Any]) -> Trace:
        # transformers before 4.46 has no processing_class
        theirs = objects.get("processing_class") or objects.get("tokenizer")
        return trace(
            model,
            self._processor or theirs,
            policy=self._policy,
            layout=self._layout,
        )

    def _open_writer(self, args: Any, state: Any) -> SummaryWriter:
        if self._writer is None:
            self._writer = SummaryWriter(
                self._folder(args, state),
                rank=args.process_index,
                head_scalars=self._head_scalars,
            )
        return self._writer

    def _folder(self, args: Any, state: Any) -> Path:
        folder = Path(
            self._log_dir
            or os.environ.get("TENSORBOARD_LOGGING_DIR")
            or getattr(args, "logging_dir", None)  # gone since transformers 5
            or Path(args.output_dir, "runs", "vision_language")
        ).expanduser()
        return folder / state.trial_name if state.trial_name else folder
