"""What the page Verdieping asks of the API, remembered per visitor: a finished result never changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from zorgstroom.client_depth import RowsPage
from zorgstroom.dataset_document import Today
from zorgstroom.depth_document import AreaMoves, Moves, SimulatedYears, Subject
from zorgstroom.errors import NotFound
from zorgstroom.reporting.impact import Impact
from zorgstroom.text import Language, catalogue
from zorgstroom_ui import session

Filters = tuple[tuple[str, tuple[str, ...]], ...]
#: Rows of the comparison that are asked for at once: more than any tab shows.
COMPARISON_ROWS = 5_000


def as_filters(filters: Mapping[str, Sequence[str]]) -> Filters:
    """Return filters as something answers can be remembered by."""
    return tuple((name, tuple(values)) for name, values in sorted(filters.items()) if values)


@st.cache_resource(max_entries=256, show_spinner=False)
def _years(
    address: str, who: str, run: str, indicator: str, by: tuple[Subject, ...], filters: Filters
) -> SimulatedYears:
    del address, who  # what the answer is remembered by
    return session.client().simulated_years(run, indicator, by, **dict(filters))


def years(run: str, indicator: str, by: Sequence[Subject], **filters: Sequence[str]) -> SimulatedYears:
    """Return an indicator in every simulated year."""
    return _years(session.api_address(), session.who(), run, indicator, tuple(by), as_filters(filters))


@st.cache_resource(max_entries=128, show_spinner=False)
def _moves(address: str, who: str, run: str, filters: Filters) -> Moves:
    del address, who
    return session.client().moves(run, **dict(filters))


def moves(run: str, filters: Mapping[str, Sequence[str]]) -> Moves:
    """Return who goes from which hospital to which."""
    return _moves(session.api_address(), session.who(), run, as_filters(filters))


@st.cache_resource(max_entries=128, show_spinner=False)
def _area_moves(address: str, who: str, run: str, filters: Filters) -> AreaMoves:
    del address, who
    return session.client().area_moves(run, **dict(filters))


def area_moves(run: str, filters: Mapping[str, Sequence[str]]) -> AreaMoves:
    """Return where those live who go elsewhere."""
    return _area_moves(session.api_address(), session.who(), run, as_filters(filters))


@st.cache_resource(max_entries=128, show_spinner=False)
def _rows(
    address: str, who: str, run: str, table: str, limit: int, cursor: str | None, filters: Filters
) -> RowsPage:
    del address, who
    return session.client().rows(run, table, limit, cursor, **dict(filters))


def rows(
    run: str, table: str, filters: Mapping[str, Sequence[str]], limit: int, cursor: str | None = None
) -> RowsPage:
    """Return a page of rows of a result table. Raises `InvalidInput`, `NotFound`."""
    return _rows(session.api_address(), session.who(), run, table, limit, cursor, as_filters(filters))


def comparison(run: str, indicators: Sequence[str], **filters: Sequence[str]) -> list[dict[str, Any]]:
    """Return the rows of the comparison about these indicators."""
    return rows(run, "comparison", {"indicator": indicators, **filters}, COMPARISON_ROWS).items


@st.cache_resource(max_entries=8, show_spinner=False)
def _today(address: str, who: str, dataset: str) -> Today:
    del address, who
    return session.client().today(dataset)


@st.cache_data(max_entries=8, show_spinner=False)
def _dataset(address: str, who: str, dataset: str) -> dict[str, Any]:
    del address, who
    return session.client().dataset(dataset)


@st.cache_resource(max_entries=16, show_spinner=False)
def _dataset_rows(address: str, who: str, dataset: str, table: str) -> RowsPage:
    del address, who
    return session.client().dataset_rows(table, dataset)


def fit(dataset: str) -> list[dict[str, Any]]:
    """Return what the calibration gives beside what is known; nothing where the dataset does not tell."""
    try:
        return _dataset_rows(session.api_address(), session.who(), dataset, "fit").items
    except NotFound:
        return []


@dataclass(frozen=True)
class Names:
    """What ids are called in one language."""

    language: Language
    known: Mapping[str, str]
    #: Care by group, in the order of the dataset, and the organisation of every location.
    groups: Mapping[str, tuple[str, ...]]
    organisations: Mapping[str, str]
    regions: Mapping[str, tuple[str, ...]]

    def of(self, identifier: str) -> str:
        """Return the name, or the id when there is none."""
        return self.known.get(identifier, identifier)

    def group(self, group: str) -> str:
        """Return the name of a group of care."""
        return catalogue(self.language).get(f"ui.depth.group.{group}", group)

    def organisation(self, organisation: str) -> str:
        """Return an organisation by its sites."""
        sites = [self.of(place) for place, owner in self.organisations.items() if owner == organisation]
        return " + ".join(sites) if sites else organisation


def names(impact: Impact, language: Language) -> Names:
    """Return the names of everything in a result; of the dataset in use where it was made with that."""
    known = {name: words.get(language, name) for name, words in impact.names.items()}
    groups: dict[str, tuple[str, ...]] = {}
    organisations: dict[str, str] = {}
    regions: Mapping[str, Sequence[str]] = {}
    try:
        found = _dataset(session.api_address(), session.who(), impact.identity.dataset_id)
        today = _today(session.api_address(), session.who(), impact.identity.dataset_id)
    except NotFound:
        # Made with other figures than are in use now: what the result itself names has to do.
        return Names(language, known, groups, organisations, {})
    for location in found["locations"]:
        known[location["id"]] = location["name"]
        organisations[location["id"]] = location["organisation_id"]
    for profile in found["profiles"]:
        known[profile["id"]] = profile[f"name_{language}"]
        groups[profile["group"]] = (*groups.get(profile["group"], ()), profile["id"])
    known |= {pool: words[language] for pool, words in today.pool_names.items()}
    regions = found["regions"]
    return Names(
        language, known, groups, organisations, {kind: tuple(values) for kind, values in regions.items()}
    )


def positions(dataset: str) -> dict[str, tuple[float, float]]:
    """Return longitude and latitude of every location of the dataset in use."""
    try:
        found = _dataset(session.api_address(), session.who(), dataset)
    except NotFound:
        return {}
    return {item["id"]: (item["longitude"], item["latitude"]) for item in found["locations"]}
