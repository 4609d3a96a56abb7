"""Workshops over HTTP, for who prepares and leads them; participants have plain pages (`sessions.pages`)."""

from __future__ import annotations

from typing import Annotated, Any, cast

from fastapi import APIRouter, Depends, Header, Query, Request, Response

from zorgstroom.client_sessions import FACILITATOR_HEADER
from zorgstroom.reporting.forms import MEDIA_TYPES, Form, require
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
from zorgstroom.workshop.report import render_session
from zorgstroom_api import PREFIX
from zorgstroom_api.dependencies import Caller_, Reader, Service, Writer
from zorgstroom_api.negotiation import HTML, choose, file_name
from zorgstroom_api.pagination import Page, link_next
from zorgstroom_api.reports.router import PAGE_POLICY
from zorgstroom_api.rooms import room_address
from zorgstroom_api.sessions.codes import as_code
from zorgstroom_api.sessions.schemas import KeptUntil, Rehearsal, SessionQuery, SessionReportQuery
from zorgstroom_api.sessions.service import Facilitating

router = APIRouter(prefix="/sessions", tags=["sessions"])

FORMATS: dict[str, str] = {str(form): media_type for form, media_type in MEDIA_TYPES.items()}
_REPORT: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            media_type: {
                "schema": {"type": "string"}
                if media_type == HTML
                else {"type": "string", "contentMediaType": media_type}
            }
            for media_type in FORMATS.values()
        }
    }
}


def session_code(code: str) -> str:
    """Return the code in the address as it was meant."""
    return as_code(code)


def facilitating(
    who: Caller_, secret: Annotated[str | None, Header(alias=FACILITATOR_HEADER, max_length=200)] = None
) -> Facilitating:
    """Return who wants to steer, and with which secret."""
    return Facilitating(who, secret)


Code = Annotated[str, Depends(session_code)]
Asking = Annotated[Facilitating, Depends(facilitating)]


@router.get("")
def list_sessions(
    request: Request,
    response: Response,
    who: Caller_,
    service: Service,
    query: Annotated[SessionQuery, Query()],
) -> Page[SessionInfo]:
    """Sessions that the caller may look after, newest first."""
    page = service.sessions.page(query, who)
    link_next(response, request.url, page.next_cursor)
    return page


@router.post("", status_code=201)
def create_session(body: SessionPlan, who: Writer, response: Response, service: Service) -> NewSession:
    """Make a session; the secret of its facilitator is told this once."""
    made = service.sessions.create(body, who)
    response.headers["Location"] = f"{PREFIX}{router.prefix}/{made.code}"
    return made


@router.get("/{code}")
def get_session(code: Code, asking: Asking, request: Request, service: Service) -> SessionState:
    """Where a session stands, for its facilitator."""
    return _with_addresses(service.sessions.state(code, asking), request, service)


@router.patch("/{code}")
def steer_session(
    code: Code, body: Steering, asking: Asking, request: Request, service: Service
) -> SessionState:
    """Move on, pause, close or show a round, choose what the room sees."""
    return _with_addresses(service.sessions.steer(code, asking, body), request, service)


@router.delete("/{code}", status_code=204)
def remove_session(code: Code, asking: Asking, service: Service) -> None:
    """Remove a session with everything in it."""
    service.sessions.remove(code, asking)


@router.put("/{code}/plan")
def change_session_plan(
    code: Code, body: SessionPlan, asking: Asking, request: Request, service: Service
) -> SessionState:
    """Put another plan in the place of what was prepared."""
    return _with_addresses(service.sessions.change_plan(code, asking, body), request, service)


@router.post("/{code}/secret")
def renew_session_secret(code: Code, asking: Asking, service: Service) -> NewSession:
    """Give the facilitator another secret; the one before works no more."""
    return service.sessions.new_secret(code, asking)


@router.get("/{code}/combinations")
def get_session_combinations(code: Code, asking: Asking, service: Service) -> Preparation:
    """How far the calculations are that a session looks up."""
    return service.sessions.preparation(code, asking)


@router.post("/{code}/combinations", status_code=202)
def prepare_session(code: Code, asking: Asking, service: Service) -> Preparation:
    """Have every combination of the levers calculated, and the scenarios; what is there already stays."""
    return service.sessions.prepare(code, asking)


@router.post("/{code}/notes", status_code=201)
def add_session_note(code: Code, body: NewNote, asking: Asking, service: Service) -> Note:
    """Write down an argument, a question, an agreement or what stays open."""
    return service.sessions.add_note(code, asking, body)


@router.delete("/{code}/notes/{note_id}", status_code=204)
def remove_session_note(code: Code, note_id: int, asking: Asking, service: Service) -> None:
    """Strike out a note."""
    service.sessions.remove_note(code, asking, note_id)


@router.put("/{code}/hands/{step}")
def count_session_hands(
    code: Code, step: str, body: Hands, asking: Asking, request: Request, service: Service
) -> SessionState:
    """Keep the hands that were counted in the room, in place of what was counted before."""
    hands = body.model_copy(update={"step": step})
    return _with_addresses(service.sessions.count_hands(code, asking, hands), request, service)


@router.put("/{code}/feedback/{step}")
def give_session_feedback(
    code: Code, step: str, body: Feedback, asking: Asking, request: Request, service: Service
) -> SessionState:
    """Tell what was done with what participants said in a step."""
    feedback = body.model_copy(update={"step": step})
    return _with_addresses(service.sessions.give_feedback(code, asking, feedback), request, service)


@router.post("/{code}/rehearsal")
def rehearse_session(
    code: Code, body: Rehearsal, asking: Asking, request: Request, service: Service
) -> SessionState:
    """Fill the session with made-up participants and answers; they are gone when it goes live."""
    state = service.sessions.rehearse(code, asking, body.participants)
    return _with_addresses(state, request, service)


@router.get("/{code}/results")
def get_session_results(code: Code, asking: Asking, service: Service) -> Outcome:
    """What came out of rounds that are closed; groups of fewer than five are merged."""
    return service.sessions.outcome(code, asking)


@router.get("/{code}/report", response_class=Response, responses=_REPORT)
def get_session_report(
    code: Code,
    asking: Asking,
    request: Request,
    reader: Reader,
    service: Service,
    query: Annotated[SessionReportQuery, Query()],
) -> Response:
    """The report of a session as HTML, Word, PDF or Excel, by the Accept header or ``format``."""
    chosen = cast(Form, choose(request.headers, FORMATS, query.format))
    require(chosen)
    outcome = service.sessions.outcome(code, asking)
    calculated = service.sessions.preparation(code, asking).scenarios
    impacts = service.lookups.impacts({name: item.run_id for name, item in calculated.items()})
    confidential = any(impact.identity.confidential for impact in impacts.values())
    with service.heavy.slot():
        content = render_session(chosen, outcome, impacts, reader)
    headers = {"Vary": "Accept, Accept-Language", "Content-Language": reader}
    if chosen == "html":
        headers["Content-Security-Policy"] = PAGE_POLICY
    else:
        name = file_name(outcome.code, chosen, reader, confidential=confidential)
        headers["Content-Disposition"] = f'attachment; filename="{name}"'
    charset = "; charset=utf-8" if chosen == "html" else ""
    return Response(content, headers=headers, media_type=f"{FORMATS[chosen]}{charset}")


@router.delete("/{code}/answers")
def delete_session_answers(code: Code, asking: Asking, service: Service) -> SessionInfo:
    """Delete every answer and keep the totals; the session has ended then."""
    return service.sessions.delete_answers(code, asking)


@router.put("/{code}/answers-kept-until")
def keep_session_answers(
    code: Code, body: KeptUntil, asking: Asking, request: Request, service: Service
) -> SessionState:
    """Have the answers deleted by themselves after another day."""
    state = service.sessions.keep_answers_until(code, asking, body.date)
    return _with_addresses(state, request, service)


def _with_addresses(state: SessionState, request: Request, service: Service) -> SessionState:
    """Return where a session stands, with how the room reaches it."""
    address = room_address(request, service.settings)
    return state.model_copy(
        update={
            "join_address": f"{address}/m/{state.code}",
            "beamer_address": f"{address}/beamer/{state.code}",
        }
    )
