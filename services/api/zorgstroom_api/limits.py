"""How much one caller may ask, how long an answer may take, and how many heavy ones are worked on at once.

Counts are kept in memory only, under the name of a key or else the address a request came from; neither is logged.
"""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Literal

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from zorgstroom.errors import Unavailable, ZorgstroomError
from zorgstroom_api.identity import Caller
from zorgstroom_api.problems import error_response, language_of
from zorgstroom_api.settings import ApiSettings, is_loopback

Kind = Literal["reads", "writes", "previews", "room", "codes"]
#: How long a heavy request waits for its turn, and how many may wait per one that is worked on.
PATIENCE_SECONDS = 10.0
WAITING_PER_SLOT = 4
WINDOW_SECONDS = 60.0
#: So many callers are counted apart in one minute; who comes after them shares one count with all others.
MAX_CALLERS = 20_000
#: One visitor has all addresses of such a network.
_IPV6_NETWORK_BITS = 64

#: When the request that is being answered will be given up.
_deadline: ContextVar[float] = ContextVar("deadline", default=math.inf)


class TooMany(ZorgstroomError):
    """The caller asks more than his share; says when he may go on."""

    key = "limits.too_many_reads"
    http_status = 429

    def __init__(self, kind: Kind, most: int, seconds: float) -> None:
        super().__init__(f"limits.too_many_{kind}", most=most)
        self.headers = {"Retry-After": str(max(1, math.ceil(seconds)))}


class Busy(Unavailable):
    """There is so much heavy work that another piece would only make everybody wait."""

    key = "limits.busy"


class TookTooLong(Unavailable):
    """The answer was not there in time."""

    key = "limits.took_too_long"


class RateLimits:
    """Counts what each caller asks in a minute, in memory that does not grow with the number of callers."""

    def __init__(self, settings: ApiSettings, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._most: dict[Kind, int] = {
            "reads": settings.reads_per_minute,
            "writes": settings.writes_per_minute,
            "previews": settings.previews_per_minute,
            "room": settings.room_per_minute,
        }
        # The screens of a workshop speak for many from one machine.
        self._spare_this_machine = not settings.keys_needed
        self._lock = threading.Lock()
        self._begun = -WINDOW_SECONDS
        self._counts: Counter[tuple[Kind, str]] = Counter()

    def count(self, kind: Kind, who: Caller, address: str) -> None:
        """Count a request. Raises `TooMany`."""
        most = self._most[kind]
        if not most or (self._spare_this_machine and is_loopback(address)):
            return
        caller = f"key:{who.name}" if who.keyed else f"address:{network_of(address)}"
        with self._lock:
            now = self._clock()
            if now - self._begun >= WINDOW_SECONDS:
                self._counts.clear()
                self._begun = now
            if (kind, caller) not in self._counts and len(self._counts) >= MAX_CALLERS and not who.keyed:
                caller = "address:others"
            self._counts[kind, caller] += 1
            count, left = self._counts[kind, caller], self._begun + WINDOW_SECONDS - now
        if count > most:
            raise TooMany(kind, most, left)


def network_of(address: str) -> str:
    """Return what is counted as one visitor: an address, or all of an IPv6 network that one household has.

    >>> network_of("192.0.2.7"), network_of("::ffff:192.0.2.7"), network_of("2001:db8::1:2")
    ('192.0.2.7', '192.0.2.7', '2001:db8::/64')
    """
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return address
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ip_network((int(found), _IPV6_NETWORK_BITS), strict=False))


class HeavyWork:
    """Lets so many heavy requests work at once; a few more wait, the others come back later."""

    def __init__(self, slots: int) -> None:
        self._slots = threading.BoundedSemaphore(slots)
        self._places = threading.BoundedSemaphore(slots * (1 + WAITING_PER_SLOT))

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Work in one of the slots. Raises `Busy`, `TookTooLong`."""
        if not self._places.acquire(blocking=False):
            raise Busy
        try:
            if not self._slots.acquire(timeout=PATIENCE_SECONDS):
                raise Busy
            try:
                check_time()
                yield
            finally:
                self._slots.release()
        finally:
            self._places.release()


class TooManyFollow(Unavailable):
    """So many follow a run that another one is told to come back."""

    key = "limits.too_many_streams"


class OpenStreams:
    """Counts answers that go on for as long as somebody listens."""

    def __init__(self, most: int) -> None:
        self._places = threading.BoundedSemaphore(most)

    def take(self) -> None:
        """Take a place, to be given back. Raises `TooManyFollow`."""
        if not self._places.acquire(blocking=False):
            raise TooManyFollow

    def give_back(self) -> None:
        """Let somebody else have the place."""
        self._places.release()


class TimeLimit:
    """Answers 503 when the answer does not begin in time; what has begun, such as a stream, goes on."""

    def __init__(self, app: ASGIApp, seconds: float) -> None:
        self._app = app
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = given_up = False
        telling: asyncio.Task[None] | None = None

        async def send_in_time(message: Message) -> None:
            nonlocal started
            started = True
            if not given_up:
                await send(message)

        def give_up() -> None:
            nonlocal given_up, telling
            if not started:
                given_up = True
                answer = error_response(TookTooLong(), language_of(Headers(scope=scope)))
                telling = asyncio.create_task(answer(scope, receive, send))

        _deadline.set(time.monotonic() + self._seconds)
        timer = asyncio.get_running_loop().call_later(self._seconds, give_up)
        try:
            await self._app(scope, receive, send_in_time)
        except Exception:
            # Nobody waits for it any more.
            if not given_up:
                raise
        finally:
            timer.cancel()
            if telling is not None:
                await telling


def check_time() -> None:
    """Stop work nobody waits for any more; long work calls this now and then. Raises `TookTooLong`."""
    if time.monotonic() > _deadline.get():
        raise TookTooLong
