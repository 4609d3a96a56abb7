"""The outermost layer: a number for every request, in its log lines and its answer, and a count of it.

`X-Request-Id` of a proxy or a client is kept when it is a plain word, so that its log and ours can be laid side
by side. Counted is the template of the address (`/runs/{run_id}`), never the address itself.
"""

from __future__ import annotations

import re
import time
import uuid

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from zorgstroom import logs
from zorgstroom_api import PREFIX
from zorgstroom_api.metrics import Metrics

HEADER = "X-Request-Id"
_ACCEPTED = re.compile(rb"[A-Za-z0-9._-]{1,64}")
#: What is counted when no endpoint has the address.
NO_ROUTE = "none"


class Observer:
    """See the module."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = request_id_of(scope)
        started = time.perf_counter()

        async def send_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = request_id
                # A stream of progress lasts as long as the run: what counts is when it begins.
                seconds = time.perf_counter() - started
                self._metrics.answered(scope["method"], template_of(scope), message["status"], seconds)
            await send(message)

        with logs.about_request(request_id):
            await self._app(scope, receive, send_on)


def request_id_of(scope: Scope) -> str:
    """Return the number the request came with, or a new one."""
    name = HEADER.lower().encode()
    given: bytes = next((value for key, value in scope["headers"] if key == name), b"")
    return given.decode() if _ACCEPTED.fullmatch(given) else uuid.uuid4().hex


def template_of(scope: Scope) -> str:
    """Return the template of the address, known once an endpoint was found."""
    path: str = getattr(scope.get("route"), "path", NO_ROUTE)
    # The framework gives it without the prefix that all have, or with it, by how the endpoint was included.
    return path.removeprefix(PREFIX)
