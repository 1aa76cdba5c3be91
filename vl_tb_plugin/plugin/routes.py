"""What each route answers; http_api.md is the contract."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from werkzeug.wrappers import Request, Response

from vl_tb_plugin.analysis.head_statistics import mean_of_defined
from vl_tb_plugin.analysis.standardised import NORMALISATIONS, standardised
from vl_tb_plugin.example import MODALITIES
from vl_tb_plugin.plugin.block_reading import BlockReading
from vl_tb_plugin.plugin.described import described_manifest
from vl_tb_plugin.plugin.example_summaries import ExampleSummaries
from vl_tb_plugin.plugin.hidden_state_catalogue import LoggedStates
from vl_tb_plugin.plugin.hidden_state_reading import HiddenStateReading
from vl_tb_plugin.plugin.joint_projection import JointProjection, ProjectionRequest
from vl_tb_plugin.plugin.request import BadRequest, NotFound, experiment_of, number, one_of, text
from vl_tb_plugin.plugin.response import array_response, file_response, json_response
from vl_tb_plugin.plugin.run_folders import RunFolders
from vl_tb_plugin.plugin.run_index import RunIndex, examples_among
from vl_tb_plugin.storage.image_file import read_image


class Routes:
    """Handlers from request to response; they raise ``BadRequest`` for what does not fit."""

    def __init__(
        self,
        index: RunIndex,
        folders: RunFolders,
        blocks: BlockReading,
        summaries: ExampleSummaries,
        hidden_states: HiddenStateReading,
    ):
        self._index = index
        self._summaries = summaries
        self._folders = folders
        self._blocks = blocks
        self._hidden_states = hidden_states
        self._projection = JointProjection(index, hidden_states)

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

    def projection(self, request: Request) -> Response:
        """Hidden states of a run at a step, in a basis that stands still over steps and runs."""
        experiment, run = experiment_of(request), text(request, "run")
        step, layer = number(request, "step"), number(request, "layer")
        basis_runs = tuple(sorted(set(request.args.getlist("basis")) | {run}))
        chosen = request.args.get("sequences")
        sequences = (
            tuple(chosen.split(","))
            if chosen
            else self._hidden_states.sequences_of(experiment, run, layer)
        )
        basis = self._projection.basis(ProjectionRequest(experiment, basis_runs, layer, sequences))
        groups = self._hidden_states.catalogue.states(experiment, run, layer, sequences, step=step)
        if not groups:
            raise NotFound(f"Run {run!r} has no hidden states of layer {layer} at step {step}.")
        tags = sorted({states.tag for states in groups})
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
            "positions": np.concatenate(
                [
                    components.project(portion.values)
                    for portion in self._hidden_states.read(run, groups, layer)
                ]
            ),
            "example": _repeated(groups, [tags.index(states.tag) for states in groups]),
            "token": np.concatenate([states.places.token for states in groups]),
            "sequence": _repeated(groups, [sequences.index(states.sequence) for states in groups]),
            "modality": np.concatenate([states.places.modality for states in groups]),
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


def _repeated(groups: list[LoggedStates], numbers: list[int]) -> npt.NDArray[np.int32]:
    """One number per point from one per group of points."""
    return np.repeat(np.array(numbers, np.int32), [len(one.places.token) for one in groups])
