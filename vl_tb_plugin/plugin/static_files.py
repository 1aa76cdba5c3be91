"""The built frontend, from a list made once: no path of a client's ever reaches the disk."""

from __future__ import annotations

import functools
import mimetypes
from importlib import resources

from werkzeug.wrappers import Request, Response

from vl_tb_plugin.plugin.request import Handler, NotFound
from vl_tb_plugin.plugin.response import file_response

ENTRY = "index.js"

_CONTENT_TYPES = {".js": "text/javascript", ".css": "text/css", ".wasm": "application/wasm"}


def names() -> list[str]:
    """The files of the frontend; the entry always, so that a missing build is explained."""
    folder = resources.files("vl_tb_plugin") / "static"
    built = [item.name for item in folder.iterdir() if item.is_file()] if folder.is_dir() else []
    return sorted({ENTRY, *(name for name in built if not name.startswith("."))})


def route(name: str) -> Handler:
    """A handler that serves one file."""
    return functools.partial(_serve, name=name)


def _serve(request: Request, name: str) -> Response:
    file = resources.files("vl_tb_plugin") / "static" / name
    if not file.is_file():
        raise NotFound(
            "The frontend is not built. In a source checkout run: pip install -e . ; otherwise:"
            " pip install --force-reinstall vl_tb_plugin"
        )
    suffix = name[name.rfind(".") :]
    content_type = _CONTENT_TYPES.get(suffix) or mimetypes.guess_type(name)[0] or "text/plain"
    return file_response(request, file.read_bytes(), content_type, immutable=False)
