"""What each route answers; http_api.md is the contract."""

from __future__ import annotations

from werkzeug.wrappers import Request, Response

from vl_tb_plugin.analysis.head_statistics import mean_of_defined
from vl_tb_plugin.analysis.standardised import NORMALISATIONS, standardised
from vl_tb_plugin.plugin.block_reading import BlockReading
from vl_tb_plugin.plugin.described import described_manifest
from vl_tb_plugin.plugin.example_summaries import ExampleSummaries
from vl_tb_plugin.plugin.request import BadRequest, experiment_of, number, one_of, text
from vl_tb_plugin.plugin.response import array_response, file_response, json_response
from vl_tb_plugin.plugin.run_folders import RunFolders
from vl_tb_plugin.plugin.run_index import RunIndex
from vl_tb_plugin.storage.image_file import read_image


class Routes:
    """Handlers from request to response; they raise ``BadRequest`` for what does not fit."""

    def __init__(
        self,
        index: RunIndex,
        folders: RunFolders,
        blocks: BlockReading,
        summaries: ExampleSummaries,
    ):
        self._index = index
        self._summaries = summaries
        self._folders = folders
        self._blocks = blocks

    def runs(self, request: Request) -> Response:
        """Every run that has examples or evaluations."""
        experiment = experiment_of(request)
        runs = [
            {
                "run": run,
                "tags": len(listed.examples),
                "last_step": listed.last_step,
            }
            for run, listed in sorted(self._index.runs(experiment).items())
            if listed.tags
        ]
        answer = {
            "logdir": self._folders.shown,
            "version": self._index.version(experiment),
            "runs": runs,
        }
        return json_response(request, answer)

    def examples(self, request: Request) -> Response:
        """Every example of a run and what became of it."""
        experiment, run = experiment_of(request), text(request, "run")
        version = self._index.version(experiment, [run])
        examples = self._summaries.of(experiment, run)
        answer = {
            "run": run,
            "version": version,
            "steps": sorted({step for one in examples for step in one["steps"]}),
            "examples": examples,
        }
        return json_response(request, answer)

    def manifest(self, request: Request) -> Response:
        """One example at one step, but the arrays."""
        run, tag = text(request, "run"), text(request, "tag")
        step = number(request, "step")
        logged, manifest = self._index.manifest(experiment_of(request), run, tag, step)
        return json_response(request, described_manifest(run, tag, logged, manifest))

    def statistics(self, request: Request) -> Response:
        """Every statistic of one block: per head, and the mean of each layer."""
        manifest, block = self._blocks.block(request)
        values = self._blocks.store(request, manifest).statistics(block.statistics_slice)
        values = standardised(values, one_of(request, "normalisation", NORMALISATIONS))
        arrays = {"values": values, "layer_mean": mean_of_defined(values)}
        return array_response(request, arrays, {"statistics": [*block.statistics, *block.metrics]})

    def image(self, request: Request) -> Response:
        """An image by content hash."""
        run, digest = text(request, "run"), text(request, "id")
        try:
            body = read_image(self._folders.folder(run), digest)
        except ValueError as error:
            raise BadRequest(f"Parameter 'id': {error}.") from error
        return file_response(request, body, "image/png", immutable=True)
