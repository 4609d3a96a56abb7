"""What a visitor looks at: kept in the address, so that a link shows another person the same page.

``taal`` is the language (nl, en), ``s`` the scenario, ``run`` one particular calculation of it and
``plan`` (repeated) the plans of a comparison. Streamlit drops these when somebody goes to another page
through the menu, so language and scenario are also kept for the session and put back in the address.
"""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Iterable, Sequence
from urllib.parse import urlencode

import streamlit as st

from zorgstroom.client import Client, RunInfo, ScenarioDetail, ScenarioInfo
from zorgstroom.errors import NotAllowed, NotFound, ZorgstroomError
from zorgstroom.events.schemas import RunSettings
from zorgstroom.geo.boundaries import LEVELS, Boundaries, Level
from zorgstroom.reporting.impact import Identity, Impact
from zorgstroom.settings import Settings
from zorgstroom.text import Language, as_language, translate

logger = logging.getLogger(__name__)

#: Seconds for which lists are remembered: many people open the same page at once.
LIST_SECONDS = 10
#: Seconds for which borders are remembered: somebody fetches them once a year.
BORDER_SECONDS = 300
#: Characters that say which scenario is meant.
SHORTEST_ID = 6
FULL_ID = re.compile("[0-9a-f]{64}")


def language() -> Language:
    """Return the language of this visitor, Dutch unless chosen otherwise."""
    asked = st.query_params.get("taal")
    chosen = as_language(asked or st.session_state.get("language"))
    st.session_state["language"] = chosen
    if asked != chosen:
        st.query_params["taal"] = chosen
    return chosen


def text(key: str, **params: object) -> str:
    """Return a text of the catalogue in the visitor's language."""
    return translate(key, language(), **params)


def address(page: str, **parameters: str | Iterable[str] | None) -> str:
    """Return the address of a page that keeps the language, relative to the page shown."""
    given = {name: value for name, value in parameters.items() if value}
    query = urlencode({**given, "taal": parameters.get("taal") or language()}, doseq=True)
    return f"{page or './'}?{query}"


def remembered(name: str) -> str | None:
    """Return a part of the address, from the address itself or from earlier in this session."""
    value = st.query_params.get(name) or st.session_state.get(f"address.{name}")
    if value:
        st.session_state[f"address.{name}"] = value
        if st.query_params.get(name) != value:
            st.query_params[name] = value
    return value


@st.cache_resource(max_entries=4)
def _client(base_url: str, client_language: Language) -> Client:
    return Client(base_url, client_language, retries=0)


def client() -> Client:
    """Return the way to the API, in the visitor's language."""
    return _client(Settings().resolved_api_url, language())


def submit(scenario_id: str, settings: RunSettings | None = None) -> RunInfo:
    """Ask for a run in the turn of this visitor: all screens are one client of the API, but their visitors many.

    Raises `NotAllowed` where keys are asked for.
    """
    visitor = st.session_state.setdefault("visitor", f"scherm {secrets.token_hex(4)}")
    try:
        return client().submit(scenario_id, settings, owner=visitor)
    except NotAllowed:
        # The screens hold no key: with one, every visitor could write.
        raise NotAllowed("ui.may_not") from None


@st.cache_data(ttl=LIST_SECONDS, max_entries=8, show_spinner=False)
def _scenarios(base_url: str, client_language: Language) -> list[ScenarioInfo]:
    return _client(base_url, client_language).scenarios()


@st.cache_data(max_entries=200, show_spinner=False)
def _scenario(base_url: str, scenario_id: str, client_language: Language) -> ScenarioDetail:
    return _client(base_url, client_language).scenario(scenario_id)


@st.cache_resource(max_entries=64, show_spinner=False)
def _impact(base_url: str, run_id: str) -> Impact:
    # A finished result never changes, and nobody changes the model: all visitors share one.
    return _client(base_url, "nl").impact(run_id)


@st.cache_resource(ttl=BORDER_SECONDS, max_entries=4, show_spinner=False)
def _borders(base_url: str, level: Level) -> Boundaries | None:
    return _client(base_url, "nl").boundaries(level)


def borders() -> tuple[Boundaries, ...]:
    """Return the official borders that the installation has fetched; none are needed for a map."""
    found = (_borders(Settings().resolved_api_url, level) for level in LEVELS)
    return tuple(item for item in found if item is not None)


def examples() -> list[ScenarioInfo]:
    """Return the example plans, in the order they are meant to be read."""
    known = _scenarios(Settings().resolved_api_url, language())
    return sorted((item for item in known if item.example), key=lambda item: item.slug or "")


def own_plans() -> list[ScenarioInfo]:
    """Return the plans that were handed in, newest first."""
    return [item for item in _scenarios(Settings().resolved_api_url, language()) if not item.example]


def scenario(scenario_id: str) -> ScenarioDetail:
    """Return a scenario with its document."""
    return _scenario(Settings().resolved_api_url, scenario_id, language())


def impact(run_id: str) -> Impact:
    """Return the impact analysis of a finished run."""
    return _impact(Settings().resolved_api_url, run_id)


def find_scenario(name: str) -> ScenarioInfo:
    """Return the scenario with this id, short name or beginning of an id. Raises `NotFound`."""
    found = _named(name, _scenarios(Settings().resolved_api_url, language()))
    # A plan that was handed in a moment ago is not in the remembered list yet.
    found = found or _named(name, client().scenarios())
    if found is None and FULL_ID.fullmatch(name):
        # Shared with who has the address: in no list.
        return client().scenario(name)
    if found is None:
        raise NotFound(what=text("ui.plan"), name=name)
    return found


def _named(name: str, known: Sequence[ScenarioInfo]) -> ScenarioInfo | None:
    exact = next((item for item in known if name in (item.id, item.slug)), None)
    beginning = [item for item in known if len(name) >= SHORTEST_ID and item.id.startswith(name)]
    return exact or (beginning[0] if len(beginning) == 1 else None)


def latest_runs() -> dict[str, RunInfo]:
    """Return per scenario the run to show: finished, else under way, else the rest; the newest of these."""
    rank = {"completed": 0, "running": 1, "queued": 2, "failed": 3, "cancelled": 4}
    latest: dict[str, RunInfo] = {}
    for run in client().runs():
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
