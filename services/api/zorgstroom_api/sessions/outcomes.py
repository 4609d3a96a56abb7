"""Where a session stands and what came out of it, as documents: no answers, and nothing of a round that is open."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from zorgstroom.workshop.documents import (
    Calculated,
    Feedback,
    GroupResult,
    Hands,
    Note,
    Outcome,
    SessionInfo,
    SessionPlan,
    SessionState,
    StepResults,
)
from zorgstroom.workshop.results import step_results, who_took_part
from zorgstroom_api.sessions.repository import SessionRepository
from zorgstroom_api.sessions.steering import elapsed, is_going
from zorgstroom_api.store.models import (
    CalculationKind,
    ScenarioRow,
    SessionNoteRow,
    SessionRow,
    SessionStepRow,
)


def info(session: Session, row: SessionRow) -> SessionInfo:
    """Return a session as a list shows it."""
    plan = SessionPlan.model_validate(row.plan)
    return SessionInfo(
        code=row.code,
        name=plan.name,
        date=plan.date,
        phase=row.phase,
        participants=participants(session, row),
    )


def participants(session: Session, row: SessionRow) -> int:
    """Return how many joined, also when it is no longer known who answered what."""
    if row.totals is not None:
        return int(row.totals["participants"])
    return SessionRepository(session).participants(row.code).total()


def state(session: Session, row: SessionRow, now: dt.datetime) -> SessionState:
    """Return where a session stands, for its facilitator."""
    sessions = SessionRepository(session)
    session.flush()
    steps, plan = sessions.steps(row.code), SessionPlan.model_validate(row.plan)
    results = _kept_results(row)
    last_day = (row.answers_until - dt.timedelta(seconds=1)).date()
    return SessionState(
        **info(session, row).model_dump(),
        plan=plan,
        combinations=calculated(session, row, "combination"),
        step=row.step,
        elapsed=elapsed(row, now),
        paused=is_going(row) and row.step_begun is None,
        joining_open=row.joining_open,
        beamer=row.beamer,
        black=row.black,
        revealed=[step.id for step in plan.steps if step.id in steps and steps[step.id].revealed],
        closed=[step.id for step in plan.steps if step.id in steps and steps[step.id].closed],
        answers=sessions.answered(row.code)
        if row.totals is None
        else {item.step: item.answers for item in results},
        notes=[note(item) for item in sessions.notes(row.code)],
        hands=_hands(plan, steps),
        feedback=_feedback(plan, steps),
        answers_kept_until=None if row.totals is not None else last_day,
    )


def outcome(session: Session, row: SessionRow) -> Outcome:
    """Return what came out of the rounds that are closed."""
    sessions, plan = SessionRepository(session), SessionPlan.model_validate(row.plan)
    steps = sessions.steps(row.code)
    found = row.totals if row.totals is not None else totals(session, row)
    return Outcome(
        code=row.code,
        plan=plan,
        participants=found["participants"],
        roles=[GroupResult.model_validate(group) for group in found["roles"]],
        results=[StepResults.model_validate(item) for item in found["results"]],
        notes=[note(item) for item in sessions.notes(row.code)],
        hands=_hands(plan, steps),
        feedback=_feedback(plan, steps),
        combinations=calculated(session, row, "combination"),
        names=names(session, plan),
        rehearsal=row.phase == "rehearsal",
        answers_deleted=row.totals is not None,
    )


def totals(session: Session, row: SessionRow) -> dict[str, Any]:
    """Return what is left when the answers are gone: how many took part, and the results of closed rounds."""
    sessions, plan = SessionRepository(session), SessionPlan.model_validate(row.plan)
    steps, joined = sessions.steps(row.code), sessions.participants(row.code)
    results = [
        step_results(step, plan, sessions.answers(row.code, step.id))
        for step in plan.steps
        if step.asks and step.id in steps and steps[step.id].closed
    ]
    return {
        "participants": joined.total(),
        "roles": [group.model_dump(mode="json") for group in who_took_part(joined)],
        "results": [item.model_dump(mode="json") for item in results],
    }


def results_of(session: Session, row: SessionRow, step_id: str) -> StepResults | None:
    """Return what came out of one step; None while its round is open."""
    plan = SessionPlan.model_validate(row.plan)
    if row.totals is not None:
        return next((item for item in _kept_results(row) if item.step == step_id), None)
    sessions = SessionRepository(session)
    happened = sessions.steps(row.code).get(step_id)
    if happened is None or not happened.closed:
        return None
    return step_results(plan.step(step_id), plan, sessions.answers(row.code, step_id))


def calculated(session: Session, row: SessionRow, kind: CalculationKind) -> dict[str, Calculated]:
    """Return what is looked up, by the position of the levers or by the id of a scenario."""
    return {
        item.key: Calculated(
            scenario_id=item.scenario_id,
            run_id=item.run_id,
            problem=in_language(item.problem, SessionPlan.model_validate(row.plan).language),
        )
        for item in SessionRepository(session).calculations(row.code)
        if item.kind == kind
    }


def in_language(problem: Mapping[str, Any] | None, language: str) -> str:
    """Return why something cannot be carried out; empty when it can."""
    return "" if problem is None else str(problem.get(language, ""))


def names(session: Session, plan: SessionPlan) -> dict[str, str]:
    """Return the names of the scenarios of a plan, by their id."""
    query = select(ScenarioRow.id, ScenarioRow.name).where(ScenarioRow.id.in_(plan.scenarios))
    return dict(session.execute(query).all())


def note(row: SessionNoteRow) -> Note:
    """Return a note as a document."""
    return Note(
        id=row.id, at=row.at, kind=row.kind, text=row.text, responsible=row.responsible, step=row.step
    )


def _kept_results(row: SessionRow) -> list[StepResults]:
    found = [] if row.totals is None else row.totals["results"]
    return [StepResults.model_validate(item) for item in found]


def _hands(plan: SessionPlan, steps: Mapping[str, SessionStepRow]) -> list[Hands]:
    return [
        Hands(step=step.id, counts=found.hands)
        for step in plan.steps
        if (found := steps.get(step.id)) is not None and found.hands is not None
    ]


def _feedback(plan: SessionPlan, steps: Mapping[str, SessionStepRow]) -> list[Feedback]:
    return [
        Feedback(step=step.id, status=found.feedback, reason=found.reason)
        for step in plan.steps
        if (found := steps.get(step.id)) is not None and found.feedback is not None
    ]
