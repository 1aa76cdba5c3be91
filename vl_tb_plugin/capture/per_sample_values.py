"""The lists that come with a batch: one entry per sample of what the model can't know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vl_tb_plugin.example import Attention, InvalidExample


@dataclass(frozen=True)
class PerSampleValues:
    """Values by sample; each is ``None`` or has one entry per sample.

    Args:
        images: the original image of each sample, or a list of its images.
        text: question, caption or prompt of each sample.
        predictions: what the model said.
        targets: what it should have said.
        correct: whether that was right; by default, whether prediction and target are the same
            string, where both are given.
        target_boxes: (n, 4) boxes that hold the evidence for the target.
        fields: further values by name.
        relevancy: the maps of each sample, as :meth:`vl_tb_plugin.Trace.relevancy` gives them.
        perturbation: the perturbation tests of each sample.
        metrics: layer x head numbers of each sample, ``{block: {title: (layers, heads) array}}``,
            as :meth:`vl_tb_plugin.Trace.head_importance` gives them, or of your own.
    """

    images: Sequence[Any] | None = None
    text: Sequence[str] | None = None
    predictions: Sequence[Any] | None = None
    targets: Sequence[Any] | None = None
    correct: Sequence[Any] | None = None
    target_boxes: Sequence[Any] | None = None
    fields: Mapping[str, Sequence[Any]] | None = None
    relevancy: Sequence[Any] | None = None
    perturbation: Sequence[Any] | None = None
    metrics: Sequence[Mapping[str, Mapping[str, Any]]] | None = None

    def check(self, samples: int) -> None:
        """Raise :class:`InvalidExample` if a list has not one entry per sample."""
        named: dict[str, Any] = {
            name: getattr(self, name)
            for name in (
                "images",
                "text",
                "predictions",
                "targets",
                "correct",
                "target_boxes",
                "relevancy",
                "perturbation",
                "metrics",
            )
        }
        named |= {f"fields[{name!r}]": values for name, values in (self.fields or {}).items()}
        for name, values in named.items():
            if isinstance(values, str) or (values is not None and len(values) != samples):
                got = "one string" if isinstance(values, str) else f"{len(values)}"
                raise InvalidExample(name, f"{samples} entries, one per sample", got)

    def sample_images(self, sample: int) -> list[Any]:
        """The original images of a sample, none where not given."""
        if self.images is None:
            return []
        given = self.images[sample]
        return list(given) if isinstance(given, list | tuple) else [given]

    def with_metrics(self, sample: int, blocks: Sequence[Attention]) -> list[Attention]:
        """The attention blocks of a sample with its metrics.

        Raises:
            InvalidExample: for a block that there is not, or numbers that do not fit it.
        """
        own = {} if self.metrics is None else self.metrics[sample]
        names = [block.name for block in blocks]
        unknown = [name for name in own if name not in names]
        if unknown:
            raise InvalidExample(f"metrics[{sample}]", f"some of the blocks {names}", f"{unknown}")
        return [block.with_metrics(own.get(block.name, {})) for block in blocks]

    def of(self, sample: int) -> dict[str, Any]:
        """Keyword arguments of :class:`vl_tb_plugin.Example` for one sample."""
        prediction = None if self.predictions is None else _plain(self.predictions[sample])
        target = None if self.targets is None else _plain(self.targets[sample])
        correct = None if self.correct is None else _plain(self.correct[sample])
        if correct is None and prediction is not None and target is not None:
            correct = str(prediction) == str(target)
        return {
            "images": self.sample_images(sample),
            "text": "" if self.text is None else self.text[sample],
            "prediction": prediction,
            "target": target,
            "correct": correct,
            "target_boxes": None if self.target_boxes is None else self.target_boxes[sample],
            "fields": {name: values[sample] for name, values in (self.fields or {}).items()},
            "relevancy": () if self.relevancy is None else self.relevancy[sample],
            "perturbation": () if self.perturbation is None else self.perturbation[sample],
        }


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value
