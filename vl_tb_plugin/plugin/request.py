"""From a request to checked parameters, and from what goes wrong to an answer in JSON."""

from __future__ import annotations

import functools
import logging
import re
import zipfile
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from tensorboard import plugin_util
from werkzeug.wrappers import Request, Response

from vl_tb_plugin.plugin.response import json_response
from vl_tb_plugin.storage.chunked_array import UnreadableArray

logger = logging.getLogger("tensorboard")

Handler = Callable[[Request], Response]

_MOST_NUMBERS = 65_536


class BadRequest(Exception):
    """The request does not fit; ``status`` is the HTTP status to answer with."""

    def __init__(self, message: str, status: int = 400):
        super().__init__(message)
        self.status = status


class NotFound(BadRequest):
    """What the request names does not exist."""

    def __init__(self, message: str):
        super().__init__(message, 404)


def guarded(handler: Handler, *, changes: bool = False) -> Callable[..., object]:
    """A WSGI application around a handler that answers every error in JSON.

    Args:
        handler: answers the request.
        changes: it does something, so that it is asked by POST, not by GET.
    """

    @Request.application
    @functools.wraps(handler)
    def application(request: Request) -> Response:
        try:
            _refuse_foreign(request)
            if request.method not in (("POST",) if changes else ("GET", "HEAD")):
                raise BadRequest(f"Only {'POST' if changes else 'GET'} is answered here.", 405)
            return handler(request)
        except BadRequest as error:
            return json_response(request, {"error": str(error)}, status=error.status)
        except FileNotFoundError as error:
            return json_response(request, {"error": str(error)}, status=404)
        except UnreadableArray as error:
            return json_response(request, {"error": str(error)}, status=500)
        except zipfile.BadZipFile as error:
            message = f"A tensor store of this run is damaged ({error}). Copy or log it again."
            return json_response(request, {"error": message}, status=500)
        except Exception:
            logger.exception("vl_tb_plugin: %s failed", request.path)
            message = "The server failed on this request; its log (the terminal) has the reason."
            return json_response(request, {"error": message}, status=500)

    return application


def experiment_of(request: Request) -> str:
    """TensorBoard's experiment that the request is about."""
    experiment: str = plugin_util.experiment_id(request.environ)
    return experiment


def text(request: Request, name: str) -> str:
    """A parameter that must be there."""
    value = request.args.get(name)
    if value is None or value == "":
        raise BadRequest(f"Parameter {name!r} is missing.")
    return value


def number(request: Request, name: str) -> int:
    """A parameter that must be an integer from 0 on."""
    value = text(request, name)
    if not (value.isascii() and value.isdigit() and len(value) < 20):
        raise BadRequest(f"Parameter {name!r} must be an integer from 0 on, not {value!r}.")
    return int(value)


def numbers(request: Request, name: str) -> list[int]:
    """A parameter that lists integers from 0 on, ``3,7`` or ``3-6,9``: ascending, each once."""
    value = text(request, name)
    found: set[int] = set()
    for part in value.split(","):
        match = re.fullmatch("([0-9]{1,7})(?:-([0-9]{1,7}))?", part)
        if match is None:
            expected = "integers from 0 on, as in 3 or 3-6,9"
            raise BadRequest(f"Parameter {name!r} must be {expected}, not {value!r}.")
        first, last = int(match[1]), int(match[2] or match[1])
        found.update(range(first, min(last, first + _MOST_NUMBERS) + 1))
        if len(found) > _MOST_NUMBERS:
            raise BadRequest(f"Parameter {name!r} may list {_MOST_NUMBERS:,} numbers at most.")
    if not found:
        raise BadRequest(f"Parameter {name!r} lists nothing: {value!r}.")
    return sorted(found)


def one_of(request: Request, name: str, choices: Sequence[str]) -> str:
    """A parameter with few values; the first of them where it is missing."""
    value = request.args.get(name, choices[0])
    if value not in choices:
        raise BadRequest(f"Parameter {name!r} must be one of {', '.join(choices)}, not {value!r}.")
    return value


def _refuse_foreign(request: Request) -> None:
    # TensorBoard checks no origin: a page elsewhere could read logs through the user's browser
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    if site is not None:
        foreign = site not in ("same-origin", "none")
    else:
        # left out by browsers on plain http, which do send this with what changes something
        foreign = origin is not None and urlsplit(origin).netloc != request.host
    if foreign:
        raise BadRequest("This request came from another site's page.", 403)
