"""Events from the bus into the store.

Effects are written in the same transaction as the cursor, on natural keys: an event read twice changes
nothing, and replaying everything into an empty database gives the same rows.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Sequence

from sqlalchemy.orm import Session

from zorgstroom.domain.scenario import Scenario
from zorgstroom.events.ports import RESULTS, RUNS, EventLog, LogEntry
from zorgstroom.events.schemas import Event, ReplicationCompleted, ResultPublished, RunRequested
from zorgstroom_api.background import Worker
from zorgstroom_api.runs.lifecycle import fold, new_row, settle
from zorgstroom_api.runs.repository import RunRepository
from zorgstroom_api.scenarios.repository import ScenarioRepository
from zorgstroom_api.store.database import Database, insert_new
from zorgstroom_api.store.models import ArtefactRow, CursorRow, HeadlineRow, ResultRow

BATCH = 200
_log = logging.getLogger(__name__)


class Projector(Worker):
    """Reads the topics of facts, one after the other, and writes what they mean.

    `on_change` is called after each batch is written, `on_caught_up` after each step that read all there was,
    `on_interruption` when nobody listened for a while.
    """

    name = "projector"

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
        #: Events applied since this projector was made.
        self.applied = 0
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
        # Runs first: it takes a run being known before its results can complete it.
        entries = self._project(self._event_log, RUNS, self._poll_seconds)
        # What completes a run is on the bus before it is said that the run is complete: that need not wait.
        entries += self._project(self._event_log, RESULTS, 0.0 if entries else min(self._poll_seconds, 0.1))
        if not entries:
            self.caught_up = True
        if self.caught_up and not self._more_after:
            self._on_caught_up()
        # Reading itself waits for what comes, so there is never a reason to pause.
        return True

    def close(self) -> None:
        """Leave the bus."""
        if self._event_log is not None:
            self._event_log.close()
        self._event_log = None
        self._on_interruption()

    def _project(self, event_log: EventLog, topic: str, timeout_seconds: float) -> int:
        with self._database.read() as session:
            row = session.get(CursorRow, topic)
            after = None if row is None else row.cursor
        entries = event_log.read(topic, after, BATCH, timeout_seconds)
        if entries:
            with self._database.write() as session:
                apply_batch(session, topic, after, entries)
            self.applied += len(entries)
            self._on_change()
        if len(entries) == BATCH:
            self._more_after[topic] = entries[-1].event.time
        else:
            self._more_after.pop(topic, None)
        return len(entries)


def apply_batch(session: Session, topic: str, after: str | None, entries: Sequence[LogEntry]) -> None:
    """Write the effects of entries read after a cursor, and the new cursor; nothing if another did."""
    if after is None:
        insert_new(session, CursorRow, [{"topic": topic, "cursor": ""}])
    row = session.get_one(CursorRow, topic, with_for_update=True)
    if row.cursor != (after or ""):
        return
    for entry in entries:
        apply_event(session, entry.event)
    row.cursor = entries[-1].cursor


def apply_event(session: Session, event: Event) -> None:
    """Write the effect of one event; of an event about a run that was never asked for here, nothing."""
    payload = event.payload()
    runs = RunRepository(session)
    row = runs.find(event.subject, for_update=True)
    if isinstance(payload, RunRequested):
        if row is None:
            try:
                ScenarioRepository(session).add(Scenario.model_validate(payload.scenario), event.time)
            except ValueError as error:
                _log.error("run %s has no scenario that this version can read: %s", event.subject, error)
                return
            runs.add(new_row(event, payload))
            return
    elif isinstance(payload, ReplicationCompleted):
        _add_headline(session, event.subject, payload)
    elif isinstance(payload, ResultPublished):
        _add_results(session, event, payload)
    if row is not None:
        fold(row, event, payload)
        settle(row, runs.results_known(row.id))


def _add_headline(session: Session, run_id: str, payload: ReplicationCompleted) -> None:
    insert_new(
        session,
        HeadlineRow,
        [
            {
                "run_id": run_id,
                "replication": payload.replication,
                "scenario": item.scenario,
                "indicator": item.indicator,
                "total": item.total,
                "count": item.count,
            }
            for item in payload.indicators
        ],
    )


def _add_results(session: Session, event: Event, payload: ResultPublished) -> None:
    """Note where the tables are; the first result of a run stays, whoever computes it again."""
    result = {
        "run_id": event.subject,
        "attempt": payload.attempt,
        "published": event.time,
        "manifest": payload.manifest,
    }
    if insert_new(session, ResultRow, [result]):
        insert_new(
            session,
            ArtefactRow,
            [{"run_id": event.subject, **artefact.model_dump()} for artefact in payload.artefacts],
        )
