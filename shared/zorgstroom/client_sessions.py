"""Workshops over the API: who makes one gets its secret once, and with that steers it.

>>> made = client.create_session(plan)                                # doctest: +SKIP
>>> facilitator = client.facilitate(made.code, made.secret)           # doctest: +SKIP
>>> facilitator.steer(phase="live", step=0)                           # doctest: +SKIP
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from zorgstroom.client_base import Calls
from zorgstroom.reporting.forms import MEDIA_TYPES, Form
from zorgstroom.workshop.documents import (
    Feedback,
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

if TYPE_CHECKING:
    import httpx

#: The secret of a facilitator; a key of the owner or of an administrator will do without.
FACILITATOR_HEADER = "Zorgstroom-Facilitator"


class SessionCalls(Calls):
    """Questions about workshops."""

    def sessions(self) -> list[SessionInfo]:
        """Return the sessions that the caller may see in a list, newest first."""
        return [SessionInfo.model_validate(item) for item in self._pages("/sessions")]

    def create_session(self, plan: SessionPlan) -> NewSession:
        """Make a session; its secret is told this once."""
        answer = self._send("POST", "/sessions", json=plan.model_dump(mode="json"))
        return NewSession.model_validate_json(answer.content)

    def facilitate(self, code: str, secret: str | None = None) -> Facilitator:
        """Return what a facilitator can do with a session; nothing is asked of the service yet."""
        return Facilitator(self, code, secret)


class Facilitator:
    """One session in the hands of its facilitator. Raises `NotFound` for a session that is not there, `NotAllowed`."""

    def __init__(self, calls: Calls, code: str, secret: str | None) -> None:
        self._calls = calls
        self._path = f"/sessions/{quote(code, safe='')}"
        # As bytes: what somebody types may hold any letter.
        self._headers = {} if secret is None else {FACILITATOR_HEADER.encode(): secret.encode()}

    def state(self) -> SessionState:
        """Return where the session stands."""
        return _state(self._ask("GET"))

    def change_plan(self, plan: SessionPlan) -> SessionState:
        """Put another plan in its place; `Conflict` when steps that were answered would be lost."""
        return _state(self._ask("PUT", "/plan", json=plan.model_dump(mode="json")))

    def steer(self, **changes: Any) -> SessionState:
        """Move on, pause, close a round: the fields of `Steering`."""
        body = Steering.model_validate(changes).model_dump(mode="json", exclude_unset=True)
        return _state(self._ask("PATCH", json=body))

    def prepare(self) -> Preparation:
        """Have everything calculated that the session looks up; what is there already stays."""
        return _preparation(self._ask("POST", "/combinations"))

    def preparation(self) -> Preparation:
        """Return how far the calculations are."""
        return _preparation(self._ask("GET", "/combinations"))

    def add_note(self, note: NewNote) -> Note:
        """Write something down."""
        answer = self._ask("POST", "/notes", json=note.model_dump(mode="json"))
        return Note.model_validate_json(answer.content)

    def remove_note(self, note_id: int) -> None:
        """Strike out a note."""
        self._ask("DELETE", f"/notes/{note_id}")

    def count_hands(self, step: str, counts: Sequence[int]) -> None:
        """Keep the hands that were counted in the room, in place of what was counted before."""
        self._ask("PUT", f"/hands/{quote(step, safe='')}", json={"step": step, "counts": list(counts)})

    def give_feedback(self, feedback: Feedback) -> None:
        """Tell what was done with what participants said in a step."""
        self._ask("PUT", f"/feedback/{quote(feedback.step, safe='')}", json=feedback.model_dump(mode="json"))

    def rehearse(self, participants: int = 30) -> SessionState:
        """Fill the session with made-up participants and answers; they are gone when it goes live."""
        return _state(self._ask("POST", "/rehearsal", json={"participants": participants}))

    def outcome(self) -> Outcome:
        """Return what came out, of rounds that are closed."""
        return Outcome.model_validate_json(self._ask("GET", "/results").content)

    def report(self, form: Form) -> bytes:
        """Return the report of the session."""
        return self._ask("GET", "/report", accept=MEDIA_TYPES[form]).content

    def delete_answers(self) -> SessionInfo:
        """Delete every answer now; totals stay, and the session has ended."""
        return SessionInfo.model_validate_json(self._ask("DELETE", "/answers").content)

    def keep_answers_until(self, day: dt.date) -> SessionState:
        """Have the answers deleted by themselves after another day."""
        return _state(self._ask("PUT", "/answers-kept-until", json={"date": day.isoformat()}))

    def new_secret(self) -> NewSession:
        """Return a new secret; the one before works no more."""
        return NewSession.model_validate_json(self._ask("POST", "/secret").content)

    def remove(self) -> None:
        """Remove the session with everything in it."""
        self._ask("DELETE")

    def _ask(self, method: str, path: str = "", accept: str | None = None, **options: Any) -> httpx.Response:
        headers = self._headers if accept is None else {**self._headers, b"Accept": accept.encode()}
        return self._calls._send(method, self._path + path, headers=headers, **options)


def _state(answer: httpx.Response) -> SessionState:
    return SessionState.model_validate_json(answer.content)


def _preparation(answer: httpx.Response) -> Preparation:
    return Preparation.model_validate_json(answer.content)
