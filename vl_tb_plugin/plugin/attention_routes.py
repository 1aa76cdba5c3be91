"""What the routes of attention weights answer; http_api.md is the contract."""

from __future__ import annotations

import numpy as np
from werkzeug.wrappers import Request, Response

from vl_tb_plugin.analysis.block_axes import BlockAxes, FloatArray
from vl_tb_plugin.analysis.sinks import sink_keys
from vl_tb_plugin.plugin.block_reading import BlockReading, check_head, check_layer
from vl_tb_plugin.plugin.request import BadRequest, NotFound, number, numbers, one_of, text
from vl_tb_plugin.plugin.response import array_response
from vl_tb_plugin.plugin.token_attention import ChosenTokens, ReceivedWeights, TokenAttention
from vl_tb_plugin.storage import manifest_pb2


class AttentionRoutes:
    """Handlers from request to response; they raise ``BadRequest`` for what does not fit."""

    def __init__(self, blocks: BlockReading):
        self._blocks = blocks
        self._received = ReceivedWeights()

    def attention(self, request: Request) -> Response:
        """What tokens look at, or who looks at them, in one head or several combined."""
        manifest, block = self._blocks.block(request)
        layers, heads = _layers(request, block), _heads(request, block)
        largest = one_of(request, "reduce", ("mean", "max")) == "max"
        tokens = _tokens(request, manifest, block)
        reading = TokenAttention(self._blocks.store(request, manifest), block)
        parts = [reading.weights(layer, heads, tokens) for layer in layers]
        values = np.concatenate([part.values for part in parts])
        bound = np.concatenate([part.bound for part in parts])
        # a mean of errors is within the mean of their bounds, a maximum within the largest
        combined = values.max(axis=0) if largest else values.mean(axis=0, dtype=np.float32)
        error = bound.max(axis=0) if largest else bound.mean(axis=0)
        header: dict[str, object] = {
            tokens.direction: list(tokens.positions),
            "quantisation_error": float(error.max()),
        }
        if "sinks" in request.args and tokens.direction == "query":
            axes = self._blocks.axes(request, manifest, block)
            path = (manifest.store, block.weights)
            name = (f"{text(request, 'run')}/{path[0]}", path[1])
            received = self._received.mean(reading, name, layers, heads, axes)
            header["sinks"] = sink_keys(received, axes).tolist()
        return array_response(request, {"weights": combined}, header)

    def gallery(self, request: Request) -> Response:
        """The same question asked of every head of a layer, or of a head in every layer."""
        manifest, block = self._blocks.block(request)
        over = one_of(request, "over", ("heads", "layers"))
        tokens = _tokens(request, manifest, block)
        reading = TokenAttention(self._blocks.store(request, manifest), block)
        if over == "heads":
            layer = number(request, "layer")
            check_layer(layer, block)
            items = list(block.weight_heads)
            parts = [reading.weights(layer, items, tokens)] if items else []
        else:
            heads = _heads(request, block)
            if heads is not None and len(heads) > 1:
                raise BadRequest("Parameter 'head' must be one head, or mean, over layers.")
            items = list(block.weight_layers)
            parts = [reading.weights(layer, heads, tokens) for layer in items]
        if not parts:
            raise NotFound(f"Of block {block.name!r} only the statistics were logged.")
        values = np.concatenate([part.values for part in parts])
        axes = self._blocks.axes(request, manifest, block)
        bound = np.concatenate([part.bound for part in parts])
        arrays = {
            "weights": values,
            "quantisation_error": bound.max(axis=1).astype(np.float32),
            **_masses(values, axes, tokens.direction),
        }
        header = {"items": items, tokens.direction: list(tokens.positions)}
        return array_response(request, arrays, header)


def _masses(values: FloatArray, axes: BlockAxes, direction: str) -> dict[str, FloatArray]:
    """(items,) of what each item's weights sum up to on the image, and inside the target boxes."""
    seen = axes if direction == "query" else BlockAxes(axes.query, axes.query, axes.target_boxes)
    # what eight bits add up to may exceed the whole of a row by a hundredth
    most = 1.0 if direction == "query" else np.inf
    weights = np.nan_to_num(values)
    nothing = np.full(len(values), np.nan, np.float32)
    image, target = seen.image_keys, seen.target_overlap
    return {
        "image_mass": (weights @ image).clip(0, most).astype(np.float32)
        if image.any()
        else nothing,
        "target_mass": (weights @ target).clip(0, most).astype(np.float32)
        if target.any()
        else nothing,
    }


def _layers(request: Request, block: manifest_pb2.AttentionBlock) -> list[int]:
    layers = numbers(request, "layer")
    for layer in layers:
        check_layer(layer, block)
    return layers


def _heads(request: Request, block: manifest_pb2.AttentionBlock) -> list[int] | None:
    """Numbers of heads; None for the mean over all of them."""
    if text(request, "head") == "mean":
        return None
    heads = numbers(request, "head")
    check_head(heads[-1], block)
    return heads


def _tokens(
    request: Request, manifest: manifest_pb2.Manifest, block: manifest_pb2.AttentionBlock
) -> ChosenTokens:
    """The tokens asked about, without those of which no weights were logged."""
    if ("query" in request.args) == ("key" in request.args):
        raise BadRequest("Give either 'query' or 'key': positions in the sequence.")
    direction = "query" if "query" in request.args else "key"
    positions = numbers(request, direction)
    lengths = {item.name: len(item.tokens) for item in manifest.sequences}
    sequence = block.query if direction == "query" else block.key
    if positions[-1] >= lengths[sequence]:
        raise NotFound(f"Sequence {sequence!r} has {lengths[sequence]} tokens, no {positions[-1]}.")
    known = set(block.rows if direction == "query" else block.keys)
    kept = tuple(position for position in positions if not known or position in known)
    if not kept:
        which = ", ".join(str(position) for position in positions[:5])
        which += " …" if len(positions) > 5 else ""
        raise NotFound(
            f"The row of query {which} was not logged for {block.name!r}."
            if direction == "query"
            else f"Weights on key {which} were not logged for {block.name!r}."
        )
    return ChosenTokens(direction, kept, lengths[block.query], lengths[block.key])
