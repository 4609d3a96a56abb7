"""Pages with a cursor: the order is stable and a cursor says after what the next page begins."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import json
from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field
from starlette.datastructures import URL
from starlette.responses import Response

from zorgstroom_api.problems import invalid
from zorgstroom_api.store.database import can_be_asked

Item = TypeVar("Item")


class PageQuery(BaseModel):
    """Which page; unknown query parameters are mistakes."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(default=100, ge=1, le=1000)
    cursor: str | None = Field(default=None, max_length=300)


class Page(BaseModel, Generic[Item]):
    """A part of a collection."""

    items: list[Item]
    next_cursor: str | None = None


def encode_cursor(*after: str | int) -> str:
    """Return the cursor of the page after an item."""
    return base64.urlsafe_b64encode(json.dumps(after).encode()).decode().rstrip("=")


def decode_cursor(cursor: str, *kinds: type) -> Sequence[Any]:
    """Return what `encode_cursor` got. Raises `InvalidInput`."""
    try:
        after = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        after = None
    if not isinstance(after, list) or [type(part) for part in after] != list(kinds):
        raise invalid("query:cursor", "api.invalid.cursor")
    return after


def encode_moment_cursor(moment: dt.datetime, identifier: str) -> str:
    """Return the cursor of the page after an item, in an order by time and id."""
    return encode_cursor(moment.isoformat(), identifier)


def decode_moment_cursor(cursor: str) -> tuple[dt.datetime, str]:
    """Return what `encode_moment_cursor` got. Raises `InvalidInput`."""
    text, identifier = decode_cursor(cursor, str, str)
    try:
        moment = dt.datetime.fromisoformat(text)
        known = moment.tzinfo is not None and can_be_asked(identifier)
        moment = moment.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        known = False
    if not known:
        raise invalid("query:cursor", "api.invalid.cursor")
    return moment, identifier


def link_next(response: Response, url: URL, cursor: str | None) -> None:
    """Name the next page in the Link header."""
    if cursor is not None:
        response.headers["Link"] = f'<{url.include_query_params(cursor=cursor)}>; rel="next"'
