"""Asking for runs, following them, stopping them."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from zorgstroom import MODEL_VERSION
from zorgstroom.dataset.model import Dataset
from zorgstroom.errors import NotFound, ZorgstroomError
from zorgstroom.events.ports import COMMANDS, RUNS
from zorgstroom.events.schemas import (
    RunCancellationRequested,
    RunCancelled,
    RunRequested,
    RunSettings,
    make_event,
)
from zorgstroom.text import Language, translate
from zorgstroom_api import SOURCE
from zorgstroom_api.changes import Changes
from zorgstroom_api.identity import Caller, MayNotWrite, listed, readable
from zorgstroom_api.outbox import enqueue
from zorgstroom_api.pagination import Page, decode_moment_cursor, encode_moment_cursor
from zorgstroom_api.runs.judging import Judge, Judged
from zorgstroom_api.runs.lifecycle import FINAL_STATES, cursor_of, new_row, next_round
from zorgstroom_api.runs.places import Places
from zorgstroom_api.runs.recording import record, request_of
from zorgstroom_api.runs.repository import RunRepository
from zorgstroom_api.runs.schemas import RunInfo, RunQuery, RunRequest
from zorgstroom_api.scenarios.repository import ScenarioRepository
from zorgstroom_api.store.database import Database, insert
from zorgstroom_api.store.models import AuditRow, RunRow
from zorgstroom_api.turns import Turn

#: Settings that the first release did not have.
_LATER = ("journeys", "waterfall", "stress", "draws")


class QueueFull(ZorgstroomError):
    """So many runs wait that another one only makes everybody wait."""

    key = "api.queue_full"
    http_status = 429
    retriable = True


def run_id_of(scenario_id: str, dataset: Dataset, settings: RunSettings) -> str:
    """Return the id of a run: the hash of everything that decides its numbers."""
    # What was added later is left out when it is not asked for: ids are links that people keep.
    later = {name for name in _LATER if getattr(settings, name) == RunSettings.model_fields[name].default}
    said = settings.model_dump(mode="json", exclude=later)
    decides = [scenario_id, dataset.digest, said, MODEL_VERSION]
    return hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()[:32]


class RunService:
    """What can be done with runs. `wake` has the background threads do at once what there is to do."""

    def __init__(
        self,
        database: Database,
        load_dataset: Callable[[], Dataset],
        max_queued_runs: int,
        changes: Changes,
        wake: Callable[[], object],
    ) -> None:
        self._database = database
        self._load_dataset = load_dataset
        self._max_queued_runs = max_queued_runs
        self._changes = changes
        self._wake = wake
        self._places = Places(database, changes)
        self._judge = Judge(load_dataset)

    def submit(self, request: RunRequest, language: Language, who: Caller) -> RunInfo:
        """Ask for a run and return it; a run that is there already is returned as it is.

        A cancelled or failed run is asked for again; a batch that waits hurries when it is asked for by somebody
        who waits. Raises `InvalidInput`, `NotFound`, `QueueFull`.
        """
        dataset = self._load_dataset()
        judged = self._judged(request, who)
        # The region in effect is spelled out, so that saying it twice is still the same run.
        settings = RunSettings.model_validate(
            request.settings.model_dump() | {"region": None if judged.region is None else str(judged.region)}
        )
        run_id, now = run_id_of(judged.scenario_id, dataset, settings), dt.datetime.now(dt.UTC)
        with self._database.write() as session:
            runs = RunRepository(session)
            if request.scenario is not None:
                # Also when the run is there: who hands in a document may read it.
                ScenarioRepository(session).add(judged.scenario, now, owner=who.name)
            standing = runs.standing(run_id, judged.scenario_id, readable(who))
            if not standing.readable:
                raise NotFound("api.scenario_not_found", id=judged.scenario_id)
            full, row = standing.queued >= self._max_queued_runs, None
            if not standing.known:
                if full:
                    raise QueueFull(count=self._max_queued_runs)
                # Asked for again after it was removed, it goes on counting.
                payload = RunRequested(
                    scenario=judged.document,
                    dataset_digest=dataset.digest,
                    settings=settings,
                    attempt=next_round(standing.removed) if standing.removed else 1,
                    owner=who.name,
                    priority=request.priority,
                )
                event = make_event(run_id, SOURCE, payload)
                new = new_row(event, payload, judged.scenario_id)
                if runs.add([new]):
                    enqueue(session, RUNS, event)
                    row = new
            cached = row is None
            if row is None:
                row = runs.get(run_id, for_update=True)
                if row.state in ("cancelled", "failed"):
                    if full:
                        raise QueueFull(count=self._max_queued_runs)
                    cached, again = False, next_round(row.attempt)
                    record(session, row, request_of(session, row, again, who.name, request.priority))
                elif _waits(row) and request.priority == "interactive" != row.priority:
                    record(session, row, request_of(session, row, row.attempt, priority="interactive"))
            if not cached:
                _note(session, now, "request-run", row, who)
            # Nobody can have asked yet to stop an attempt that begins here.
            stopping = cached and runs.cancellation_requested(row)
            info = _describe(row, judged.scenario.name, stopping, language)
        self._wake()
        if row.state == "queued":
            place = self._places.join(Turn(row.id, row.owner, row.priority, row.created))
            info = info.model_copy(update={"position": place})
        return info.model_copy(update={"cached": cached})

    def page(self, query: RunQuery, language: Language, who: Caller) -> Page[RunInfo]:
        """Return the runs that the caller finds in lists, newest first.

        Raises `InvalidInput` for a cursor of something else.
        """
        after = None if query.cursor is None else decode_moment_cursor(query.cursor)
        with self._database.read() as session:
            runs = RunRepository(session)
            rows = runs.page(query.state, after, query.limit + 1, listed(who))
            stopping = runs.cancellations_requested(row.id for row, _name in rows)
        items = [
            _describe(
                row, name, (row.id, row.attempt) in stopping, language, position=self._places.of(row.id)
            )
            for row, name in rows[: query.limit]
        ]
        more = len(rows) > query.limit
        return Page(
            items=items,
            next_cursor=encode_moment_cursor(items[-1].created, items[-1].id) if more else None,
        )

    def get(self, run_id: str, language: Language) -> RunInfo:
        """Return where a run stands. Raises `NotFound`."""
        return self.moment(run_id, language)[1]

    def moment(self, run_id: str, language: Language) -> tuple[str, RunInfo]:
        """Return where a run stands with the id of this moment in its progress stream. Raises `NotFound`."""
        with self._database.read() as session:
            runs = RunRepository(session)
            row = runs.get(run_id)
            name, stopping = runs.name_of(row), runs.cancellation_requested(row)
        position = self._places.of(run_id) if row.state == "queued" else None
        return cursor_of(row, position), _describe(row, name, stopping, language, position=position)

    def cancel(self, run_id: str, language: Language, who: Caller) -> RunInfo:
        """Have a run stopped; one that has ended stays as it is. Raises `NotFound`, `MayNotWrite`.

        A run that no simulator has taken up is cancelled at once; one that has it stops within seconds.
        """
        now = dt.datetime.now(dt.UTC)
        with self._database.write() as session:
            runs = RunRepository(session)
            row = runs.get(run_id, for_update=True)
            if not who.sees_all and row.owner != who.name:
                raise MayNotWrite("api.run_of_another")
            if row.state not in FINAL_STATES and runs.request_cancellation(row, now):
                if not _waits(row):
                    stop = RunCancellationRequested(attempt=row.attempt)
                    enqueue(session, COMMANDS, make_event(run_id, SOURCE, stop))
                if row.state == "queued":
                    record(session, row, RunCancelled(attempt=row.attempt))
                _note(session, now, "cancel-run", row, who)
            info = _describe(row, runs.name_of(row), runs.cancellation_requested(row), language)
        self._changes.note()
        self._wake()
        return info

    def _judged(self, request: RunRequest, who: Caller) -> Judged:
        """Return what is asked for, once it is sure that it can be run. Raises `InvalidInput`, `NotFound`."""
        region = request.settings.region
        if request.scenario is not None:
            return self._judge.document(request.scenario, region)
        scenario_id = request.scenario_id
        assert scenario_id is not None

        def read() -> dict[str, Any]:
            with self._database.read() as session:
                return ScenarioRepository(session).get(scenario_id, who).document

        return self._judge.kept(scenario_id, region, read)


def _describe(
    row: RunRow, name: str, stopping: bool, language: Language, *, position: int | None = None
) -> RunInfo:
    return RunInfo(
        id=row.id,
        scenario_id=row.scenario_id,
        name=name,
        state=row.state,
        done=row.done,
        total=row.total,
        position=position,
        priority=row.priority,
        attempt=row.attempt,
        cancellation_requested=stopping,
        settings=RunSettings.model_validate(row.settings),
        dataset_digest=row.dataset_digest,
        created=row.created,
        started=row.accepted,
        ended=row.computed if row.state == "completed" else row.ended,
        wall_seconds=row.wall_seconds,
        error=None
        if row.error_key is None
        else translate(row.error_key, language, **(row.error_params or {})),
        error_code=row.error_key,
    )


def _waits(row: RunRow) -> bool:
    """Return whether the run waits for its turn: no simulator knows of it."""
    return row.state == "queued" and row.dispatched is None


def _note(session: Session, time: dt.datetime, action: str, row: RunRow, who: Caller) -> None:
    details = {"attempt": row.attempt}
    insert(session, AuditRow, time=time, actor=who.name, action=action, subject=row.id, details=details)
