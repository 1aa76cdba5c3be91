"""What the route of the token matrix answers; http_api.md is the contract."""

from __future__ import annotations

from typing import Any

import numpy as np
from werkzeug.wrappers import Request, Response

from vl_tb_plugin.analysis.matrix_tiles import TILE, cells, coarsest_level
from vl_tb_plugin.plugin.matrix_levels import MatrixLevels, StoredMatrix
from vl_tb_plugin.plugin.request import NotFound, number, text
from vl_tb_plugin.plugin.requested_block import requested_block, requested_head, requested_layer
from vl_tb_plugin.plugin.response import array_response
from vl_tb_plugin.plugin.run_folders import RunFolders
from vl_tb_plugin.plugin.run_index import RunIndex
from vl_tb_plugin.plugin.store_cache import StoreCache
from vl_tb_plugin.storage.run_folder import store_path


class MatrixRoutes:
    """Handlers from request to response; they raise ``BadRequest`` for what does not fit."""

    def __init__(self, index: RunIndex, folders: RunFolders, stores: StoreCache):
        self._index = index
        self._folders = folders
        self._stores = stores
        self._levels = MatrixLevels()

    def matrix(self, request: Request) -> Response:
        """One tile of a head's weights, queries by keys."""
        matrix = self._matrix(request)
        coarsest = tuple(coarsest_level(tokens) for tokens in matrix.shape)
        level = _at_most(max(coarsest), request, "level")
        split = "key_level" in request.args
        key_level = _at_most(max(coarsest), request, "key_level") if split else level
        levels = level, key_level
        places = [
            _at_most((cells(tokens, of_axis) - 1) // TILE, request, name)
            for name, tokens, of_axis in zip(("row", "column"), matrix.shape, levels, strict=True)
        ]
        tile, counts = self._levels.tile(matrix, levels, places[0], places[1])
        arrays: dict[str, Any] = {
            "weights": tile.weights,
            "logged": tile.logged,
            "logged_keys": tile.logged_keys,
        }
        if all(cells(*axis) <= TILE for axis in zip(matrix.shape, levels, strict=True)):
            arrays["counts"] = counts.astype(np.int32)
        header = {
            "queries": matrix.shape[0],
            "keys": matrix.shape[1],
            "levels": [one + 1 for one in coarsest],
        }
        return array_response(request, arrays, header)

    def _matrix(self, request: Request) -> StoredMatrix:
        manifest, block = requested_block(self._index, request)
        layer, head = requested_layer(block, request), requested_head(block, request)
        file = store_path(self._folders.folder(text(request, "run")), manifest.store)
        lengths = {item.name: len(item.tokens) for item in manifest.sequences}
        shape = lengths[block.query], lengths[block.key]
        rows, keys = (
            np.asarray(kept or range(tokens), np.intp)
            for kept, tokens in zip((list(block.rows), list(block.keys)), shape, strict=True)
        )
        name = str(file), block.weights, layer, head
        store = self._stores.open(file)
        return StoredMatrix(name, store, block.weights, layer, head, rows, keys, shape)


def _at_most(highest: int, request: Request, name: str) -> int:
    value = number(request, name)
    if value > highest:
        raise NotFound(f"Parameter {name!r} goes up to {highest} here, not to {value}.")
    return value
