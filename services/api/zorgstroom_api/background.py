"""Threads that do their work in steps until they are told to stop, and survive what goes wrong in between."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from abc import ABC, abstractmethod

from zorgstroom.errors import Unavailable, ZorgstroomError

#: Longest pause between attempts while something is unavailable.
MAX_PAUSE_SECONDS = 5.0
_log = logging.getLogger(__name__)


class Worker(ABC):
    """One background thread."""

    name: str
    #: Steps begin no sooner after one another: what comes meanwhile is dealt with together in the next.
    least_seconds = 0.0

    def __init__(self, poll_seconds: float) -> None:
        self._poll_seconds = poll_seconds
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        #: Monotonic time of the last step that succeeded; None: none yet.
        self._succeeded: float | None = None

    @abstractmethod
    def step(self) -> bool:
        """Do some work; return whether there may be more at once."""

    @abstractmethod
    def close(self) -> None:
        """Free what the steps opened; the next step opens it again."""

    def start(self) -> None:
        """Start the thread."""
        self._thread = threading.Thread(target=self._run, name=self.name, daemon=True)
        self._thread.start()

    def stop(self, timeout_seconds: float = 10.0) -> None:
        """Let the current step end and wait for it."""
        self._stop.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout_seconds)

    def wake(self) -> None:
        """Have the next step done now."""
        self._wake.set()

    def healthy(self, within_seconds: float) -> bool:
        """Return whether a step succeeded lately."""
        return self._succeeded is not None and time.monotonic() - self._succeeded <= within_seconds

    def _run(self) -> None:
        pause = self._poll_seconds
        while not self._stop.is_set():
            self._wake.clear()
            began = time.monotonic()
            try:
                more = self.step()
                self._succeeded = time.monotonic()
                pause = 0.0 if more else self._poll_seconds
            except Unavailable as error:
                _log.warning("%s waits: %s", self.name, error)
                self._give_up_connections()
                pause = min(MAX_PAUSE_SECONDS, 2 * pause + self._poll_seconds)
            except Exception:
                # A defect in one step must not silence the thread for good.
                _log.exception("%s failed", self.name)
                self._give_up_connections()
                pause = MAX_PAUSE_SECONDS
            if pause:
                self._wake.wait(pause)
            self._stop.wait(max(0.0, began + self.least_seconds - time.monotonic()))
        self._give_up_connections()

    def _give_up_connections(self) -> None:
        with contextlib.suppress(ZorgstroomError):
            self.close()
