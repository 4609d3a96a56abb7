"""What a visitor looks at: kept in the address, so that a link shows another person the same page.

``taal`` is the language (nl, en), ``s`` the scenario, ``gebied`` the area (``roaz:Limburg``; ``land`` is the whole
country), ``indeling`` how the country is divided, ``jaar`` the year of the demand for care, ``run`` one particular
calculation and ``plan`` (repeated) the plans of a comparison. Streamlit drops these when somebody goes to another
page through the menu, so what every page shares is kept for the session too and put back in the address.

What the service answers is remembered for all visitors alike, except for who has a key: `who` is part of what an
answer is remembered by, so that nobody is shown what is private to another. Answers are shared as they are, not
copied, so nobody changes them.
"""

from __future__ import annotations

import hashlib
import logging
import re
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

import streamlit as st

from zorgstroom.client import Client, RunInfo, ScenarioDetail, ScenarioInfo
from zorgstroom.errors import NotAllowed, NotFound, Unavailable, ZorgstroomError
from zorgstroom.events.schemas import RunSettings
from zorgstroom.geo.boundaries import LEVELS, Boundaries, Level
from zorgstroom.reporting.impact import Identity, Impact
from zorgstroom.service_document import CallerInfo, ServiceInfo
from zorgstroom.settings import Settings
from zorgstroom.text import Language, as_language, translate
from zorgstroom_ui.kept import kept_for
from zorgstroom_ui.nearest import nearest_plans

logger = logging.getLogger(__name__)
T = TypeVar("T")
_KEEPING = threading.Lock()

#: Parts of the address that every page shares, besides the language.
SHARED = ("s", "gebied", "indeling", "jaar")
#: The area that is the whole country: an empty value would not stay in an address.
COUNTRY = "land"
#: The division offered until another is chosen.
FIRST_DIVISION = "roaz"

#: Seconds for which lists are remembered: many people open the same page at once.
LIST_SECONDS = 10
#: Seconds for which is remembered what changes with a restart or by an administrator.
SERVICE_SECONDS = 60
#: Seconds for which borders are remembered: somebody fetches them once a year.
BORDER_SECONDS = 300
#: Seconds after which is asked again whether a visitor may still read what was shown: it can have become private.
ACCESS_SECONDS = 60
#: Answers that are kept per visitor for when the service is away.
LAST_ANSWERS = 200
#: Characters that say which scenario is meant.
SHORTEST_ID = 6
FULL_ID = re.compile("[0-9a-f]{64}")
#: This very machine, by the address it is reached at.
LOOPBACK = ("127.0.0.1", "::1")
#: Set by a proxy: who asks is then somewhere else than where the request came from.
FORWARDED = ("Forwarded", "X-Forwarded-For")


class UnknownPlan(NotFound):
    """No scenario has this name; `nearest` is what may have been meant."""

    key = "error.not_found"

    def __init__(self, name: str, nearest: Sequence[ScenarioInfo]) -> None:
        super().__init__(what=text("ui.plan"), name=name)
        self.nearest = nearest


# -- the address ---------------------------------------------------------------------------------------


def language() -> Language:
    """Return the language of this visitor, Dutch unless chosen otherwise."""
    return as_language(st.query_params.get("taal") or st.session_state.get("language"))


def remember_language() -> None:
    """Keep the language for when the menu drops it from the address, and put it back there.

    Not before the menu is drawn: what changes the address earlier changes that of the page one comes from.
    """
    st.session_state["language"] = chosen = language()
    if st.query_params.get("taal") != chosen:
        st.query_params["taal"] = chosen


def text(key: str, **params: object) -> str:
    """Return a text of the catalogue in the visitor's language."""
    return translate(key, language(), **params)


def address(page: str, **parameters: str | Iterable[str] | None) -> str:
    """Return the address of a page, relative to the page shown; what every page shares stays unless given."""
    shared = {name: st.session_state.get(_kept(name)) for name in SHARED}
    given = {name: value for name, value in {**shared, **parameters}.items() if value}
    query = urlencode({**given, "taal": parameters.get("taal") or language()}, doseq=True)
    return f"{page or './'}?{query}"


def here(**changes: str | Sequence[str]) -> str:
    """Return the address of this page as it is now, but for the changes."""
    now = {name: st.query_params.get_all(name) for name in st.query_params}
    return "?" + urlencode({**now, **changes}, doseq=True)


def remembered(name: str) -> str | None:
    """Return a part of the address, from the address itself or from earlier in this session."""
    value = st.query_params.get(name) or st.session_state.get(_kept(name))
    return choose(name, value) if value else None


def choose(name: str, value: str) -> str:
    """Keep a part of the address, for this page and the next ones; return it."""
    st.session_state[_kept(name)] = value
    if st.query_params.get(name) != value:
        st.query_params[name] = value
    return value


def set_language(chosen: Language) -> None:
    """Speak this language from now on."""
    st.query_params["taal"] = chosen


def forget(name: str) -> None:
    """Drop a part of the address, here and for the next pages."""
    st.session_state.pop(_kept(name), None)
    st.query_params.pop(name, None)


def _kept(name: str) -> str:
    return f"address.{name}"


# -- who asks, and whom ----------------------------------------------------------------------------------


def who() -> str:
    """Return for whom answers are remembered: nobody in particular, or who has this key."""
    key = st.session_state.get("key")
    return hashlib.sha256(key.encode()).hexdigest()[:32] if key else ""


def use_key(key: str) -> CallerInfo:
    """Write with this key from now on, and return whose it is. Raises `NotAllowed` for a key nobody knows."""
    asking = Client(api_address(), language(), retries=0, api_key=key)
    caller = asking.caller()
    forget_key()
    st.session_state["key"] = key
    return caller


def forget_key() -> None:
    """Write without a key from now on."""
    for name in ("key", *(f"client.{code}" for code in ("nl", "en"))):
        st.session_state.pop(name, None)


def api_address() -> str:
    """Return where the API is."""
    # Reading the settings takes longer than most of a page, which asks this thirty times.
    if "api" not in st.session_state:
        st.session_state["api"] = Settings().resolved_api_url
    address: str = st.session_state["api"]
    return address


@st.cache_resource(max_entries=4)
def _client(base_url: str, client_language: Language) -> Client:
    return Client(base_url, client_language, retries=0)


def client() -> Client:
    """Return the way to the API, in the visitor's language, with the visitor's key if there is one."""
    key = st.session_state.get("key")
    if not key:
        return _client(api_address(), language())
    # Of this visitor alone: a key must never be in what visitors share.
    name = f"client.{language()}"
    if name not in st.session_state:
        st.session_state[name] = Client(api_address(), language(), retries=0, api_key=key)
    mine: Client = st.session_state[name]
    return mine


def submit(scenario_id: str, settings: RunSettings | None = None) -> RunInfo:
    """Ask for a run in the turn of this visitor: all screens are one client of the API, but their visitors many.

    Raises `NotAllowed` where keys are asked for and this visitor has none.
    """
    visitor = st.session_state.setdefault("visitor", f"scherm {secrets.token_hex(4)}")
    try:
        return client().submit(scenario_id, settings, owner=visitor)
    except NotAllowed as error:
        if who():
            raise
        raise NotAllowed("ui.may_not") from error


@kept_for(SERVICE_SECONDS, most=64)
def _caller(base_url: str, visitor: str) -> CallerInfo:
    del base_url, visitor  # what the answer is remembered by
    return client().caller()


def caller() -> CallerInfo:
    """Return who the service takes this visitor for."""
    return _caller(api_address(), who())


@kept_for(SERVICE_SECONDS, most=4)
def _service(base_url: str) -> ServiceInfo:
    return _client(base_url, "nl").service()


def service() -> ServiceInfo:
    """Return what the service says of itself: versions, and whether writing needs a key."""
    return _service(api_address())


def room_address() -> str:
    """Return where this visitor's browser finds the pages of workshops, without a slash at the end."""
    if known := service().room_url:
        return known.rstrip("/")
    # Where nothing is said they are at the API, which this visitor reaches at the machine of this very page.
    api, page = urlsplit(api_address()), urlsplit(st.context.url or "")
    host = page.hostname if page.hostname not in (None, *LOOPBACK, "localhost") else api.hostname
    return f"{api.scheme}://{f'[{host}]' if ':' in str(host) else host}:{api.port or 80}"


def may_manage() -> bool:
    """Return whether this visitor looks after the installation: by key, or without keys at the machine itself."""
    try:
        if service().keys_needed:
            return caller().role == "admin"
    except ZorgstroomError as error:
        logger.warning("who manages cannot be asked: %s", error)
        return False
    if any(name in st.context.headers for name in FORWARDED):
        return False
    return (st.context.ip_address or LOOPBACK[0]) in LOOPBACK


# -- while the service is away ---------------------------------------------------------------------------


def service_away() -> bool:
    """Return whether the service did not answer for the page that is drawn now."""
    return bool(st.session_state.get("away"))


def try_again() -> None:
    """Ask the service again from now on, though it did not answer before."""
    st.session_state.pop("away", None)


@st.cache_resource(max_entries=256, show_spinner=False)
def _last_answers(base_url: str, visitor: str) -> OrderedDict[str, Any]:
    del base_url, visitor
    return OrderedDict()


def last_known(name: str, ask: Callable[[], T]) -> T:
    """Return the answer, or while the service is away the last one, and remember that it is the last one."""
    answers = _last_answers(api_address(), who())
    # Who did not answer a moment ago is not asked again for the same page: that would be waiting twice.
    if not (service_away() and name in answers):
        try:
            found = ask()
        except Unavailable:
            st.session_state["away"] = True
            if name not in answers:
                raise
        except NotFound:
            # Removed, or not for this visitor any more.
            answers.pop(name, None)
            raise
        else:
            with _KEEPING:
                answers[name] = found
                answers.move_to_end(name)
                while len(answers) > LAST_ANSWERS:
                    answers.popitem(last=False)
            return found
    known: T = answers[name]
    return known


# -- the area, the division and the year ------------------------------------------------------------------


@kept_for(SERVICE_SECONDS, most=4)
def _dataset(base_url: str, dataset_id: str) -> dict[str, Any]:
    return _client(base_url, "nl").dataset(dataset_id)


def dataset_id() -> str:
    """Return which figures the service works with."""
    return service().dataset.partition(" ")[0]


def dataset() -> dict[str, Any]:
    """Return regions, locations, care and years of the figures in use."""
    return last_known("dataset", lambda: _dataset(api_address(), dataset_id()))


def divisions() -> Mapping[str, Sequence[str]]:
    """Return the areas of every division of the country, such as ``{"roaz": ["Limburg", ...]}``."""
    regions: Mapping[str, Sequence[str]] = dataset()["regions"]
    return regions


def years() -> Sequence[int]:
    """Return the years for which there is a demand for care."""
    known: Sequence[int] = dataset()["demand_years"]
    return known


def area() -> str:
    """Return the area as ``roaz:Limburg``, empty for the whole country: chosen, else that of the scenario."""
    asked = remembered("gebied")
    if asked is None:
        plan = chosen_plan()
        asked = "" if plan is None else plan.region
    kind, _, name = asked.partition(":")
    return asked if name in divisions().get(kind, ()) else ""


def division() -> str:
    """Return how the country is divided: as the area is, else as chosen."""
    asked = area().partition(":")[0] or remembered("indeling") or ""
    return asked if asked in divisions() else FIRST_DIVISION


def year() -> int:
    """Return the year whose demand for care is looked at: chosen, else that of the scenario or of the figures."""
    asked = remembered("jaar")
    if asked is not None and asked.isascii() and asked.isdigit() and int(asked) in years():
        return int(asked)
    plan = chosen_plan()
    base_year: int = dataset()["base_year"]
    return (plan and scenario(plan.id).document.horizon.demand_year) or base_year


# -- scenarios, runs and results ---------------------------------------------------------------------------


@kept_for(LIST_SECONDS, most=64)
def _scenarios(base_url: str, visitor: str, client_language: Language) -> list[ScenarioInfo]:
    del base_url, visitor, client_language
    return client().scenarios()


def scenarios() -> list[ScenarioInfo]:
    """Return the scenarios this visitor finds in lists, as they were some seconds ago at most."""
    return last_known(f"scenarios.{language()}", lambda: _scenarios(api_address(), who(), language()))


@kept_for(ACCESS_SECONDS, most=200)
def _scenario(base_url: str, visitor: str, scenario_id: str, client_language: Language) -> ScenarioDetail:
    del base_url, visitor, client_language
    return client().scenario(scenario_id)


@kept_for(ACCESS_SECONDS, most=256)
def _readable(base_url: str, visitor: str, run_id: str) -> bool:
    """Return True for a run this visitor may read. Raises `NotFound`."""
    del base_url, visitor
    client().run(run_id)
    return True


@st.cache_resource(max_entries=64, show_spinner=False)
def _impact(base_url: str, visitor: str, run_id: str) -> Impact:
    # A finished result never changes, and nobody changes the model: who may read it shares one.
    del base_url, visitor
    return client().impact(run_id)


@kept_for(BORDER_SECONDS, most=4)
def _borders(base_url: str, level: Level) -> Boundaries | None:
    return _client(base_url, "nl").boundaries(level)


def borders() -> tuple[Boundaries, ...]:
    """Return the official borders that the installation has fetched; none are needed for a map."""

    def ask() -> tuple[Boundaries, ...]:
        found = (_borders(api_address(), level) for level in LEVELS)
        return tuple(item for item in found if item is not None)

    return last_known("borders", ask)


def examples() -> list[ScenarioInfo]:
    """Return the example plans, in the order they are meant to be read."""
    return sorted((item for item in scenarios() if item.example), key=lambda item: item.slug or "")


def own_plans() -> list[ScenarioInfo]:
    """Return the plans that were handed in, newest first."""
    return [item for item in scenarios() if not item.example]


def scenario(scenario_id: str) -> ScenarioDetail:
    """Return a scenario with its document."""
    said = language()
    return last_known(
        f"scenario {said} {scenario_id}", lambda: _scenario(api_address(), who(), scenario_id, said)
    )


def impact(run_id: str) -> Impact:
    """Return the impact analysis of a finished run. Raises `NotFound` for one this visitor may not read (any more).

    Pages remember what they make of a result for all visitors alike: they ask here first.
    """
    last_known(f"run {run_id}", lambda: _readable(api_address(), who(), run_id))
    return _impact(api_address(), who(), run_id)


def chosen_plan() -> ScenarioInfo | None:
    """Return the scenario that is looked at; None while none is chosen. Raises `UnknownPlan`."""
    name = remembered("s")
    return find_scenario(name) if name else None


def find_scenario(name: str) -> ScenarioInfo:
    """Return the scenario with this id, short name or beginning of an id. Raises `UnknownPlan`."""
    known = scenarios()
    found = _named(name, known)
    if found is None:
        # A plan that was handed in a moment ago is not in the remembered list yet.
        known = client().scenarios()
        found = _named(name, known)
    if found is None and FULL_ID.fullmatch(name):
        # Shared with who has the address: in no list.
        try:
            return scenario(name)
        except NotFound:
            raise UnknownPlan(name, nearest_plans(name, known)) from None
    if found is None:
        raise UnknownPlan(name, nearest_plans(name, known))
    return found


def _named(name: str, known: Sequence[ScenarioInfo]) -> ScenarioInfo | None:
    exact = next((item for item in known if name in (item.id, item.slug)), None)
    beginning = [item for item in known if len(name) >= SHORTEST_ID and item.id.startswith(name)]
    return exact or (beginning[0] if len(beginning) == 1 else None)


def latest_runs() -> dict[str, RunInfo]:
    """Return per scenario the run to show: finished, else under way, else the rest; the newest of these."""
    rank = {"completed": 0, "running": 1, "queued": 2, "failed": 3, "cancelled": 4}
    latest: dict[str, RunInfo] = {}
    for run in last_known("runs", client().runs):
        shown = latest.get(run.scenario_id)
        if shown is None or rank[run.state] < rank[shown.state]:
            latest[run.scenario_id] = run
    return latest


def newest_identity() -> Identity | None:
    """Return what the newest finished calculation rests on: the figures in use.

    None when there is none yet, or when it cannot be read: a page about something else goes on without it.
    """
    finished = [run for run in latest_runs().values() if run.state == "completed"]
    newest = max(finished, key=lambda run: run.created, default=None)
    try:
        return None if newest is None else impact(newest.id).identity
    except ZorgstroomError as error:
        logger.warning("the newest outcome cannot be read: %s", error)
        return None
