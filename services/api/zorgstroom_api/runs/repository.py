"""The SQL of runs."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, func, select, tuple_
from sqlalchemy.orm import Session

from zorgstroom.errors import NotFound
from zorgstroom_api.runs.lifecycle import ATTEMPTS_PER_ROUND, GIVEN_BACK
from zorgstroom_api.store.database import can_be_asked, insert_new
from zorgstroom_api.store.models import (
    ArtefactRow,
    CancellationRow,
    EarlyResultRow,
    HeadlineRow,
    RemovedRow,
    ResultRow,
    RunRow,
    RunState,
    ScenarioRow,
)
from zorgstroom_api.turns import Turn

_QUEUED = select(func.count()).select_from(RunRow).where(RunRow.state == "queued")


@dataclass(frozen=True)
class Queue:
    """The runs that no simulator has taken up: given to the simulators (in transit), and waiting here."""

    in_transit: Sequence[Turn]
    waiting: Sequence[Turn]
    #: Runs of each owner that are given to the simulators and have not ended.
    in_hand: Mapping[str, int]


@dataclass(frozen=True)
class QueueCount:
    """How many runs of one priority no simulator has taken up."""

    in_transit: int
    waiting: int
    #: When the first of those in transit was given.
    first_given: dt.datetime | None


@dataclass(frozen=True)
class Standing:
    """What is known of a run somebody asks for, and of what it would be made of."""

    readable: bool
    known: bool
    #: The last attempt of the run before it was removed; 0 when it never was.
    removed: int
    #: Runs of anybody that no simulator has taken up.
    queued: int


class RunRepository:
    """Runs inside one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def find(self, run_id: str, *, for_update: bool = False) -> RunRow | None:
        """Return the run or None; `for_update` keeps others from changing it until the transaction ends."""
        if not can_be_asked(run_id):
            return None
        return self._session.get(RunRow, run_id, with_for_update=for_update)

    def get(self, run_id: str, *, for_update: bool = False) -> RunRow:
        """Return the run. Raises `NotFound`."""
        row = self.find(run_id, for_update=for_update)
        if row is None:
            raise NotFound("api.run_not_found", id=run_id)
        return row

    def add(self, rows: Iterable[RunRow]) -> int:
        """Add those runs that are not there already; return how many were new, also among several writers."""
        names = RunRow.__table__.columns.keys()
        return insert_new(
            self._session, RunRow, [{name: getattr(row, name) for name in names} for row in rows]
        )

    def standing(self, run_id: str, scenario_id: str, of_scenarios: ColumnElement[bool] | None) -> Standing:
        """Return how things stand with a run, of a scenario that must meet a condition; one question in all."""
        scenario = select(ScenarioRow.id).where(ScenarioRow.id == scenario_id)
        if of_scenarios is not None:
            scenario = scenario.where(of_scenarios)
        removed = select(RemovedRow.attempt).where(RemovedRow.run_id == run_id)
        query = select(
            scenario.exists(),
            select(RunRow.id).where(RunRow.id == run_id).exists(),
            func.coalesce(removed.scalar_subquery(), 0),
            _QUEUED.scalar_subquery(),
        )
        return Standing(*self._session.connection().execute(query).one())

    def remove(self, run_id: str, attempt: int) -> None:
        """Take away everything that is known of a run up to this attempt, and note that it was removed."""
        self._session.flush()
        self.forget_results(run_id)
        self._session.execute(delete(HeadlineRow).where(HeadlineRow.run_id == run_id))
        for model in (EarlyResultRow, CancellationRow):
            self._session.execute(delete(model).where(model.run_id == run_id, model.attempt <= attempt))
        self._session.execute(delete(RunRow).where(RunRow.id == run_id, RunRow.attempt <= attempt))
        self._session.merge(RemovedRow(run_id=run_id, attempt=attempt))

    def forget_results(self, run_id: str) -> None:
        """Take away what is known of the results of a run."""
        for model in (ArtefactRow, ResultRow):
            self._session.execute(delete(model).where(model.run_id == run_id))

    def page(
        self,
        state: RunState | None,
        after: tuple[dt.datetime, str] | None,
        limit: int,
        of_scenarios: ColumnElement[bool] | None = None,
    ) -> Sequence[tuple[RunRow, str]]:
        """Return runs, of scenarios that meet a condition, with the names of these scenarios, newest first."""
        query = (
            select(RunRow, ScenarioRow.name)
            .join(ScenarioRow, ScenarioRow.id == RunRow.scenario_id)
            .order_by(RunRow.created.desc(), RunRow.id.desc())
            .limit(limit)
        )
        if state is not None:
            query = query.where(RunRow.state == state)
        if of_scenarios is not None:
            query = query.where(of_scenarios)
        if after is not None:
            query = query.where(tuple_(RunRow.created, RunRow.id) < after)
        return [(row, name) for row, name in self._session.execute(query)]

    def name_of(self, row: RunRow) -> str:
        """Return the name of the run's scenario."""
        return self._session.scalars(select(ScenarioRow.name).where(ScenarioRow.id == row.scenario_id)).one()

    def queue(self) -> Queue:
        """Return the runs that no simulator has taken up, and how many each owner has in hand."""
        columns = (RunRow.id, RunRow.owner, RunRow.priority, RunRow.created, RunRow.dispatched)
        in_transit: list[Turn] = []
        waiting: list[Turn] = []
        # A run that was computed after all only waits for its results.
        queued = select(*columns).where(RunRow.state == "queued", RunRow.computed.is_(None))
        for run_id, owner, priority, created, dispatched in self._session.execute(queued):
            turn = Turn(run_id, owner, priority, created)
            (waiting if dispatched is None else in_transit).append(turn)
        running = select(RunRow.owner, func.count()).where(RunRow.state == "running").group_by(RunRow.owner)
        in_hand = Counter(dict(self._session.execute(running).all()))
        in_hand.update(turn.owner for turn in in_transit)
        return Queue(in_transit, waiting, in_hand)

    def counts(self) -> list[QueueCount]:
        """Return per priority what is in the queue.

        Only counts: with a thousand in the queue it takes a fraction of reading them.
        """
        given = func.count(RunRow.dispatched)
        query = select(given, func.count() - given, func.min(RunRow.dispatched))
        queued = query.where(RunRow.state == "queued", RunRow.computed.is_(None)).group_by(RunRow.priority)
        return [QueueCount(*row) for row in self._session.execute(queued)]

    def overdue(self, before: dt.datetime) -> Sequence[str]:
        """Return the runs that were given to the simulators before this moment and not taken up since."""
        given = (RunRow.state == "queued") & RunRow.computed.is_(None) & (RunRow.dispatched < before)
        return self._session.scalars(
            select(RunRow.id).where(given).order_by(RunRow.dispatched, RunRow.id)
        ).all()

    def locked(self, run_ids: Iterable[str]) -> dict[str, RunRow]:
        """Return those of the runs that are there, by id; nobody else changes them until the transaction ends.

        Whoever locks several runs does so in this order, so that nobody waits for each other.
        """
        query = select(RunRow).where(RunRow.id.in_(sorted(set(run_ids)))).order_by(RunRow.id)
        rows = self._session.scalars(query.with_for_update().execution_options(populate_existing=True))
        return {row.id: row for row in rows}

    def queued(self) -> int:
        """Return how many runs no simulator has taken up."""
        return self._session.scalars(_QUEUED).one()

    def request_cancellation(self, row: RunRow, time: dt.datetime) -> bool:
        """Note that this attempt must stop; return whether nobody had asked before."""
        request = {"run_id": row.id, "attempt": row.attempt, "requested": time}
        return insert_new(self._session, CancellationRow, [request]) == 1

    def cancellation_requested(self, row: RunRow) -> bool:
        """Return whether somebody wants this attempt stopped."""
        return self._session.get(CancellationRow, (row.id, row.attempt)) is not None

    def cancellations_requested(self, run_ids: Iterable[str]) -> set[tuple[str, int]]:
        """Return the attempts of these runs (run, attempt) that somebody wants stopped."""
        query = select(CancellationRow.run_id, CancellationRow.attempt)
        found = self._session.execute(query.where(CancellationRow.run_id.in_(list(run_ids))))
        return {(run_id, attempt) for run_id, attempt in found}

    def results_known(self, run_id: str) -> bool:
        """Return whether the results of a run are published."""
        return self._session.get(ResultRow, run_id) is not None

    def signs_of_life(self) -> dict[str, tuple[int, dt.datetime | None]]:
        """Return the attempt and the last sign of life of every run that a simulator has in hand."""
        query = select(RunRow.id, RunRow.attempt, RunRow.heartbeat)
        found = self._session.execute(query.where(RunRow.state == "running", RunRow.computed.is_(None)))
        return {run_id: (attempt, heartbeat) for run_id, attempt, heartbeat in found}

    def to_be_retried(self) -> Sequence[str]:
        """Return the failed runs that another attempt may help: some are left in their round, or it was no fault."""
        retriable = (RunRow.state == "failed") & RunRow.retriable
        left = (RunRow.attempt % ATTEMPTS_PER_ROUND != 0) | (RunRow.error_key == GIVEN_BACK)
        query = select(RunRow.id).where(retriable & left)
        return self._session.scalars(query).all()
