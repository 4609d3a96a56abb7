"""What a batch of events means, folded in memory and written at once.

The same as one event after the other. Effects are on natural keys: an event read twice changes nothing, and
reading everything into an empty database, the topics in whatever order, gives the same rows:

- a result whose attempt is not known yet waits until it is; of several results that of the first attempt stays;
- a removal says up to which attempt it counts. What is said of those afterwards means nothing, and whoever asks
  for the run again goes on counting, so that old news is never taken for news of the new run.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from zorgstroom.domain.scenario import Scenario
from zorgstroom.events.ports import COMMANDS, LogEntry
from zorgstroom.events.schemas import (
    Event,
    Payload,
    ReplicationCompleted,
    ResultPublished,
    RunAccepted,
    RunCancellationRequested,
    RunRemoved,
    RunRequested,
    make_event,
)
from zorgstroom_api import SOURCE
from zorgstroom_api.outbox import enqueue
from zorgstroom_api.runs.lifecycle import fold, new_row, settle
from zorgstroom_api.runs.repository import RunRepository
from zorgstroom_api.scenarios.repository import ScenarioRepository
from zorgstroom_api.store.database import insert_missing, insert_new
from zorgstroom_api.store.models import (
    ArtefactRow,
    CursorRow,
    EarlyResultRow,
    HeadlineRow,
    RemovedRow,
    ResultRow,
    RunRow,
)


def apply_batch(session: Session, topic: str, after: str | None, entries: Sequence[LogEntry]) -> bool:
    """Write the effects of entries read after a cursor, and the new cursor; return False if another did."""
    row = take_cursor(session, topic, after)
    if row is None:
        return False
    apply_events(session, [entry.event for entry in entries])
    row.cursor = entries[-1].cursor
    return True


def take_cursor(session: Session, topic: str, after: str | None) -> CursorRow | None:
    """Return how far a topic has been read, locked, if that is still where the reader was; else None."""
    if after is None:
        insert_new(session, CursorRow, [{"topic": topic, "cursor": ""}])
    row = session.get_one(CursorRow, topic, with_for_update=True)
    return row if row.cursor == (after or "") else None


def apply_events(session: Session, events: Sequence[Event]) -> None:
    """Write the effects of events; of those about a run that was never asked for here, nothing."""
    said = [(event, event.payload()) for event in events]
    batch = _Batch(session, {event.subject for event in events})
    batch.make_room(said)
    for event, payload in said:
        batch.apply(event, payload)
    batch.write()


class _Batch:
    """The rows of all runs that a batch is about."""

    def __init__(self, session: Session, run_ids: set[str]) -> None:
        self._session = session
        self._runs = RunRepository(session)
        self._rows = self._runs.locked(run_ids)
        self._removed = self._attempts(RemovedRow, run_ids)
        self._results = self._attempts(ResultRow, run_ids)
        self._early = set(
            session.scalars(select(EarlyResultRow.run_id).where(EarlyResultRow.run_id.in_(run_ids)))
        )
        #: Rows of runs that this batch asks for first; they count from that event on.
        self._new: dict[str, RunRow] = {}
        self._headlines: list[dict[str, Any]] = []
        #: Ids of the scenarios that are kept already, by document and owner.
        self._scenarios: dict[tuple[str, str], str] = {}

    def make_room(self, said: Iterable[tuple[Event, Payload]]) -> None:
        """Insert the runs that are asked for here for the first time, all at once."""
        rows: dict[str, RunRow] = {}
        for event, payload in said:
            if (
                isinstance(payload, RunRequested)
                and event.subject not in self._rows
                and event.subject not in rows
                and (row := self._first_row(event, payload)) is not None
            ):
                rows[event.subject] = row
        self._runs.add(rows.values())
        self._new = self._runs.locked(rows)

    def apply(self, event: Event, payload: Payload) -> None:
        """Fold one event."""
        run_id = event.subject
        attempt = getattr(payload, "attempt", None)
        if isinstance(payload, RunRemoved):
            self._remove(run_id, payload.attempt)
            return
        if attempt is not None and attempt <= self._removed.get(run_id, 0):
            return
        if isinstance(payload, ResultPublished):
            self._publish(event, payload)
            return
        row = self._rows.get(run_id)
        if row is None:
            if isinstance(payload, RunRequested):
                self._begin(event, payload)
            return
        if isinstance(payload, ReplicationCompleted):
            self._headlines += _headline(run_id, payload)
        fold(row, event, payload)
        # Also when the attempt was known already: this service may have begun it again itself, after its tables
        # were put back to an earlier moment.
        self._take_early(row)
        settle(row, run_id in self._results)
        if isinstance(payload, RunAccepted) and row.state == "cancelled" and row.attempt == payload.attempt:
            self._stop_again(row)

    def write(self) -> None:
        """Write what is not written yet."""
        self._session.flush()
        insert_missing(self._session, HeadlineRow, self._headlines)
        self._headlines = []

    def _attempts(self, model: type[RemovedRow | ResultRow], run_ids: set[str]) -> dict[str, int]:
        query = select(model.run_id, model.attempt).where(model.run_id.in_(run_ids))
        return dict(self._session.execute(query).all())

    def _first_row(self, event: Event, payload: RunRequested) -> RunRow | None:
        """Return the row of a run, its scenario kept; None when there may not be one. Raises ValidationError."""
        if payload.attempt <= self._removed.get(event.subject, 0):
            return None
        # One that this version cannot read fails here, and goes to the dead letters with what is wrong.
        scenario = Scenario.model_validate(payload.scenario)
        return new_row(event, payload, self._scenario_id(scenario, event, payload))

    def _scenario_id(self, scenario: Scenario, event: Event, payload: RunRequested) -> str:
        """Keep a scenario; many runs of a batch may be of the same one."""
        key = (json.dumps(payload.scenario, sort_keys=True), payload.owner)
        if key not in self._scenarios:
            row = ScenarioRepository(self._session).add(
                scenario,
                event.time,
                owner=payload.owner,
                # The bus does not say who may read it: what may have been private must not become readable.
                visibility="private" if payload.owner else "shared",
            )
            self._scenarios[key] = row.id
        return self._scenarios[key]

    def _begin(self, event: Event, payload: RunRequested) -> None:
        row = self._new.pop(event.subject, None)
        if row is None:
            # Asked for again after it was removed in this very batch.
            first = self._first_row(event, payload)
            if first is None:
                return
            self._runs.add([first])
            row = self._runs.locked([event.subject])[event.subject]
        self._rows[event.subject] = row
        # Another process may have been faster, and further.
        fold(row, event, payload)
        self._take_early(row)
        settle(row, row.id in self._results)

    def _publish(self, event: Event, payload: ResultPublished) -> None:
        row = self._rows.get(event.subject)
        if row is not None and payload.attempt <= row.attempt:
            self._keep(row.id, event.time, payload)
            settle(row, True)
            return
        early = {
            "run_id": event.subject,
            "attempt": payload.attempt,
            "published": event.time,
            "payload": payload.model_dump(mode="json"),
        }
        insert_new(self._session, EarlyResultRow, [early])
        self._early.add(event.subject)

    def _stop_again(self, row: RunRow) -> None:
        """Tell a simulator that took up a cancelled run to stop: it may have begun after that was told."""
        stop = RunCancellationRequested(attempt=row.attempt)
        enqueue(self._session, COMMANDS, make_event(row.id, SOURCE, stop))

    def _take_early(self, row: RunRow) -> None:
        """Keep the results that waited for this attempt."""
        if row.id not in self._early:
            return
        theirs = (EarlyResultRow.run_id == row.id) & (EarlyResultRow.attempt <= row.attempt)
        query = select(EarlyResultRow.published, EarlyResultRow.payload).where(theirs)
        for published, payload in self._session.execute(query.order_by(EarlyResultRow.attempt)).all():
            self._keep(row.id, published, ResultPublished.model_validate(payload))
        self._session.execute(delete(EarlyResultRow).where(theirs))

    def _keep(self, run_id: str, published: dt.datetime, payload: ResultPublished) -> None:
        """Note where the tables are; the result of the first attempt stays, whoever computes it again."""
        if self._results.get(run_id, payload.attempt + 1) <= payload.attempt:
            return
        if run_id in self._results:
            self._runs.forget_results(run_id)
        result = {
            "run_id": run_id,
            "attempt": payload.attempt,
            "published": published,
            "manifest": payload.manifest,
        }
        insert_new(self._session, ResultRow, [result])
        artefacts = [{"run_id": run_id, **artefact.model_dump()} for artefact in payload.artefacts]
        insert_new(self._session, ArtefactRow, artefacts)
        self._results[run_id] = payload.attempt

    def _remove(self, run_id: str, attempt: int) -> None:
        if attempt <= self._removed.get(run_id, 0):
            return
        # What was folded already must be there to be taken away, and not come afterwards.
        self.write()
        for rows in (self._rows, self._new):
            if run_id in rows and rows[run_id].attempt <= attempt:
                del rows[run_id]
        self._removed[run_id] = attempt
        self._results.pop(run_id, None)
        self._runs.remove(run_id, attempt)


def _headline(run_id: str, payload: ReplicationCompleted) -> list[dict[str, Any]]:
    return [
        {
            "run_id": run_id,
            "replication": payload.replication,
            "scenario": item.scenario,
            "indicator": item.indicator,
            "total": item.total,
            "count": item.count,
        }
        for item in payload.indicators
    ]
