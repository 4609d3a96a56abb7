"""Which addresses are the pages of workshops, and under which name a room reaches them.

They may be open to a room while everything else is for this machine alone: then they are served at a port of their
own, where nothing else is found.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address

from starlette.requests import Request

from zorgstroom_api.settings import ApiSettings

JOIN, BEAMER = "/m", "/beamer"


def is_room(path: str) -> bool:
    """Return whether this is a page of a workshop.

    >>> is_room("/m"), is_room("/m/KX7P4Q"), is_room("/beamer/KX7P4Q"), is_room("/v1/sessions")
    (True, True, True, False)
    """
    return path == JOIN or path.startswith((f"{JOIN}/", f"{BEAMER}/"))


def room_hosts(name: str, known: Iterable[str]) -> frozenset[str]:
    """Return the names a room may use, the one it uses among them if it is a number.

    A page elsewhere can have its own name lead to this machine, never a number.
    """
    try:
        ip_address(name)
    except ValueError:
        return frozenset(known)
    return frozenset((*known, name))


def room_address(request: Request, settings: ApiSettings) -> str:
    """Return how telephones reach the pages of workshops, without a slash at the end."""
    return (settings.room_url or str(request.base_url)).rstrip("/")
