"""Which examples two checkpoints disagree on; http_api.md is the contract."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from werkzeug.wrappers import Request, Response

from vl_tb_plugin.plugin.computed_answers import ComputedAnswer, ComputedAnswers
from vl_tb_plugin.plugin.example_summaries import ExampleSummaries
from vl_tb_plugin.plugin.map_change import LoggedExample, Pair, map_changes
from vl_tb_plugin.plugin.request import experiment_of, number, text
from vl_tb_plugin.plugin.response import json_response
from vl_tb_plugin.plugin.run_folders import RunFolders
from vl_tb_plugin.plugin.run_index import LoggedSeries, RunIndex, readable
from vl_tb_plugin.plugin.store_cache import StoreCache
from vl_tb_plugin.storage.run_folder import store_path

MOST_COMPARED = 1024
"""Flips whose maps are compared; the rest are listed without a change."""

_TAGS_PER_READ = 32

_Checkpoint = tuple[str, int]
"""A run and a step of it."""


class FlipRoutes:
    """Handlers from request to response; they raise ``BadRequest`` for what does not fit."""

    def __init__(
        self,
        index: RunIndex,
        folders: RunFolders,
        stores: StoreCache,
        summaries: ExampleSummaries,
    ):
        self._index = index
        self._folders = folders
        self._stores = stores
        self._summaries = summaries
        self._computed = ComputedAnswers()

    def flips(self, request: Request) -> Response:
        """Examples whose outcome differs between two checkpoints, most moved maps first."""
        experiment = experiment_of(request)
        here = (text(request, "run"), number(request, "step"))
        there = (text(request, "other_run"), number(request, "other_step"))
        version = self._index.version(experiment, [here[0], there[0]])
        key = (experiment, here, there, version)
        answer = self._computed.get(
            key, lambda: ComputedAnswer({}, self._ranked(experiment, here, there))
        )
        return json_response(request, answer.header)

    def _ranked(self, experiment: str, here: _Checkpoint, there: _Checkpoint) -> dict[str, Any]:
        flips = self._flipped(experiment, here, there)
        tags = [flip["tag"] for flip in flips[:MOST_COMPARED]]
        measure, changes = map_changes(self._pairs(experiment, here, there, tags))
        if len(flips) > MOST_COMPARED:
            measure += (
                f" Of the {len(flips)} flips the maps of the first {MOST_COMPARED} were compared."
            )
        padded = [*changes, *[None] * (len(flips) - len(changes))]
        for flip, change in zip(flips, padded, strict=True):
            flip["change"] = change
        ranked = sorted(flips, key=lambda flip: (flip["change"] is None, -(flip["change"] or 0)))
        return {"measure": measure, "flips": ranked}

    def _flipped(
        self, experiment: str, here: _Checkpoint, there: _Checkpoint
    ) -> list[dict[str, Any]]:
        """Tags in order. Only examples that were logged at both checkpoints can flip."""
        known = {one["tag"]: one for one in self._summaries.of(experiment, there[0])}
        flips = []
        for example in self._summaries.of(experiment, here[0]):
            other = known.get(example["tag"])
            if other is None or here[1] not in example["steps"] or there[1] not in other["steps"]:
                continue
            index, other_index = example["steps"].index(here[1]), other["steps"].index(there[1])
            outcomes = {
                "prediction": example["predictions"][index],
                "other_prediction": other["predictions"][other_index],
                "correct": example["correct"][index],
                "other_correct": other["correct"][other_index],
            }
            if _differ(**outcomes):
                flips.append({"tag": example["tag"], "text": example["text"], **outcomes})
        return flips

    def _pairs(
        self, experiment: str, here: _Checkpoint, there: _Checkpoint, tags: list[str]
    ) -> Iterator[Pair | None]:
        """A few at a time: the manifests of all of them could fill the memory."""
        for start in range(0, len(tags), _TAGS_PER_READ):
            portion = tags[start : start + _TAGS_PER_READ]
            ours, theirs = (
                self._index.series(experiment, run, portion) for run, _ in (here, there)
            )
            for tag in portion:
                try:
                    pair = self._logged(here, ours[tag]), self._logged(there, theirs[tag])
                except FileNotFoundError:
                    yield None  # one lost file is no reason to hide the other flips
                else:
                    yield pair

    def _logged(self, checkpoint: _Checkpoint, series: LoggedSeries) -> LoggedExample:
        run, step = checkpoint
        manifest = readable(next(one for one in series.manifests if one.step == step))
        store = self._stores.open(store_path(self._folders.folder(run), manifest.store))
        return LoggedExample(manifest, store)


def _differ(
    *,
    prediction: str | None,
    other_prediction: str | None,
    correct: bool | None,
    other_correct: bool | None,
) -> bool:
    """By correctness where that is known of both, else by prediction."""
    if correct is not None and other_correct is not None:
        return correct != other_correct
    known = prediction is not None and other_prediction is not None
    return known and prediction != other_prediction
