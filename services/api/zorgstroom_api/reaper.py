"""Runs whose simulator went silent are asked for again; after three attempts they have failed.

Silence is a sign of life that does not change while this process listens, on its own clock that only goes
forward: what time it is here or where the simulator runs does not matter. It must be the simulator's silence,
not ours: time in which nobody listened here does not count.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Callable

from sqlalchemy.orm import Session

from zorgstroom.events.schemas import RunCancelled, RunFailed
from zorgstroom_api.runs.lifecycle import ATTEMPTS_PER_ROUND, GIVEN_BACK, last_of_round
from zorgstroom_api.runs.recording import record, request_of
from zorgstroom_api.runs.repository import RunRepository
from zorgstroom_api.store.database import Database
from zorgstroom_api.store.models import RunRow

#: Of a longer time between two looks no more counts: this process may have stood still itself.
LONGEST_GAP_SECONDS = 5.0
#: The pause between looks while no simulator has anything in hand.
LOOK_SECONDS = 1.0
#: A sign of life: the attempt, and when its simulator said to be alive.
Sign = tuple[int, dt.datetime | None]
_log = logging.getLogger(__name__)


class Reaper:
    """Keeps what every running run said last, and since when. `clock` is in seconds and never goes back."""

    def __init__(
        self, database: Database, timeout_seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._database = database
        self._timeout_seconds = timeout_seconds
        self._clock = clock
        self._looked_at: float | None = None
        #: Seconds for which has been listened.
        self._listened = 0.0
        #: Of each running run its last sign of life, and how long had been listened when it was new.
        self._seen: dict[str, tuple[Sign, float]] = {}

    def look(self) -> int:
        """Deal with every run that has been silent for too long; return how many. Raises `Unavailable`.

        To be called again and again, when everything that simulators said is in the store.
        """
        now = self._clock()
        # A look costs a question to the database; ten in a timeout are precise enough, and while nothing is
        # watched a look a second finds soon enough what is new.
        pause = self._timeout_seconds / 10
        if self._looked_at is not None:
            gap = now - self._looked_at
            if gap < (pause if self._seen else min(pause, LOOK_SECONDS)):
                return 0
            self._listened += min(gap, LONGEST_GAP_SECONDS)
        self._looked_at = now
        with self._database.read() as session:
            runs = RunRepository(session)
            signs, retriable = runs.signs_of_life(), runs.to_be_retried()
        self._seen = {run_id: (sign, self._since(run_id, sign)) for run_id, sign in signs.items()}
        silent = {
            run_id: sign
            for run_id, (sign, since) in self._seen.items()
            if self._listened - since >= self._timeout_seconds
        }
        if not silent and not retriable:
            return 0
        with self._database.write() as session:
            runs = RunRepository(session)
            rows = runs.locked([*silent, *retriable])
            # Another process may have dealt with it, or it has spoken after all.
            chosen = [row for row in rows.values() if _lost(row, silent.get(row.id)) or _worth_another(row)]
            for row in chosen:
                _deal_with(session, row, cancelled=runs.cancellation_requested(row))
            return len(chosen)

    def forget(self) -> None:
        """Begin to listen anew: for a while nobody did."""
        self._seen = {}

    def _since(self, run_id: str, sign: Sign) -> float:
        known = self._seen.get(run_id)
        return known[1] if known is not None and known[0] == sign else self._listened


def _lost(row: RunRow, silent: Sign | None) -> bool:
    return row.state == "running" and row.computed is None and (row.attempt, row.heartbeat) == silent


def _worth_another(row: RunRow) -> bool:
    # The last attempt of a round has the last word, unless it was only given back.
    return (
        row.state == "failed"
        and row.retriable
        and (not last_of_round(row.attempt) or row.error_key == GIVEN_BACK)
    )


def _deal_with(session: Session, row: RunRow, *, cancelled: bool) -> None:
    _log.warning(
        "run %s: attempt %d %s", row.id, row.attempt, "fails" if row.state == "failed" else "is silent"
    )
    if cancelled:
        record(session, row, RunCancelled(attempt=row.attempt))
    elif last_of_round(row.attempt) and row.error_key != GIVEN_BACK:
        record(
            session,
            row,
            RunFailed(attempt=row.attempt, key="api.run_silent", params={"attempts": ATTEMPTS_PER_ROUND}),
        )
    else:
        record(session, row, request_of(session, row, row.attempt + 1))
