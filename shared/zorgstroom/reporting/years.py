"""What the plan does per year: the table of a run of several years, and the lists that are handed over on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from zorgstroom.indicators.catalogue import CATALOGUE
from zorgstroom.planning.comparison import compare
from zorgstroom.reporting.assumptions import numbers
from zorgstroom.reporting.balance import CHOICE
from zorgstroom.reporting.impact import Estimate, Section, SectionCell, SectionColumn, TextRef
from zorgstroom.reporting.readings import Reading, Readings
from zorgstroom.reporting.staff import times

if TYPE_CHECKING:
    from zorgstroom.reporting.sections import Sources

#: Indicators of the whole region, with their pool, in the order of the table. Each is a column.
COLUMNS: Mapping[str, str] = {
    "wait_first_visit": "",
    "wait_treatment": "",
    "list_treatment_end": "",
    "volume_at_norm": "",
    "travel_mean": "",
    "occupancy": "ward",
    "staff_fte": "",
    "turnover": "",
}
_PER_PLACE = ("volume", "list_treatment_end", "handed_over", "taken_over")
#: What the tables rest on: who goes where, and for lists and beds how much room there is; figures by their kind.
_ROOM = ("parameters.ward_target_load", "parameters.planner_look_ahead")
_WORK = ("profile_figures.cost_eur", "staffing.productive_hours")
#: Fewer patients a year than this are none.
SMALLEST = 0.5


def by_year(years: pa.Table) -> dict[int, Readings]:
    """Return baseline, plan and paired difference of a table of `zorgstroom.tables.YEARS`, year by year."""
    wanted = years.filter(pc.is_in(years["indicator"], pa.array([*COLUMNS, *_PER_PLACE])))
    numbers = sorted(pc.unique(wanted["year"]).to_pylist())
    return {
        year: Readings(compare(wanted.filter(pc.equal(wanted["year"], year)).drop_columns(["year"])))
        for year in numbers
    }


def contribute(sources: Sources) -> Sequence[Section]:
    """Return the region per year, the volumes per year and the lists per year; nothing for a run of one year."""
    if "years" not in sources.tables:
        return _handed_over_only(sources)
    found = by_year(sources.tables["years"])
    return (
        Section(
            id="years",
            criterion="redistribution",
            columns=[
                SectionColumn(id="year", kind="number"),
                SectionColumn(id="years_side"),
                *(_column(name) for name in COLUMNS),
            ],
            rows=[row for year, readings in found.items() for row in _of_region(year, readings)],
            sentences=_sentences(sources, found),
            confidence="low",
            table="years",
            assumptions=_rests_on(*CHOICE, *_ROOM, *_WORK),
        ),
        Section(
            id="years_volume",
            criterion="redistribution",
            columns=[
                SectionColumn(id="profile"),
                SectionColumn(id="location"),
                SectionColumn(id="baseline", kind="spread"),
                *(SectionColumn(id=f"year_{year}", kind="spread") for year in found),
            ],
            rows=_volumes(sources, found),
            confidence="medium",
            table="years",
            assumptions=_rests_on(*CHOICE),
        ),
        Section(
            id="years_lists",
            criterion="redistribution",
            columns=[
                SectionColumn(id="location"),
                SectionColumn(id="handed_over", kind="spread"),
                SectionColumn(id="taken_over", kind="spread"),
                *(SectionColumn(id=f"list_year_{year}", kind="difference") for year in found),
            ],
            rows=_lists(sources, found),
            confidence="low",
            table="years",
            assumptions=_rests_on(*CHOICE, *_ROOM),
        ),
    )


def _rests_on(*kinds: str) -> list[str]:
    """Return the numbers in the register of kinds of figures."""
    known = numbers()
    return [known[kind] for kind in kinds]


def _column(name: str) -> SectionColumn:
    kind = CATALOGUE[name]
    if kind.unit == "share":
        return SectionColumn(id=f"years_{name}", kind="spread", decimals=1, share=True)
    if kind.unit == "euro_per_year":
        return SectionColumn(id=f"years_{name}", kind="spread", unit="thousand_euros_per_year")
    return SectionColumn(id=f"years_{name}", kind="spread", decimals=kind.decimals, unit=f"unit.{kind.unit}")


def _of_region(year: int, readings: Readings) -> list[list[SectionCell]]:
    """Return today, plan and difference of one year."""
    found = [readings.at(name, pool=pool) for name, pool in COLUMNS.items()]
    return [
        [
            float(year),
            TextRef(key=f"report.column.{side}"),
            *(None if reading is None else _side(reading, side) for reading in found),
        ]
        for side in ("baseline", "plan", "difference")
    ]


def _side(reading: Reading, side: str) -> Estimate:
    estimate: Estimate = getattr(reading, side)
    # Money is told in thousands.
    return times(estimate, 1 / 1000) if CATALOGUE[reading.indicator].unit == "euro_per_year" else estimate


def _volumes(sources: Sources, found: Mapping[int, Readings]) -> list[list[SectionCell]]:
    """Return the volume of every profile the plan changes at a location: today, and under the plan per year."""
    rows: list[list[SectionCell]] = []
    for profile in sources.profiles:
        for location in sources.touched:
            readings = [
                of_year.at("volume", location=location, profile=profile) for of_year in found.values()
            ]
            if not any(item is not None and abs(item.difference.mean) >= SMALLEST for item in readings):
                continue
            first = next(item for item in readings if item is not None)
            plan = [Estimate(mean=0.0) if item is None else item.plan for item in readings]
            rows.append([profile, location, first.baseline, *plan])
    return rows


def _lists(sources: Sources, found: Mapping[int, Readings]) -> list[list[SectionCell]]:
    """Return per location who was handed over and taken over, and how much longer its list is at the end of years."""
    rows: list[list[SectionCell]] = []
    for location in sources.touched:
        over = _over(sources.readings, location)
        longer = [of_year.at("list_treatment_end", location=location) for of_year in found.values()]
        changes = [None if item is None else item.difference for item in longer]
        if any(over) or any(item is not None and abs(item.mean) >= SMALLEST for item in changes):
            rows.append([location, *over, *changes])
    return rows


def _over(readings: Readings, location: str) -> list[Estimate | None]:
    """Return how many waiting patients a location hands over and takes over in the whole period; None: nobody."""
    found = [readings.at(name, location=location) for name in ("handed_over", "taken_over")]
    return [item.plan if item is not None and item.plan.mean >= SMALLEST else None for item in found]


def _handed_over_only(sources: Sources) -> Sequence[Section]:
    """Return who is handed over in a run of one year."""
    rows: list[list[SectionCell]] = []
    for location in sources.touched:
        over = _over(sources.readings, location)
        if any(over):
            rows.append([location, *over])
    return (
        Section(
            id="handed_over",
            criterion="redistribution",
            columns=[
                SectionColumn(id="location"),
                SectionColumn(id="handed_over", kind="spread"),
                SectionColumn(id="taken_over", kind="spread"),
            ],
            rows=rows,
            sentences=_handed_over(sources) if rows else [],
            confidence="medium",
            table="comparison",
            assumptions=_rests_on(*CHOICE, *_ROOM),
        ),
    )


def _sentences(sources: Sources, found: Mapping[int, Readings]) -> list[TextRef]:
    """Say what differs in the first year and in the last, what demand each year has, and who was handed over."""
    told = []
    first, last = min(found), max(found)
    for name in ("wait_treatment", "list_treatment_end"):
        ends = [found[year].at(name) for year in (first, last)]
        if first == last or ends[0] is None or ends[1] is None:
            continue
        decimals = CATALOGUE[name].decimals
        one, other = (_changed(item.difference, decimals) for item in ends if item is not None)
        params = {"first": one, "year": {"n": last}, "last": other}
        told.append(TextRef(key=f"report.years.{name}", params=params))
    growth = sources.scenario.horizon.demand_growth
    params = {"year": str(sources.identity.demand_year)}
    told.append(TextRef(key=f"report.years.demand_{growth or 'same'}", params=params))
    return told + _handed_over(sources)


def _changed(difference: Estimate, decimals: int) -> dict[str, object]:
    return {
        "mean": difference.mean,
        "low": difference.low,
        "high": difference.high,
        "d": decimals,
        "signed": True,
    }


def _handed_over(sources: Sources) -> list[TextRef]:
    total = sources.readings.at("handed_over")
    if total is None or total.plan.mean < SMALLEST:
        return []
    plan = total.plan
    patients = {"mean": plan.mean, "low": plan.low, "high": plan.high, "d": 0}
    return [TextRef(key="report.years.handed_over", params={"patients": patients})]
