"""Open data over HTTP: one JSON document, or all pages of a collection, from CBS StatLine and PDOK.

A client of our own on the standard library: both services speak plain JSON with a link to the next page, so that
a package for one of them (cbsodata, with requests) would bring more than it saves. What it guards: a time for
every answer, a largest size, a number of attempts, and that a next page lies at the same host.
"""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit, urlunsplit

import zorgstroom
from zorgstroom.errors import Unavailable

Document = Mapping[str, Any]

#: Answers after which trying again may help.
BUSY = frozenset({429, 500, 502, 503, 504})
_CHUNK = 1 << 16


@dataclass(frozen=True)
class Limits:
    """How long and how much; the defaults suit a page of a thousand polygons."""

    #: Without a byte for so long, an answer is given up.
    silence_seconds: float = 30.0
    #: A whole answer takes no longer.
    answer_seconds: float = 180.0
    #: A page is no larger.
    megabytes: float = 200.0
    attempts: int = 3
    #: Pause before the second attempt; doubles with each.
    pause_seconds: float = 2.0
    pages: int = 500


class FetchFailed(Unavailable):
    """Open data did not come, or not whole; nothing of it is used."""

    key = "area.fetch.unreachable"


class _Broken(Exception):
    """An attempt failed in a way that another may not."""

    def __init__(self, failure: FetchFailed) -> None:
        super().__init__(str(failure))
        self.failure = failure


def address_of(base: str, path: str, query: Mapping[str, str | int] | None = None) -> str:
    """Return the address of a path below `base`.

    >>> address_of("https://api.pdok.nl/", "cbs/items", {"f": "json", "limit": 5})
    'https://api.pdok.nl/cbs/items?f=json&limit=5'
    """
    tail = f"?{urlencode(query)}" if query else ""
    return f"{base.rstrip('/')}/{path}{tail}"


def fetch_pages(
    address: str, next_link: Callable[[Document], str | None], limits: Limits | None = None
) -> Iterator[Document]:
    """Yield a document and all that follow it; `next_link` finds the address of the next one in it.

    Raises FetchFailed when a page does not come whole, when a link leads to another host or back to a page that
    was read already, or when there is no end to the pages.
    """
    limits = limits or Limits()
    first, seen = urlsplit(address), {address}
    page = fetch_json(address, limits)
    yield page
    while link := next_link(page):
        parts = urlsplit(urljoin(address, link))
        if parts.netloc != first.netloc:
            raise FetchFailed("area.fetch.other_host", host=first.netloc, other=parts.netloc)
        # StatLine links to http from https; a page is asked for in the same way as the first.
        address = urlunsplit(parts._replace(scheme=first.scheme))
        if address in seen or len(seen) >= limits.pages:
            raise FetchFailed("area.fetch.endless", host=first.netloc, pages=len(seen))
        seen.add(address)
        page = fetch_json(address, limits)
        yield page


def fetch_json(address: str, limits: Limits | None = None) -> Document:
    """Return the JSON object at an address; raises FetchFailed with what was wrong, after all attempts."""
    limits = limits or Limits()
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise FetchFailed("area.fetch.bad_address", address=address)
    for attempt in range(limits.attempts):
        try:
            return _parsed(_content(address, limits), parts.netloc)
        except _Broken as broken:
            if attempt == limits.attempts - 1:
                raise broken.failure from broken
            time.sleep(limits.pause_seconds * 2**attempt)
    raise AssertionError("there is at least one attempt")


def _content(address: str, limits: Limits) -> bytes:
    """Return the body of one answer. Raises `_Broken` where another attempt may help, else FetchFailed."""
    host = urlsplit(address).netloc
    request = urllib.request.Request(  # noqa: S310 - the scheme is checked, and the opener knows no other
        address,
        headers={"Accept": "application/json", "User-Agent": f"zorgstroom/{zorgstroom.__version__}"},
    )
    deadline = time.monotonic() + limits.answer_seconds
    try:
        with _opener().open(request, timeout=limits.silence_seconds) as answer:
            return _read(answer, host, deadline, limits)
    except urllib.error.HTTPError as error:
        failure = FetchFailed("area.fetch.status", host=host, status=error.code)
        error.close()
        if error.code in BUSY:
            raise _Broken(failure) from error
        raise failure from error
    except urllib.error.URLError as error:
        if isinstance(error.reason, TimeoutError):
            raise _Broken(FetchFailed("area.fetch.slow", host=host)) from error
        # No such name, no connection: who is not online need not wait for more attempts.
        raise FetchFailed(host=host, reason=error.reason) from error
    except TimeoutError as error:
        raise _Broken(FetchFailed("area.fetch.slow", host=host)) from error
    except (http.client.HTTPException, ConnectionError) as error:
        raise _Broken(FetchFailed("area.fetch.broken", host=host)) from error


def _read(answer: http.client.HTTPResponse, host: str, deadline: float, limits: Limits) -> bytes:
    """Return the body, read in pieces so that size and time are watched."""
    promised = answer.headers.get("Content-Length")
    most = round(limits.megabytes * 1_000_000)
    body = bytearray()
    while chunk := answer.read1(_CHUNK):
        body += chunk
        if len(body) > most:
            raise FetchFailed("area.fetch.too_large", host=host, megabytes=f"{limits.megabytes:g}")
        if time.monotonic() > deadline:
            raise _Broken(FetchFailed("area.fetch.slow", host=host))
    if promised is not None and promised.isdigit() and int(promised) != len(body):
        raise _Broken(FetchFailed("area.fetch.broken", host=host))
    return bytes(body)


def _opener() -> urllib.request.OpenerDirector:
    """Return an opener that knows http and https (through the proxy of the system), and no files or FTP."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPRedirectHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
    ):
        opener.add_handler(handler)
    return opener


def _parsed(body: bytes, host: str) -> Document:
    try:
        document = json.loads(body)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        begin = body[:40].decode("utf-8", "replace").split("\n", 1)[0]
        raise FetchFailed("area.fetch.not_json", host=host, begin=begin)
    return document
