"""How a run changes: each event is folded into its row.

    queued -> running -> completed
       |         |-----> failed     (asked for again while attempts are left)
       `---------'-----> cancelled

The API folds the events it makes itself at once and meets them again on the bus, where events of
simulators may stand in another order. So the outcome must not depend on that order: a later attempt
replaces an earlier one, a completed run stays completed whatever else is said, cancelled goes before
failed, and of two equal endings of one attempt the earlier counts. Replaying the bus into an empty database
therefore gives the same rows; times are those of the events.

A round of attempts is asked for by a person; rounds begin at attempt 1, 4, 7, ... so that the number
itself says how many are left.
"""

from __future__ import annotations

import datetime as dt

from zorgstroom.events.schemas import (
    Event,
    ReplicationCompleted,
    RunAccepted,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunProgressed,
    RunRequested,
)
from zorgstroom_api.store.models import RunRow, RunState

ATTEMPTS_PER_ROUND = 3
#: What a simulator says that was told to stop: its runs did nothing wrong, so that even the last attempt of a round is
#: followed by another.
GIVEN_BACK = "simulator.stopped"
#: States after which nothing is computed any more.
FINAL_STATES: frozenset[RunState] = frozenset({"completed", "failed", "cancelled"})


def last_of_round(attempt: int) -> bool:
    """Return whether no attempt is left after this one.

    >>> [attempt for attempt in range(1, 8) if last_of_round(attempt)]
    [3, 6]
    """
    return attempt % ATTEMPTS_PER_ROUND == 0


def next_round(attempt: int) -> int:
    """Return the first attempt of the next round.

    >>> [next_round(attempt) for attempt in (1, 2, 3, 4)]
    [4, 4, 4, 7]
    """
    return (attempt - 1) // ATTEMPTS_PER_ROUND * ATTEMPTS_PER_ROUND + ATTEMPTS_PER_ROUND + 1


def new_row(event: Event, payload: RunRequested, scenario_id: str) -> RunRow:
    """Return the row of a run that is asked for the first time, of a scenario that is kept."""
    row = RunRow(
        id=event.subject,
        scenario_id=scenario_id,
        dataset_digest=payload.dataset_digest,
        settings=payload.settings.model_dump(mode="json"),
        owner=payload.owner,
        priority=payload.priority,
        created=event.time,
        dispatched=None,
        total=payload.settings.replications,
        computed=None,
        wall_seconds=None,
    )
    _begin(row, payload.attempt)
    return row


def fold(row: RunRow, event: Event, payload: object) -> None:  # noqa: PLR0912 - one case per event
    """Change the row as the event says; an event seen before, or overtaken, changes nothing."""
    match payload:
        case RunRequested(attempt=attempt, owner=owner, priority=priority):
            if attempt > row.attempt:
                _begin(row, attempt)
                row.owner, row.priority = owner, priority
            elif attempt == row.attempt and priority == "interactive":
                row.priority = priority
        case RunAccepted(attempt=attempt, worker=worker):
            if _alive(row, attempt, event.time):
                row.worker, row.accepted = worker, event.time
        case RunProgressed(attempt=attempt, done=done, total=total):
            if _alive(row, attempt, event.time) and row.computed is None:
                row.done, row.total = max(row.done, done), total
        case ReplicationCompleted(attempt=attempt):
            _alive(row, attempt, event.time)
        case RunCompleted(replications=replications, wall_seconds=wall_seconds):
            if row.computed is None:
                row.computed, row.wall_seconds = event.time, wall_seconds
                row.done = row.total = replications
        case RunFailed(attempt=attempt, key=key, params=params, retriable=retriable):
            if _ends(row, attempt, "failed", event.time):
                row.error_key, row.error_params, row.retriable = key, params, retriable
        case RunCancelled(attempt=attempt):
            if _ends(row, attempt, "cancelled", event.time):
                row.error_key, row.error_params, row.retriable = None, None, False


def settle(row: RunRow, results_known: bool) -> None:
    """Complete the run once it is computed and its results are known; the two come in either order."""
    if row.computed is not None and results_known:
        row.state, row.dispatched = "completed", None
        _forget_ending(row)


def _begin(row: RunRow, attempt: int) -> None:
    """Start an attempt: nothing of the one before remains, except that it was computed after all."""
    row.attempt = attempt
    row.dispatched = row.accepted = row.heartbeat = None
    row.worker = ""
    _forget_ending(row)
    if row.state != "completed":
        row.state = "queued"
    if row.computed is None:
        row.done = 0


def _forget_ending(row: RunRow) -> None:
    row.ended = row.error_key = row.error_params = None
    row.retriable = False


def _alive(row: RunRow, attempt: int, time: dt.datetime) -> bool:
    """Note a sign of life of an attempt; return whether it is the attempt that counts."""
    if attempt < row.attempt:
        return False
    if attempt > row.attempt:
        _begin(row, attempt)
    # Not the latest by its clock, which may be set back: any other moment than before is news.
    row.heartbeat = time
    if row.state == "queued":
        row.state = "running"
    return True


def _ends(row: RunRow, attempt: int, state: RunState, time: dt.datetime) -> bool:
    """End the attempt unless something that goes before is known; return whether it did."""
    if attempt < row.attempt or row.state == "completed":
        return False
    if attempt > row.attempt:
        _begin(row, attempt)
    if row.state in FINAL_STATES and row.ended is not None:
        if row.state != state and row.state == "cancelled":
            return False
        if row.state == state and row.ended <= time:
            return False
    row.state, row.ended, row.dispatched = state, time, None
    return True


def cursor_of(row: RunRow, position: int | None) -> str:
    """Return the id of a moment in the progress stream: equal ids, nothing changed for the reader."""
    return f"{row.attempt}-{row.state}-{row.done}-{row.total}-{position or 0}"
