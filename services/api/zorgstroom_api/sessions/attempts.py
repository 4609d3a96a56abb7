"""Codes that do not exist, counted per address: a room full of people may mistype, nobody may try them all.

Who joined already is known by the cookie of the session and is not asked to wait.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable

from zorgstroom_api.limits import MAX_CALLERS, WINDOW_SECONDS, TooMany, network_of


class Attempts:
    """See the module; in memory that does not grow with the number of addresses."""

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._lock = threading.Lock()
        self._begun = -WINDOW_SECONDS
        self._counts: Counter[str] = Counter()

    def seconds_to_wait(self, address: str) -> float:
        """Return how long an address has to wait that tried too many; 0 for any other."""
        with self._lock:
            left = self._begun + WINDOW_SECONDS - self._clock()
            return left if left > 0 and self._counts[self._name(address)] >= self._most else 0.0

    def check(self, address: str) -> None:
        """Refuse an address that tried too many. Raises `TooMany`."""
        seconds = self.seconds_to_wait(address)
        if seconds:
            raise TooMany("codes", self._most, seconds)

    def wrong(self, address: str) -> None:
        """Count a code that does not exist."""
        with self._lock:
            now = self._clock()
            if now - self._begun >= WINDOW_SECONDS:
                self._counts.clear()
                self._begun = now
            self._counts[self._name(address)] += 1

    def _name(self, address: str) -> str:
        name = network_of(address)
        return name if name in self._counts or len(self._counts) < MAX_CALLERS else "others"
