"""Gives runs that wait to the simulators, a few at a time, so that the next turn can still be anybody's.

What is given stands in the row (`dispatched`) and in the outbox, written together.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections import Counter
from collections.abc import Callable, Mapping

from sqlalchemy.orm import Session

from zorgstroom.events.ports import BATCH_COMMANDS, COMMANDS
from zorgstroom.events.schemas import Priority, make_event
from zorgstroom_api import SOURCE
from zorgstroom_api.background import Worker
from zorgstroom_api.outbox import enqueue
from zorgstroom_api.runs.recording import request_of
from zorgstroom_api.runs.repository import RunRepository
from zorgstroom_api.store.database import Database
from zorgstroom_api.store.models import RunRow
from zorgstroom_api.turns import Limits, next_turns

TOPIC_OF: Mapping[Priority, str] = {"interactive": COMMANDS, "batch": BATCH_COMMANDS}
#: A run that is given and not taken up for so long is given again: its command may be lost.
AGAIN_AFTER = dt.timedelta(minutes=10)
_log = logging.getLogger(__name__)


class Dispatcher(Worker):
    """The thread that gives runs their turn. To be woken when a run was asked for, taken up or ended.

    `ready` says whether what is known of the runs is up to date: after a lost database, runs that ended long
    ago wait until the bus has been read. `on_dispatch` is called when something was given.
    """

    name = "dispatcher"
    least_seconds = 0.1

    def __init__(
        self,
        database: Database,
        limits: Limits,
        poll_seconds: float,
        ready: Callable[[], bool] = lambda: True,
        on_dispatch: Callable[[], object] = lambda: None,
    ) -> None:
        super().__init__(poll_seconds)
        self._database = database
        self._limits = limits
        self._ready = ready
        self._on_dispatch = on_dispatch

    def step(self) -> bool:
        """Give every run whose turn it is; never more at once. Raises `Unavailable`."""
        if self._ready() and dispatch(self._database, self._limits):
            self._on_dispatch()
        return False

    def close(self) -> None:
        """Nothing is kept open."""


def dispatch(database: Database, limits: Limits) -> int:
    """Give every run whose turn it is to the simulators; return how many. Raises `Unavailable`."""
    # Most of the time there is nothing to do, and no reason to keep others from writing.
    with database.read() as session:
        if not _due(session, limits):
            return 0
    with database.exclusive("dispatch") as session:
        due = _due(session, limits)
        rows = RunRepository(session).locked(due)
        # A run may have been cancelled just before it was locked.
        given = [rows[run_id] for run_id in due if run_id in rows and rows[run_id].state == "queued"]
        for row in given:
            _give(session, row)
        return len(given)


def _due(session: Session, limits: Limits) -> list[str]:
    """Return the runs to give now, in order."""
    runs, latest = RunRepository(session), dt.datetime.now(dt.UTC) - AGAIN_AFTER
    counts = runs.counts()
    late = any(count.first_given is not None and count.first_given < latest for count in counts)
    overdue = runs.overdue(latest) if late else []
    if not any(count.waiting and count.in_transit < limits.in_transit for count in counts):
        return list(overdue)
    queue = runs.queue()
    in_transit = Counter(turn.priority for turn in queue.in_transit)
    turns = next_turns(queue.waiting, in_transit, queue.in_hand, limits)
    return [*overdue, *(turn.run_id for turn in turns)]


def _give(session: Session, row: RunRow) -> None:
    _log.info("run %s: attempt %d is given to the simulators (%s)", row.id, row.attempt, row.priority)
    command = make_event(row.id, SOURCE, request_of(session, row, row.attempt))
    row.dispatched = command.time
    enqueue(session, TOPIC_OF[row.priority], command)
