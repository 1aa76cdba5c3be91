"""What the route of the logit lens answers; http_api.md is the contract."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from werkzeug.wrappers import Request, Response

from vl_tb_plugin.analysis.logit_lens import answer_depth, settled_depth
from vl_tb_plugin.plugin.request import NotFound, experiment_of, number, text
from vl_tb_plugin.plugin.response import array_response
from vl_tb_plugin.plugin.run_folders import RunFolders
from vl_tb_plugin.plugin.run_index import RunIndex
from vl_tb_plugin.plugin.store_cache import StoreCache
from vl_tb_plugin.storage import manifest_pb2
from vl_tb_plugin.storage.manifest import logit_lens_positions
from vl_tb_plugin.storage.run_folder import store_path
from vl_tb_plugin.storage.tensor_store import TensorStore

Arrays = dict[str, npt.NDArray[Any]]


class LogitLensRoutes:
    """Handlers from request to response; they raise ``BadRequest`` for what does not fit."""

    def __init__(self, index: RunIndex, folders: RunFolders, stores: StoreCache):
        self._index = index
        self._folders = folders
        self._stores = stores

    def logit_lens(self, request: Request) -> Response:
        """What the output head reads in every layer of one example at one step."""
        run, tag = text(request, "run"), text(request, "tag")
        step = number(request, "step")
        _, manifest = self._index.manifest(experiment_of(request), run, tag, step)
        if not manifest.logit_lens:
            raise NotFound(
                f"Example {tag!r} has no logit lens at step {step}: log it with"
                " CapturePolicy(logit_lens='all')."
            )
        store = self._stores.open(store_path(self._folders.folder(run), manifest.store))
        arrays: Arrays = {}
        described = []
        for index, lens in enumerate(manifest.logit_lens):
            own, header = _read(store, manifest, lens)
            arrays |= {f"{index}/{name}": values for name, values in own.items()}
            described.append(header)
        return array_response(request, arrays, {"sequences": described})


def _read(
    store: TensorStore, manifest: manifest_pb2.Manifest, lens: manifest_pb2.LogitLens
) -> tuple[Arrays, dict[str, Any]]:
    positions = logit_lens_positions(manifest, lens)
    count, layers = len(positions), list(lens.layers)
    outputs = store.layers_of(lens.outputs, count)
    arrays: Arrays = {
        "outputs": outputs,
        "probabilities": store.layers_of(lens.probabilities, count).astype(np.float32),
        "settled_depth": settled_depth(outputs, layers),
    }
    numbers = set(np.unique(outputs).tolist())
    answer = None
    if lens.HasField("answer"):
        numbers.add(lens.answer)
        ranks = store.layers_of(lens.answer_ranks, count)
        own = store.layers_of(lens.answer_probabilities, count)
        arrays |= {
            "answer_rank": ranks,
            "answer_probability": own.astype(np.float32),
            "answer_depth": answer_depth(ranks, layers),
        }
    words = dict(zip(sorted(numbers), store.words(lens.words, lens.word_bytes), strict=True))
    if lens.HasField("answer"):
        answer = {"output": lens.answer, "text": words[lens.answer], "is": lens.answer_is}
    header = {
        "sequence": lens.sequence,
        "layers": layers,
        "positions": positions,
        "words": {str(key): word for key, word in words.items()},
        "answer": answer,
    }
    return arrays, header
