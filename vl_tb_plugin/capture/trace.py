"""``trace``: records the attention and hidden states of a model while it runs, unchanged."""

from __future__ import annotations

import functools
import inspect
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from types import TracebackType
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from vl_tb_plugin.capture.attention_watch import AttentionCall, watched, wrapped_method
from vl_tb_plugin.capture.batch_layout import BatchLayout
from vl_tb_plugin.capture.capture_policy import CapturePolicy
from vl_tb_plugin.capture.families.forward_inputs import ForwardInputs, SampleSequence
from vl_tb_plugin.capture.families.registry import find_family
from vl_tb_plugin.capture.families.structure import HiddenStateSite
from vl_tb_plugin.capture.forward_record import ForwardRecord
from vl_tb_plugin.capture.generation import Generation, end_ids, prompt_inputs, refusal
from vl_tb_plugin.capture.interface_patch import watched_interface
from vl_tb_plugin.capture.kept_hidden_states import KeptHiddenStates
from vl_tb_plugin.capture.layout import Layout, batch_layout
from vl_tb_plugin.capture.logit_lens.found_head import lens_of
from vl_tb_plugin.capture.logit_lens.lens_states import LensStates
from vl_tb_plugin.capture.logit_lens.reading import read_logit_lens
from vl_tb_plugin.capture.module_sites import (
    ModuleSite,
    layers_by,
    module_sites,
    observed_modules,
)
from vl_tb_plugin.capture.per_sample_values import PerSampleValues
from vl_tb_plugin.capture.provenance import provenance
from vl_tb_plugin.capture.relevancy.head_importance import head_importance
from vl_tb_plugin.capture.relevancy.relevancy_maps import relevancy_maps
from vl_tb_plugin.capture.relevancy.relevancy_request import (
    ExplainedModel,
    RelevancyRequest,
    Score,
)
from vl_tb_plugin.capture.relevancy.said_again import said_again
from vl_tb_plugin.capture.relevancy.targets import Target
from vl_tb_plugin.capture.sample_attention import by_block, sample_attention, weight_remarks
from vl_tb_plugin.capture.sequences.text_sequence import prompt_text
from vl_tb_plugin.capture.sequences.text_tokens import token_strings
from vl_tb_plugin.capture.uncompiled import uncompiled
from vl_tb_plugin.example import Example, LogitLens, Relevancy, TokenSequence

Found = TypeVar("Found")


class Trace:
    """What :func:`trace` returns: a context manager, then the source of examples.

    Each forward pass of the model, and each ``generate()``, starts the record anew, so one trace
    may stay around a whole evaluation loop; ask for the examples of a batch before the next one
    runs.
    """

    def __init__(
        self, model: nn.Module, processor: Any, policy: CapturePolicy, layout: Layout | None
    ):
        self._model, self._model_type, self._family = find_family(model)
        self._processor = processor
        self._policy = policy
        self._layout = layout
        structure = self._structure = self._family.structure(self._model)
        self._attention = module_sites(self._model, structure.attention)
        if not self._attention:
            raise LookupError(
                f"The family {self._model_type!r} names no attention that this"
                f" {type(self._model).__name__} has. Register one that fits it:"
                " vl_tb_plugin.capture.families shows how."
            )
        self._lens, self._lens_problem = lens_of(self._model, structure, policy)
        read = "" if self._lens is None else self._lens.stated.sequence
        states = tuple(
            site
            for site in structure.hidden_states
            if policy.hidden_states is not False or site.sequence == read
        )
        self._hidden_states = module_sites(self._model, states)
        self._observed = observed_modules(self._model, structure.observed)
        self._inputs: Mapping[str, Any] = {}
        self._known: Mapping[str, Any] = {}
        self._batch_size = 0
        self._record: ForwardRecord | None = None
        self._recording: ForwardRecord | None = None
        self._stack: ExitStack | None = None
        self._samples = 0
        self._explaining = False

    def __enter__(self) -> Trace:
        if self._stack is not None:
            raise RuntimeError("This trace is already open. Make another one with trace(model).")
        self._samples = 0
        with ExitStack() as stack:
            stack.enter_context(uncompiled())
            stack.enter_context(watched_interface())
            for module in {entry.module for entry in self._attention}:
                stack.enter_context(watched(module, self._is_recording, self._finish))
            for states_entry in self._hidden_states:
                stack.callback(_hook(states_entry, self._add_hidden_states).remove)
            for name, module in self._observed.items():
                observe = functools.partial(self._observe, name)
                stack.callback(module.register_forward_hook(observe).remove)
            stack.enter_context(wrapped_method(self._model, "forward", self._wrap_forward))
            if hasattr(self._model, "generate"):
                stack.enter_context(wrapped_method(self._model, "generate", self._wrap_generate))
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

    @property
    def policy(self) -> CapturePolicy:
        """What is kept."""
        return self._policy

    def examples(
        self, batch: Mapping[str, Any], *, output: Any = None, **values: Any
    ) -> list[Example]:
        """One example per sample of the batch that ran last; fewer where the policy's ``samples``
        end within the batch.

        Args:
            batch: the inputs of the forward pass, or of ``generate``, by name, samples on axis 0.
            output: what the model returned, for families that read it.
            **values: per sample, see :class:`PerSampleValues`: ``images``, ``text``,
                ``predictions``, ``targets``, ``correct``, ``target_boxes``, ``fields``,
                ``relevancy``, ``perturbation``, ``metrics``.

        Raises:
            RuntimeError: if no forward pass ended inside the trace.
            InvalidExample: if a value or the layout does not fit the batch, or ``batch`` is not
                what ran last.
        """
        record = self._record
        if record is None:
            if self._is_full():
                return []
            raise RuntimeError(
                "This trace has seen no forward pass: call the model inside `with trace(model)`,"
                " and don't keep a reference to its forward from before."
            )
        record.check_batch(batch.get("input_ids"))
        record.raise_error()
        given = PerSampleValues(**values)
        images = None
        if given.images is not None:
            images = [given.sample_images(number) for number in range(len(given.images))]
        # what the batch says beyond what the model is given (places of regions, say) counts, too
        self._known = {**batch, **self._inputs}
        inputs = self._forward_inputs(record.observed, images, output)
        layout = record.completed(batch_layout(inputs, self._family, self._layout))
        given.check(layout.count)
        origin = provenance(self._model, record.mechanisms, self._policy)
        every = [self._named(record, number, layout) for number in range(record.layout.count)]
        lenses: list[list[LogitLens]] = [[] for _ in every]
        unread = [self._lens_problem] if self._lens_problem else []
        with record.guarded("Logit lens"), torch.no_grad():
            lenses, found = read_logit_lens(record, inputs, every, self._policy)
            unread += found
        record.raise_error()
        shared = [*record.problems, *record.hidden_states.remarks, *inputs.remarks, *unread]
        examples = []
        for number, sequences in enumerate(every):
            own = given.of(number)
            first = next(iter(sequences.values())).tokens
            own["text"] = own["text"] or prompt_text(inputs, number, first)
            example = Example(
                [placed.tokens for placed in sequences.values()],
                provenance=origin,
                **own,
            )
            states = record.hidden_states.of_sample(sequences)
            blocks = sample_attention(
                record, number, sequences, example.target_boxes, states, self._policy
            )
            blocks = given.with_metrics(number, blocks)
            cut = [sentence for block in blocks for sentence in weight_remarks(block)]
            examples.append(
                example.with_arrays(
                    blocks,
                    states,
                    left_out=list(dict.fromkeys([*record.remarks(number), *cut, *shared])),
                    logit_lens=lenses[number],
                )
            )
        return examples

    def relevancy(
        self,
        methods: Sequence[str] = ("relevancy",),
        *,
        targets: Sequence[Sequence[Target | int | None]] | None = None,
        score: Score | None = None,
        start_layer: int | None = None,
        seed: int = 0,
    ) -> list[list[Relevancy]]:
        """Relevancy maps of the batch that ran last, to be logged with its examples.

        The batch runs once more, with gradients, in evaluation mode; nothing of the model is
        changed, and the mode that the caller is in (``no_grad``, ``inference_mode``) does not
        matter. After ``generate()`` every token that was said is explained. In bfloat16, scores are
        within a tenth of the largest one of those in float32.

        Args:
            methods: names in :data:`vl_tb_plugin.analysis.relevancy_methods.METHODS`.
            targets: by sample, the classes or :class:`Target` outputs to be explained; by default
                what the model says.
            score: instead of a logit, a function from the output of the model to one number per
                sample, (samples,).
            start_layer: from which layer on attention counts, from the end where negative; by
                default all, the last alone of models with two towers.
            seed: of the method ``random``.

        Returns:
            By sample of the batch, one map per target and method; none where the policy's
            ``samples`` have ended.

        Raises:
            RuntimeError: if no forward pass ended inside the trace, or the gradient of some
                attention can't be seen; the message says why.
            InvalidExample: for a method or target that does not exist.
        """
        request = RelevancyRequest(methods, targets, score, start_layer, seed)
        maps = self._explain(relevancy_maps, request)
        return [*maps, *([] for _ in range(self._batch_size - len(maps)))]

    def head_importance(
        self,
        *,
        targets: Sequence[Sequence[Target | int | None]] | None = None,
        score: Score | None = None,
    ) -> list[dict[str, dict[str, npt.NDArray[np.float32]]]]:
        """How much the output depends on each head, to be logged as ``metrics`` of the batch.

        ``|sum A dy/dA|`` (Michel, Levy, Neubig, *Are sixteen heads really better than one?*,
        NeurIPS 2019): by how much the explained output would change, to first order, if the output
        of the head were scaled down to zero. With a ``score`` that is the loss it is the measure of
        the paper, without its normalisation by layer. Of several targets (after ``generate()``: of
        every token that was said) it is the mean. Runs as :meth:`relevancy` does.

        Args:
            targets: as for :meth:`relevancy`.
            score: likewise.

        Returns:
            By sample of the batch, ``{block: {"Head importance": (layers, heads)}}``, layers and
            heads as in the example's blocks; 0 where nothing depends on a layer. Empty where the
            policy's ``samples`` have ended.

        Raises:
            RuntimeError: as :meth:`relevancy`.
            InvalidExample: for a target that does not exist.
        """
        found = self._explain(head_importance, RelevancyRequest(targets=targets, score=score))
        assert self._record is not None
        own = [by_block(self._record, sample, one) for sample, one in enumerate(found)]
        return [*own, *({} for _ in range(self._batch_size - len(own)))]

    def _explain(
        self,
        run: Callable[[ExplainedModel, Mapping[str, Any], RelevancyRequest], list[Found]],
        request: RelevancyRequest,
    ) -> list[Found]:
        """Something of the batch that ran last, with gradients."""
        record = self._record
        if record is None:
            raise RuntimeError("This trace has seen no forward pass: nothing to be explained.")
        record.raise_error()
        inputs = self._inputs
        if record.generation is not None and record.sample_count:
            prompt, inputs, targets = said_again(record, self._inputs, request.targets)
            request = replace(request, prompt=prompt, targets=targets)
        self._explaining = True
        try:
            with torch.inference_mode(False), torch.enable_grad():
                return run(self._explained(record), inputs, request)
        finally:
            self._explaining = False

    def _explained(self, record: ForwardRecord) -> ExplainedModel:
        def layout(observed: Mapping[str, list[Any]]) -> BatchLayout:
            made = batch_layout(self._forward_inputs(observed), self._family, self._layout)
            return record.completed(made.limited(record.sample_count))

        return ExplainedModel(
            self._model,
            self._attention,
            self._observed,
            layout,
            self._structure.explanation,
            self._structure.generated,
            self._token_string,
        )

    def _token_string(self, number: int) -> str:
        tokenizer = getattr(self._processor, "tokenizer", self._processor)
        return token_strings([number], tokenizer)[0]

    def _named(
        self, record: ForwardRecord, sample: int, layout: BatchLayout
    ) -> dict[str, SampleSequence]:
        """The sequences of a sample, generated tokens with their strings."""
        sequences = dict(layout.samples[sample])
        generation = record.generation
        if generation is not None and generation.sequence in sequences:
            placed = sequences[generation.sequence]
            start, ids = record.generated_tokens(sample)
            if ids:
                tokenizer = getattr(self._processor, "tokenizer", self._processor)
                tokens = [*placed.tokens.tokens[:start], *token_strings(ids, tokenizer)]
                sequences[generation.sequence] = replace(
                    placed, tokens=_renamed(placed.tokens, tokens)
                )
        return sequences

    def _forward_inputs(
        self,
        observed: Mapping[str, list[Any]],
        images: Sequence[Sequence[Any]] | None = None,
        output: Any = None,
    ) -> ForwardInputs:
        return ForwardInputs(
            model=self._model,
            batch=self._known,
            tokenizer=getattr(self._processor, "tokenizer", self._processor),
            image_processor=getattr(self._processor, "image_processor", None),
            images=images,
            observed=observed,
            output=output,
        )

    def _new_record(
        self, inputs: Mapping[str, Any], generation: Generation | None = None
    ) -> ForwardRecord:
        self._inputs = self._known = inputs
        layers = layers_by(self._hidden_states, lambda site: site.sequence)
        states = KeptHiddenStates(self._policy, layers)
        lens = None if self._lens is None else LensStates(self._lens, layers)
        blocks = layers_by(self._attention, lambda site: site.block)

        def layout(observed: Mapping[str, list[Any]]) -> BatchLayout:
            made = batch_layout(self._forward_inputs(observed), self._family, self._layout)
            self._batch_size = made.count
            return made.limited(self._room())

        record = ForwardRecord(self._policy, blocks, states, layout, generation, lens)
        ids = inputs.get("input_ids")
        record.input_ids = ids if isinstance(ids, Tensor) else None
        return record

    def _wrap_forward(self, forward: Callable[..., Any]) -> Callable[..., Any]:
        signature = inspect.signature(forward)

        @functools.wraps(forward)
        def recorded(*args: Any, **kwargs: Any) -> Any:
            if self._explaining:
                return forward(*args, **kwargs)
            if self._recording is not None and self._recording.generation is not None:
                self._recording.calls.clear()
                self._recording.generation.begin_forward(_bound(signature, args, kwargs))
                output = forward(*args, **kwargs)
                self._recording.add_output(output)
                return output
            self._record = None
            if self._is_full():
                return forward(*args, **kwargs)
            record = self._new_record(_bound(signature, args, kwargs))
            return self._recorded(record, forward, args, kwargs)

        return recorded

    def _wrap_generate(self, generate: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(generate)
        def recorded(*args: Any, **kwargs: Any) -> Any:
            self._record = None
            if self._is_full() or self._recording is not None:
                return generate(*args, **kwargs)
            generation = Generation(self._structure.generated, end_ids(self._model, kwargs))
            record = self._new_record(prompt_inputs(self._model, args, kwargs), generation)
            problem = refusal(kwargs, self._model)
            if problem:
                warnings.warn(problem, stacklevel=2)
                record.refuse(problem)
            return self._recorded(record, generate, args, kwargs)

        return recorded

    def _recorded(
        self,
        record: ForwardRecord,
        run: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> Any:
        self._recording = record
        try:
            result = run(*args, **kwargs)
        finally:
            self._recording = None
        if record.generation is not None:
            record.generation.result = result
        else:
            record.add_output(result)
        with record.guarded("Generated tokens"):
            record.finish()
            self._samples += record.sample_count
        self._record = record
        return result

    def _is_recording(self) -> bool:
        return self._recording is not None

    def _room(self) -> int | None:
        """How many further samples are wanted."""
        wanted = self._policy.samples
        return None if wanted is None else max(0, wanted - self._samples)

    def _is_full(self) -> bool:
        return self._room() == 0

    def _finish(self, call: AttentionCall) -> None:
        record = self._recording
        if record is None:
            return
        number = record.calls[call.module]
        record.calls[call.module] += 1
        own = [entry for entry in self._attention if entry.module is call.module]
        fitting = [entry for entry in own if entry.site.call in (None, number)]
        for entry in fitting:
            with record.guarded(f"Block {entry.site.block}, layer {entry.layer}"):
                record.add_attention(entry.site, entry.layer, call)
        if not fitting:
            name = type(call.module).__name__
            record.problems.append(
                f"{name} ran {number + 1} times in one pass: only {len(own)} of them kept."
            )

    def _observe(self, name: str, module: nn.Module, args: tuple[Any, ...], result: Any) -> None:
        if self._recording is not None:
            self._recording.observed.setdefault(name, []).append(result)

    def _add_hidden_states(self, entry: ModuleSite[HiddenStateSite], states: Tensor) -> None:
        if self._recording is not None:
            with self._recording.guarded(f"Hidden states of {entry.site.sequence}"):
                self._recording.add_hidden_states(entry.site, entry.layer, states)


def trace(
    model: nn.Module,
    processor: Any = None,
    *,
    policy: CapturePolicy | None = None,
    layout: Layout | None = None,
) -> Trace:
    """Record attention and hidden states of ``model`` while the context is open.

    The model runs unchanged, with its own attention implementation; its outputs are bit-identical
    to those without. Wrappers around it (DistributedDataParallel, FSDP2, PEFT) are looked through.
    What ``torch.compile`` made runs as the Python that it came from while the context is open, and
    so gives that one's last bits. ``generate()`` is followed token by token.

    Args:
        model: a transformers model of a known family, or a module that holds one.
        processor: its processor or tokenizer, for the words of text tokens and the places of
            image tokens. Anything with ``convert_ids_to_tokens`` and ``all_special_ids`` serves.
        policy: what is kept, default :class:`CapturePolicy` as it stands.
        layout: the token sequences of every sample, or a function that makes them from
            :class:`~vl_tb_plugin.capture.families.ForwardInputs`; beats the family's own.

    Raises:
        UnknownModel: if no family is registered for the model; the message says what to do.

    Example:
        >>> with trace(model, processor) as t:  # doctest: +SKIP
        ...     output = model(**batch)
        >>> examples = t.examples(batch, output=output)  # doctest: +SKIP
    """
    return Trace(model, processor, policy or CapturePolicy(), layout)


def _bound(
    signature: inspect.Signature, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> dict[str, Any]:
    """The arguments of a forward by name."""
    named = dict(zip(signature.parameters, args, strict=False))
    return named | kwargs


def _renamed(sequence: TokenSequence, tokens: Sequence[str]) -> TokenSequence:
    return TokenSequence(
        tokens, sequence.modality, sequence.name, sequence.boxes, sequence.image_index
    )


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
