"""Every run's place in the queue, counted once for all readers."""

from __future__ import annotations

import threading
import time

from zorgstroom_api.changes import Changes
from zorgstroom_api.runs.repository import RunRepository
from zorgstroom_api.store.database import Database
from zorgstroom_api.turns import Line, Turn

#: Other processes change the queue too, and tell nobody here.
FRESH_SECONDS = 1.0
#: How old the queue may be for somebody who joins it.
JOIN_SECONDS = 5.0


class Places:
    """Reads the queue again when something changed, not for every reader."""

    def __init__(self, database: Database, changes: Changes) -> None:
        self._database = database
        self._changes = changes
        self._lock = threading.Lock()
        self._line = Line([], [], {})
        self._seen = -1
        self._read_at = float("-inf")

    def of(self, run_id: str) -> int | None:
        """Return the place of a run (1: next), None when it does not wait. Raises `Unavailable`."""
        with self._lock:
            return self._fresh().place(run_id)

    def join(self, turn: Turn) -> int | None:
        """Return the place of a run that was asked for just now. Raises `Unavailable`."""
        with self._lock:
            # While many ask at once the queue changes all the time, and need not be read again for each.
            hurried = time.monotonic() - self._read_at < JOIN_SECONDS
            line = self._line if hurried else self._fresh()
            line.add(turn)
            return line.place(turn.run_id)

    def _fresh(self) -> Line:
        now = time.monotonic()
        if self._seen != self._changes.number or now - self._read_at > FRESH_SECONDS:
            self._seen, self._read_at = self._changes.number, now
            with self._database.read() as session:
                queue = RunRepository(session).queue()
            self._line = Line(queue.in_transit, queue.waiting, queue.in_hand)
        return self._line
