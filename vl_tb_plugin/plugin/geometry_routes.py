"""What the routes of the geometry of hidden states answer; http_api.md is the contract."""

from __future__ import annotations

from werkzeug.wrappers import Request, Response

from vl_tb_plugin.plugin.cka_answers import KINDS, Checkpoint, CkaAnswers
from vl_tb_plugin.plugin.geometry_answers import GeometryAnswers, StreamOfRun
from vl_tb_plugin.plugin.hidden_state_reading import HiddenStateReading
from vl_tb_plugin.plugin.request import BadRequest, experiment_of, number, one_of, text
from vl_tb_plugin.plugin.response import array_response
from vl_tb_plugin.plugin.run_index import RunIndex


class GeometryRoutes:
    """Handlers from request to response; they raise ``BadRequest`` for what does not fit."""

    def __init__(self, index: RunIndex, reading: HiddenStateReading):
        self._reading = reading
        self._geometry = GeometryAnswers(reading)
        self._cka = CkaAnswers(index, reading)

    def geometry(self, request: Request) -> Response:
        """Gap, lengths, dimensions and outliers of every layer at every step."""
        answer = self._geometry.geometry(self._stream(request, text(request, "run")))
        return array_response(request, answer.arrays, answer.header)

    def cka(self, request: Request) -> Response:
        """How alike the layers of two checkpoints are."""
        run, step = text(request, "run"), number(request, "step")
        if "other_run" in request.args and "other_step" not in request.args:
            raise BadRequest("Parameter 'other_run' needs 'other_step' beside it.")
        other_run = request.args.get("other_run") or run
        other_step = number(request, "other_step") if "other_step" in request.args else step
        first = Checkpoint(self._stream(request, run), step)
        second = Checkpoint(self._stream(request, other_run), other_step)
        answer = self._cka.cka(first, second, one_of(request, "tokens", tuple(KINDS)))
        return array_response(request, answer.arrays, answer.header)

    def cka_history(self, request: Request) -> Response:
        """How far each layer has moved since the first step and since the step before."""
        stream = self._stream(request, text(request, "run"))
        answer = self._cka.history(stream, one_of(request, "tokens", tuple(KINDS)))
        return array_response(request, answer.arrays, answer.header)

    def _stream(self, request: Request, run: str) -> StreamOfRun:
        experiment = experiment_of(request)
        sequences = tuple(dict.fromkeys(request.args.getlist("sequence")))
        return StreamOfRun(
            experiment, run, sequences or tuple(self._reading.stream_of(experiment, run))
        )
