"""What stands between the network and the endpoints: headers, and under which name and from which page.

The service listens on this machine only unless told otherwise. A page from elsewhere in the user's own
browser can still reach it; that is why every write checks Host (against DNS rebinding) and Origin, and a
service for this machine alone checks Host whatever is asked.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from zorgstroom.errors import NotFound, ZorgstroomError
from zorgstroom_api import API_VERSION, PREFIX
from zorgstroom_api.problems import Refused, error_response, internal_error_response, language_of
from zorgstroom_api.rooms import is_room, room_hosts
from zorgstroom_api.sessions.rendering import error_page
from zorgstroom_api.settings import ApiSettings

WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
#: Read under any name: by supervisors, which call a machine by its number, and what is the same everywhere.
ANY_HOST = (f"{PREFIX}/health/", f"{PREFIX}/openapi.json", f"{PREFIX}/asyncapi.json")

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
_log = logging.getLogger(__name__)


class Guard:
    """Nearly outermost layer: headers on every answer, checks on every write, and a clean 500 for a defect."""

    def __init__(self, app: ASGIApp, settings: ApiSettings) -> None:
        self._app = app
        self._hosts, self._origins = settings.host_names, settings.origins
        self._only_here = settings.only_here
        self._room_names = settings.room_names
        self._room_port = settings.room_port if settings.room_host else None

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
        room = is_room(scope["path"])
        try:
            if self._from_the_room(scope):
                if not room:
                    raise NotFound("api.http.404", path=scope["path"], method=scope["method"])
                hosts = room_hosts(_host_name(headers.get("host", "")), self._room_names)
                check_host(headers, hosts)
                if scope["method"] in WRITES:
                    check_sender(headers, hosts, ())
            elif scope["method"] in WRITES:
                check_sender(headers, self._hosts, self._origins)
            elif self._only_here and not scope["path"].startswith(ANY_HOST):
                check_host(headers, self._hosts)
            await self._app(scope, receive, send_with_headers)
        except ZorgstroomError as error:
            answer = error_page(error, scope) if room else error_response(error, language_of(headers))
            await answer(scope, receive, send_with_headers)
        except Exception:
            _log.exception("%s %s failed", scope["method"], scope["path"])
            if started:
                raise
            await internal_error_response(language_of(headers))(scope, receive, send_with_headers)

    def _from_the_room(self, scope: Scope) -> bool:
        """Return whether this came in where only the pages of workshops are."""
        server = scope.get("server")
        return self._room_port is not None and server is not None and server[1] == self._room_port


def check_sender(headers: Headers, hosts: Iterable[str], origins: Iterable[str]) -> None:
    """Refuse a write under a foreign host name, or from somebody else's page. Raises `Refused`."""
    host = check_host(headers, hosts)
    origin = headers.get("origin")
    own = (f"http://{host}", f"https://{host}")
    if origin is not None and origin not in (*own, *origins):
        raise Refused(name=origin[:100])
    if origin is None and headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
        raise Refused(name=headers["sec-fetch-site"][:100])


def check_host(headers: Headers, hosts: Iterable[str]) -> str:
    """Return the Host header if it is one of our own names. Raises `Refused`.

    A page elsewhere can have its own name lead to this machine and then read what it finds there.
    """
    host = headers.get("host", "")
    if _host_name(host) not in hosts:
        raise Refused("api.refused_host", name=host[:100])
    return host


def _host_name(host: str) -> str:
    """Return the name in a Host header without its port; empty for anything else than a name or address."""
    match = _HOST.fullmatch(host.lower())
    return match["name"].strip("[]") if match else ""
