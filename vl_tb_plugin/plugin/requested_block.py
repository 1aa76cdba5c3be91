"""The block, layer and head of attention that a request names."""

from __future__ import annotations

from collections.abc import Sequence

from werkzeug.wrappers import Request

from vl_tb_plugin.plugin.request import NotFound, experiment_of, number, text
from vl_tb_plugin.plugin.run_index import RunIndex
from vl_tb_plugin.storage import manifest_pb2

Block = manifest_pb2.AttentionBlock


def requested_block(index: RunIndex, request: Request) -> tuple[manifest_pb2.Manifest, Block]:
    """The block, and the manifest that it is of."""
    run, tag, name = text(request, "run"), text(request, "tag"), text(request, "block")
    _, manifest = index.manifest(experiment_of(request), run, tag, number(request, "step"))
    for block in manifest.attention:
        if block.name == name:
            return manifest, block
    names = [block.name for block in manifest.attention]
    raise NotFound(f"Example {tag!r} has no attention block {name!r}, only {names}.")


def requested_layer(block: Block, request: Request) -> int:
    """Index of the layer among those whose weights were kept."""
    layer = number(request, "layer")
    if layer not in block.layers:
        raise NotFound(f"Block {block.name!r} has no layer {layer}, only {list(block.layers)}.")
    return _kept_index(block.weight_layers, layer, f"layer {layer}", block.name)


def requested_head(block: Block, request: Request) -> int | None:
    """Index of the head among those whose weights were kept; None for the mean over all."""
    if text(request, "head") == "mean":
        return None
    head = number(request, "head")
    if head >= block.heads:
        raise NotFound(f"Block {block.name!r} has heads 0 to {block.heads - 1}, not {head}.")
    return _kept_index(block.weight_heads, head, f"head {head}", block.name)


def _kept_index(kept: Sequence[int], number: int, what: str, block: str) -> int:
    if number not in kept:
        raise NotFound(
            f"Of {what} of block {block!r} only the statistics were logged, not its weights."
        )
    return list(kept).index(number)
