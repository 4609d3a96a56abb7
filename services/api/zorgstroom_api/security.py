"""What stands between the network and the endpoints: headers, body limits, and who may write from where.

The service listens on this machine only unless told otherwise. A page from elsewhere in the user's own
browser can still reach it; that is why every write checks Host (against DNS rebinding) and Origin.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from zorgstroom.document import MAX_DEPTH, read_json
from zorgstroom.errors import InvalidInput, ZorgstroomError
from zorgstroom_api import API_VERSION, PREFIX
from zorgstroom_api.problems import (
    Refused,
    TooLarge,
    error_response,
    internal_error_response,
    invalid,
    language_of,
)
from zorgstroom_api.settings import ApiSettings

WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})

#: On every answer. Results override Cache-Control, reports override Content-Security-Policy.
HEADERS = {
    "API-Version": API_VERSION,
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:[0-9]{1,5})?")
#: Brackets, and texts as a whole (an unfinished one to the end, so that no text is looked at twice).
_JSON_STRUCTURE = re.compile(rb'"(?:[^"\\]|\\.)*(?:"|\Z)|[\[\]{}]', re.DOTALL)
_log = logging.getLogger(__name__)


class Guard:
    """Outermost layer: headers on every answer, checks on every write, and a clean 500 for a defect."""

    def __init__(self, app: ASGIApp, settings: ApiSettings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def send_with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        headers = Headers(scope=scope)
        try:
            if scope["method"] in WRITES:
                check_sender(headers, self._settings.host_names, self._settings.origins)
                receive = await self._limited_body(scope, headers, receive)
            await self._app(scope, receive, send_with_headers)
        except ZorgstroomError as error:
            await error_response(error, language_of(headers))(scope, receive, send_with_headers)
        except Exception:
            _log.exception("%s %s failed", scope["method"], scope["path"])
            if started:
                raise
            await internal_error_response(language_of(headers))(scope, receive, send_with_headers)

    async def _limited_body(self, scope: Scope, headers: Headers, receive: Receive) -> Receive:
        """Read the whole body within the limits, and return what hands it on."""
        limit = self._settings.max_body_bytes
        body = bytearray()
        more = True
        while more:
            message = await receive()
            if message["type"] != "http.request":
                break
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > limit:
                raise TooLarge(kilobytes=limit // 1000)
        if "json" in headers.get("content-type", ""):
            check_nesting(body)
            if body and not _read_with_care(scope):
                check_json(bytes(body))
        pending: list[Message] = [{"type": "http.request", "body": bytes(body), "more_body": False}]

        async def hand_on() -> Message:
            return pending.pop() if pending else await receive()

        return hand_on


def _read_with_care(scope: Scope) -> bool:
    """Return whether the endpoint reads the body as a plan, with the same care and the lines of mistakes."""
    path: str = scope["path"]
    return scope["method"] == "POST" and path.startswith(f"{PREFIX}/scenarios")


def check_json(body: bytes) -> None:
    """Refuse what a parser would let pass: a key twice, half characters, what is not UTF-8. Raises `InvalidInput`."""
    problems = read_json(body, "body").problems
    if problems:
        raise InvalidInput(problems)


def check_sender(headers: Headers, hosts: Iterable[str], origins: Iterable[str]) -> None:
    """Refuse a write under a foreign host name, or from somebody else's page. Raises `Refused`."""
    host = headers.get("host", "")
    name = _host_name(host)
    if name not in hosts:
        raise Refused("api.refused_host", name=host[:100])
    origin = headers.get("origin")
    own = (f"http://{host}", f"https://{host}")
    if origin is not None and origin not in (*own, *origins):
        raise Refused(name=origin[:100])
    if origin is None and headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
        raise Refused(name=headers["sec-fetch-site"][:100])


def _host_name(host: str) -> str:
    """Return the name in a Host header without its port; empty for anything else than a name or address."""
    match = _HOST.fullmatch(host.lower())
    return match["name"].strip("[]") if match else ""


def check_nesting(body: bytes | bytearray, limit: int = MAX_DEPTH) -> None:
    """Refuse JSON that is nested deeper than any document needs, before a recursive parser sees it.

    >>> check_nesting(b'{"a": "[[[[["}', limit=2)
    """
    depth = 0
    for token in _JSON_STRUCTURE.finditer(body):
        if token.group() in (b"[", b"{"):
            depth += 1
            if depth > limit:
                raise invalid("body", "api.invalid.too_deep", "", depth=limit)
        elif token.group() in (b"]", b"}"):
            depth -= 1
