"""Runs whose simulator went silent are asked for again; after three attempts they have failed.

Only to be called when this service has been reading the bus for as long as that silence: it must be the
simulator's, not ours.
"""

from __future__ import annotations

import datetime as dt
import logging

from sqlalchemy.orm import Session

from zorgstroom.events.schemas import RunCancelled, RunFailed
from zorgstroom_api.runs.lifecycle import ATTEMPTS_PER_ROUND, last_of_round
from zorgstroom_api.runs.recording import record, request_attempt
from zorgstroom_api.runs.repository import RunRepository
from zorgstroom_api.store.database import Database
from zorgstroom_api.store.models import RunRow

_log = logging.getLogger(__name__)


def reap(database: Database, heartbeat_timeout_seconds: float) -> int:
    """Deal with every run that has been silent for too long; return how many. Raises `Unavailable`."""
    before = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=heartbeat_timeout_seconds)
    with database.read() as session:
        if not RunRepository(session).silent(before):
            return 0
    with database.write() as session:
        runs = RunRepository(session)
        return sum(
            _deal_with(session, row, cancelled=runs.cancellation_requested(row))
            for row in runs.silent(before, for_update=True)
        )


def _deal_with(session: Session, row: RunRow, *, cancelled: bool) -> bool:
    if row.state == "failed" and cancelled:
        return False
    _log.warning(
        "run %s: attempt %d %s", row.id, row.attempt, "fails" if row.state == "failed" else "is silent"
    )
    if cancelled:
        record(session, row, RunCancelled(attempt=row.attempt))
    elif last_of_round(row.attempt):
        record(
            session,
            row,
            RunFailed(attempt=row.attempt, key="api.run_silent", params={"attempts": ATTEMPTS_PER_ROUND}),
        )
    else:
        request_attempt(session, row, row.attempt + 1)
    return True
