"""The pages of a workshop: telephones join and answer, the screen in the room shows one thing at a time.

Plain HTML that works without a script; the small script only looks whether something changed, and sends again what did
not arrive.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlencode

import segno
from fastapi import APIRouter, Depends, Request
from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from zorgstroom.errors import Conflict, ZorgstroomError
from zorgstroom.text import Language, translate
from zorgstroom.workshop.combinations import key_of, start_of
from zorgstroom.workshop.documents import RANKED, ROLES, Role, Step
from zorgstroom.workshop.facts import Fact
from zorgstroom.workshop.results import options_of
from zorgstroom_api.dependencies import Service, Services
from zorgstroom_api.negotiation import IMMUTABLE
from zorgstroom_api.rooms import BEAMER, JOIN, room_address
from zorgstroom_api.sessions import forms, rendering
from zorgstroom_api.sessions.codes import as_code, new_token
from zorgstroom_api.sessions.forms import Filled
from zorgstroom_api.sessions.rendering import SCRIPT, STYLE, language_of_page, page
from zorgstroom_api.sessions.room import Moment, NoSuchCode
from zorgstroom_api.sessions.showing import Shown, Table, compared, facts_table, results_shown

router = APIRouter(include_in_schema=False)

#: A telephone that was put away for a break is still the same participant.
COOKIE_SECONDS = 24 * 3600
MOST_TOKEN = 64
_MEDIA = {STYLE: "text/css; charset=utf-8", SCRIPT: "text/javascript; charset=utf-8"}


async def form_of(request: Request) -> dict[str, str]:
    """Return what was filled in."""
    return forms.read_form(await request.body())


Form = Annotated[dict[str, str], Depends(form_of)]


# -- joining ---------------------------------------------------------------------------------------------------


@router.get(JOIN)
def enter_code(request: Request, code: str = "") -> Response:
    """Ask for a code, and go where it leads."""
    wanted = as_code(code)
    if wanted:
        return RedirectResponse(_address(request, f"{JOIN}/{wanted}"), 303, rendering.HEADERS)
    return page("enter.html.jinja", request.scope, error="", code="")


@router.get(f"{JOIN}/{STYLE}")
async def get_style() -> Response:
    """Give the style of the pages."""
    return _static(STYLE)


@router.get(f"{JOIN}/{SCRIPT}")
async def get_script() -> Response:
    """Give the script of the pages."""
    return _static(SCRIPT)


@router.get(f"{JOIN}/{{code}}")
def take_part(code: str, request: Request, service: Service) -> Response:
    """Show a telephone what the room is doing."""
    return _telephone(request, service, code)


@router.get(f"{JOIN}/{{code}}/stand")
async def watch(code: str, request: Request, service: Service) -> Response:
    """Tell in a few letters whether a telephone should show something else by now."""
    moment = await _watched(service, request, code)
    return _plain(moment.for_telephones)


@router.get(f"{JOIN}/{{code}}/meedoen")
@router.get(f"{JOIN}/{{code}}/antwoord")
def back_to_the_page(code: str, request: Request) -> Response:
    """Bring who opens the address of a form again, or in another language, back to its page."""
    return RedirectResponse(_address(request, f"{JOIN}/{as_code(code)}"), 303, rendering.HEADERS)


@router.post(f"{JOIN}/{{code}}/meedoen")
def join(code: str, form: Form, request: Request, service: Service) -> Response:
    """Let a telephone take part."""
    moment = _moment(service, request, code)
    roles = [role for role in ROLES if role in moment.plan.roles]
    role: Role | None = next((role for role in roles if role == form.get(forms.ROLE)), None)
    if role is None:
        language, _ = language_of_page(request.scope)
        errors = {forms.ROLE: translate("session.error.choose", language)}
        return _telephone(request, service, code, Filled(form, errors=errors), status=400)
    token = _token(request, moment.code) or new_token()
    try:
        service.room.join(moment.code, token, role)
    except Conflict as error:
        return _telephone(request, service, code, notice=error)
    service.room.forget(moment.code)
    answer = RedirectResponse(_address(request, f"{JOIN}/{moment.code}"), 303, rendering.HEADERS)
    _set_cookie(answer, request, moment.code, token)
    return answer


@router.post(f"{JOIN}/{{code}}/antwoord")
def answer(code: str, form: Form, request: Request, service: Service) -> Response:
    """Keep an answer, or show what its combination of levers leads to."""
    moment = _moment(service, request, code)
    language, _ = language_of_page(request.scope)
    if form.get(forms.STEP) != moment.step.id or not moment.step.asks:
        return _telephone(request, service, code, notice=_closed(), status=409)
    filled = forms.filled(moment.step, moment.plan, _options(service, moment, moment.step), form, language)
    if filled.answer is None or form.get("doe") == "kijk":
        return _telephone(request, service, code, filled, status=400 if filled.errors else 200)
    try:
        service.room.answer(moment.code, _token(request, moment.code), moment.step.id, filled.answer)
    except Conflict as error:
        return _telephone(request, service, code, filled, notice=error, status=error.http_status)
    finally:
        service.room.forget(moment.code)
    return RedirectResponse(
        _address(request, f"{JOIN}/{moment.code}", verstuurd="ja"), 303, rendering.HEADERS
    )


def _closed() -> Conflict:
    return Conflict("session.round_is_closed")


def _telephone(
    request: Request,
    service: Services,
    code: str,
    filled: Filled | None = None,
    *,
    notice: ZorgstroomError | None = None,
    status: int = 200,
) -> Response:
    try:
        moment = _moment(service, request, code)
    except NoSuchCode as error:
        language, _ = language_of_page(request.scope)
        typed = as_code(code)
        return page("enter.html.jinja", request.scope, 404, error=error.message(language), code=typed)
    language, _ = language_of_page(request.scope)
    token = _token(request, moment.code)
    role = service.room.joined_as(moment.code, token)
    context: dict[str, Any] = {
        "moment": moment,
        "code": moment.code,
        "role": role,
        "roles": [name for name in ROLES if name in moment.plan.roles],
        "notice": "" if notice is None else notice.message(language),
        "errors": {} if filled is None else filled.errors,
        "values": {} if filled is None else filled.values,
        "sent": False,
        "just_sent": request.query_params.get("verstuurd") == "ja",
        "outcome": None,
        "shown": None,
        "own": {},
        "options": [],
        "places": range(1, RANKED + 1),
        "watch": f"{JOIN}/{moment.code}/stand",
        "version": moment.for_telephones,
        "refresh": request.query_params.get("vanzelf") != "nee",
        "fields": forms,
    }
    if role is not None:
        context |= _of_step(service, moment, token, filled, language)
    answer = page("take_part.html.jinja", request.scope, status, **context)
    if not token:
        # Before anybody joins, so that joining twice in a bad network is joining once.
        _set_cookie(answer, request, moment.code, new_token())
    return answer


def _of_step(
    service: Services, moment: Moment, token: str, filled: Filled | None, language: Language
) -> dict[str, Any]:
    """Return what a telephone that takes part shows of the step."""
    about = moment.about
    own = None if about is None else service.room.own_answer(moment.code, token, about.id)
    found: dict[str, Any] = {"sent": own is not None and about is moment.step}
    if about is not None:
        found["own"] = forms.values_of(about, own, language)
        found["options"] = _options(service, moment, about)
    if moment.shown is not None:
        found["shown"] = _shown(service, moment, moment.shown, language)
    if moment.open:
        values: Mapping[str, str] = found["own"] if filled is None else filled.values
        found["values"] = values
        found["low"], found["high"] = forms.bounds_of(moment.step, language)
        if moment.step.kind == "levers":
            found["outcome"] = _outcome(service, moment, values, language)
    return found


def _outcome(service: Services, moment: Moment, values: Mapping[str, str], language: Language) -> Any:
    """Return what the model says of the positions in a form; a lever that was left alone stands at its start."""
    levers = moment.plan.levers
    chosen = forms.filled(moment.step, moment.plan, (), values, language).answer
    choice = {} if chosen is None else chosen.choice or {}
    key = key_of([choice.get(lever.key, lever.start) for lever in levers])
    facts = service.lookups.facts(service.room.run_of(moment.code, "combination", key), language)
    name = "session.outcome_start" if key == start_of(levers) else "session.outcome"
    return facts_table(facts, translate(name, language), language) if facts else None


# -- the screen in the room -------------------------------------------------------------------------------------


@router.get(f"{BEAMER}/{{code}}")
def show_on_beamer(code: str, request: Request, service: Service) -> Response:
    """Show the room one thing at a time."""
    moment = _moment(service, request, code)
    language, _ = language_of_page(request.scope)
    address = f"{room_address(request, service.settings)}{JOIN}/{moment.code}"
    view = "black" if moment.black else moment.beamer
    context: dict[str, Any] = {
        "moment": moment,
        "view": view,
        "address": address.split("://", 1)[1],
        "qr": _qr(address),
        "watch": f"{BEAMER}/{moment.code}/stand",
        "version": moment.for_beamer,
        "answers": moment.answers.get(moment.step.id, 0),
        "shown": None,
        "tables": [],
        "notes": service.room.notes(moment.code) if view == "agreements" else [],
        "options": _options(service, moment, moment.step),
        "bounds": forms.bounds_of(moment.step, language),
    }
    if view in ("results", "question") and moment.shown is not None:
        context["shown"] = _shown(service, moment, moment.shown, language)
    if view in ("summary", "compare"):
        context["tables"] = _tables(service, moment, language, every=view == "compare")
    return page("beamer.html.jinja", request.scope, **context)


@router.get(f"{BEAMER}/{{code}}/stand")
async def watch_for_beamer(code: str, request: Request, service: Service) -> Response:
    """Tell in a few letters whether the screen should show something else by now."""
    moment = await _watched(service, request, code)
    return _plain(moment.for_beamer)


def _tables(service: Services, moment: Moment, language: Language, *, every: bool) -> list[Table]:
    """Return what the model says of the scenario of the step, or of all of the plan."""
    names = service.room.names(moment.code)
    first = moment.step.scenario or next(iter(moment.plan.scenarios), "")
    found = {}
    for scenario in moment.plan.scenarios if every else [first]:
        facts = service.lookups.facts(service.room.run_of(moment.code, "scenario", scenario), language)
        if facts:
            found[names.get(scenario, scenario)] = facts
    if every:
        return [compared(found, language)] if found else []
    return [facts_table(facts, name, language) for name, facts in found.items()]


# -- what both show ----------------------------------------------------------------------------------------------


def _shown(service: Services, moment: Moment, step: Step, language: Language) -> Shown | None:
    """Return what came out of a step, beside what the model says."""
    results = service.room.results(moment.code, step.id)
    if results is None:
        return None
    model = _model(service, moment, step, language)
    return results_shown(step, results, moment.plan, _options(service, moment, step), model, language)


def _model(service: Services, moment: Moment, step: Step, language: Language) -> Fact | None:
    scenario = step.scenario or next(iter(moment.plan.scenarios), "")
    if not step.indicator or not scenario:
        return None
    found = service.lookups.facts(service.room.run_of(moment.code, "scenario", scenario), language)
    return next((fact for fact in found if fact.id == step.indicator), None)


def _options(service: Services, moment: Moment, step: Step) -> list[str]:
    """Return what a ranking is between."""
    if step.kind != "ranking":
        return []
    if step.options:
        return list(step.options)
    names = service.room.names(moment.code)
    return options_of(step, [names.get(scenario, scenario) for scenario in moment.plan.scenarios])


def _moment(service: Services, request: Request, code: str) -> Moment:
    """Return what the room sees. Raises `NoSuchCode`, `TooMany` for who tries many codes and takes part in none."""
    wanted, address = as_code(code), _sender(request)
    tried_many = service.attempts.seconds_to_wait(address) > 0
    if tried_many and service.room.joined_as(wanted, _token(request, wanted)) is None:
        service.attempts.check(address)
    try:
        return service.room.moment(wanted)
    except NoSuchCode:
        service.attempts.wrong(address)
        raise


async def _watched(service: Services, request: Request, code: str) -> Moment:
    # Asked for most of all: nearly always without a thread and without the database.
    found = service.room.remembered(as_code(code))
    if found is None or service.attempts.seconds_to_wait(_sender(request)):
        return await run_in_threadpool(_moment, service, request, code)
    return found


def _sender(request: Request) -> str:
    return request.client.host if request.client else ""


def _qr(address: str) -> Markup:
    """Return the address as a picture to point a telephone at."""
    made = segno.make(address, error="m", micro=False)
    # Of digits and our own address only: nothing in it needs to be escaped.
    return Markup(made.svg_inline(border=4, light="#ffffff", omitsize=True))  # noqa: S704


def _token(request: Request, code: str) -> str:
    return request.cookies.get(_cookie(code), "")[:MOST_TOKEN]


def _cookie(code: str) -> str:
    return f"zorgstroom-{code}"


def _set_cookie(answer: Response, request: Request, code: str, token: str) -> None:
    """Give a telephone something to be known by in this session, and nowhere else."""
    answer.set_cookie(
        _cookie(code),
        token,
        max_age=COOKIE_SECONDS,
        path=f"{JOIN}/{code}",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )


def _address(request: Request, path: str, **more: str) -> str:
    """Return an address of ours in the language that was asked for."""
    language, asked = language_of_page(request.scope)
    query = urlencode(({"taal": language} if asked else {}) | more)
    return f"{path}?{query}" if query else path


def _static(name: str) -> Response:
    return Response(rendering.static(name), headers={"Cache-Control": IMMUTABLE}, media_type=_MEDIA[name])


def _plain(text: str) -> Response:
    return Response(text, headers=rendering.HEADERS, media_type="text/plain; charset=utf-8")
