"""A callback for Lightning: looks at the first samples of every validation."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from torch import nn
from torch.utils.data import DistributedSampler

from vl_tb_plugin.capture.capture_policy import CapturePolicy
from vl_tb_plugin.capture.families.registry import find_family
from vl_tb_plugin.capture.layout import Layout
from vl_tb_plugin.capture.trace import Trace, trace
from vl_tb_plugin.example import InvalidExample
from vl_tb_plugin.integrations.per_batch_values import BatchValues
from vl_tb_plugin.storage.head_scalars import HeadScalars
from vl_tb_plugin.writer import SummaryWriter

if TYPE_CHECKING or find_spec("lightning"):
    from lightning.pytorch import Callback
elif find_spec("pytorch_lightning"):
    from pytorch_lightning import Callback
else:
    raise ImportError(
        "vl_tb_plugin.integrations.lightning_callback needs Lightning: pip install lightning"
        " (or pytorch_lightning)"
    )


class VLLightningCallback(Callback):
    """Traces ``validation_step`` for the first samples and logs what the model attends to.

    It works with the Trainer of ``lightning`` and of ``pytorch_lightning``. The sanity check is
    left out. The samples should be the same at every validation: do not shuffle them, or give
    ``ids`` that tell which ones they are.

    In distributed training process zero alone logs, the first samples of its own share, under the
    numbers that they have in the whole dataset. So the log is one run in one folder, whatever the
    number of processes and nodes.

    Args:
        samples: how many are logged at each validation.
        values: predictions, targets, images, text and so on, of a batch that just ran:
            ``lambda output, batch: {"predictions": [...]}``; ``output`` is that of the model, not
            of ``validation_step``.
        ids: a stable name of each sample of a batch; by default its number in the dataset.
        inputs: from a batch of the data loader to the inputs of the model by name, where the batch
            is not a mapping with them.
        model: from the LightningModule to the part to trace, where it holds several models.
        tag: name of the set; samples are logged as ``<tag>/<id>``.
        processor: of the model.
        log_dir: folder of the run, by default that of the trainer's logger.
        dataloader: number of the data loader, where there are several.
        policy: what is kept of each sample, as in :func:`vl_tb_plugin.trace`.
        layout: as in :func:`vl_tb_plugin.trace`.
        relevancy: methods of :meth:`vl_tb_plugin.Trace.relevancy` whose maps are logged, too. Not
            with a sharded model: process zero alone runs it once more.
        head_scalars: statistics of heads that are logged as scalars, too.
    """

    def __init__(
        self,
        samples: int = 16,
        *,
        values: BatchValues | None = None,
        ids: Callable[[Any], Sequence[object]] | None = None,
        inputs: Callable[[Any], Mapping[str, Any]] | None = None,
        model: Callable[[Any], nn.Module] | None = None,
        tag: str = "val",
        processor: Any = None,
        log_dir: str | os.PathLike[str] | None = None,
        dataloader: int = 0,
        policy: CapturePolicy | None = None,
        layout: Layout | None = None,
        relevancy: Sequence[str] = (),
        head_scalars: HeadScalars | None = None,
    ):
        self._samples = samples
        self._values = values
        self._ids = ids
        self._inputs = inputs
        self._model = model
        self._tag = tag
        self._processor = processor
        self._log_dir = log_dir
        self._dataloader = dataloader
        self._policy = policy or CapturePolicy()
        self._layout = layout
        self._relevancy = tuple(relevancy)
        self._head_scalars = head_scalars
        self._folder: str | os.PathLike[str] | None = log_dir
        self._writer: SummaryWriter | None = None
        self._seen = 0
        self._record: Trace | None = None
        self._open = ExitStack()
        self._output: Any = None

    def setup(self, trainer: Any, pl_module: Any, stage: str) -> None:
        """Find the folder."""
        if stage in ("fit", "validate"):
            # the processes agree on the logger's folder: each of them has to ask
            self._folder = self._log_dir or trainer.log_dir

    def on_fit_start(self, trainer: Any, pl_module: Any) -> None:
        """Refuse a model that cannot be traced now, rather than at the first validation."""
        self._trace(pl_module)

    def on_validation_epoch_start(self, trainer: Any, pl_module: Any) -> None:
        """Count anew."""
        self._seen = 0

    def on_validation_batch_start(
        self, trainer: Any, pl_module: Any, batch: Any, batch_idx: int, dataloader_idx: int = 0
    ) -> None:
        """Open a trace, as long as there are samples to log."""
        wanted = trainer.is_global_zero and dataloader_idx == self._dataloader
        if trainer.sanity_checking or not wanted or self._seen >= self._samples:
            return
        traced, _, _ = find_family(self._part(pl_module))
        self._record = self._open.enter_context(self._trace(pl_module))
        self._open.callback(traced.register_forward_hook(self._keep_output).remove)

    def on_validation_batch_end(
        self,
        trainer: Any,
        pl_module: Any,
        outputs: Any,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Log the batch that was traced."""
        if self._record is None:
            return
        record, output = self._record, self._output
        self._leave()
        inputs = self._inputs(batch) if self._inputs else batch
        if not isinstance(inputs, Mapping):
            raise InvalidExample(
                "batch",
                "inputs of the model by name (VLLightningCallback(inputs=...) makes them)",
                type(inputs).__name__,
            )
        own = self._values(output, inputs) if self._values else {}
        if self._relevancy:
            own = {**own, "relevancy": record.relevancy(self._relevancy)}
        examples = record.examples(inputs, output=output, **own)
        numbers = range(self._seen, self._seen + len(examples))
        names = self._ids(batch) if self._ids else [_in_dataset(trainer, n) for n in numbers]
        if len(names) < len(examples):
            raise InvalidExample("ids", "a name for each sample", f"{len(names)}")
        writer = self._open_writer(trainer)
        for name, example in zip(names, examples, strict=False):
            writer.add_vl_example(f"{self._tag}/{name}", example, trainer.global_step)
        self._seen += len(examples)

    def on_validation_end(self, trainer: Any, pl_module: Any) -> None:
        """Make visible what was logged."""
        if self._writer is not None:
            self._writer.flush()

    def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
        """Leave the model as it was."""
        self._leave()

    def teardown(self, trainer: Any, pl_module: Any, stage: str) -> None:
        """Close the writer; a later run of the trainer opens another one."""
        self._leave()
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()

    def _part(self, pl_module: Any) -> nn.Module:
        return self._model(pl_module) if self._model else pl_module

    def _trace(self, pl_module: Any) -> Trace:
        return trace(
            self._part(pl_module),
            self._processor,
            policy=replace(self._policy, samples=self._samples - self._seen),
            layout=self._layout,
        )

    def _keep_output(self, module: nn.Module, args: tuple[Any, ...], output: Any) -> None:
        self._output = output

    def _leave(self) -> None:
        self._record = self._output = None
        self._open.close()

    def _open_writer(self, trainer: Any) -> SummaryWriter:
        if self._writer is None:
            self._writer = SummaryWriter(
                self._folder, rank=trainer.global_rank, head_scalars=self._head_scalars
            )
        return self._writer


def _in_dataset(trainer: Any, number: int) -> str:
    loaders = trainer.val_dataloaders
    loader = loaders[0] if isinstance(loaders, list | tuple) else loaders
    sampler = getattr(loader, "sampler", None)
    shares = sampler.num_replicas if isinstance(sampler, DistributedSampler) else 1
    return f"{number * shares:03d}"
