"""The samples that are looked at: the same ones at every evaluation, under stable names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from torch import Tensor

from vl_tb_plugin.capture.undisturbed import kept_random_state
from vl_tb_plugin.example import InvalidExample


@dataclass(frozen=True)
class ProbeBatch:
    """Samples that go through the model together.

    Attributes:
        inputs: of the model, by name.
        ids: a stable name of each sample.
        values: what is known of each sample beforehand.
    """

    inputs: Mapping[str, Any]
    ids: Sequence[str]
    values: Mapping[str, Any]


class ProbeSet:
    """A fixed set of samples, as batches that a model takes.

    Args:
        batches: inputs of the model by name, samples on axis 0; kept as they are.
        ids: a stable name of each sample over all batches; by default its number.
        **values: one entry per sample over all batches, of whatever
            :meth:`vl_tb_plugin.SummaryWriter.add_vl_batch` takes and does not depend on the model:
            ``images``, ``text``, ``targets``, ``target_boxes``, ``fields``.

    Raises:
        InvalidExample: if ids or values do not fit the batches.
    """

    def __init__(
        self,
        batches: Iterable[Mapping[str, Any]],
        *,
        ids: Sequence[object] | None = None,
        **values: Any,
    ):
        self._batches = tuple(batches)
        sizes = [_size(batch) for batch in self._batches]
        if not sizes:
            raise InvalidExample("batches", "at least one", "none")
        self._sizes = sizes
        total = sum(sizes)
        self.ids = [f"{n:03d}" for n in range(total)] if ids is None else [str(n) for n in ids]
        _check_length("ids", self.ids, total)
        if len(set(self.ids)) != total:
            raise InvalidExample("ids", "a different name for each sample", f"{self.ids}")
        for name, entries in values.items():
            if name == "fields":
                for field, its_entries in entries.items():
                    _check_length(f"fields[{field!r}]", its_entries, total)
            elif entries is not None:
                _check_length(name, entries, total)
        self._values = {name: entries for name, entries in values.items() if entries is not None}

    @classmethod
    def from_dataset(
        cls,
        dataset: Any,
        collate: Callable[[list[Any]], Mapping[str, Any]],
        *,
        samples: int = 16,
        batch_size: int = 8,
        ids: Sequence[object] | None = None,
        **values: Any,
    ) -> ProbeSet:
        """The first samples of a dataset, drawn once: random transforms do not change them.

        Args:
            dataset: with numbered samples, or iterable.
            collate: makes the inputs of the model out of a list of samples.
            samples: how many of them, or all if there are fewer.
            batch_size: how many go through the model together.
            ids: as in :class:`ProbeSet`.
            **values: as in :class:`ProbeSet`.
        """
        with kept_random_state():
            if hasattr(dataset, "__len__"):
                drawn = [dataset[number] for number in range(min(samples, len(dataset)))]
            else:
                drawn = list(islice(dataset, samples))
            starts = range(0, len(drawn), batch_size)
            batches = [collate(drawn[start : start + batch_size]) for start in starts]
        return cls(batches, ids=ids, **values)

    def __len__(self) -> int:
        return len(self.ids)

    def __iter__(self) -> Iterator[ProbeBatch]:
        first = 0
        for inputs, size in zip(self._batches, self._sizes, strict=True):
            part = slice(first, first + size)
            values = {
                name: {field: its_entries[part] for field, its_entries in entries.items()}
                if name == "fields"
                else entries[part]
                for name, entries in self._values.items()
            }
            yield ProbeBatch(inputs, self.ids[part], values)
            first += size


def on_device(value: Any, device: Any) -> Any:
    """Inputs of a model with every tensor on ``device``, nested ones too."""
    if isinstance(value, Tensor):
        return value.to(device)
    if isinstance(value, Mapping):
        return {name: on_device(inner, device) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        moved = [on_device(inner, device) for inner in value]
        return type(value)(moved) if type(value) in (list, tuple) else type(value)(*moved)
    return value


def _size(batch: Mapping[str, Any]) -> int:
    # image tensors may hold all patches of all samples on axis 0; ids of tokens never do
    tensors = [value for value in batch.values() if isinstance(value, Tensor) and value.ndim]
    first = batch["input_ids"] if "input_ids" in batch else next(iter(tensors), None)
    if first is None:
        raise InvalidExample("batches", "tensors by name", f"only {sorted(batch)}")
    return len(first)


def _check_length(name: str, entries: Any, samples: int) -> None:
    if isinstance(entries, str) or len(entries) != samples:
        got = "one string" if isinstance(entries, str) else f"{len(entries)}"
        raise InvalidExample(name, f"{samples} entries, one per sample", got)
