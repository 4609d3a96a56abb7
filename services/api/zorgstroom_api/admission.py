"""Who asks and whether he may ask more, before a byte of what he hands in is read.

Health is for supervisors and is neither counted nor asked for a key.
"""

from __future__ import annotations

from typing import cast

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from zorgstroom.client_sessions import FACILITATOR_HEADER
from zorgstroom_api import PREFIX
from zorgstroom_api.identity import ANONYMOUS, Caller, Identities, NeedsKey, require_writer
from zorgstroom_api.limits import Kind, RateLimits
from zorgstroom_api.rooms import is_room
from zorgstroom_api.security import WRITES

#: Addresses that compute something and keep nothing.
PREVIEWS = tuple(f"{PREFIX}/scenarios/{name}" for name in ("validate", "load", "preview"))
#: Changed as often as a preview is asked for.
DRAFTS = f"{PREFIX}/drafts"
_HEALTH = f"{PREFIX}/health/"
_SESSIONS = f"{PREFIX}/sessions/"
_CALLER = "zorgstroom.caller"


class Admission:
    """Finds out who asks, counts it, and lets no body be read of who may not write."""

    def __init__(self, app: ASGIApp, identities: Identities, rates: RateLimits) -> None:
        self._app = app
        self._identities = identities
        self._rates = rates

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request. Raises `NeedsKey`, `MayNotWrite`, `InvalidInput`, `TooMany`."""
        if scope["type"] == "http" and not scope["path"].startswith(_HEALTH):
            scope[_CALLER] = await self._admitted(scope)
        await self._app(scope, receive, send)

    async def _admitted(self, scope: Scope) -> Caller:
        kind = kind_of(scope)
        address = scope["client"][0] if scope.get("client") else ""
        try:
            who = await self._identities.caller_of(Headers(scope=scope))
        except NeedsKey:
            self._rates.count(kind, ANONYMOUS, address)
            raise
        self._rates.count(kind, who, address)
        return require_writer(who) if kind == "writes" and not _brings_secret(scope) else who


def kind_of(scope: Scope) -> Kind:
    """Return what a request counts as."""
    if is_room(scope["path"]):
        return "room"
    if scope["method"] not in WRITES:
        return "reads"
    path: str = scope["path"]
    return "previews" if path in PREVIEWS or path.startswith(f"{DRAFTS}/") else "writes"


def _brings_secret(scope: Scope) -> bool:
    """Return whether a facilitator asks, whose secret is looked at where it is known."""
    path: str = scope["path"]
    return path.startswith(_SESSIONS) and FACILITATOR_HEADER.lower().encode() in dict(scope["headers"])


def admitted(scope: Scope) -> Caller:
    """Return who asks; nobody in particular where that was not looked at."""
    return cast(Caller, scope.get(_CALLER, ANONYMOUS))
