"""What the route of the token matrix answers; http_api.md is the contract."""

from __future__ import annotations

from typing import Any

import numpy as np
from werkzeug.wrappers import Request, Response

from vl_tb_plugin.analysis.matrix_tiles import TILE, cells, coarsest_level
from vl_tb_plugin.plugin.block_reading import BlockReading, check_head, check_layer
from vl_tb_plugin.plugin.matrix_levels import MatrixLevels, StoredMatrix
from vl_tb_plugin.plugin.request import NotFound, number, text
from vl_tb_plugin.plugin.response import array_response
from vl_tb_plugin.plugin.token_attention import kept_index
from vl_tb_plugin.storage import manifest_pb2


class MatrixRoutes:
    """Handlers from request to response; they raise ``BadRequest`` for what does not fit."""

    def __init__(self, blocks: BlockReading):
        self._blocks = blocks
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
        manifest, block = self._blocks.block(request)
        layer, head = _layer(request, block), _head(request, block)
        lengths = {item.name: len(item.tokens) for item in manifest.sequences}
        shape = lengths[block.query], lengths[block.key]
        rows, keys = (
            np.asarray(kept or range(tokens), np.intp)
            for kept, tokens in zip((list(block.rows), list(block.keys)), shape, strict=True)
        )
        name = f"{text(request, 'run')}/{manifest.store}", block.weights, layer, head
        store = self._blocks.store(request, manifest)
        return StoredMatrix(name, store, block.weights, layer, head, rows, keys, shape)


def _layer(request: Request, block: manifest_pb2.AttentionBlock) -> int:
    """Index of the layer among those whose weights were kept."""
    layer = number(request, "layer")
    check_layer(layer, block)
    return kept_index(block.weight_layers, layer, f"layer {layer}", block.name)


def _head(request: Request, block: manifest_pb2.AttentionBlock) -> int | None:
    """Index of the head among those whose weights were kept; None for the mean over all."""
    if text(request, "head") == "mean":
        return None
    head = number(request, "head")
    check_head(head, block)
    return kept_index(block.weight_heads, head, f"head {head}", block.name)


def _at_most(highest: int, request: Request, name: str) -> int:
    value = number(request, name)
    if value > highest:
        raise NotFound(f"Parameter {name!r} goes up to {highest} here, not to {value}.")
    return value
