"""What is asked about the neighbourhoods of all tokens: their churn and their hubs."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any

from werkzeug.wrappers import Request, Response

from vl_tb_plugin.analysis.neighbours import METRICS
from vl_tb_plugin.plugin.churn_answers import ChurnAnswers
from vl_tb_plugin.plugin.compared_neighbours import NeighbourhoodChoice
from vl_tb_plugin.plugin.computed_answers import ComputedAnswer, ComputedAnswers
from vl_tb_plugin.plugin.hidden_state_reading import HiddenStateReading
from vl_tb_plugin.plugin.hub_answers import HubAnswers
from vl_tb_plugin.plugin.request import BadRequest, experiment_of, number, one_of, text
from vl_tb_plugin.plugin.response import json_response
from vl_tb_plugin.plugin.run_index import RunIndex
from vl_tb_plugin.plugin.token_sample import Checkpoint, LayerChoice, TokenSampling

_MOST_NEIGHBOURS = 100


class NeighbourhoodRoutes:
    """Handlers from request to response; they raise ``BadRequest`` for what does not fit."""

    def __init__(self, index: RunIndex, hidden_states: HiddenStateReading):
        self._index = index
        self._sampling = TokenSampling(index, hidden_states)
        self._churn = ChurnAnswers(index, self._sampling)
        self._hubs = HubAnswers(index, self._sampling)
        self._computed = ComputedAnswers()

    def churn(self, request: Request) -> Response:
        """How much the neighbourhoods of tokens differ between two checkpoints."""
        layer, choice = _layer(request), _choice(request)
        here = Checkpoint(text(request, "run"), number(request, "step"))
        other_run = request.args.get("other_run") or here.run
        both = here, Checkpoint(other_run, number(request, "other_step"))
        runs = (here.run, other_run)
        answer = self._answer(
            layer, runs, (both, choice), lambda: self._churn.between(layer, both, choice)
        )
        if "tag" in request.args:
            tag = text(request, "tag")
            more = self._answer(
                layer,
                runs,
                (both, choice, tag),
                lambda: self._churn.of_example(layer, both, choice, tag),
            )
            answer = {**answer, **more}
        return json_response(request, answer)

    def churn_history(self, request: Request) -> Response:
        """The same from step to step of a run."""
        layer, choice, run = _layer(request), _choice(request), text(request, "run")
        answer = self._answer(
            layer, (run,), choice, lambda: self._churn.history(layer, run, choice)
        )
        return json_response(request, answer)

    def hubness(self, request: Request) -> Response:
        """Tokens that are among the nearest of very many others."""
        here = Checkpoint(text(request, "run"), number(request, "step"))
        choice = _choice(request)
        if request.args.get("layer") != "all":
            return json_response(request, self._hubs_of(_layer(request), here, choice))
        experiment, sequence = experiment_of(request), request.args.get("sequence")
        layers = self._sampling.layers(experiment, here, sequence)
        answers = [
            self._hubs_of(LayerChoice(experiment, layer, sequence), here, choice)
            for layer in layers
        ]
        return json_response(request, {"layers": answers})

    def _hubs_of(
        self, layer: LayerChoice, here: Checkpoint, choice: NeighbourhoodChoice
    ) -> Mapping[str, Any]:
        return self._answer(
            layer, (here.run,), (here, choice), lambda: self._hubs.hubs(layer, here, choice)
        )

    def _answer(
        self,
        layer: LayerChoice,
        runs: tuple[str, ...],
        what: Hashable,
        compute: Callable[[], ComputedAnswer],
    ) -> Mapping[str, Any]:
        """The words of an answer, computed once for what is logged now."""
        version = self._index.version(layer.experiment, list(runs))
        return self._computed.get((layer, runs, what, version), compute).header


def _layer(request: Request) -> LayerChoice:
    return LayerChoice(
        experiment_of(request), number(request, "layer"), request.args.get("sequence")
    )


def _choice(request: Request) -> NeighbourhoodChoice:
    count = number(request, "count") if "count" in request.args else 10
    if not 0 < count <= _MOST_NEIGHBOURS:
        raise BadRequest(f"Parameter 'count' must be from 1 to {_MOST_NEIGHBOURS}, not {count}.")
    wanted = one_of(request, "metric", METRICS)
    return NeighbourhoodChoice(next(one for one in METRICS if one == wanted), count)
