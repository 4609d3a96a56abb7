"""The SQL of workshops."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import delete, func, select, tuple_, update
from sqlalchemy.orm import Session

from zorgstroom.workshop.documents import Answer, Role
from zorgstroom_api.store.database import can_be_asked, insert_new
from zorgstroom_api.store.models import (
    CalculationKind,
    ParticipantRow,
    SessionAnswerRow,
    SessionCalculationRow,
    SessionNoteRow,
    SessionRow,
    SessionStepRow,
)

#: What leans on a session, in the order in which it can be taken away.
_OF_SESSION = (
    SessionCalculationRow,
    SessionNoteRow,
    SessionAnswerRow,
    ParticipantRow,
    SessionStepRow,
)


class SessionRepository:
    """Workshops inside one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def find(self, code: str, *, for_update: bool = False) -> SessionRow | None:
        """Return the session or None; `for_update` keeps others from changing it until the transaction ends."""
        if not can_be_asked(code):
            return None
        return self._session.get(SessionRow, code, with_for_update=for_update)

    def add(self, row: SessionRow) -> None:
        """Keep a new session."""
        self._session.add(row)
        self._session.flush()

    def page(
        self, owner: str | None, after: tuple[dt.datetime, str] | None, limit: int
    ) -> Sequence[SessionRow]:
        """Return sessions, newest first: all, or those of one owner."""
        query = select(SessionRow).order_by(SessionRow.created.desc(), SessionRow.code.desc()).limit(limit)
        if owner is not None:
            query = query.where(SessionRow.owner == owner)
        if after is not None:
            query = query.where(tuple_(SessionRow.created, SessionRow.code) < after)
        return self._session.scalars(query).all()

    def remove(self, row: SessionRow) -> None:
        """Take a session away with everything in it."""
        for table in _OF_SESSION:
            self._session.execute(delete(table).where(table.session_code == row.code))
        self._session.delete(row)

    # -- steps -----------------------------------------------------------------------------------------

    def steps(self, code: str) -> dict[str, SessionStepRow]:
        """Return what happened, by step."""
        rows = self._session.scalars(select(SessionStepRow).where(SessionStepRow.session_code == code))
        return {row.step: row for row in rows}

    def step(self, code: str, step: str) -> SessionStepRow:
        """Return what happened at a step, to be changed; at first nothing did."""
        row = self._session.get(SessionStepRow, (code, step), with_for_update=True)
        if row is None:
            row = SessionStepRow(
                session_code=code,
                step=step,
                closed=False,
                revealed=False,
                hands=None,
                feedback=None,
                reason="",
            )
            self._session.add(row)
        return row

    def reopen(self, code: str) -> None:
        """Forget every round and every hand."""
        self._session.execute(delete(SessionStepRow).where(SessionStepRow.session_code == code))

    # -- who takes part, and what they say ----------------------------------------------------------------

    def participants(self, code: str) -> Counter[Role]:
        """Return how many joined, by role."""
        query = (
            select(ParticipantRow.role, func.count())
            .where(ParticipantRow.session_code == code)
            .group_by(ParticipantRow.role)
        )
        found: Counter[Role] = Counter()
        for role, count in self._session.execute(query):
            found[role] = count
        return found

    def role(self, code: str, key: str) -> Role | None:
        """Return as what a telephone joined; None when it did not."""
        row = self._session.get(ParticipantRow, (code, key))
        return None if row is None else row.role

    def join(self, code: str, key: str, role: Role) -> bool:
        """Let a telephone join, or take another role; return whether it is a new one."""
        row = {"session_code": code, "key": key, "role": role}
        if insert_new(self._session, ParticipantRow, [row]):
            return True
        this = (ParticipantRow.session_code == code) & (ParticipantRow.key == key)
        self._session.execute(update(ParticipantRow).where(this).values(role=role))
        return False

    def join_all(self, code: str, roles: Mapping[str, Role]) -> None:
        """Let participants join, by their key."""
        rows = [{"session_code": code, "key": key, "role": role} for key, role in roles.items()]
        insert_new(self._session, ParticipantRow, rows)

    def keep_answer(self, code: str, step: str, key: str, answer: Answer) -> None:
        """Keep an answer in place of what was sent under this key before."""
        kept = answer.model_dump(mode="json", exclude_defaults=True)
        row = {"session_code": code, "step": step, "key": key, "answer": kept}
        if not insert_new(self._session, SessionAnswerRow, [row]):
            this = (
                (SessionAnswerRow.session_code == code)
                & (SessionAnswerRow.step == step)
                & (SessionAnswerRow.key == key)
            )
            self._session.execute(update(SessionAnswerRow).where(this).values(answer=kept))

    def answer(self, code: str, step: str, key: str) -> Answer | None:
        """Return what was sent under this key."""
        row = self._session.get(SessionAnswerRow, (code, step, key))
        return None if row is None else Answer.model_validate(row.answer)

    def answers(self, code: str, step: str) -> list[Answer]:
        """Return the answers of one step, in an order that says nothing."""
        query = (
            select(SessionAnswerRow.answer)
            .where(SessionAnswerRow.session_code == code, SessionAnswerRow.step == step)
            .order_by(SessionAnswerRow.key)
        )
        return [Answer.model_validate(answer) for answer in self._session.scalars(query)]

    def answered(self, code: str) -> dict[str, int]:
        """Return how many answers there are, by step."""
        query = (
            select(SessionAnswerRow.step, func.count())
            .where(SessionAnswerRow.session_code == code)
            .group_by(SessionAnswerRow.step)
        )
        return dict(self._session.execute(query).all())

    def forget_people(self, code: str) -> None:
        """Delete every answer and every participant."""
        for table in (SessionAnswerRow, ParticipantRow):
            self._session.execute(delete(table).where(table.session_code == code))

    def with_answers_past(self, moment: dt.datetime) -> Sequence[str]:
        """Return the sessions whose answers should be gone by now."""
        query = select(SessionRow.code).where(SessionRow.totals.is_(None), SessionRow.answers_until < moment)
        return self._session.scalars(query.order_by(SessionRow.code)).all()

    # -- notes -------------------------------------------------------------------------------------------

    def notes(self, code: str) -> Sequence[SessionNoteRow]:
        """Return the notes in the order in which they were written."""
        query = select(SessionNoteRow).where(SessionNoteRow.session_code == code).order_by(SessionNoteRow.id)
        return self._session.scalars(query).all()

    def add_note(self, row: SessionNoteRow) -> SessionNoteRow:
        """Keep a note, and give it its number."""
        self._session.add(row)
        self._session.flush()
        return row

    def remove_note(self, code: str, note_id: int) -> bool:
        """Remove a note; return whether it was there."""
        row = self._session.get(SessionNoteRow, note_id)
        if row is None or row.session_code != code:
            return False
        self._session.delete(row)
        return True

    def remove_notes(self, code: str) -> None:
        """Remove all notes."""
        self._session.execute(delete(SessionNoteRow).where(SessionNoteRow.session_code == code))

    # -- calculations ------------------------------------------------------------------------------------

    def calculations(self, code: str) -> Sequence[SessionCalculationRow]:
        """Return what is looked up, calculated or not."""
        query = (
            select(SessionCalculationRow)
            .where(SessionCalculationRow.session_code == code)
            .order_by(SessionCalculationRow.kind, SessionCalculationRow.key)
        )
        return self._session.scalars(query).all()

    def calculation(self, code: str, kind: CalculationKind, key: str) -> SessionCalculationRow | None:
        """Return one of them."""
        if not can_be_asked(key):
            return None
        return self._session.get(SessionCalculationRow, (code, kind, key))

    def want(self, code: str, wanted: Iterable[tuple[CalculationKind, str]]) -> int:
        """Note what is to be calculated and is not noted yet; return how many that were."""
        rows = [
            {
                "session_code": code,
                "kind": kind,
                "key": key,
                "scenario_id": None,
                "run_id": None,
                "problem": None,
            }
            for kind, key in wanted
        ]
        return insert_new(self._session, SessionCalculationRow, rows)

    def forget_calculations(self, code: str) -> None:
        """Forget what was to be calculated; runs that were asked for stay."""
        self._session.execute(delete(SessionCalculationRow).where(SessionCalculationRow.session_code == code))

    def retry_calculations(self, code: str) -> None:
        """Have what could not be calculated asked for again."""
        this = (SessionCalculationRow.session_code == code) & SessionCalculationRow.problem.is_not(None)
        self._session.execute(update(SessionCalculationRow).where(this).values(problem=None, run_id=None))

    def first_to_ask(self, after: str) -> str | None:
        """Return a session of which something is to be asked for: the first code after this one, else the first."""
        waiting = (
            select(SessionCalculationRow.session_code)
            .where(SessionCalculationRow.run_id.is_(None), SessionCalculationRow.problem.is_(None))
            .order_by(SessionCalculationRow.session_code)
            .limit(1)
        )
        following = self._session.scalar(waiting.where(SessionCalculationRow.session_code > after))
        return following or self._session.scalar(waiting)

    def asked(
        self,
        code: str,
        kind: CalculationKind,
        key: str,
        scenario_id: str | None,
        run_id: str | None,
        problem: Mapping[str, str] | None = None,
    ) -> None:
        """Note the run that was asked for, or why there is none; nothing when it is no longer wanted."""
        this = (
            (SessionCalculationRow.session_code == code)
            & (SessionCalculationRow.kind == kind)
            & (SessionCalculationRow.key == key)
        )
        self._session.execute(
            update(SessionCalculationRow)
            .where(this)
            .values(
                scenario_id=scenario_id, run_id=run_id, problem=None if problem is None else dict(problem)
            )
        )
