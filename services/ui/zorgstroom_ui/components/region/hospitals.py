"""The hospitals of a region: what they have and do today, and how busy a calculation of today says they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from zorgstroom.client import RunInfo
from zorgstroom.dataset_document import LocationToday
from zorgstroom.reporting.impact import Estimate
from zorgstroom.text import Language, translate
from zorgstroom.text.numbers import number
from zorgstroom_ui import session
from zorgstroom_ui.components import place_answers
from zorgstroom_ui.components.html import Column, Html, TableRow, cut_table, folded, join, listing
from zorgstroom_ui.components.picture import Sheet
from zorgstroom_ui.components.region.drawings import Site
from zorgstroom_ui.components.wording import plain_cell

#: The example without measures: what is calculated of it is about today.
TODAY_SLUG = "01-nu"
_WAITS = ("wait_first_visit", "wait_treatment")
#: Groups of fewer patients a year are not told.
SMALLEST = 10


@dataclass(frozen=True)
class Hospital:
    """A location with what is known of it."""

    number: int
    info: Mapping[str, Any]
    today: LocationToday

    @property
    def beds(self) -> float:
        """Staffed beds on wards and on intensive care."""
        return sum(pool.amount for pool in self.today.pools if pool.unit == "beds")

    def words(self, language: Language) -> str:
        """Return what acute care it has."""
        parts = [translate(f"ui.region.ed.{self.info['ed']}", language)]
        parts.append(translate(f"ui.region.role.{self.info['role']}", language))
        return ", ".join(parts)

    def site(self, language: Language) -> Site:
        """Return it as a point on the map."""
        return Site(
            self.number,
            self.info["name"],
            self.info["latitude"],
            self.info["longitude"],
            self.words(language),
        )


def hospitals_of(locations: Sequence[str]) -> list[Hospital]:
    """Return the hospitals of these locations, those with most beds first."""
    known = {item["id"]: item for item in session.dataset()["locations"]}
    found = [item for item in place_answers.today().locations if item.location in set(locations)]
    ordered = sorted(
        (Hospital(0, known[item.location], item) for item in found),
        key=lambda item: (-item.beds, item.info["name"]),
    )
    return [Hospital(rank, item.info, item.today) for rank, item in enumerate(ordered, 1)]


def run_of_today(region: str) -> RunInfo | None:
    """Return a finished calculation of today that is about this region, if there is one."""
    today = next((item for item in session.examples() if item.slug == TODAY_SLUG), None)
    run = None if today is None else session.latest_runs().get(today.id)
    if run is None or run.state != "completed":
        return None
    return run if run.settings.region in (None, "", region) else None


@st.cache_resource(max_entries=16, show_spinner=False)
def _waits(visitor: str, base_url: str, run_id: str) -> dict[tuple[str, str], Estimate]:
    del visitor, base_url
    table = session.client().frame(run_id, "comparison", indicator=list(_WAITS))
    return {
        (row["location"], row["indicator"]): Estimate(
            mean=row["baseline"], low=row["baseline_low"], high=row["baseline_high"]
        )
        for row in table.to_pylist()
        if row["location"] and not row["profile"] and row["baseline"] is not None
    }


def waits_of(run: RunInfo | None) -> Mapping[tuple[str, str], Estimate]:
    """Return weeks of waiting by location and kind of wait."""
    return {} if run is None else _waits(session.who(), session.api_address(), run.id)


def table_of(
    hospitals: Sequence[Hospital], waits: Mapping[tuple[str, str], Estimate], language: Language
) -> Html:
    """Return what each hospital has and does."""
    names = [f"ui.region.hospital.{name}" for name in ("name", "acute", "beds", "kinds", *_WAITS)]
    kinds = ("", "text", "num", "num", "num", "num")
    rows = [
        TableRow(
            [
                join(f"{item.number}. {item.info['name']}"),
                _acute(item, language),
                number(item.beds, language) if item.beds else translate("ui.region.hospital.none", language),
                number(len(item.today.patients), language),
                *(_wait(waits.get((item.info["id"], kind)), language) for kind in _WAITS),
            ]
        )
        for item in hospitals
    ]
    columns = [Column(translate(name, language), kind) for name, kind in zip(names, kinds, strict=True)]
    return cut_table(translate("ui.region.hospital.caption", language), columns, rows, language)


def care_of(hospitals: Sequence[Hospital], language: Language) -> Html:
    """Return per hospital, folded away, the care it gives with expected patients a year."""
    profiles = {item["id"]: item for item in session.dataset()["profiles"]}
    parts = []
    for item in hospitals:
        lines = [
            translate(
                "ui.region.hospital.care.line",
                language,
                care=profiles[care][f"name_{language}"],
                patients=number(patients, language),
            )
            if patients >= SMALLEST
            else translate("ui.region.hospital.care.few", language, care=profiles[care][f"name_{language}"])
            for care, patients in sorted(item.today.patients.items(), key=lambda pair: -pair[1])
        ]
        summary = translate(
            "ui.region.hospital.care",
            language,
            name=item.info["name"],
            count=number(len(item.today.patients), language),
        )
        if lines:
            parts.append(folded(summary, listing(lines)))
    return join(*parts)


def sheet_of(
    hospitals: Sequence[Hospital], waits: Mapping[tuple[str, str], Estimate], language: Language
) -> Sheet:
    """Return the hospitals with the care they give as figures: one row per hospital and kind of care."""
    profiles = {item["id"]: item for item in session.dataset()["profiles"]}
    columns = [
        translate(f"ui.region.hospital.{name}", language)
        for name in ("name", "acute", "beds", *_WAITS, "profile", "patients")
    ]
    rows: list[list[str | float | None]] = []
    for item in hospitals:
        weeks = [waits.get((item.info["id"], kind)) for kind in _WAITS]
        start = [item.info["name"], item.words(language), item.beds]
        means = [round(wait.mean, 2) if wait else None for wait in weeks]
        for care, patients in item.today.patients.items():
            told = round(patients) if patients >= SMALLEST else None
            rows.append([*start, *means, profiles[care][f"name_{language}"], told])
    return Sheet(columns, rows)


def _acute(item: Hospital, language: Language) -> Html:
    return join(item.words(language))


def _wait(wait: Estimate | None, language: Language) -> str:
    if wait is None:
        return translate("ui.region.hospital.unknown", language)
    return plain_cell(wait, language, 1)
