"""Facts about a run that this service decides: noted in the row and for the bus in one transaction.

A run that is asked for is only a fact: `zorgstroom_api.dispatcher` gives it to the simulators in its turn.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from zorgstroom.events.ports import RUNS
from zorgstroom.events.schemas import Payload, Priority, RunRemoved, RunRequested, RunSettings, make_event
from zorgstroom_api import SOURCE
from zorgstroom_api.outbox import enqueue
from zorgstroom_api.runs.lifecycle import fold
from zorgstroom_api.runs.repository import RunRepository
from zorgstroom_api.store.models import RunRow, ScenarioRow


def request_of(
    session: Session, row: RunRow, attempt: int, owner: str | None = None, priority: Priority | None = None
) -> RunRequested:
    """Return the request of an attempt, with all a simulator needs; without owner or priority: those of the run."""
    scenario = session.get_one(ScenarioRow, row.scenario_id)
    return RunRequested(
        scenario=scenario.document,
        dataset_digest=row.dataset_digest,
        settings=RunSettings.model_validate(row.settings),
        attempt=attempt,
        owner=row.owner if owner is None else owner,
        priority=priority or row.priority,
    )


def record(session: Session, row: RunRow, payload: Payload) -> None:
    """Fold a fact into the row and have it published in the log of runs."""
    event = make_event(row.id, SOURCE, payload)
    fold(row, event, payload)
    enqueue(session, RUNS, event)


def remove(session: Session, row: RunRow, reason: str) -> None:
    """Remove a run and everything computed of it, here and for whoever reads the log of runs.

    The files of its results are left: others may name them too.
    """
    payload = RunRemoved(attempt=row.attempt, reason=reason)
    enqueue(session, RUNS, make_event(row.id, SOURCE, payload))
    RunRepository(session).remove(row.id, row.attempt)
