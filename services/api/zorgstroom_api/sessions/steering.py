"""Where a session stands and how that changes.

A round is open while its step is the one the room is at and nobody closed it; moving on closes it. What was answered
can be shown only of a round that is closed.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Session

from zorgstroom.errors import Conflict
from zorgstroom.workshop.documents import Phase, SessionPlan, Steering, Step
from zorgstroom_api.problems import invalid
from zorgstroom_api.sessions.repository import SessionRepository
from zorgstroom_api.store.models import SessionRow

#: Phases that can follow each other by hand; a rehearsal leaves nothing behind.
NEXT: dict[Phase, tuple[Phase, ...]] = {
    "prepare": ("rehearsal", "live"),
    "rehearsal": ("prepare", "live"),
    "live": ("ended",),
    "ended": ("live",),
}
#: Phases in which participants can do something.
GOING: tuple[Phase, ...] = ("rehearsal", "live")


class CannotGoThere(Conflict):
    """A session does not go from this phase to that one."""

    key = "session.cannot_go_there"


class StepWasAnswered(Conflict):
    """A step that people answered cannot become another question, or disappear."""

    key = "session.step_was_answered"


def is_going(row: SessionRow) -> bool:
    """Return whether participants can do something."""
    return row.phase in GOING and row.totals is None


def elapsed(row: SessionRow, now: dt.datetime) -> float:
    """Return the seconds that the step has taken, without pauses."""
    running = 0.0 if row.step_begun is None else (now - row.step_begun).total_seconds()
    # A clock may have been put back.
    return row.step_seconds + max(0.0, running)


def steer(session: Session, row: SessionRow, change: Steering, now: dt.datetime) -> None:
    """Change where a session stands. Raises `CannotGoThere`, `InvalidInput`."""
    plan = SessionPlan.model_validate(row.plan)
    sessions = SessionRepository(session)
    if change.phase is not None and change.phase != row.phase:
        _go(session, row, change.phase, now)
    if change.step is not None and change.step != row.step:
        if change.step >= len(plan.steps):
            raise invalid("body", "session.no_such_step", "/step", last=len(plan.steps) - 1)
        _move(sessions, row, plan, change.step, now)
    if change.paused is not None:
        _pause(row, change.paused, now)
    for name in ("joining_open", "beamer", "black"):
        value = getattr(change, name)
        if value is not None:
            setattr(row, name, value)
    for name, closed, revealed in (
        ("open", False, False),
        ("close", True, None),
        ("reveal", True, True),
        ("hide", None, False),
    ):
        step_id = getattr(change, name)
        if step_id is None:
            continue
        require_step(row, step_id, f"/{name}")
        step = sessions.step(row.code, step_id)
        step.closed = step.closed if closed is None else closed
        step.revealed = step.revealed if revealed is None else revealed


def clear(session: Session, row: SessionRow) -> None:
    """Take away what a rehearsal left behind, and go back to the beginning."""
    sessions = SessionRepository(session)
    sessions.forget_people(row.code)
    sessions.remove_notes(row.code)
    sessions.reopen(row.code)
    row.step, row.step_begun, row.step_seconds = 0, None, 0.0
    row.beamer, row.black, row.joining_open = "join", False, True


def close_all(session: Session, row: SessionRow) -> None:
    """Close every round."""
    sessions = SessionRepository(session)
    for step in SessionPlan.model_validate(row.plan).steps:
        if step.asks:
            sessions.step(row.code, step.id).closed = True
    session.flush()


def require_step(row: SessionRow, step_id: str, pointer: str) -> Step:
    """Return a step of the plan. Raises `InvalidInput`."""
    for step in SessionPlan.model_validate(row.plan).steps:
        if step.id == step_id:
            return step
    raise invalid("body", "session.unknown_step", pointer, step=step_id)


def require_answered_steps(before: SessionPlan, after: SessionPlan, answered: dict[str, int]) -> None:
    """Refuse a plan that asks something else in a step that was answered. Raises `StepWasAnswered`."""
    found = {step.id: step for step in after.steps}
    for step in before.steps:
        if step.id in answered and (
            step.id not in found or _asked(step, before) != _asked(found[step.id], after)
        ):
            raise StepWasAnswered(title=step.title)


def _asked(step: Step, plan: SessionPlan) -> object:
    """Return what an answer means something for."""
    of_plan: object = plan.levers if step.kind == "levers" else None
    if step.kind == "ranking" and not step.options:
        of_plan = plan.scenarios
    return step.kind, step.minimum, step.maximum, step.unit, step.options, of_plan


def _go(session: Session, row: SessionRow, phase: Phase, now: dt.datetime) -> None:
    if phase not in NEXT[row.phase] or row.totals is not None:
        raise CannotGoThere(phase=row.phase)
    if row.phase == "rehearsal":
        clear(session, row)
    if phase == "ended":
        close_all(session, row)
        _pause(row, True, now)
    elif phase in GOING:
        row.step_begun = now
    row.phase = phase


def _move(
    sessions: SessionRepository, row: SessionRow, plan: SessionPlan, position: int, now: dt.datetime
) -> None:
    left = plan.steps[row.step]
    if left.asks and is_going(row):
        sessions.step(row.code, left.id).closed = True
    row.step, row.step_seconds = position, 0.0
    row.step_begun = now if is_going(row) else None
    row.beamer = plan.steps[position].beamer


def _pause(row: SessionRow, paused: bool, now: dt.datetime) -> None:
    if paused:
        row.step_seconds, row.step_begun = elapsed(row, now), None
    elif row.step_begun is None and is_going(row):
        row.step_begun = now
