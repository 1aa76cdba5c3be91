"""The text of every token of a step, for searching among the points of a projection."""

from __future__ import annotations

import numpy as np
from werkzeug.wrappers import Request, Response

from vl_tb_plugin.plugin.computed_answers import ComputedAnswer, ComputedAnswers
from vl_tb_plugin.plugin.request import NotFound, experiment_of, number, text
from vl_tb_plugin.plugin.response import array_response
from vl_tb_plugin.plugin.run_index import RunIndex
from vl_tb_plugin.storage import manifest_pb2
from vl_tb_plugin.storage.manifest import UnreadableManifest, parse_manifest


class TokenTextRoutes:
    """Handler of the route that tells what every token says."""

    def __init__(self, index: RunIndex):
        self._index = index
        self._answers = ComputedAnswers()

    def token_texts(self, request: Request) -> Response:
        """Each different word once, and for every token of every example which one it is."""
        experiment, run = experiment_of(request), text(request, "run")
        step = number(request, "step")
        key = experiment, run, step, self._index.version(experiment, [run])
        answer = self._answers.get(key, lambda: self._read(experiment, run, step))
        return array_response(request, answer.arrays, answer.header)

    def _read(self, experiment: str, run: str, step: int) -> ComputedAnswer:
        words: dict[str, int] = {}
        tags: list[str] = []
        sequences: dict[str, int] = {}
        groups: list[tuple[int, int, int]] = []
        numbers: list[int] = []
        for tag, manifest in self._manifests(experiment, run, step):
            for sequence in manifest.sequences:
                name = sequences.setdefault(sequence.name, len(sequences))
                groups.append((len(tags), name, len(sequence.tokens)))
                numbers.extend(words.setdefault(token, len(words)) for token in sequence.tokens)
            tags.append(tag)
        if not tags:
            raise NotFound(f"Run {run!r} has no examples at step {step}.")
        return ComputedAnswer(
            {
                "groups": np.array(groups, np.int32).reshape(-1, 3),
                "word": np.array(numbers, np.int32),
            },
            {"tags": tags, "sequences": list(sequences), "words": list(words)},
        )

    def _manifests(
        self, experiment: str, run: str, step: int
    ) -> list[tuple[str, manifest_pb2.Manifest]]:
        found = []
        for tag, series in self._index.all_series(experiment, run).items():
            for logged in series.manifests:
                if logged.step == step:
                    try:
                        found.append((tag, parse_manifest(logged.payload)))
                    except UnreadableManifest:
                        continue  # the picker says so of the example
        return found
