"""What the routes of cohorts answer; http_api.md is the contract."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from werkzeug.wrappers import Request, Response

from vl_tb_plugin.plugin.cohort import cohorts
from vl_tb_plugin.plugin.cohort_answers import CohortAnswers, CohortChoice
from vl_tb_plugin.plugin.computed_answers import ComputedAnswer, ComputedAnswers
from vl_tb_plugin.plugin.logged_samples import LoggedSamples
from vl_tb_plugin.plugin.request import BadRequest, experiment_of, number, text
from vl_tb_plugin.plugin.response import array_response, json_response
from vl_tb_plugin.plugin.run_folders import RunFolders
from vl_tb_plugin.plugin.run_index import RunIndex
from vl_tb_plugin.plugin.store_cache import StoreCache


class CohortRoutes:
    """Handlers from request to response; they raise ``BadRequest`` for what does not fit."""

    def __init__(self, index: RunIndex, folders: RunFolders, stores: StoreCache):
        self._index = index
        self._cohorts = CohortAnswers(LoggedSamples(index), folders, stores)
        self._computed = ComputedAnswers()

    def cohorts(self, request: Request) -> Response:
        """Every cohort of a step."""
        samples, other = self._cohorts.samples(_choice(request, "all"))
        return json_response(request, {"cohorts": cohorts(samples, other)})

    def cohort_statistics(self, request: Request) -> Response:
        """Mean of every statistic of one block over a cohort."""
        choice, block = _choice(request), text(request, "block")
        return self._answer(request, choice, block, lambda: self._cohorts.statistics(choice, block))

    def cohort_history(self, request: Request) -> Response:
        """Some statistics of one block over a cohort at every step."""
        choice, block = _choice(request), text(request, "block")
        names = tuple(request.args.getlist("statistic"))
        if not names:
            raise BadRequest("Parameter 'statistic' is missing.")
        return self._answer(
            request, choice, (block, names), lambda: self._cohorts.history(choice, block, names)
        )

    def cohort_difference(self, request: Request) -> Response:
        """How every statistic of one block differs between two steps over a cohort."""
        choice, block = _compared(request), text(request, "block")
        return self._answer(request, choice, block, lambda: self._cohorts.difference(choice, block))

    def _answer(
        self,
        request: Request,
        choice: CohortChoice,
        what: Hashable,
        compute: Callable[[], ComputedAnswer],
    ) -> Response:
        version = self._index.version(choice.experiment, choice.runs)
        key = request.path, choice, what, version
        answer = self._computed.get(key, compute)
        return array_response(request, answer.arrays, answer.header)


def _choice(request: Request, cohort: str | None = None) -> CohortChoice:
    """The cohort that a request names, and the step that it is compared with if any."""
    run = text(request, "run")
    other = None
    if "other_step" in request.args:
        other = request.args.get("other_run") or run, number(request, "other_step")
    elif "other_run" in request.args:
        raise BadRequest("Parameter 'other_run' needs 'other_step' beside it.")
    return CohortChoice(
        experiment_of(request),
        run,
        number(request, "step"),
        text(request, "cohort") if cohort is None else cohort,
        other,
    )


def _compared(request: Request) -> CohortChoice:
    """The same, where a step to compare with must be given."""
    text(request, "other_step")
    return _choice(request)
