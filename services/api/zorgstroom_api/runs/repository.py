"""The SQL of runs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from zorgstroom.errors import NotFound
from zorgstroom_api.runs.lifecycle import ATTEMPTS_PER_ROUND
from zorgstroom_api.store.database import can_be_asked, insert_new
from zorgstroom_api.store.models import CancellationRow, ResultRow, RunRow, RunState, ScenarioRow


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

    def add(self, row: RunRow) -> bool:
        """Add a run unless it is there already; return whether it was new, also among several writers."""
        values = {name: getattr(row, name) for name in RunRow.__table__.columns.keys()}  # noqa: SIM118
        return insert_new(self._session, RunRow, [values]) == 1

    def page(
        self, state: RunState | None, after: tuple[dt.datetime, str] | None, limit: int
    ) -> Sequence[tuple[RunRow, str]]:
        """Return runs with the names of their scenarios, newest first."""
        query = (
            select(RunRow, ScenarioRow.name)
            .join(ScenarioRow, ScenarioRow.id == RunRow.scenario_id)
            .order_by(RunRow.created.desc(), RunRow.id.desc())
            .limit(limit)
        )
        if state is not None:
            query = query.where(RunRow.state == state)
        if after is not None:
            query = query.where(tuple_(RunRow.created, RunRow.id) < after)
        return [(row, name) for row, name in self._session.execute(query)]

    def name_of(self, row: RunRow) -> str:
        """Return the name of the run's scenario."""
        return self._session.scalars(select(ScenarioRow.name).where(ScenarioRow.id == row.scenario_id)).one()

    def position(self, row: RunRow) -> int | None:
        """Return the run's place in the queue (1: next), or None when it does not wait."""
        if row.state != "queued":
            return None
        earlier = (RunRow.created < row.created) | ((RunRow.created == row.created) & (RunRow.id < row.id))
        query = select(func.count()).select_from(RunRow).where(RunRow.state == "queued", earlier)
        return self._session.scalars(query).one() + 1

    def waiting(self) -> int:
        """Return how many runs wait in the queue."""
        return self._session.scalars(select(func.count()).where(RunRow.state == "queued")).one()

    def request_cancellation(self, row: RunRow, time: dt.datetime) -> bool:
        """Note that this attempt must stop; return whether nobody had asked before."""
        request = {"run_id": row.id, "attempt": row.attempt, "requested": time}
        return insert_new(self._session, CancellationRow, [request]) == 1

    def cancellation_requested(self, row: RunRow) -> bool:
        """Return whether somebody wants this attempt stopped."""
        return self._session.get(CancellationRow, (row.id, row.attempt)) is not None

    def results_known(self, run_id: str) -> bool:
        """Return whether the results of a run are published."""
        return self._session.get(ResultRow, run_id) is not None

    def silent(self, before: dt.datetime, *, for_update: bool = False) -> Sequence[RunRow]:
        """Return running runs whose last sign of life is older, and failed ones worth another attempt."""
        lost = (RunRow.state == "running") & (RunRow.heartbeat < before) & RunRow.computed.is_(None)
        # The last attempt of a round has the last word.
        failed = (RunRow.state == "failed") & RunRow.retriable & (RunRow.attempt % ATTEMPTS_PER_ROUND != 0)
        query = select(RunRow).where(lost | failed).order_by(RunRow.created, RunRow.id)
        return self._session.scalars(query.with_for_update() if for_update else query).all()
