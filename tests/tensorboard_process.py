"""A real TensorBoard on a port of its own, and what a page would ask it."""

from __future__ import annotations

import json
import re
import struct
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

START_SECONDS = 120


@dataclass
class Answer:
    """An HTTP response."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def header(self) -> dict[str, Any]:
        """The header of a binary body."""
        (length,) = struct.unpack_from("<I", self.body)
        return json.loads(self.body[4 : 4 + length])

    def array(self, name: str) -> np.ndarray:
        """One array of a binary body."""
        (length,) = struct.unpack_from("<I", self.body)
        entry = next(item for item in self.header["arrays"] if item["name"] == name)
        count = int(np.prod(entry["shape"]))
        start = 4 + length + entry["offset"]
        return np.frombuffer(self.body, entry["dtype"], count, start).reshape(entry["shape"])


@dataclass
class TensorBoardProcess:
    """``tensorboard`` with the given arguments; a context manager.

    Args:
        arguments: of the command line, e.g. ``["--logdir", path]``.
        log: file for what it prints.
    """

    arguments: list[str]
    log: Path
    url: str = field(init=False)
    process: subprocess.Popen[bytes] = field(init=False)

    def __enter__(self) -> TensorBoardProcess:
        command = [sys.executable, "-m", "tensorboard.main", "--port", "0", "--reload_interval=1"]
        with open(self.log, "wb") as output:
            self.process = subprocess.Popen(
                [*command, *self.arguments], stdout=output, stderr=subprocess.STDOUT
            )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            found = re.search(r"at (http://\S+?)/* \(Press", self.log.read_text())
            if found:
                self.url = found[1]
                return self
            time.sleep(0.1)
        raise RuntimeError(f"TensorBoard did not start:\n{self.log.read_text()}")

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(timeout=30)

    def get(
        self,
        route: str,
        *,
        headers: dict[str, str] | None = None,
        http_method: str = "GET",
        timeout: float = 60,
        **query: Any,
    ) -> Answer:
        """Ask a route of the plugin."""
        encoded = urllib.parse.urlencode(query, doseq=True)
        url = f"{self.url}/data/plugin/vl_tb_plugin/{route}?{encoded}"
        request = urllib.request.Request(url, headers=headers or {}, method=http_method)
        try:
            with urllib.request.urlopen(request, timeout=timeout) as response:
                return Answer(response.status, dict(response.headers), response.read())
        except urllib.error.HTTPError as error:
            return Answer(error.code, dict(error.headers), error.read())

    def wait_for_runs(self, count: int, *, last_step: int | None = None) -> list[dict[str, Any]]:
        """The runs, as soon as there are that many (and the first has reached ``last_step``)."""
        deadline = time.monotonic() + START_SECONDS
        runs: list[dict[str, Any]] = []
        while time.monotonic() < deadline:
            runs = self.get("runs").json["runs"]
            if len(runs) >= count and last_step in (None, runs[0]["last_step"]):
                return runs
            time.sleep(0.2)
        raise AssertionError(f"TensorBoard shows {runs}:\n{self.log.read_text()}")
