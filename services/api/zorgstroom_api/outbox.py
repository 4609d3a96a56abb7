"""What must go to the bus, written in the transaction that decided it, and the thread that sends it.

While the bus is down everything stays in the table; after kill -9 the next start sends it. An event can
go out twice (killed between sending and noting it), never not at all; readers know it by its id.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from zorgstroom.errors import Unavailable, ZorgstroomError
from zorgstroom.events.ports import COMMAND_TOPICS, CommandQueue, EventLog
from zorgstroom.events.schemas import Event
from zorgstroom_api.background import Worker
from zorgstroom_api.store.database import Database
from zorgstroom_api.store.models import OutboxRow

BATCH = 100
_log = logging.getLogger(__name__)


def enqueue(session: Session, topic: str, event: Event) -> None:
    """Have the event sent once this transaction is committed; the order inside it is kept."""
    session.add(OutboxRow(topic=topic, event=event.model_dump(mode="json"), created=event.time))
    session.flush()


def waiting(session: Session, limit: int = BATCH) -> Sequence[OutboxRow]:
    """Return what is still to be sent, oldest first."""
    query = select(OutboxRow).where(OutboxRow.refused.is_(None)).order_by(OutboxRow.id).limit(limit)
    return session.scalars(query).all()


class OutboxRelay(Worker):
    """Sends what waits, in order. The doors of the bus are opened when needed, and again after a failure."""

    name = "outbox"

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
        """Send one batch; return whether there was anything. Raises `Unavailable`."""
        with self._database.read() as session:
            rows = waiting(session)
        for row in rows:
            refused = None
            try:
                self._send(row.topic, Event.model_validate(row.event))
            except Unavailable:
                raise
            except ZorgstroomError as error:
                # Trying again cannot help, and must not hold up what comes after it.
                _log.error("event %s can not be sent: %s", row.event.get("id"), error)
                refused = str(error)
            self._note(row.id, refused)
        return bool(rows)

    def close(self) -> None:
        """Leave the bus."""
        for door in (self._queue, self._event_log):
            if door is not None:
                door.close()
        self._queue = self._event_log = None

    def _send(self, topic: str, event: Event) -> None:
        if topic in COMMAND_TOPICS:
            self._queue = self._queue or self._open_queue()
            self._queue.publish(event, topic)
        else:
            self._event_log = self._event_log or self._open_log()
            self._event_log.publish(topic, [event])

    def _note(self, row_id: int, refused: str | None) -> None:
        with self._database.write() as session:
            if refused is None:
                session.execute(delete(OutboxRow).where(OutboxRow.id == row_id))
            else:
                session.get_one(OutboxRow, row_id).refused = refused
