"""Finds a projection: in memory, in a file, by fitting it now, or by a job that fits it."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from vl_tb_plugin.analysis.projections.reduction import MissingLibrary
from vl_tb_plugin.plugin import unfinished_jobs
from vl_tb_plugin.plugin.computed_answers import ComputedAnswer, ComputedAnswers
from vl_tb_plugin.plugin.fitted_projection import FittedProjection
from vl_tb_plugin.plugin.hidden_state_reading import HiddenStateReading
from vl_tb_plugin.plugin.jobs import Job, JobQueue
from vl_tb_plugin.plugin.projection_fit import fit_projection
from vl_tb_plugin.plugin.projection_plan import ProjectionPlan, ProjectionPlanner
from vl_tb_plugin.plugin.projection_process import MODULE, projection_task
from vl_tb_plugin.plugin.projection_request import NEIGHBOUR_METHODS, ProjectionRequest
from vl_tb_plugin.plugin.projection_store import ResultFolders, read_projection, result_name
from vl_tb_plugin.plugin.request import BadRequest
from vl_tb_plugin.plugin.run_folders import RunFolders
from vl_tb_plugin.plugin.run_index import RunIndex
from vl_tb_plugin.plugin.store_cache import StoreCache

_AT_ONCE_BYTES = 128 << 20
"""Principal components of no more states than this are a matter of a second or two."""
_LIBRARIES = {"tsne": "openTSNE", "umap": "umap"}
_OPEN_FILES = 8
_LOOK_AGAIN_SECONDS = 5.0


class Projections:
    """Finds projections. Threads may share it."""

    def __init__(
        self,
        index: RunIndex,
        folders: RunFolders,
        stores: StoreCache,
        reading: HiddenStateReading,
        jobs: JobQueue,
    ):
        self._index = index
        self._stores = stores
        self._jobs = jobs
        self._results = ResultFolders(folders)
        self._planner = ProjectionPlanner(index, folders, reading)
        self._answers = ComputedAnswers()
        self._files: OrderedDict[Path, FittedProjection] = OrderedDict()
        self._lock = threading.Lock()
        self._looked: dict[str, float] = {}

    def find(
        self, experiment: str, request: ProjectionRequest, *, again: bool = False
    ) -> FittedProjection | dict[str, Any]:
        """The projection of what is logged now, or what has become of the job that fits it.

        Args:
            experiment: TensorBoard's.
            request: what is asked for.
            again: start a job once more that failed or was cancelled.

        Raises:
            BadRequest: there is no such projection, or too many wait.
        """
        version = self._index.version(experiment, list(request.runs))
        name = result_name(request, version)
        known = self._jobs.known(name)  # first: a job may end before the next line
        path = self._results.find(request.runs[0], name)
        if path is not None:
            self._jobs.supersede(request.digest, name)
            return self._file(path)
        if known is not None and known["state"] != "done" and not again:
            return known
        library = _LIBRARIES.get(request.method)
        if library is not None and find_spec(library) is None:
            raise BadRequest(str(MissingLibrary(request.title)), 501)
        try:
            answer = self._answers.get(
                (request, version), lambda: self._at_once(experiment, request)
            )
        except _TakesLong as long:
            return self._jobs.submit(self._job(long.plan, name), again=again)
        return FittedProjection(answer.header, **answer.arrays)

    def take_up(self, experiment: str) -> None:
        """Queue what another server left unfinished, where it is still of what is logged."""
        for run in self._index.runs(experiment):
            now = time.monotonic()
            if now - self._looked.get(run, -_LOOK_AGAIN_SECONDS) < _LOOK_AGAIN_SECONDS:
                continue
            self._looked[run] = now
            try:
                folders = self._results.of(run)
            except FileNotFoundError:
                continue  # a run that has evaluations only
            for folder in folders:
                for name, written in unfinished_jobs.abandoned(folder):
                    try:
                        request = ProjectionRequest.from_json(written)
                        version = self._index.version(experiment, list(request.runs))
                        if result_name(request, version) == name:
                            self.find(experiment, request)
                    except (BadRequest, TypeError, OSError):
                        continue  # of another version of the plugin, or what it is of is gone

    def _at_once(self, experiment: str, request: ProjectionRequest) -> ComputedAnswer:
        plan = self._planner.plan(experiment, request)
        if request.method in NEIGHBOUR_METHODS or plan.stored_bytes > _AT_ONCE_BYTES:
            raise _TakesLong(plan)
        fitted = fit_projection(plan, self._stores.open, lambda share, message: None)
        return ComputedAnswer(
            {
                "places": fitted.places,
                "groups": fitted.groups,
                "positions": fitted.positions,
                "token": fitted.token,
                "modality": fitted.modality,
            },
            fitted.header,
        )

    def _job(self, plan: ProjectionPlan, name: str) -> Job:
        request = plan.request
        try:
            result = self._results.writable(request.runs[0]) / name
            # before its turn comes: one that waits is taken up, too
            unfinished_jobs.note(result, request.as_json())
        except OSError as error:
            message = f"The result can't be kept, neither beside the logs nor in a cache: {error}"
            raise BadRequest(message, 507) from error
        layers = request.layers
        where = f"layer {layers[0]}" if len(layers) == 1 else f"{len(layers)} layers"
        title = f"{request.title} of {where}, {plan.points:,} points"
        return Job(
            id=name,
            title=title,
            module=MODULE,
            task=lambda: projection_task(plan, result),
            subject=request.digest,
            ended=lambda state: unfinished_jobs.forget(result),
        )

    def _file(self, path: Path) -> FittedProjection:
        with self._lock:
            found = self._files.get(path)
        if found is None:
            found = read_projection(path)
        with self._lock:
            self._files[path] = found
            self._files.move_to_end(path)
            if len(self._files) > _OPEN_FILES:
                self._files.popitem(last=False)
        return found


class _TakesLong(Exception):
    def __init__(self, plan: ProjectionPlan):
        super().__init__()
        self.plan = plan
