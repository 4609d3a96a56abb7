"""Shared care in the report: contacts brought near home, what travel that saves, and what it asks of the clinics."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from zorgstroom.reporting.assumptions import numbers
from zorgstroom.reporting.impact import Estimate, Section, SectionCell, SectionColumn, TextRef
from zorgstroom.reporting.readings import Reading, Readings

if TYPE_CHECKING:
    from zorgstroom.reporting.sections import Sources

#: Assumed figures of how many contacts there are around a treatment.
CONTACTS = ("profile_figures.precare_contacts", "profile_figures.aftercare_contacts")
#: What is told of inhabitants: contacts, hours and kilometres a year, there and back.
SAVED = ("contacts_nearby", "contact_hours_saved", "contact_km_saved")


def contribute(sources: Sources) -> Sequence[Section]:
    """Return what shared care does per kind of care, per area where people live, and per clinic."""
    readings = sources.readings
    return (
        _saved(readings, "shared_care", "profile", lambda row: not row.area),
        _saved(readings, "shared_care_areas", "area", lambda row: not row.profile),
        _clinics(readings),
    )


def _saved(readings: Readings, identifier: str, by: str, where: Callable[[Reading], bool]) -> Section:
    """Return contacts near home and what travel they save by one level, everything together first."""
    found = {(row.profile, row.area): row.plan for row in readings.of(SAVED[0], where)}
    keys = sorted(found, key=lambda key: (any(key), -found[key].mean, key))
    rows: list[list[SectionCell]] = []
    for profile, area in keys:
        values = [_by_plan(readings, name, profile=profile, area=area) for name in SAVED]
        contacts, hours, _ = values
        minutes = hours.mean * 60 / 2 / contacts.mean if contacts.mean else None
        rows.append([profile or area or TextRef(key="report.shared_care.all"), *values, minutes])
    whole = found.get(("", ""))
    sentences = []
    if whole is not None and by == "profile":
        params = {
            name: _by_plan(readings, name).model_dump()
            for name in ("contact_hours_saved", "contact_km_saved")
        }
        sentences = [
            TextRef(key="report.shared_care.told", params={"contacts": whole.model_dump(), **params})
        ]
    return Section(
        id=identifier,
        criterion="care_use",
        columns=[
            SectionColumn(id=by),
            *(SectionColumn(id=name, kind="spread") for name in SAVED),
            SectionColumn(id="minutes_shorter", kind="number"),
        ],
        rows=rows,
        sentences=sentences,
        confidence="medium",
        table="comparison",
        assumptions=[numbers()[kind] for kind in (*CONTACTS, "parameters.road_detour_factor")],
    )


def _clinics(readings: Readings) -> Section:
    """Return the contacts every hospital hands over and receives, beside all contacts it has."""
    moved = ("contacts_handed_over", "contacts_received")
    places = {
        row.location
        for name in moved
        for row in readings.of(name, lambda row: bool(row.location) and not row.profile)
    }
    rows: list[list[SectionCell]] = []
    for place in sorted(
        places, key=lambda place: (-_by_plan(readings, moved[1], location=place).mean, place)
    ):
        handed, received = (_by_plan(readings, name, location=place) for name in moved)
        all_contacts = readings.at("contacts", location=place)
        if all_contacts is None:
            rows.append([place, None, handed, received, None, None])
            continue
        today, change = all_contacts.baseline.mean, all_contacts.difference
        rows.append([place, today, handed, received, change, change.mean / today if today else None])
    sentences = []
    if rows:
        place = str(rows[0][0])
        params = {
            "location": {"name": place},
            "n": _by_plan(readings, moved[1], location=place).model_dump(),
        }
        sentences = [TextRef(key="report.shared_care.clinic", params=params)]
    return Section(
        id="shared_care_clinics",
        criterion="redistribution",
        columns=[
            SectionColumn(id="location"),
            SectionColumn(id="contacts_today", kind="number"),
            SectionColumn(id="contacts_handed_over", kind="spread"),
            SectionColumn(id="contacts_received", kind="spread"),
            SectionColumn(id="contacts_change", kind="difference"),
            SectionColumn(id="contacts_share", kind="number", decimals=1, share=True),
        ],
        rows=rows,
        sentences=sentences,
        confidence="medium",
        table="comparison",
        assumptions=[numbers()[kind] for kind in CONTACTS],
    )


def _by_plan(readings: Readings, indicator: str, **place: str) -> Estimate:
    """Return a number that is zero without the plan."""
    found = readings.at(indicator, **place)
    return Estimate(mean=0.0) if found is None else found.plan
