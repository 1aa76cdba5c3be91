"""What the routes of relevancy answer; http_api.md is the contract."""

from __future__ import annotations

import numpy as np
from werkzeug.wrappers import Request, Response

from vl_tb_plugin.plugin.described_evaluation import described_evaluations
from vl_tb_plugin.plugin.described_relevancy import described_stretches
from vl_tb_plugin.plugin.relevancy_drift import drift
from vl_tb_plugin.plugin.relevancy_scores import Scores, scores_by_sequence
from vl_tb_plugin.plugin.request import NotFound, experiment_of, number, text
from vl_tb_plugin.plugin.response import array_response, json_response
from vl_tb_plugin.plugin.run_folders import RunFolders
from vl_tb_plugin.plugin.run_index import RunIndex
from vl_tb_plugin.plugin.store_cache import StoreCache
from vl_tb_plugin.storage import manifest_pb2
from vl_tb_plugin.storage.manifest import UnreadableManifest, parse_manifest
from vl_tb_plugin.storage.run_folder import store_path


class RelevancyRoutes:
    """Handlers from request to response; they raise ``BadRequest`` for what does not fit."""

    def __init__(self, index: RunIndex, folders: RunFolders, stores: StoreCache):
        self._index = index
        self._folders = folders
        self._stores = stores

    def relevancy(self, request: Request) -> Response:
        """The scores of every map of one example at one step."""
        run, tag = text(request, "run"), text(request, "tag")
        step = number(request, "step")
        _, manifest = self._index.manifest(experiment_of(request), run, tag, step)
        maps = [self._by_sequence(run, manifest, one) for one in manifest.relevancy]
        scores = [scores for one in maps for scores in one.values()]
        values = np.concatenate([np.zeros(0, np.float32), *scores])
        return array_response(request, {"values": values}, {"maps": described_stretches(manifest)})

    def drift(self, request: Request) -> Response:
        """How much one map of an example changes over the steps."""
        run, tag, method = text(request, "run"), text(request, "tag"), text(request, "method")
        target = request.args.get("target")
        steps: list[int] = []
        maps: list[Scores] = []
        known: set[tuple[str, str]] = set()
        for logged in self._index.series(experiment_of(request), run, [tag])[tag].manifests:
            try:
                manifest = parse_manifest(logged.payload)
            except UnreadableManifest:
                continue  # the picker says so of the example
            known |= {(one.method, one.target) for one in manifest.relevancy}
            for one in manifest.relevancy:
                if one.method == method and target in (None, one.target):
                    steps.append(logged.step)
                    maps.append(self._by_sequence(run, manifest, one))
                    break
        if not steps:
            asked = f"method {method!r}" + (f" and target {target!r}" if target else "")
            raise NotFound(
                f"Example {tag!r} has no relevancy map of {asked}, only {sorted(known)}."
            )
        return json_response(request, {"steps": steps, "measures": drift(maps)})

    def evaluation(self, request: Request) -> Response:
        """Every evaluation of a run, over the steps."""
        experiment, run = experiment_of(request), text(request, "run")
        version = self._index.version(experiment, [run])
        evaluations = self._index.evaluations(experiment, run)
        answer = {
            "run": run,
            "version": version,
            "evaluations": [described_evaluations(tag, one) for tag, one in evaluations.items()],
        }
        return json_response(request, answer)

    def _by_sequence(
        self, run: str, manifest: manifest_pb2.Manifest, one: manifest_pb2.RelevancyMap
    ) -> Scores:
        store = self._stores.open(store_path(self._folders.folder(run), manifest.store))
        return scores_by_sequence(store, manifest, one)
