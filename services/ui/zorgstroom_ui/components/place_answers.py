"""What the service says of places, remembered for all visitors who may see the same."""

from __future__ import annotations

import streamlit as st

from zorgstroom.dataset_document import Today
from zorgstroom.places_document import AreaInfo, Demand, PlaceOutcome, RegionPicture, Side, SimulatedWeek
from zorgstroom_ui import session
from zorgstroom_ui.kept import kept_for

#: Seconds for which is remembered what changes only when the figures in use change.
DATASET_SECONDS = 300


# The address and the visitor are part of what an answer is remembered by.


@kept_for(DATASET_SECONDS, most=32)
def _areas(visitor: str, base_url: str, region: str) -> list[AreaInfo]:
    del visitor, base_url
    return session.client().areas(region or None, session.dataset_id())


def areas(region: str = "") -> list[AreaInfo]:
    """Return the areas of a region, or of the country."""
    url = session.api_address()
    return session.last_known(f"areas {region}", lambda: _areas(session.who(), url, region))


@kept_for(DATASET_SECONDS, most=32)
def _picture(visitor: str, base_url: str, region: str) -> RegionPicture:
    del visitor, base_url
    return session.client().region_picture(region or None, session.dataset_id())


def picture(region: str) -> RegionPicture:
    """Return a region as it is today."""
    url = session.api_address()
    return session.last_known(f"region {region}", lambda: _picture(session.who(), url, region))


@kept_for(DATASET_SECONDS, most=32)
def _demand(visitor: str, base_url: str, region: str) -> Demand:
    del visitor, base_url
    return session.client().demand(region or None, session.dataset_id())


def demand(region: str) -> Demand:
    """Return the demand of a region, year by year."""
    url = session.api_address()
    return session.last_known(f"demand {region}", lambda: _demand(session.who(), url, region))


@kept_for(DATASET_SECONDS, most=4)
def _today(visitor: str, base_url: str) -> Today:
    del visitor, base_url
    return session.client().today(session.dataset_id())


def today() -> Today:
    """Return what every location does today."""
    url = session.api_address()
    return session.last_known("today", lambda: _today(session.who(), url))


@st.cache_resource(max_entries=256, show_spinner=False)
def _outcome(visitor: str, base_url: str, run_id: str, place: str) -> PlaceOutcome:
    del visitor, base_url
    return session.client().place_outcome(run_id, place)


def outcome(run_id: str, place: str) -> PlaceOutcome:
    """Return what the plan of a run means for a place. Raises `NotFound`, `Conflict`."""
    url = session.api_address()
    return session.last_known(f"place {run_id} {place}", lambda: _outcome(session.who(), url, run_id, place))


@st.cache_resource(max_entries=32, show_spinner=False)
def _week(visitor: str, base_url: str, run_id: str, side: Side, number: int | None) -> SimulatedWeek:
    del visitor, base_url
    return session.client().week(run_id, side, number)


def week(run_id: str, side: Side, number: int | None = None) -> SimulatedWeek:
    """Return a simulated week of a run. Raises `NotFound` where it keeps no journeys."""
    url = session.api_address()
    return _week(session.who(), url, run_id, side, number)
