"""What is handed in: of a size, a type and a shape that can be read, before an endpoint sees it."""

from __future__ import annotations

import re

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from zorgstroom.document import MAX_DEPTH, read_json
from zorgstroom.errors import InvalidInput
from zorgstroom_api import PREFIX
from zorgstroom_api.problems import TooLarge, WrongMediaType, invalid
from zorgstroom_api.rooms import is_room
from zorgstroom_api.security import WRITES

#: Brackets, and texts as a whole (an unfinished one to the end, so that no text is looked at twice).
_JSON_STRUCTURE = re.compile(rb'"(?:[^"\\]|\\.)*(?:"|\Z)|[\[\]{}]', re.DOTALL)
#: A longer body is checked in a thread: other requests must not wait for it.
_AT_ONCE_BYTES = 4_096
#: What a page of a workshop sends, and how much that can be.
FORM = "application/x-www-form-urlencoded"
MOST_FORM_BYTES = 16_000
_JSON = re.compile(r"application/(json|[a-z0-9.+-]+\+json)")


class Bodies:
    """Reads the whole body within the limits, and hands it on."""

    def __init__(self, app: ASGIApp, most_bytes: int) -> None:
        self._app = app
        self._most_bytes = most_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request. Raises `TooLarge`, `WrongMediaType`, `InvalidInput`."""
        if scope["type"] != "http" or scope["method"] not in WRITES:
            await self._app(scope, receive, send)
            return
        form = is_room(scope["path"])
        body = await self._read(receive, min(self._most_bytes, MOST_FORM_BYTES) if form else self._most_bytes)
        media_type = Headers(scope=scope).get("content-type", "").partition(";")[0].strip().lower()
        plan = _is_plan(scope)
        if form and media_type != FORM:
            raise WrongMediaType(found=media_type[:80] or "-", known=FORM)
        if body and not plan and not form and not _JSON.fullmatch(media_type):
            raise WrongMediaType(found=media_type[:80] or "-", known="application/json")
        if "json" in media_type:
            if len(body) > _AT_ONCE_BYTES:
                await run_in_threadpool(_check, body, plan)
            else:
                _check(body, plan)
        pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def hand_on() -> Message:
            return pending.pop() if pending else await receive()

        await self._app(scope, hand_on, send)

    async def _read(self, receive: Receive, most_bytes: int) -> bytes:
        body = bytearray()
        more = True
        while more:
            message = await receive()
            if message["type"] != "http.request":
                break
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > most_bytes:
                raise TooLarge(kilobytes=most_bytes // 1000)
        return bytes(body)


def _is_plan(scope: Scope) -> bool:
    """Return whether the endpoint reads the body as a plan, with the same care and the lines of mistakes."""
    path: str = scope["path"]
    return scope["method"] == "POST" and path.startswith(f"{PREFIX}/scenarios")


def _check(body: bytes, plan: bool) -> None:
    check_nesting(body)
    if body and not plan:
        check_json(body)


def check_json(body: bytes) -> None:
    """Refuse what a parser would let pass: a key twice, half characters, what is not UTF-8. Raises `InvalidInput`."""
    problems = read_json(body, "body").problems
    if problems:
        raise InvalidInput(problems)


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
