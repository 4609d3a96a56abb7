"""Tells who waits in this process that something in the store may have changed."""

from __future__ import annotations

import threading
import time

import anyio

#: How often a reader who waits looks whether there is news; that costs no question to the database.
LOOK_SECONDS = 0.02


class Changes:
    """A number that grows with every change; readers compare it with what they saw."""

    def __init__(self) -> None:
        self.number = 0
        self._lock = threading.Lock()

    def note(self) -> None:
        """Something changed."""
        with self._lock:
            self.number += 1

    async def wait(self, seen: int, most_seconds: float) -> None:
        """Return when something changed since `seen`, or after so many seconds: others may write to the store too."""
        until = time.monotonic() + most_seconds
        while self.number == seen and (left := until - time.monotonic()) > 0:
            await anyio.sleep(min(LOOK_SECONDS, left))
