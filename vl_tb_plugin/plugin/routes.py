"""What each route answers; http_api.md is the contract."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from werkzeug.wrappers import Request, Response

from vl_tb_plugin.analysis.head_statistics import mean_of_defined
from vl_tb_plugin.analysis.standardised import NORMALISATIONS, standardised
from vl_tb_plugin.example import MODALITIES
from vl_tb_plugin.plugin.described import described_manifest, described_series
from vl_tb_plugin.plugin.joint_projection import JointProjection, ProjectionRequest, TokenStates
from vl_tb_plugin.plugin.request import (
    BadRequest,
    NotFound,
    choice,
    experiment_of,
    number,
    text,
)
from vl_tb_plugin.plugin.response import array_response, file_response, json_response
from vl_tb_plugin.plugin.run_folders import RunFolders
from vl_tb_plugin.plugin.run_index import RunIndex, examples_among
from vl_tb_plugin.plugin.store_cache import StoreCache
from vl_tb_plugin.storage import manifest_pb2
from vl_tb_plugin.storage.image_file import read_image
from vl_tb_plugin.storage.run_folder import store_path

if TYPE_CHECKING:
    from vl_tb_plugin.storage.tensor_store import TensorStore


class Routes:
    """Handlers from request to response; they raise ``BadRequest`` for what does not fit."""

    def __init__(self, index: RunIndex, folders: RunFolders, stores: StoreCache):
        self._index = index
        self._folders = folders
        self._stores = stores
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
        manifest, block = self._block(request)
        normalisation = choice(request, "normalisation", NORMALISATIONS)
        values = self._store(request, manifest).statistics(block.statistics_slice)
        values = standardised(values, normalisation)
        arrays = {"values": values, "layer_mean": mean_of_defined(values)}
        return array_response(request, arrays, {"statistics": [*block.statistics, *block.metrics]})

    def attention(self, request: Request) -> Response:
        """What one token looks at, or who looks at it."""
        manifest, block = self._block(request)
        layer = number(request, "layer")
        if layer not in block.layers:
            raise NotFound(f"Block {block.name!r} has no layer {layer}, only {list(block.layers)}.")
        head = None if text(request, "head") == "mean" else number(request, "head")
        if head is not None and head >= block.heads:
            raise NotFound(f"Block {block.name!r} has heads 0 to {block.heads - 1}, not {head}.")
        if ("query" in request.args) == ("key" in request.args):
            raise BadRequest("Give either 'query' or 'key', a position in the sequence.")
        direction = "query" if "query" in request.args else "key"
        position = number(request, direction)
        lengths = {item.name: len(item.tokens) for item in manifest.sequences}
        sequence = block.query if direction == "query" else block.key
        if position >= lengths[sequence]:
            raise NotFound(f"Sequence {sequence!r} has {lengths[sequence]} tokens, no {position}.")
        rows = list(block.rows) or list(range(lengths[block.query]))
        if direction == "query" and position not in rows:
            raise NotFound(f"The row of query {position} was not logged for {block.name!r}.")
        store = self._store(request, manifest)
        index = _kept_index(block.weight_layers, layer, f"layer {layer}", block.name)
        if head is not None:
            head = _kept_index(block.weight_heads, head, f"head {head}", block.name)
        row = rows.index(position) if direction == "query" else slice(None)
        encoded = store.attention(block.weights, index, head, row)
        weights, bound = encoded.decoded(), encoded.error_bound()
        if direction == "query" and block.keys:
            weights[np.setdiff1d(np.arange(len(weights)), block.keys)] = np.nan
        elif direction == "key":
            if block.keys and position not in block.keys:
                raise NotFound(f"Weights on key {position} were not logged for {block.name!r}.")
            every = np.full(lengths[block.query], np.nan, np.float32)
            every[rows] = weights[:, position]
            weights, bound = every, bound[:, position]
        error = float(bound.max())
        return array_response(
            request, {"weights": weights}, {direction: position, "quantisation_error": error}
        )

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

    def _block(self, request: Request) -> tuple[manifest_pb2.Manifest, manifest_pb2.AttentionBlock]:
        run, tag, name = text(request, "run"), text(request, "tag"), text(request, "block")
        step = number(request, "step")
        _, manifest = self._index.manifest(experiment_of(request), run, tag, step)
        for block in manifest.attention:
            if block.name == name:
                return manifest, block
        names = [block.name for block in manifest.attention]
        raise NotFound(f"Example {tag!r} has no attention block {name!r}, only {names}.")

    def _store(self, request: Request, manifest: manifest_pb2.Manifest) -> TensorStore:
        folder = self._folders.folder(text(request, "run"))
        return self._stores.open(store_path(folder, manifest.store))


def _kept_index(kept: Sequence[int], number: int, what: str, block: str) -> int:
    if number not in kept:
        raise NotFound(
            f"Of {what} of block {block!r} only the statistics were logged, not its weights."
        )
    return list(kept).index(number)


def _repeated(points: list[TokenStates], numbers: list[int]) -> npt.NDArray[np.int32]:
    """One number per point from one per group of points."""
    return np.repeat(np.array(numbers, np.int32), [len(states.token) for states in points])
