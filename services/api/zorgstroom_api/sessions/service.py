"""What a facilitator does with a workshop: prepare, rehearse, steer, write down, and look at what came out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy.orm import Session

from zorgstroom.dataset.model import Dataset
from zorgstroom.errors import Conflict, NotFound
from zorgstroom.workshop.documents import (
    Feedback,
    Hands,
    NewNote,
    NewSession,
    Note,
    Outcome,
    Preparation,
    SessionInfo,
    SessionPlan,
    SessionState,
    Steering,
)
from zorgstroom_api.identity import Caller
from zorgstroom_api.pagination import Page, decode_moment_cursor, encode_moment_cursor
from zorgstroom_api.problems import invalid
from zorgstroom_api.sessions import outcomes, preparing, steering
from zorgstroom_api.sessions.codes import is_secret, new_code, new_secret, secret_digest
from zorgstroom_api.sessions.planning import check_plan, needs_other_calculations
from zorgstroom_api.sessions.rehearsing import made_up
from zorgstroom_api.sessions.repository import SessionRepository
from zorgstroom_api.sessions.schemas import SessionQuery
from zorgstroom_api.store.database import Database
from zorgstroom_api.store.models import AuditRow, SessionNoteRow, SessionRow

#: Answers are deleted by themselves so many days after the session, and can be kept at most so many.
KEPT_DAYS, MOST_KEPT_DAYS = 30, 365


class NoSuchSession(NotFound):
    """There is no session with this code, or whoever asks may not steer it: which of these is not told."""

    key = "session.not_found"


class NoSuchNote(NotFound):
    """The note was removed already, or is of another session."""

    key = "session.note_not_found"


class AnswersAreGone(Conflict):
    """The answers were deleted: nothing can be added to the totals."""

    key = "session.answers_are_gone"


@dataclass(frozen=True)
class Facilitating:
    """Who wants to steer a session, and with which secret."""

    who: Caller
    secret: str | None = None

    def may_steer(self, row: SessionRow) -> bool:
        """Return whether the secret, or else the key, is one that may."""
        return is_secret(self.secret, row.secret_sha256) or (self.who.keyed and self.may_administer(row))

    def may_administer(self, row: SessionRow) -> bool:
        """Return whether the session may be taken away or given a new secret, and be seen in a list."""
        return self.who.sees_all or (self.who.may_write and self.who.name == row.owner)


class SessionService:
    """What can be done with workshops. `changed` hears the code of every session that somebody sees otherwise.

    `wake` has what was asked for calculated now.
    """

    def __init__(
        self,
        database: Database,
        load_dataset: Callable[[], Dataset],
        changed: Callable[[str], object] = lambda _code: None,
        wake: Callable[[], object] = lambda: None,
    ) -> None:
        self._database = database
        self._load_dataset = load_dataset
        self._changed = changed
        self._wake = wake

    # -- preparing -----------------------------------------------------------------------------------------

    def create(self, plan: SessionPlan, who: Caller) -> NewSession:
        """Make a session and return its secret, the only time that it can be seen. Raises `InvalidInput`."""
        now, secret = dt.datetime.now(dt.UTC), new_secret()
        dataset = self._load_dataset()
        with self._database.write() as session:
            check_plan(session, plan, who, dataset)
            sessions = SessionRepository(session)
            code = new_code()
            while sessions.find(code) is not None:
                code = new_code()
            sessions.add(
                SessionRow(
                    code=code,
                    owner=who.name,
                    secret_sha256=secret_digest(secret),
                    created=now,
                    plan=plan.model_dump(mode="json"),
                    phase="prepare",
                    step=0,
                    step_begun=None,
                    step_seconds=0.0,
                    joining_open=True,
                    beamer="join",
                    black=False,
                    revision=1,
                    answers_until=_kept_until(plan.date, now),
                    totals=None,
                )
            )
            _note(session, now, "create-session", code, who, name=plan.name)
        return NewSession(code=code, secret=secret)

    def change_plan(self, code: str, asking: Facilitating, plan: SessionPlan) -> SessionState:
        """Put another plan in the place of what was prepared; a rehearsal of the old one ends.

        Raises `NoSuchSession`, `InvalidInput`, `steering.StepWasAnswered`.
        """
        dataset = self._load_dataset()
        with self._steered(code, asking) as (session, row):
            sessions = SessionRepository(session)
            before, now = SessionPlan.model_validate(row.plan), dt.datetime.now(dt.UTC)
            check_plan(session, plan, asking.who, dataset, before)
            if row.phase == "rehearsal":
                steering.clear(session, row)
                row.phase = "prepare"
            steering.require_answered_steps(before, plan, sessions.answered(code))
            if needs_other_calculations(before, plan):
                sessions.forget_calculations(code)
            if row.answers_until == _kept_until(before.date, row.created):
                row.answers_until = _kept_until(plan.date, row.created)
            row.plan = plan.model_dump(mode="json")
            row.step = min(row.step, len(plan.steps) - 1)
            _note(session, now, "change-session", code, asking.who, name=plan.name)
            return outcomes.state(session, row, now)

    def rehearse(self, code: str, asking: Facilitating, participants: int) -> SessionState:
        """Fill a session with made-up participants and answers, as long as it has not begun.

        Raises `NoSuchSession`, `steering.CannotGoThere`.
        """
        with self._steered(code, asking) as (session, row):
            if row.phase not in ("prepare", "rehearsal"):
                raise steering.CannotGoThere(phase=row.phase)
            now, sessions = dt.datetime.now(dt.UTC), SessionRepository(session)
            steering.clear(session, row)
            row.phase, row.step_begun = "rehearsal", now
            plan = SessionPlan.model_validate(row.plan)
            people = made_up(code, plan, participants)
            sessions.join_all(code, {person.key: person.role for person in people})
            for person in people:
                for step, (key, answer) in person.answers.items():
                    sessions.keep_answer(code, step, key, answer)
            _note(session, now, "rehearse-session", code, asking.who, participants=participants)
            return outcomes.state(session, row, now)

    def new_secret(self, code: str, asking: Facilitating) -> NewSession:
        """Return another secret; the one before works no more. Raises `NoSuchSession`."""
        secret = new_secret()
        with self._administered(code, asking) as (session, row):
            row.secret_sha256 = secret_digest(secret)
            _note(session, dt.datetime.now(dt.UTC), "new-secret-of-session", code, asking.who)
        return NewSession(code=code, secret=secret)

    # -- reading -------------------------------------------------------------------------------------------

    def page(self, query: SessionQuery, who: Caller) -> Page[SessionInfo]:
        """Return the sessions that the caller may administer, newest first.

        Raises `InvalidInput` for a cursor of something else.
        """
        after = None if query.cursor is None else decode_moment_cursor(query.cursor)
        if not who.may_write:
            return Page(items=[])
        with self._database.read() as session:
            sessions = SessionRepository(session)
            rows = sessions.page(None if who.sees_all else who.name, after, query.limit + 1)
            items = [outcomes.info(session, row) for row in rows[: query.limit]]
        more = len(rows) > query.limit
        last = rows[query.limit - 1] if more else None
        return Page(
            items=items,
            next_cursor=None if last is None else encode_moment_cursor(last.created, last.code),
        )

    def state(self, code: str, asking: Facilitating) -> SessionState:
        """Return where a session stands. Raises `NoSuchSession`."""
        with self._read(code, asking) as (session, row):
            return outcomes.state(session, row, dt.datetime.now(dt.UTC))

    def outcome(self, code: str, asking: Facilitating) -> Outcome:
        """Return what came out, of rounds that are closed. Raises `NoSuchSession`."""
        with self._read(code, asking) as (session, row):
            return outcomes.outcome(session, row)

    def preparation(self, code: str, asking: Facilitating) -> Preparation:
        """Return how far the calculations are that a session looks up. Raises `NoSuchSession`."""
        with self._read(code, asking) as (session, row):
            return preparing.preparation(session, row)

    def prepare(self, code: str, asking: Facilitating) -> Preparation:
        """Have everything calculated that a session looks up. Raises `NoSuchSession`."""
        with self._steered(code, asking) as (session, row):
            preparing.prepare(session, row)
            _note(session, dt.datetime.now(dt.UTC), "prepare-session", code, asking.who)
            session.flush()
            found = preparing.preparation(session, row)
        self._wake()
        return found

    # -- steering ------------------------------------------------------------------------------------------

    def steer(self, code: str, asking: Facilitating, change: Steering) -> SessionState:
        """Change where a session stands. Raises `NoSuchSession`, `InvalidInput`, `Conflict`."""
        now = dt.datetime.now(dt.UTC)
        with self._steered(code, asking) as (session, row):
            before = row.phase
            steering.steer(session, row, change, now)
            if row.phase != before:
                _note(session, now, "steer-session", code, asking.who, phase=row.phase)
            return outcomes.state(session, row, now)

    def add_note(self, code: str, asking: Facilitating, note: NewNote) -> Note:
        """Write something down. Raises `NoSuchSession`."""
        now = dt.datetime.now(dt.UTC)
        with self._steered(code, asking) as (session, _row):
            row = SessionRepository(session).add_note(
                SessionNoteRow(session_code=code, at=now, **note.model_dump())
            )
            return outcomes.note(row)

    def remove_note(self, code: str, asking: Facilitating, note_id: int) -> None:
        """Strike out a note. Raises `NoSuchSession`, `NoSuchNote`."""
        with self._steered(code, asking) as (session, _row):
            if not SessionRepository(session).remove_note(code, note_id):
                raise NoSuchNote(id=note_id)

    def count_hands(self, code: str, asking: Facilitating, hands: Hands) -> SessionState:
        """Keep hands that were counted in the room. Raises `NoSuchSession`, `InvalidInput`."""
        with self._steered(code, asking) as (session, row):
            steering.require_step(row, hands.step, "/step")
            SessionRepository(session).step(code, hands.step).hands = hands.counts
            return outcomes.state(session, row, dt.datetime.now(dt.UTC))

    def give_feedback(self, code: str, asking: Facilitating, feedback: Feedback) -> SessionState:
        """Keep what was done with what people said in a step. Raises `NoSuchSession`, `InvalidInput`."""
        with self._steered(code, asking) as (session, row):
            steering.require_step(row, feedback.step, "/step")
            step = SessionRepository(session).step(code, feedback.step)
            step.feedback, step.reason = feedback.status, feedback.reason
            return outcomes.state(session, row, dt.datetime.now(dt.UTC))

    # -- ending --------------------------------------------------------------------------------------------

    def delete_answers(self, code: str, asking: Facilitating) -> SessionInfo:
        """Delete every answer and keep the totals; the session has ended then. Raises `NoSuchSession`."""
        with self._administered(code, asking) as (session, row):
            if row.totals is None:
                forget_answers(session, row, asking.who)
            return outcomes.info(session, row)

    def keep_answers_until(self, code: str, asking: Facilitating, day: dt.date) -> SessionState:
        """Have the answers deleted after another day. Raises `NoSuchSession`, `InvalidInput`, `AnswersAreGone`."""
        now = dt.datetime.now(dt.UTC)
        with self._steered(code, asking) as (session, row):
            if row.totals is not None:
                raise AnswersAreGone
            last = SessionPlan.model_validate(row.plan).date + dt.timedelta(days=MOST_KEPT_DAYS)
            if not now.date() <= day <= last:
                params = {"first": now.date().isoformat(), "last": last.isoformat()}
                raise invalid("body", "session.kept_until", "/date", **params)
            row.answers_until = _end_of(day)
            _note(session, now, "keep-answers-of-session", code, asking.who, until=day.isoformat())
            return outcomes.state(session, row, now)

    def remove(self, code: str, asking: Facilitating) -> None:
        """Remove a session with everything in it. Raises `NoSuchSession`."""
        with self._administered(code, asking) as (session, row):
            SessionRepository(session).remove(row)
            _note(session, dt.datetime.now(dt.UTC), "remove-session", code, asking.who)

    # -- who may -------------------------------------------------------------------------------------------

    @contextmanager
    def _read(self, code: str, asking: Facilitating) -> Iterator[tuple[Session, SessionRow]]:
        with self._database.read() as session:
            row = SessionRepository(session).find(code)
            if row is None or not asking.may_steer(row):
                raise NoSuchSession
            yield session, row

    @contextmanager
    def _steered(self, code: str, asking: Facilitating) -> Iterator[tuple[Session, SessionRow]]:
        """Change a session of which the caller is the facilitator."""
        with self._changing(code, asking.may_steer) as found:
            yield found

    @contextmanager
    def _administered(self, code: str, asking: Facilitating) -> Iterator[tuple[Session, SessionRow]]:
        """Change a session as its facilitator, or as who looks after this installation."""
        with self._changing(code, lambda row: asking.may_steer(row) or asking.may_administer(row)) as found:
            yield found

    @contextmanager
    def _changing(self, code: str, may: Callable[[SessionRow], bool]) -> Iterator[tuple[Session, SessionRow]]:
        with self._database.write() as session:
            row = SessionRepository(session).find(code, for_update=True)
            if row is None or not may(row):
                raise NoSuchSession
            row.revision += 1
            yield session, row
        self._changed(code)


def forget_answers(session: Session, row: SessionRow, who: Caller) -> None:
    """Delete every answer of a session and keep the totals, as what is known of it from then on."""
    # Nothing is left in a round that was never closed.
    steering.close_all(session, row)
    row.totals = outcomes.totals(session, row)
    row.phase = "ended"
    SessionRepository(session).forget_people(row.code)
    _note(session, dt.datetime.now(dt.UTC), "delete-answers-of-session", row.code, who)


def tidy_answers(database: Database, now: dt.datetime, *, dry_run: bool = False) -> int:
    """Delete the answers of every session of which it is time; return of how many sessions."""
    with database.read() as session:
        codes = SessionRepository(session).with_answers_past(now)
    if dry_run:
        return len(codes)
    done = 0
    for code in codes:
        with database.write() as session:
            row = SessionRepository(session).find(code, for_update=True)
            # Its term may just have been made longer.
            if row is not None and row.totals is None and row.answers_until < now:
                row.revision += 1
                forget_answers(session, row, Caller(name="", role="admin", keyed=False))
                done += 1
    return done


def _kept_until(day: dt.date, created: dt.datetime) -> dt.datetime:
    return _end_of(max(day, created.date()) + dt.timedelta(days=KEPT_DAYS))


def _end_of(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), dt.UTC)


def _note(
    session: Session, time: dt.datetime, action: str, code: str, who: Caller, **details: object
) -> None:
    session.add(AuditRow(time=time, actor=who.name, action=action, subject=code, details=details))
