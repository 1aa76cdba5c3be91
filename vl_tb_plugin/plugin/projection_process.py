"""The process that fits one projection and writes it to a file.

Started by the job queue, which tells it a :func:`projection_task` through a pipe.
"""

from __future__ import annotations

import pickle
from pathlib import Path

from vl_tb_plugin.analysis.projections.reduction import MissingLibrary, Progress
from vl_tb_plugin.plugin.job_process import work
from vl_tb_plugin.plugin.projection_fit import fit_projection
from vl_tb_plugin.plugin.projection_plan import ProjectionPlan
from vl_tb_plugin.plugin.projection_store import write_projection
from vl_tb_plugin.plugin.request import BadRequest
from vl_tb_plugin.plugin.store_cache import StoreCache

MODULE = "vl_tb_plugin.plugin.projection_process"


def projection_task(plan: ProjectionPlan, result: Path) -> bytes:
    """What the process is told: what is to be fitted, and the file that the result goes to."""
    return pickle.dumps((plan, str(result)))


def _fit(task: bytes, progress: Progress) -> None:
    plan, result = pickle.loads(task)
    if Path(result).is_file():
        return  # another server was quicker
    fitted = fit_projection(plan, StoreCache().open, progress)
    progress(1.0, "writing")
    write_projection(Path(result), fitted, plan.request)


if __name__ == "__main__":
    work(_fit, (BadRequest, MissingLibrary, OSError))
