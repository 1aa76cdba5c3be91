"""Answers: JSON, or arrays behind a small JSON header (http_api.md, *Binary*)."""

from __future__ import annotations

import gzip
import hashlib
import json
import math
import struct
import zlib
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from numcodecs import zstd
from werkzeug.wrappers import Request, Response

_ALIGNMENT = 8
_COMPRESSED_FROM_BYTES = 1024
_LARGE_BYTES = 4 << 20
_TRIED_BYTES = 1 << 16
_TRIED_PLACES = 4
_WORTH_RATIO = 0.6

_ENCODINGS: dict[str, Callable[[bytes], bytes]] = {
    # less than half of gzip's time: a click on a head waits for it
    "zstd": partial(zstd.compress, level=1),
    "gzip": partial(gzip.compress, compresslevel=1, mtime=0),
}
"""What browsers undo, the best first."""


def json_response(request: Request, value: Any, *, status: int = 200) -> Response:
    """A JSON answer that the browser asks for again each time."""
    body = json.dumps(value, allow_nan=False, separators=(",", ":")).encode()
    return _response(request, body, "application/json", status=status)


def array_response(
    request: Request, arrays: Mapping[str, npt.NDArray[Any]], header: Mapping[str, Any]
) -> Response:
    """Arrays, float32, int32 or uint8, and what the page must know of them."""
    return _response(request, encode_arrays(arrays, header), "application/octet-stream")


def file_response(request: Request, body: bytes, content_type: str, *, immutable: bool) -> Response:
    """A file as it is."""
    return _response(request, body, content_type, immutable=immutable)


def number_or_null(value: float) -> float | None:
    """JSON knows neither NaN nor infinity; a number that is missing is null."""
    return value if math.isfinite(value) else None


def encode_arrays(arrays: Mapping[str, npt.NDArray[Any]], header: Mapping[str, Any]) -> bytes:
    """Header length (uint32), header, arrays; each array starts at a multiple of eight."""
    descriptions, chunks, offset = [], [], 0
    for name, array in arrays.items():
        raw = np.ascontiguousarray(array, array.dtype.newbyteorder("<")).tobytes()
        raw += b"\0" * (-len(raw) % _ALIGNMENT)
        descriptions.append(
            {
                "name": name,
                "dtype": array.dtype.name,
                "shape": list(array.shape),
                "offset": offset,
            }
        )
        chunks.append(raw)
        offset += len(raw)
    text = json.dumps({"arrays": descriptions, **header}, allow_nan=False).encode()
    text += b" " * (-(len(text) + 4) % _ALIGNMENT)
    return b"".join([struct.pack("<I", len(text)), text, *chunks])


def _response(
    request: Request, body: bytes, content_type: str, *, status: int = 200, immutable: bool = False
) -> Response:
    etag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    cache = "private, max-age=31536000, immutable" if immutable else "private, no-cache"
    headers = {
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": cache,
        "ETag": etag,
        "Vary": "Accept-Encoding",
    }
    if status == 200 and etag in request.headers.get("If-None-Match", ""):
        return Response(status=304, headers=headers, content_type=content_type)
    compressible = not content_type.startswith("image/") and len(body) >= _COMPRESSED_FROM_BYTES
    encoding = next((name for name in _ENCODINGS if request.accept_encodings[name] > 0), None)
    if encoding is not None and compressible and _worth_compressing(body):
        body = _ENCODINGS[encoding](body)
        headers["Content-Encoding"] = encoding
    return Response(body, status=status, headers=headers, content_type=content_type)


def _worth_compressing(body: bytes) -> bool:
    """Whether a body gets small enough, judged by parts of it where it is large.

    Positions of a million points lose a tenth of their bytes in a second of work.
    """
    if len(body) < _LARGE_BYTES:
        return True
    starts = [len(body) * (2 * place + 1) // (2 * _TRIED_PLACES) for place in range(_TRIED_PLACES)]
    tried = b"".join(body[start : start + _TRIED_BYTES] for start in starts)
    return len(zlib.compress(tried, 1)) < _WORTH_RATIO * len(tried)
