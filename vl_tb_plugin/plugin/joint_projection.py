"""Hidden states of many examples, steps and runs in one basis, so that they can be compared."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vl_tb_plugin.analysis.projection import CovarianceAccumulator, PrincipalComponents
from vl_tb_plugin.plugin.hidden_state_reading import HiddenStateReading, StatesPortion
from vl_tb_plugin.plugin.request import BadRequest, NotFound
from vl_tb_plugin.plugin.run_index import RunIndex

COMPONENTS = 3
_CACHED_BASES = 16


@dataclass(frozen=True)
class ProjectionRequest:
    """Which hidden states the basis is fitted on."""

    experiment: str
    runs: tuple[str, ...]
    layer: int
    sequences: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class FittedBasis:
    """The components, and the extent (components, 2) of all points they were fitted on."""

    components: PrincipalComponents
    extent: npt.NDArray[np.float32]
    steps: int


class JointProjection:
    """Fits bases and keeps the latest used."""

    def __init__(self, index: RunIndex, reading: HiddenStateReading):
        self._index = index
        self._reading = reading
        self._bases: OrderedDict[tuple[ProjectionRequest, str], FittedBasis] = OrderedDict()
        self._lock = threading.Lock()
        self._fitting: dict[tuple[ProjectionRequest, str], threading.Lock] = {}

    def basis(self, request: ProjectionRequest) -> FittedBasis:
        """The basis for what is logged now; fitted once, whoever asks meanwhile waits."""
        key = request, self._index.version(request.experiment, list(request.runs))
        with self._lock:
            turn = self._fitting.setdefault(key, threading.Lock())
        with turn:
            with self._lock:
                if key in self._bases:
                    self._bases.move_to_end(key)
                    return self._bases[key]
            fitted = self._fit(request)
            with self._lock:
                self._bases[key] = fitted
                self._fitting.pop(key, None)
                if len(self._bases) > _CACHED_BASES:
                    self._bases.popitem(last=False)
            return fitted

    def _fit(self, request: ProjectionRequest) -> FittedBasis:
        accumulator: CovarianceAccumulator | None = None
        for states in self._all(request):
            if accumulator is None:
                accumulator = CovarianceAccumulator(states.values.shape[1])
            if states.values.shape[1] != accumulator.features:
                name = states.groups[0].sequence
                raise BadRequest(
                    f"Hidden states of {name!r} have {states.values.shape[1]} features,"
                    f" others {accumulator.features}: they have no basis in common."
                    " Show one sequence or one run at a time."
                )
            accumulator.add(states.values)
        if accumulator is None or accumulator.points == 0:
            names = ", ".join(request.sequences)
            raise NotFound(f"No hidden states of layer {request.layer} were logged for {names}.")
        components = accumulator.principal_components(COMPONENTS)
        low = np.full(COMPONENTS, np.inf, np.float32)
        high = -low
        for states in self._all(request):
            positions = components.project(states.values)
            low = np.minimum(low, positions.min(axis=0, initial=np.inf))
            high = np.maximum(high, positions.max(axis=0, initial=-np.inf))
        steps = {
            logged.step
            for run in request.runs
            for series in self._index.all_series(request.experiment, run).values()
            for logged in series.manifests
        }
        extent = np.stack([low, high], axis=1)
        return FittedBasis(components, extent, len(steps))

    def _all(self, request: ProjectionRequest) -> Iterator[StatesPortion]:
        for run in request.runs:
            yield from self._reading.portions(
                request.experiment, run, request.layer, request.sequences
            )
