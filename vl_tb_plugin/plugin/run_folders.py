"""From the name of a run to the folder of its files, as TensorBoard named it."""

from __future__ import annotations

import os
from pathlib import Path

from vl_tb_plugin.storage.run_folder import asset_folder


class RunFolders:
    """Knows what ``--logdir`` or ``--logdir_spec`` said.

    Args:
        logdir: TensorBoard's ``--logdir``, empty under ``--logdir_spec``.
        logdir_spec: ``name:path`` or ``path``, separated by commas; runs of a named path are
            called ``name/run``.
    """

    def __init__(self, logdir: str, logdir_spec: str):
        self.shown = logdir or logdir_spec
        if logdir:
            self._roots = [("", Path(os.path.expanduser(logdir)))]
        else:
            self._roots = [_root(part) for part in logdir_spec.split(",") if part]

    def folder(self, run: str) -> Path:
        """The run's folder; raises FileNotFoundError where none has files of ours."""
        for name, root in self._roots:
            inside = _below(run, name)
            if inside is not None and asset_folder(root / inside).is_dir():
                return root / inside
        raise FileNotFoundError(
            f"Run {run!r} has no files of vl_tb_plugin below {self.shown!r}. Were its event files"
            " copied without the folder 'plugins' beside them?"
        )


def _root(part: str) -> tuple[str, Path]:
    name, separator, path = part.partition(":")
    if not separator or part.startswith(("/", "~")):
        name, path = "", part
    return name, Path(os.path.expanduser(path))


def _below(run: str, name: str) -> str | None:
    """The run's path below a root of that name; ``None`` where it is not one of its runs."""
    run = os.path.normpath(run)
    if os.path.isabs(run) or ".." in run.split(os.sep):
        return None
    if not name:
        return run
    if run == name:
        return "."
    return run[len(name) + 1 :] if run.startswith(name + "/") else None
