"""What each route answers; http_api.md is the contract."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from werkzeug.wrappers import Request, Response

from vl_tb_plugin.analysis.head_statistics import mean_of_defined
from vl_tb_plugin.example import MODALITIES
from vl_tb_plugin.plugin.block_reading import BlockReading
from vl_tb_plugin.plugin.described import described_manifest, described_series
from vl_tb_plugin.plugin.joint_projection import JointProjection, ProjectionRequest, TokenStates
from vl_tb_plugin.plugin.request import BadRequest, NotFound, experiment_of, number, text
from vl_tb_plugin.plugin.response import array_response, file_response, json_response
from vl_tb_plugin.plugin.run_folders import RunFolders
from vl_tb_plugin.plugin.run_index import RunIndex, examples_among
from vl_tb_plugin.plugin.store_cache import StoreCache
from vl_tb_plugin.storage.image_file import read_image


class Routes:
    """Handlers from request to response; they raise ``BadRequest`` for what does not fit."""

    def __init__(self, index: RunIndex, folders: RunFolders, stores: StoreCache):
        self._index = index
        self._folders = folders
        self._blocks = BlockReading(index, folders, stores)
        self._projection = JointProjection(index, folders, stores)

    def runs(self, request: Request) -> Response:
        """Every run that has examples or evaluations."""
        experiment = experiment_of(request)
        runs = [
            {
                "run": run,
                "tags": len(examples_among(tags)),
                "last_step": max(series.max_step for series in tags.values()),
            }
            for run, tags in sorted(self._index.runs(experiment).items())
            if tags
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
        series = self._index.all_series(experiment, run)
        steps = {logged.step for one in series.values() for logged in one.manifests}
        answer = {
            "run": run,
            "version": version,
            "steps": sorted(steps),
            "examples": [described_series(tag, one) for tag, one in series.items()],
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
        arrays = {"values": values, "layer_mean": mean_of_defined(values)}
        return array_response(request, arrays, {"statistics": [*block.statistics, *block.metrics]})

    def projection(self, request: Request) -> Response:
        """Hidden states of a run at a step, in a basis that stands still over steps and runs."""
        experiment, run = experiment_of(request), text(request, "run")
        step, layer = number(request, "step"), number(request, "layer")
        basis_runs = tuple(sorted(set(request.args.getlist("basis")) | {run}))
        chosen = request.args.get("sequences")
        sequences = (
            tuple(chosen.split(","))
            if chosen
            else self._projection.sequences_of(experiment, run, layer)
        )
        basis = self._projection.basis(ProjectionRequest(experiment, basis_runs, layer, sequences))
        points = list(self._projection.states(experiment, run, step, layer, sequences))
        if not points:
            raise NotFound(f"Run {run!r} has no hidden states of layer {layer} at step {step}.")
        tags = sorted({states.tag for states in points})
        components = basis.components
        header = {
            "tags": tags,
            "sequences": list(sequences),
            "modalities": list(MODALITIES),
            "explained_variance": components.explained_variance.tolist(),
            "extent": basis.extent.tolist(),
            "fitted_on": {
                "points": components.points,
                "steps": basis.steps,
                "runs": list(basis_runs),
            },
        }
        arrays = {
            "positions": np.concatenate([components.project(states.values) for states in points]),
            "example": _repeated(points, [tags.index(states.tag) for states in points]),
            "token": np.concatenate([states.token for states in points]),
            "sequence": _repeated(points, [sequences.index(states.sequence) for states in points]),
            "modality": np.concatenate([states.modality for states in points]),
        }
        return array_response(request, arrays, header)

    def image(self, request: Request) -> Response:
        """An image by content hash."""
        run, digest = text(request, "run"), text(request, "id")
        try:
            body = read_image(self._folders.folder(run), digest)
        except ValueError as error:
            raise BadRequest(f"Parameter 'id': {error}.") from error
        return file_response(request, body, "image/png", immutable=True)


def _repeated(points: list[TokenStates], numbers: list[int]) -> npt.NDArray[np.int32]:
    """One number per point from one per group of points."""
    return np.repeat(np.array(numbers, np.int32), [len(states.token) for states in points])
