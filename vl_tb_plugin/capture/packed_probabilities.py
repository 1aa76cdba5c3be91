"""Encoded probabilities, compressed while they wait for the end of the pass.

A long prompt leaves tens of megabytes of codes; they are mostly alike, and half of that or less.
"""

from __future__ import annotations

import numpy as np
from numcodecs.zstd import compress, decompress

from vl_tb_plugin.example import EncodedProbabilities

WORTH_BYTES = 4 << 20
"""Smaller arrays stay as they are."""


class PackedProbabilities:
    """Keeps encoded probabilities in as few bytes as a fast compression makes of them."""

    def __init__(self, encoded: EncodedProbabilities):
        self._plain: EncodedProbabilities | None = encoded
        if encoded.values.nbytes >= WORTH_BYTES:
            self._plain = None
            self._bytes = compress(encoded.values, 1)
            self._shape, self._dtype = encoded.values.shape, encoded.values.dtype
            self._precision, self._maximum = encoded.precision, encoded.row_maximum

    def unpacked(self) -> EncodedProbabilities:
        """The same again."""
        if self._plain is not None:
            return self._plain
        values = np.frombuffer(decompress(self._bytes), self._dtype).reshape(self._shape)
        return EncodedProbabilities(values, self._precision, self._maximum)
