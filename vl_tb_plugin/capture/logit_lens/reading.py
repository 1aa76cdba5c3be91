"""The logit lens of every sample of a batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from vl_tb_plugin.capture.capture_policy import CapturePolicy
from vl_tb_plugin.capture.families.forward_inputs import ForwardInputs, SampleSequence
from vl_tb_plugin.capture.families.structure import Readout
from vl_tb_plugin.capture.forward_record import ForwardRecord
from vl_tb_plugin.capture.logit_lens.final_answer import (
    FinalAnswer,
    classified_answer,
    generated_answer,
    masked_answer,
    predicted_answer,
)
from vl_tb_plugin.capture.logit_lens.found_head import FoundHead
from vl_tb_plugin.capture.logit_lens.lens_states import LensStates
from vl_tb_plugin.capture.relevancy.readout import read_row
from vl_tb_plugin.capture.row_choice import positions_of
from vl_tb_plugin.capture.sequences.text_tokens import token_strings
from vl_tb_plugin.example import LogitLens, TokenSequence

LOGITS_AT_ONCE = 1 << 22
"""How many logits are there at once: 16 MB of float32."""


@dataclass(frozen=True, eq=False)
class _Sample:
    sequence: SampleSequence
    positions: list[int]
    answer: FinalAnswer | None


def read_logit_lens(
    record: ForwardRecord,
    inputs: ForwardInputs,
    samples: Sequence[Mapping[str, SampleSequence]],
    policy: CapturePolicy,
) -> tuple[list[list[LogitLens]], list[str]]:
    """The lens of every sample, none where its sequence is missing, and what was left out and why.

    Args:
        record: of the batch, with the states that the lens reads.
        inputs: of the forward pass.
        samples: the sequences of every sample, complete.
        policy: which tokens are read, how many outputs are kept.
    """
    states = record.lens
    nothing: list[list[LogitLens]] = [[] for _ in samples]
    if states is None or not samples:
        return nothing, []
    stated = states.head.stated
    chosen: dict[int, _Sample] = {}
    for number, sequences in enumerate(samples):
        if stated.sequence in sequences:
            one = _sample(record, inputs, number, sequences[stated.sequence], states, policy)
            if one.positions:
                chosen[number] = one
    if not chosen:
        return nothing, []
    problem = states.problem(_checked_row(states, next(iter(chosen.values()))))
    if problem:
        return nothing, [problem]
    answers = {number: _answer(states, one) for number, one in chosen.items()}
    arrays = _read(states, chosen, answers, policy.logit_lens_outputs)
    named = _names(states.head, inputs)
    for number, one in chosen.items():
        outputs, probabilities, ranks, answered = arrays[number]
        answer = answers[number]
        numbers = sorted({*outputs.unique().tolist(), *([] if answer is None else [answer])})
        every = len(one.positions) == len(one.sequence.tokens)
        nothing[number].append(
            LogitLens(
                outputs,
                probabilities,
                dict(zip(numbers, named(numbers), strict=True)),
                stated.sequence,
                layers=states.layers,
                positions=None if every else one.positions,
                answer=answer,
                answer_ranks=None if answer is None else ranks,
                answer_probabilities=None if answer is None else answered,
                answer_is="" if one.answer is None else one.answer.sentence,
            )
        )
    return nothing, []


def _sample(
    record: ForwardRecord,
    inputs: ForwardInputs,
    number: int,
    sequence: SampleSequence,
    states: LensStates,
    policy: CapturePolicy,
) -> _Sample:
    head, tokens = states.head, sequence.tokens
    if head.stated.row:
        row = read_row(Readout(tokens.name, head.stated.row), tokens, None)
        return _Sample(sequence, [row], classified_answer(row))
    answer: FinalAnswer | None
    if record.generation is not None:
        start = record.generated_tokens(number)[0]
        answer = generated_answer(record.generation, number, start, len(tokens))
    elif head.decodes:
        encoded = bool(getattr(inputs.model.config, "is_encoder_decoder", False))
        answer = predicted_answer(tokens, inputs.batch, number, encoded=encoded)
    else:
        answer = masked_answer(inputs.batch, number, inputs.tokenizer)
    return _Sample(sequence, _positions(tokens, policy), answer)


def _positions(tokens: TokenSequence, policy: CapturePolicy) -> list[int]:
    """Those whose hidden states are read, ascending; padding is none."""
    wanted = policy.logit_lens
    real = [place for place, kind in enumerate(tokens.modality) if kind != "padding"]
    if wanted == "image":
        return [place for place in real if tokens.modality[place] == "image"]
    return sorted(set(positions_of(wanted, tokens)) & set(real))


def _checked_row(states: LensStates, first: _Sample) -> Tensor:
    if states.head.stated.row:
        return states.rows(states.layers[-1], first.sequence, first.positions)[0]
    return states.last_of_first_entry()


def _answer(states: LensStates, one: _Sample) -> int | None:
    """Number of the output that a sample's answer is."""
    answer = one.answer
    if answer is None or answer.output is not None or answer.position is None:
        return None if answer is None else answer.output
    last = states.layers[-1]
    logits = states.head.logits(states.rows(last, one.sequence, [answer.position]), last)[0]
    return int(logits.masked_fill(states.ruled_out(logits).to(logits.device), -torch.inf).argmax())


def _read(
    states: LensStates,
    chosen: Mapping[int, _Sample],
    answers: Mapping[int, int | None],
    count: int,
) -> dict[int, tuple[Tensor, Tensor, Tensor, Tensor]]:
    """By sample: outputs and probabilities (layers, positions, k), rank and probability of the
    answer (layers, positions)."""
    lengths = [len(one.positions) for one in chosen.values()]
    followed = torch.cat(
        [torch.full((len(one.positions),), answers[number] or 0) for number, one in chosen.items()]
    )
    layers = []
    for layer in states.layers:
        rows = [states.rows(layer, one.sequence, one.positions) for one in chosen.values()]
        layers.append(_read_layer(states, layer, torch.cat(rows), followed, count))
    found: list[tuple[Tensor, ...]] = []
    for array in zip(*layers, strict=True):
        found.append(torch.stack(array).split(lengths, dim=1))
    parts = zip(*found, strict=True)
    return {number: tuple(own) for number, own in zip(chosen, parts, strict=True)}  # type: ignore[misc]


def _read_layer(
    states: LensStates, layer: int, rows: Tensor, followed: Tensor, count: int
) -> tuple[Tensor, ...]:
    """Of (tokens, features): outputs and probabilities (tokens, k), rank and probability of the
    output that each token is followed for (tokens,)."""
    head, start = states.head, 0
    step, found = 1, []
    while start < len(rows):
        logits = head.logits(rows[start : start + step], layer)
        ruled_out = states.ruled_out(logits).to(logits.device)
        if ruled_out.any():
            logits = logits.masked_fill(ruled_out, -torch.inf)
        total = logits.logsumexp(dim=-1, keepdim=True)
        best, outputs = logits.topk(min(count, logits.shape[-1]), dim=-1)
        own = logits.gather(1, followed[start : start + len(logits), None].to(logits.device))
        ranks = (logits > own).sum(dim=-1)
        parts = (outputs, (best - total).exp(), ranks, (own - total)[:, 0].exp())
        found.append([part.cpu() for part in parts])
        start += len(logits)
        step = max(1, LOGITS_AT_ONCE // logits.shape[-1])  # the first token told how many there are
    return tuple(torch.cat(parts) for parts in zip(*found, strict=True))


def _names(head: FoundHead, inputs: ForwardInputs) -> Callable[[Sequence[int]], list[str]]:
    """The texts of outputs by their numbers."""
    if not head.stated.row:
        return lambda numbers: token_strings(numbers, inputs.tokenizer)
    labels: Mapping[Any, str] = getattr(inputs.model.config, "id2label", None) or {}

    def label(number: int) -> str:
        given = labels.get(number, "")
        return f"class {number}" if given in ("", f"LABEL_{number}") else given

    return lambda numbers: [label(number) for number in numbers]
