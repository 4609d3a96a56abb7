"""Events from the bus into the store.

Effects are written in the same transaction as the cursor (see `zorgstroom_api.ingest`), so nothing is lost and
nothing counts twice, whatever stops when, and however many processes read.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Callable, Sequence

from zorgstroom.errors import Unavailable
from zorgstroom.events.ports import RESULTS, RUNS, EventLog, LogEntry
from zorgstroom_api.background import Worker
from zorgstroom_api.ingest import apply_batch, take_cursor
from zorgstroom_api.store.database import Database
from zorgstroom_api.store.models import CursorRow

#: Events that are read and written at once.
BATCH = 1000
#: An event whose effect can not be written so many times goes to the dead letters.
TRIES = 3
#: After so long without anything new, everything has been read.
QUIET_SECONDS = 10.0
_log = logging.getLogger(__name__)


class Projector(Worker):
    """Reads the topics of facts, one after the other, and writes what they mean.

    `on_change` is called after each batch is written, `on_caught_up` after each step that read all there was,
    `on_interruption` when nobody listened for a while.
    """

    name = "projector"
    least_seconds = 0.1

    def __init__(
        self,
        database: Database,
        open_log: Callable[[], EventLog],
        poll_seconds: float,
        on_change: Callable[[], object] = lambda: None,
        on_caught_up: Callable[[], object] = lambda: None,
        on_interruption: Callable[[], object] = lambda: None,
    ) -> None:
        super().__init__(poll_seconds)
        self._database = database
        self._open_log = open_log
        self._event_log: EventLog | None = None
        self._on_change = on_change
        self._on_caught_up = on_caught_up
        self._on_interruption = on_interruption
        #: Everything on the bus has been read at least once.
        self.caught_up = False
        self._quiet_since = time.monotonic()
        #: Events applied since this projector was made.
        self.applied = 0
        #: How far each topic is written, as far as is known here: another process may be further.
        self._written: dict[str, str | None] = {}
        #: Per topic the moment of the last event that was read while more waits to be read.
        self._more_after: dict[str, dt.datetime] = {}

    @property
    def lag_seconds(self) -> float:
        """How far behind the bus the store is: the age of the newest event in it, 0 when all is read."""
        moments = list(self._more_after.values())
        return max(0.0, (dt.datetime.now(dt.UTC) - min(moments)).total_seconds()) if moments else 0.0

    def step(self) -> bool:
        """Read and write one batch of each topic; return whether there was anything. Raises `Unavailable`."""
        if self._event_log is None:
            self._event_log = self._open_log()
            self._quiet_since = time.monotonic()
        # Runs first: it takes a run being known before its results can complete it.
        entries = self._project(self._event_log, RUNS, self._poll_seconds)
        # What completes a run is on the bus before it is said that the run is complete: that need not wait.
        entries += self._project(self._event_log, RESULTS, 0.0 if entries else min(self._poll_seconds, 0.1))
        if entries:
            self._quiet_since = time.monotonic()
        elif not self.caught_up:
            self.caught_up = self._nothing_left(self._event_log)
        if self.caught_up and not self._more_after:
            self._on_caught_up()
        # Reading itself waits for what comes, so there is never a reason to pause.
        return True

    def close(self) -> None:
        """Leave the bus."""
        if self._event_log is not None:
            self._event_log.close()
        self._event_log = None
        self._written = {}
        self._on_interruption()

    def _project(self, event_log: EventLog, topic: str, timeout_seconds: float) -> int:
        after = self._cursor(topic)
        entries = event_log.read(topic, after, BATCH, timeout_seconds)
        if entries:
            if self._write(event_log, topic, after, entries):
                self._written[topic] = entries[-1].cursor
            else:
                del self._written[topic]
            self.applied += len(entries)
            self._on_change()
        if len(entries) == BATCH:
            self._more_after[topic] = entries[-1].event.time
        else:
            self._more_after.pop(topic, None)
        return len(entries)

    def _nothing_left(self, event_log: EventLog) -> bool:
        """Return whether everything is read: that nothing came in time does not say so yet."""
        # A last message that cannot be read stays behind the cursor, but nothing comes of it.
        quiet = time.monotonic() - self._quiet_since > QUIET_SECONDS
        return quiet or not any(event_log.behind(topic, self._cursor(topic)) for topic in (RUNS, RESULTS))

    def _cursor(self, topic: str) -> str | None:
        if topic not in self._written:
            with self._database.read() as session:
                row = session.get(CursorRow, topic)
                self._written[topic] = None if row is None else row.cursor
        return self._written[topic]

    def _write(self, event_log: EventLog, topic: str, after: str | None, entries: Sequence[LogEntry]) -> bool:
        """Write the effects of entries; return whether it was done at once, and not by another process."""
        try:
            with self._database.write() as session:
                return apply_batch(session, topic, after, entries)
        except Unavailable:
            raise
        except Exception:
            _log.exception("a batch of %d events of %s is tried one by one", len(entries), topic)
            for entry in entries:
                self._write_one(event_log, topic, after, entry)
                after = entry.cursor
            return False

    def _write_one(self, event_log: EventLog, topic: str, after: str | None, entry: LogEntry) -> None:
        """Write the effect of an event, or pass it over once it is in the dead letters."""
        for last in (*[False] * (TRIES - 1), True):
            try:
                with self._database.write() as session:
                    apply_batch(session, topic, after, [entry])
            except Unavailable:
                raise
            except Exception as error:
                if last:
                    _log.exception("event %s of %s can not be used", entry.event.id, topic)
                    self._pass_over(event_log, topic, after, entry, f"{type(error).__name__}: {error}")
            else:
                return

    def _pass_over(
        self, event_log: EventLog, topic: str, after: str | None, entry: LogEntry, reason: str
    ) -> None:
        # First among the dead letters: stopped in between, it is found again and buried once more, which is once.
        event_log.bury(entry, reason)
        with self._database.write() as session:
            row = take_cursor(session, topic, after)
            if row is not None:
                row.cursor = entry.cursor
