"""Facts about a run that this service decides: noted in the row and for the bus in one transaction."""

from __future__ import annotations

from sqlalchemy.orm import Session

from zorgstroom.events.ports import COMMANDS, RUNS
from zorgstroom.events.schemas import Event, Payload, RunRequested, RunSettings, make_event
from zorgstroom_api import SOURCE
from zorgstroom_api.outbox import enqueue
from zorgstroom_api.runs.lifecycle import fold
from zorgstroom_api.store.models import RunRow, ScenarioRow


def request_attempt(session: Session, row: RunRow, attempt: int) -> None:
    """Ask for another attempt of a run."""
    scenario = session.get_one(ScenarioRow, row.scenario_id)
    payload = RunRequested(
        scenario=scenario.document,
        dataset_digest=row.dataset_digest,
        settings=RunSettings.model_validate(row.settings),
        attempt=attempt,
        owner=row.owner,
    )
    event = make_event(row.id, SOURCE, payload)
    fold(row, event, payload)
    send_request(session, event)


def record(session: Session, row: RunRow, payload: Payload) -> None:
    """Fold a fact into the row and have it published in the log of runs."""
    event = make_event(row.id, SOURCE, payload)
    fold(row, event, payload)
    enqueue(session, RUNS, event)


def send_request(session: Session, event: Event) -> None:
    """Have a request published in the log of runs, and given to a simulator.

    The fact goes before the command, so that in the log no simulator's answer stands before the request.
    """
    enqueue(session, RUNS, event)
    enqueue(session, COMMANDS, event)
