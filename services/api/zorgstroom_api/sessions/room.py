"""Taking part in a session: what the room sees of it, joining, and answering.

What everybody sees alike is read from the database at most twice a second, however many telephones ask.
"""

from __future__ import annotations

import threading
import time
import zlib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from zorgstroom.errors import Conflict, NotFound
from zorgstroom.workshop.documents import (
    Answer,
    BeamerView,
    Note,
    Phase,
    Role,
    SessionPlan,
    Step,
    StepResults,
)
from zorgstroom_api.sessions import outcomes, steering
from zorgstroom_api.sessions.codes import answer_key, participant_key
from zorgstroom_api.sessions.repository import SessionRepository
from zorgstroom_api.store.database import Database
from zorgstroom_api.store.models import CalculationKind

#: How long a moment may be shown after it was read.
FRESH_SECONDS = 0.5
#: Sessions of which the last moment is remembered.
MOST_REMEMBERED = 100
#: More telephones than any room holds.
MOST_PARTICIPANTS = 2000


class NoSuchCode(NotFound):
    """There is no session with this code."""

    key = "session.no_such_code"


class JoiningIsClosed(Conflict):
    """The facilitator closed the door, or the room is full, or the session is over."""

    key = "session.joining_is_closed"


class HasNotJoined(Conflict):
    """Whoever answers has not joined: the cookie is gone, or the rehearsal is over."""

    key = "session.has_not_joined"


class RoundIsClosed(Conflict):
    """The answer came after the round was closed, or for a step that the room has left."""

    key = "session.round_is_closed"


@dataclass(frozen=True)
class Moment:
    """What the room sees of a session, at one moment."""

    code: str
    plan: SessionPlan
    phase: Phase
    position: int
    #: Participants can do something.
    going: bool
    paused: bool
    joining_open: bool
    beamer: BeamerView
    black: bool
    closed: frozenset[str]
    revealed: frozenset[str]
    revision: int
    participants: int
    #: By step.
    answers: dict[str, int]

    @property
    def step(self) -> Step:
        """The step that the room is at."""
        return self.plan.steps[self.position]

    @property
    def open(self) -> bool:
        """Whether the step can be answered now."""
        return self.going and self.step.asks and self.step.id not in self.closed

    @property
    def about(self) -> Step | None:
        """The question whose results belong to the step: its own, or that of the number that was guessed before."""
        if self.step.asks:
            return self.step
        if self.step.kind != "reveal":
            return None
        before = [step for step in self.plan.steps[: self.position] if step.kind == "number"]
        return before[-1] if before else None

    @property
    def shown(self) -> Step | None:
        """The question whose results may be seen now."""
        about = self.about
        return about if about is not None and about.id in self.revealed and about.id in self.closed else None

    @property
    def for_telephones(self) -> str:
        """What changes when a telephone should show something else, and only then: somebody may be typing."""
        plan = zlib.crc32(self.plan.model_dump_json().encode())
        shown = "" if self.shown is None else self.shown.id
        parts = (self.phase, self.step.id, self.going, self.open, self.paused, self.joining_open, shown, plan)
        return ".".join(map(str, parts))

    @property
    def for_beamer(self) -> str:
        """What changes when the screen in the room should show something else."""
        return f"{self.revision}.{self.participants}.{sum(self.answers.values())}"


class Room:
    """What participants do, and what all of them see."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._clock = clock
        self._lock = threading.Lock()
        self._known: OrderedDict[str, tuple[float, Moment]] = OrderedDict()

    def remembered(self, code: str) -> Moment | None:
        """Return what was just read, without asking the database."""
        with self._lock:
            found = self._known.get(code)
        return found[1] if found is not None and self._clock() - found[0] < FRESH_SECONDS else None

    def moment(self, code: str) -> Moment:
        """Return what the room sees now. Raises `NoSuchCode`."""
        found = self.remembered(code)
        if found is not None:
            return found
        read = self._clock()
        moment = self._read(code)
        with self._lock:
            self._known[code] = (read, moment)
            self._known.move_to_end(code)
            while len(self._known) > MOST_REMEMBERED:
                self._known.popitem(last=False)
        return moment

    def forget(self, code: str) -> None:
        """Read it anew the next time: it changed."""
        with self._lock:
            self._known.pop(code, None)

    def _read(self, code: str) -> Moment:
        with self._database.read() as session:
            sessions = SessionRepository(session)
            row = sessions.find(code)
            if row is None:
                raise NoSuchCode
            steps = sessions.steps(code)
            going = steering.is_going(row)
            return Moment(
                code=code,
                plan=SessionPlan.model_validate(row.plan),
                phase=row.phase,
                position=row.step,
                going=going,
                paused=going and row.step_begun is None,
                joining_open=row.joining_open and row.totals is None and row.phase != "ended",
                beamer=row.beamer,
                black=row.black,
                closed=frozenset(name for name, step in steps.items() if step.closed),
                revealed=frozenset(name for name, step in steps.items() if step.revealed),
                revision=row.revision,
                participants=outcomes.participants(session, row),
                answers=sessions.answered(code),
            )

    # -- one telephone ---------------------------------------------------------------------------------------

    def joined_as(self, code: str, token: str) -> Role | None:
        """Return as what a telephone takes part; None when it does not."""
        if not token:
            return None
        with self._database.read() as session:
            return SessionRepository(session).role(code, participant_key(code, token))

    def join(self, code: str, token: str, role: Role) -> None:
        """Let a telephone join, or take another role. Raises `NoSuchCode`, `JoiningIsClosed`."""
        key = participant_key(code, token)
        with self._database.write() as session:
            sessions = SessionRepository(session)
            row = sessions.find(code)
            if row is None:
                raise NoSuchCode
            if row.totals is not None or row.phase == "ended":
                raise JoiningIsClosed
            if sessions.role(code, key) is None and (
                not row.joining_open or sessions.participants(code).total() >= MOST_PARTICIPANTS
            ):
                raise JoiningIsClosed
            sessions.join(code, key, role)

    def answer(self, code: str, token: str, step: str, answer: Answer) -> None:
        """Keep an answer, in place of the one this telephone gave before.

        Raises `NoSuchCode`, `HasNotJoined`, `RoundIsClosed`.
        """
        with self._database.write() as session:
            sessions = SessionRepository(session)
            # Locked, so that no answer comes into a round that is being closed.
            row = sessions.find(code, for_update=True)
            if row is None:
                raise NoSuchCode
            role = sessions.role(code, participant_key(code, token))
            if role is None:
                raise HasNotJoined
            plan, happened = SessionPlan.model_validate(row.plan), sessions.steps(code).get(step)
            is_open = steering.is_going(row) and plan.steps[row.step].id == step
            if not is_open or (happened is not None and happened.closed):
                raise RoundIsClosed
            kept = answer.model_copy(update={"role": role})
            sessions.keep_answer(code, step, answer_key(code, step, token), kept)

    def own_answer(self, code: str, token: str, step: str) -> Answer | None:
        """Return what this telephone answered."""
        with self._database.read() as session:
            return SessionRepository(session).answer(code, step, answer_key(code, step, token))

    # -- what was decided and found ----------------------------------------------------------------------------

    def results(self, code: str, step: str) -> StepResults | None:
        """Return what came out of a step; None while its round is open."""
        with self._database.read() as session:
            row = SessionRepository(session).find(code)
            return None if row is None else outcomes.results_of(session, row, step)

    def notes(self, code: str) -> list[Note]:
        """Return what was written down."""
        with self._database.read() as session:
            return [outcomes.note(row) for row in SessionRepository(session).notes(code)]

    def run_of(self, code: str, kind: CalculationKind, key: str) -> str | None:
        """Return the run that is looked up; None where there is none yet."""
        with self._database.read() as session:
            found = SessionRepository(session).calculation(code, kind, key)
            return None if found is None else found.run_id

    def names(self, code: str) -> dict[str, str]:
        """Return the names of the scenarios of a session, by their id."""
        with self._database.read() as session:
            row = SessionRepository(session).find(code)
            return {} if row is None else outcomes.names(session, SessionPlan.model_validate(row.plan))
