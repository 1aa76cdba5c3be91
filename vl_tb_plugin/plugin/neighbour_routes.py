"""What is known of one token: its neighbours, its norms, the attention it gives and receives."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from werkzeug.wrappers import Request, Response

from vl_tb_plugin.analysis.neighbours import METRICS
from vl_tb_plugin.example import MODALITIES
from vl_tb_plugin.plugin.described_token import described_place, token_attention, token_norms
from vl_tb_plugin.plugin.hidden_state_catalogue import LoggedStates
from vl_tb_plugin.plugin.hidden_state_reading import HiddenStateReading, sequences_sharing_space
from vl_tb_plugin.plugin.jobs import JobQueue
from vl_tb_plugin.plugin.request import BadRequest, NotFound, experiment_of, number, text
from vl_tb_plugin.plugin.response import json_response
from vl_tb_plugin.plugin.run_folders import RunFolders
from vl_tb_plugin.plugin.run_index import RunIndex
from vl_tb_plugin.plugin.store_cache import StoreCache
from vl_tb_plugin.plugin.token_space import Copying, SpaceRequest, TokenSpace, TokenSpaces
from vl_tb_plugin.storage import manifest_pb2
from vl_tb_plugin.storage.manifest import sequence_modality
from vl_tb_plugin.storage.run_folder import store_path
from vl_tb_plugin.storage.tensor_store import TensorStore

_MOST_NEIGHBOURS = 100


class NeighbourRoutes:
    """Handlers of the routes that tell of one token."""

    def __init__(
        self,
        index: RunIndex,
        folders: RunFolders,
        stores: StoreCache,
        hidden_states: HiddenStateReading,
        jobs: JobQueue,
    ):
        self._index = index
        self._folders = folders
        self._stores = stores
        self._spaces = TokenSpaces(index, folders, hidden_states, jobs)

    def neighbours(self, request: Request) -> Response:
        """The tokens of all examples whose hidden states are nearest to that of one."""
        manifest, sequence, token = self._token(request)
        every = request.args.get("layer") == "all"
        layers = _hidden_layers(manifest, sequence.name)
        if not layers:
            raise NotFound(f"No hidden states of {sequence.name!r} were logged for this example.")
        if not every:
            layers = [_one_of(layers, number(request, "layer"))]
        try:
            answers = [
                self._nearest(request, manifest, sequence.name, token, one) for one in layers
            ]
        except Copying as copying:
            return json_response(request, {"job": copying.job}, status=202)
        return json_response(request, {"layers": answers} if every else answers[0])

    def token(self, request: Request) -> Response:
        """Length of a token's hidden states, and the attention it gives and receives, by layer."""
        manifest, sequence, token = self._token(request)
        store = self._store(request, manifest)
        answer: dict[str, Any] = {
            "text": sequence.tokens[token],
            "modality": sequence_modality(sequence)[token],
            "norms": token_norms(manifest, sequence, token, store),
            "attention": None,
        }
        if "block" in request.args:
            head = None if request.args.get("head", "mean") == "mean" else number(request, "head")
            block = _block(manifest, text(request, "block"))
            answer["attention"] = token_attention(
                manifest, block, sequence.name, token, head, store
            )
        return json_response(request, answer)

    def _nearest(
        self,
        request: Request,
        manifest: manifest_pb2.Manifest,
        sequence: str,
        token: int,
        layer: int,
    ) -> dict[str, Any]:
        metric = request.args.get("metric", METRICS[0])
        if metric not in METRICS:
            raise BadRequest(f"Parameter 'metric' must be one of {', '.join(METRICS)}.")
        count = number(request, "count") if "count" in request.args else 10
        run, tag, step = text(request, "run"), text(request, "tag"), number(request, "step")
        sequences = sequences_sharing_space(manifest, layer, sequence)
        space = self._spaces.space(
            SpaceRequest(experiment_of(request), run, step, layer, sequences),
            again=request.args.get("again") == "1",
        )
        point = space.point(tag, sequence, token)
        among = np.ones(len(space.values), np.bool_)
        if "modality" in request.args:
            among = space.modality == _modality(text(request, "modality"))
        among[point] = False
        distinct = request.args.get("distinct") == "1"
        words = self._spaces.words(space) if distinct else None
        found = space.nearest(point, min(count, _MOST_NEIGHBOURS), metric, among, words)
        described = self._described(experiment_of(request), run, space, found.index)
        return {
            "layer": layer,
            "metric": metric,
            "points": len(space.values),
            "neighbours": [
                one | {"distance": float(distance)}
                for one, distance in zip(described, found.distance, strict=True)
            ],
        }

    def _described(
        self, experiment: str, run: str, space: TokenSpace, points: npt.NDArray[np.int64]
    ) -> list[dict[str, Any]]:
        """Where points come from: example, token, and its place in that example's image."""
        places = [space.place(int(point)) for point in points]
        tags = sorted({states.tag for states, _ in places})
        self._index.series(experiment, run, tags)  # read together, not one by one
        return [
            {"tag": states.tag}
            | described_place(self._manifest(experiment, run, states), states.sequence, token)
            for states, token in places
        ]

    def _manifest(self, experiment: str, run: str, states: LoggedStates) -> manifest_pb2.Manifest:
        return self._index.manifest(experiment, run, states.tag, states.step)[1]

    def _token(self, request: Request) -> tuple[manifest_pb2.Manifest, manifest_pb2.Sequence, int]:
        run, tag, step = text(request, "run"), text(request, "tag"), number(request, "step")
        name, token = text(request, "sequence"), number(request, "token")
        _, manifest = self._index.manifest(experiment_of(request), run, tag, step)
        for sequence in manifest.sequences:
            if sequence.name == name:
                if token >= len(sequence.tokens):
                    length = len(sequence.tokens)
                    raise NotFound(f"Sequence {name!r} has {length} tokens, no {token}.")
                return manifest, sequence, token
        names = [sequence.name for sequence in manifest.sequences]
        raise NotFound(f"Example {tag!r} has no sequence {name!r}, only {names}.")

    def _store(self, request: Request, manifest: manifest_pb2.Manifest) -> TensorStore:
        folder = self._folders.folder(text(request, "run"))
        return self._stores.open(store_path(folder, manifest.store))


def _block(manifest: manifest_pb2.Manifest, name: str) -> manifest_pb2.AttentionBlock:
    for block in manifest.attention:
        if block.name == name:
            return block
    names = [block.name for block in manifest.attention]
    raise NotFound(f"This example has no attention block {name!r}, only {names}.")


def _hidden_layers(manifest: manifest_pb2.Manifest, sequence: str) -> list[int]:
    for states in manifest.hidden_states:
        if states.sequence == sequence:
            return list(states.layers)
    return []


def _one_of(layers: list[int], wanted: int) -> int:
    if wanted not in layers:
        raise NotFound(f"There are no hidden states of layer {wanted}, only of {layers}.")
    return wanted


def _modality(name: str) -> int:
    if name not in MODALITIES:
        raise BadRequest(f"Parameter 'modality' must be one of {', '.join(MODALITIES)}.")
    return MODALITIES.index(name)
