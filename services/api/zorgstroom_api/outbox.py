"""What must go to the bus, written in the transaction that decided it, and the thread that sends it.

While the bus is down everything stays in the table; after kill -9 the next start sends it. An event can
go out twice (killed between sending and noting it), never not at all; readers know it by its id.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from itertools import groupby

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from zorgstroom.errors import ZorgstroomError
from zorgstroom.events.codec import MessageTooLarge
from zorgstroom.events.ports import COMMAND_TOPICS, RUNS, CommandQueue, EventLog
from zorgstroom.events.schemas import Event, RunFailed, RunRequested, make_event
from zorgstroom_api import SOURCE
from zorgstroom_api.background import Worker
from zorgstroom_api.store.database import Database, insert
from zorgstroom_api.store.models import OutboxRow

BATCH = 200
_log = logging.getLogger(__name__)


def enqueue(session: Session, topic: str, event: Event) -> None:
    """Have the event sent once this transaction is committed; the order inside it is kept."""
    session.flush()
    insert(session, OutboxRow, topic=topic, event=event.model_dump(mode="json"), created=event.time)


def waiting(session: Session, limit: int = BATCH) -> Sequence[OutboxRow]:
    """Return what is still to be sent, oldest first."""
    query = select(OutboxRow).where(OutboxRow.refused.is_(None)).order_by(OutboxRow.id).limit(limit)
    return session.scalars(query).all()


class OutboxRelay(Worker):
    """Sends what waits, in order. The doors of the bus are opened when needed, and again after a failure."""

    name = "outbox"
    least_seconds = 0.05

    def __init__(
        self,
        database: Database,
        open_queue: Callable[[], CommandQueue],
        open_log: Callable[[], EventLog],
        poll_seconds: float,
    ) -> None:
        super().__init__(poll_seconds)
        self._database = database
        self._open_queue = open_queue
        self._open_log = open_log
        self._queue: CommandQueue | None = None
        self._event_log: EventLog | None = None

    def step(self) -> bool:
        """Send one batch; return whether more may wait. Raises `Unavailable`."""
        with self._database.read() as session:
            rows = waiting(session)
        for topic, group in groupby(rows, key=lambda row: row.topic):
            self._send_all(topic, list(group))
        return len(rows) == BATCH

    def close(self) -> None:
        """Leave the bus."""
        for door in (self._queue, self._event_log):
            if door is not None:
                door.close()
        self._queue = self._event_log = None

    def _send_all(self, topic: str, rows: Sequence[OutboxRow]) -> None:
        """Send rows of one topic together; one by one when one of them can never be sent."""
        try:
            self._send(topic, [Event.model_validate(row.event) for row in rows])
        except MessageTooLarge as error:
            if len(rows) > 1:
                for row in rows:
                    self._send_all(topic, [row])
                return
            # Trying again cannot help, and must not hold up what comes after it.
            _log.error("event %s can not be sent: %s", rows[0].event.get("id"), error)
            self._refuse(rows[0], error)
        else:
            with self._database.write() as session:
                session.execute(delete(OutboxRow).where(OutboxRow.id.in_([row.id for row in rows])))

    def _send(self, topic: str, events: Sequence[Event]) -> None:
        if topic in COMMAND_TOPICS:
            self._queue = self._queue or self._open_queue()
            for event in events:
                self._queue.publish(event, topic)
        else:
            self._event_log = self._event_log or self._open_log()
            self._event_log.publish(topic, events)

    def _refuse(self, row: OutboxRow, error: ZorgstroomError) -> None:
        with self._database.write() as session:
            session.execute(update(OutboxRow).where(OutboxRow.id == row.id).values(refused=str(error)))
            event = Event.model_validate(row.event)
            payload = event.payload()
            if row.topic in COMMAND_TOPICS and isinstance(payload, RunRequested):
                # No simulator will ever hear of it: it must not wait, and keep others waiting, for ever.
                failed = RunFailed(
                    attempt=payload.attempt, key=error.text_key, params=dict(error.params), retriable=False
                )
                enqueue(session, RUNS, make_event(event.subject, SOURCE, failed))
