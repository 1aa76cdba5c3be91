"""``trace``: records the attention and hidden states of a model while it runs, unchanged."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from types import TracebackType
from typing import Any

from torch import Tensor, nn

from vl_tb_plugin.capture.attention_watch import AttentionCall, watched, wrapped_forward
from vl_tb_plugin.capture.families.forward_inputs import ForwardInputs
from vl_tb_plugin.capture.families.registry import find_family
from vl_tb_plugin.capture.families.structure import HiddenStateSite
from vl_tb_plugin.capture.forward_record import ForwardRecord
from vl_tb_plugin.capture.interface_patch import watched_interface
from vl_tb_plugin.capture.layout import Layout, sequences_of
from vl_tb_plugin.capture.module_sites import ModuleSite, module_sites, observed_modules
from vl_tb_plugin.capture.per_sample_values import PerSampleValues
from vl_tb_plugin.capture.provenance import provenance
from vl_tb_plugin.capture.sample_arrays import sample_attention, sample_hidden_states
from vl_tb_plugin.capture.sequences.text_sequence import prompt_text
from vl_tb_plugin.example import Example


class Trace:
    """What :func:`trace` returns: a context manager, then the source of examples.

    Each forward pass of the model starts the record anew, so one trace may stay around a whole
    evaluation loop; ask for the examples of a batch before the next one runs.
    """

    def __init__(
        self, model: nn.Module, processor: Any, *, hidden_states: bool, layout: Layout | None
    ):
        self._model, self._model_type, self._family = find_family(model)
        self._processor = processor
        self._layout = layout
        structure = self._family.structure(self._model)
        self._attention = module_sites(self._model, structure.attention)
        if not self._attention:
            raise LookupError(
                f"The family {self._model_type!r} names no attention that this"
                f" {type(self._model).__name__} has. Register one that fits it:"
                " vl_tb_plugin.capture.families shows how."
            )
        states = structure.hidden_states if hidden_states else ()
        self._hidden_states = module_sites(self._model, states)
        self._observed = observed_modules(self._model, structure.observed)
        self._record: ForwardRecord | None = None
        self._recording: ForwardRecord | None = None
        self._stack: ExitStack | None = None

    def __enter__(self) -> Trace:
        if self._stack is not None:
            raise RuntimeError("This trace is already open. Make another one with trace(model).")
        with ExitStack() as stack:
            stack.enter_context(watched_interface())
            for module in {entry.module for entry in self._attention}:
                stack.enter_context(watched(module, self._is_recording, self._finish))
            for states_entry in self._hidden_states:
                stack.callback(_hook(states_entry, self._add_hidden_states).remove)
            for name, module in self._observed.items():
                observe = functools.partial(self._observe, name)
                stack.callback(module.register_forward_hook(observe).remove)
            stack.enter_context(wrapped_forward(self._model, self._wrap))
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        stack, self._stack = self._stack, None
        if stack is not None:
            stack.close()

    def examples(
        self, batch: Mapping[str, Any], *, output: Any = None, **values: Any
    ) -> list[Example]:
        """One example per sample of the batch that ran last.

        Args:
            batch: the inputs of the forward pass by name, samples on axis 0.
            output: what the model returned, for families that read it.
            **values: per sample, see :class:`PerSampleValues`: ``images``, ``text``,
                ``predictions``, ``targets``, ``correct``, ``target_boxes``, ``fields``.

        Raises:
            RuntimeError: if no forward pass ended inside the trace.
            InvalidExample: if a value or the layout does not fit the batch, or ``batch`` is not
                what ran last.
        """
        record = self._record
        if record is None:
            raise RuntimeError(
                "This trace has seen no forward pass: call the model inside `with trace(model)`,"
                " and don't keep a reference to its forward from before."
            )
        record.check_batch(batch.get("input_ids"))
        given = PerSampleValues(**values)
        inputs = ForwardInputs(
            model=self._model,
            batch=batch,
            tokenizer=getattr(self._processor, "tokenizer", self._processor),
            image_processor=getattr(self._processor, "image_processor", None),
            images=given.images and [given.sample_images(i) for i in range(len(given.images))],
            observed=record.observed,
            output=output,
        )
        samples = sequences_of(inputs, self._family, self._layout)
        given.check(len(samples))
        origin = provenance(self._model, record.mechanisms)
        left_out = [*dict.fromkeys(record.problems), *dict.fromkeys(inputs.remarks)]
        examples = []
        for number, sequences in enumerate(samples):
            by_name = {placed.tokens.name: placed for placed in sequences}
            own = given.of(number)
            own["text"] = own["text"] or prompt_text(inputs, number, sequences[0].tokens)
            examples.append(
                Example(
                    [placed.tokens for placed in sequences],
                    sample_attention(record, by_name),
                    sample_hidden_states(record, by_name),
                    provenance=origin,
                    left_out=left_out,
                    **own,
                )
            )
        return examples

    def _wrap(self, forward: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(forward)
        def recorded(*args: Any, **kwargs: Any) -> Any:
            self._record, self._recording = None, ForwardRecord()
            self._recording.input_ids = kwargs.get("input_ids")
            try:
                result = forward(*args, **kwargs)
                self._record = self._recording
            finally:
                self._recording = None
            return result

        return recorded

    def _is_recording(self) -> bool:
        return self._recording is not None

    def _finish(self, call: AttentionCall) -> None:
        if self._recording is None:
            return
        number = self._recording.calls[call.module]
        self._recording.calls[call.module] += 1
        own = [entry for entry in self._attention if entry.module is call.module]
        fitting = [entry for entry in own if entry.site.call in (None, number)]
        for entry in fitting:
            self._recording.add_attention(entry.site, entry.layer, call)
        if not fitting:
            name = type(call.module).__name__
            self._recording.problems.append(
                f"{name} ran {number + 1} times in one pass: only {len(own)} of them kept."
            )

    def _observe(self, name: str, module: nn.Module, args: tuple[Any, ...], result: Any) -> None:
        if self._recording is not None:
            self._recording.observed.setdefault(name, []).append(result)

    def _add_hidden_states(self, entry: ModuleSite[HiddenStateSite], states: Tensor) -> None:
        if self._recording is not None:
            self._recording.add_hidden_states(entry.site, entry.layer, states)


def trace(
    model: nn.Module,
    processor: Any = None,
    *,
    hidden_states: bool = True,
    layout: Layout | None = None,
) -> Trace:
    """Record attention and hidden states of ``model`` while the context is open.

    The model runs unchanged, with its own attention implementation; its outputs are bit-identical
    to those without. Wrappers around it (DistributedDataParallel, PEFT) are looked through.

    Args:
        model: a transformers model of a known family, or a module that holds one.
        processor: its processor or tokenizer, for the words of text tokens and the places of
            image tokens. Anything with ``convert_ids_to_tokens`` and ``all_special_ids`` serves.
        hidden_states: whether to record hidden states, too.
        layout: the token sequences of every sample, or a function that makes them from
            :class:`~vl_tb_plugin.capture.families.ForwardInputs`; beats the family's own.

    Raises:
        UnknownModel: if no family is registered for the model; the message says what to do.

    Example:
        >>> with trace(model, processor) as t:  # doctest: +SKIP
        ...     output = model(**batch)
        >>> examples = t.examples(batch, output=output)  # doctest: +SKIP
    """
    return Trace(model, processor, hidden_states=hidden_states, layout=layout)


def _hook(
    entry: ModuleSite[HiddenStateSite],
    add: Callable[[ModuleSite[HiddenStateSite], Tensor], None],
) -> Any:
    site = entry.site

    def take_input(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        states = args[0] if args else kwargs.get("hidden_states")
        if isinstance(states, Tensor):
            add(entry, states)

    def take_output(module: nn.Module, args: tuple[Any, ...], result: Any) -> None:
        states = result if isinstance(result, Tensor) else result[site.index]
        if isinstance(states, Tensor):
            add(entry, states)

    if site.at == "input":
        return entry.module.register_forward_pre_hook(take_input, with_kwargs=True)
    return entry.module.register_forward_hook(take_output)
