"""The scores of a map of relevancy, as its store has them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from vl_tb_plugin.storage import manifest_pb2
from vl_tb_plugin.storage.manifest import relevancy_lengths
from vl_tb_plugin.storage.tensor_store import TensorStore

Scores = Mapping[str, npt.NDArray[np.float32]]
"""(tokens,) scores by name of the sequence, NaN where there is none."""


def scores_by_sequence(
    store: TensorStore, manifest: manifest_pb2.Manifest, one: manifest_pb2.RelevancyMap
) -> Scores:
    """The scores of one of the manifest's maps, sequences in the map's order."""
    lengths = relevancy_lengths(manifest, one)
    scores = store.relevancy(one.values, sum(lengths.values()))
    parts = np.split(scores, np.cumsum(list(lengths.values()))[:-1])
    return dict(zip(lengths, parts, strict=True))
