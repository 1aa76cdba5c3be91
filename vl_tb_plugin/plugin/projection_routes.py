"""Pictures of the hidden states, and the trails of tokens through them."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt
from werkzeug.wrappers import Request, Response

from vl_tb_plugin.plugin.fitted_projection import FittedProjection
from vl_tb_plugin.plugin.hidden_state_reading import HiddenStateReading
from vl_tb_plugin.plugin.jobs import JobQueue
from vl_tb_plugin.plugin.projection_request import ProjectionRequest, projection_request
from vl_tb_plugin.plugin.projections import Projections
from vl_tb_plugin.plugin.request import (
    BadRequest,
    NotFound,
    experiment_of,
    number,
    numbers,
    one_of,
    text,
)
from vl_tb_plugin.plugin.response import array_response, json_response
from vl_tb_plugin.plugin.run_folders import RunFolders
from vl_tb_plugin.plugin.run_index import RunIndex
from vl_tb_plugin.plugin.store_cache import StoreCache


class ProjectionRoutes:
    """Handlers of projections and of the jobs that fit them."""

    def __init__(
        self,
        index: RunIndex,
        folders: RunFolders,
        stores: StoreCache,
        hidden_states: HiddenStateReading,
        jobs: JobQueue,
    ):
        self._hidden_states = hidden_states
        self._jobs = jobs
        self._projections = Projections(index, folders, stores, hidden_states, jobs)

    def projection(self, request: Request) -> Response:
        """The points of one run, layer and step."""
        run, step, layer = text(request, "run"), number(request, "step"), number(request, "layer")
        fitted = self._fitted(request)
        if isinstance(fitted, Response):
            return fitted
        shown = fitted.shown(run, layer, step)
        if shown is None:
            raise NotFound(f"Run {run!r} has no hidden states of layer {layer} at step {step}.")
        arrays: dict[str, npt.NDArray[Any]] = {
            "groups": shown.groups,
            "positions": shown.positions,
            "token": shown.token,
            "modality": shown.modality,
        }
        return array_response(request, arrays, fitted.header)

    def trail(self, request: Request) -> Response:
        """Where some tokens are at every step, or in every layer."""
        run, tag, sequence = (
            text(request, "run"),
            text(request, "tag"),
            text(request, "token_sequence"),
        )
        step, layer = number(request, "step"), number(request, "layer")
        tokens = numbers(request, "token")
        over = one_of(request, "over", ("steps", "layers"))
        if over == "layers" and request.args.get("basis") != "stream":
            raise BadRequest("A trail over layers needs basis=stream: others don't share a space.")
        fitted = self._fitted(request)
        if isinstance(fitted, Response):
            return fitted
        places = fitted.steps(run) if over == "steps" else fitted.layers(run)
        where = [(layer, one) if over == "steps" else (one, step) for one in places]
        positions = fitted.trail(run, where, tag, sequence, tokens)
        header = {"over": over, "places": places, "token": tokens}
        return array_response(request, {"positions": positions}, header)

    def jobs(self, request: Request) -> Response:
        """Every computation in the background."""
        self._projections.take_up(experiment_of(request))
        return json_response(request, {"jobs": self._jobs.all()})

    def job_cancel(self, request: Request) -> Response:
        """End one."""
        return json_response(request, {"job": self._jobs.cancel(text(request, "id"))})

    def _fitted(self, request: Request) -> FittedProjection | Response:
        experiment = experiment_of(request)
        again = request.args.get("again") == "1"
        found = self._projections.find(experiment, self._asked(request), again=again)
        if isinstance(found, FittedProjection):
            return found
        return json_response(request, {"job": found}, status=202)

    def _asked(self, request: Request) -> ProjectionRequest:
        experiment, layer = experiment_of(request), number(request, "layer")
        runs = (text(request, "run"), *request.args.getlist("run")[1:])
        chosen = tuple(dict.fromkeys(request.args.getlist("sequence")))
        if one_of(request, "basis", ("layer", "stream")) == "layer":
            sequences = chosen or self._hidden_states.sequences_of(experiment, runs[0], layer)
            return projection_request(request, runs, sequences, (layer,))
        stream = self._hidden_states.stream_of(experiment, runs[0], layer)
        sequences = chosen or tuple(stream)
        layers = {one for name in sequences for one in stream.get(name, ())}
        if not layers:
            raise NotFound(f"No layers are logged of the sequences {', '.join(sequences)}.")
        return projection_request(request, runs, sequences, tuple(sorted(layers)))
