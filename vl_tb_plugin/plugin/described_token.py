"""One token in the words of http_api.md: lengths of hidden states, attention given and received."""

from __future__ import annotations

from typing import Any

import numpy as np

from vl_tb_plugin.analysis.given_and_received import received_attention, row_entropy
from vl_tb_plugin.plugin.request import NotFound
from vl_tb_plugin.plugin.response import number_or_null
from vl_tb_plugin.storage import manifest_pb2
from vl_tb_plugin.storage.manifest import sequence_boxes, sequence_modality
from vl_tb_plugin.storage.tensor_store import TensorStore


def described_place(manifest: manifest_pb2.Manifest, sequence: str, token: int) -> dict[str, Any]:
    """What a token is and where: its text, and its place in the example's image."""
    tokens = next(item for item in manifest.sequences if item.name == sequence)
    image = tokens.image_index[token] if tokens.image_index else -1
    placed = 0 <= image < len(manifest.images)
    edges = sequence_boxes(tokens)[token] if placed else ()
    return {
        "sequence": sequence,
        "token": token,
        "text": tokens.tokens[token],
        "modality": sequence_modality(tokens)[token],
        "box": [round(float(edge), 5) for edge in edges] if placed else None,
        "image": manifest.images[image].digest if placed else None,
    }


def token_norms(
    manifest: manifest_pb2.Manifest,
    sequence: manifest_pb2.Sequence,
    token: int,
    store: TensorStore,
) -> dict[str, Any]:
    """Euclidean length of the token's hidden state at every layer logged."""
    for states in manifest.hidden_states:
        if states.sequence == sequence.name:
            count = len(sequence.tokens)
            values = [
                store.hidden_states(states.values, index, count)[token].astype(np.float64)
                for index in range(len(states.layers))
            ]
            norms = [number_or_null(float(np.linalg.norm(value))) for value in values]
            return {"layers": list(states.layers), "values": norms}
    return {"layers": [], "values": []}


def token_attention(
    manifest: manifest_pb2.Manifest,
    block: manifest_pb2.AttentionBlock,
    sequence: str,
    token: int,
    head: int | None,
    store: TensorStore,
) -> dict[str, Any]:
    """What the token receives (mean over the rows kept) and the entropy of its own row, by layer.

    null where it is none of the block's keys or queries, or where the weights were not kept. Rows
    of which some keys were not kept have no entropy. ``head`` None: the mean over heads.
    """
    if head is not None and head >= block.heads:
        raise NotFound(f"Block {block.name!r} has heads 0 to {block.heads - 1}, not {head}.")
    queries = next(item for item in manifest.sequences if item.name == block.query)
    rows = list(block.rows) or list(range(len(queries.tokens)))
    padding = {
        position for position, kind in enumerate(sequence_modality(queries)) if kind == "padding"
    }
    counted = [index for index, row in enumerate(rows) if row not in padding]
    received: list[float | None] = []
    entropies: list[float | None] = []
    for layer in block.layers:
        kept = layer in block.weight_layers and (head is None or head in block.weight_heads)
        gets = gives = None
        if kept:
            where = list(block.weight_layers).index(layer)
            number_of_head = None if head is None else list(block.weight_heads).index(head)
            weights = store.attention(block.weights, where, number_of_head, slice(None)).decoded()
            if block.key == sequence and (not block.keys or token in block.keys):
                gets = number_or_null(received_attention(weights[counted], token))
            if block.query == sequence and token in rows and not block.keys:
                gives = number_or_null(row_entropy(weights[rows.index(token)]))
        received.append(gets)
        entropies.append(gives)
    return {
        "block": block.name,
        "head": "mean" if head is None else head,
        "layers": list(block.layers),
        "rows": len(counted),
        "received": received,
        "entropy": entropies,
    }
