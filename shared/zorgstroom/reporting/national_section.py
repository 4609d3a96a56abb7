"""The rows of `national_beside` as a section of the report, and as a table of the method's own files.

A plan with ``method: national-tranche-1`` gets the section; ``zorgstroom national run --beside`` makes the table of a
workbook or plan and a finished run.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from zorgstroom.national.defaults import exact
from zorgstroom.national.measures import MEASURES
from zorgstroom.national.outcome import Outcome, outcome_of
from zorgstroom.national.planned import Planned, planned_case
from zorgstroom.national.tables import Cell, Table
from zorgstroom.reporting.assumptions import numbers
from zorgstroom.reporting.impact import Section, SectionCell, SectionColumn, TextRef
from zorgstroom.reporting.national_beside import ZERO, BesideRow, compare
from zorgstroom.text import Language, translate

if TYPE_CHECKING:
    from zorgstroom.reporting.sections import Sources

SECTION = "national_beside"
#: Longest table in a report; the whole of it is in the tables of the command.
LONGEST = 1_500
#: The method itself, as it was published.
METHOD_SOURCE = "SiRM, Impactanalyse concentratie en spreiding, tranche 1 (2025)"
_COMMAND = "zorgstroom national run"


def contribute(sources: Sources) -> Sequence[Section]:
    """Return the section of a plan that asks for the national method."""
    if sources.scenario.method is None:
        return []
    planned = planned_case(sources.scenario, sources.dataset, sources.region, sources.plan)
    outcome = outcome_of(planned.case)
    rows = compare(
        outcome,
        sources.readings,
        sources.tables["flows"],
        sources.identity.replications,
        sources.identity.weeks,
    )
    known = numbers()
    columns = [
        SectionColumn(id="location"),
        SectionColumn(id="profile"),
        SectionColumn(id="national_what"),
        SectionColumn(id="national_method", kind="number", decimals=1),
        SectionColumn(id="national_simulated", kind="spread", decimals=1),
        SectionColumn(id="national_difference", kind="difference", decimals=1),
        SectionColumn(id="national_basis"),
    ]
    return [
        Section(
            id=SECTION,
            criterion="other",
            columns=columns,
            rows=[_cells(row) for row in rows[:LONGEST]],
            sentences=_sentences(planned, outcome, rows),
            confidence="low",
            table="flows",
            assumptions=[known[f"staffing.{name}"] for name in sources.dataset.staffing if name in MEASURES],
            sources=[METHOD_SOURCE, *sorted({item.source for item in sources.dataset.staffing.values()})],
        )
    ]


def beside_locations(rows: Sequence[BesideRow], outcome: Outcome, language: Language) -> Table:
    """Return the rows as a table of the method's own workbook and CSV files."""
    profiles = {item.profile: item.name(language) for item in outcome.case.interventions}
    cells: list[tuple[Cell, ...]] = []
    for row in rows:
        seen, difference = row.simulated, row.difference
        numbers = (None,) * 3 if seen is None else (seen.mean, seen.low, seen.high)
        numbers = (*numbers, None if difference is None else difference.mean)
        cells.append(
            (
                row.location or translate("national.total", language),
                profiles[row.profile],
                translate(f"national.beside.what.{row.what}", language, band=row.band),
                row.method,
                ", ".join(translate(f"national.basis.{basis}", language) for basis in row.bases),
                *(None if value is None else exact(value) for value in numbers),
            )
        )
    columns = (
        *("location", "intervention", "what", "method", "basis"),
        *("simulated", "simulated_low", "simulated_high", "difference"),
    )
    return Table("beside_locations", columns, tuple(cells))


def _cells(row: BesideRow) -> list[SectionCell]:
    return [
        row.location or TextRef(key="national.total"),
        row.profile,
        TextRef(key=f"national.beside.what.{row.what}", params={"band": row.band} if row.band else {}),
        None if row.method is None else round(float(row.method), 6),
        row.simulated,
        row.difference,
        TextRef(
            key="national.beside.bases",
            params={"bases": {"texts": [{"key": f"national.basis.{basis}"} for basis in row.bases]}},
        )
        if row.bases
        else None,
    ]


def _sentences(planned: Planned, outcome: Outcome, rows: Sequence[BesideRow]) -> list[TextRef]:
    """Return how many move on either side, where the two differ most, and what is on one side only."""
    found = []
    totals = [row for row in rows if not row.location and row.what == "leaving"]
    if totals:
        moved = sum((row.method or ZERO for row in totals), ZERO)
        simulated = sum(row.simulated.mean for row in totals if row.simulated is not None)
        params: dict[str, Any] = {"method": {"n": float(moved)}, "simulated": {"n": simulated}}
        found.append(TextRef(key="national.beside.moved", params=params))
    changes = [
        (abs(row.difference.mean), row, row.method, row.simulated)
        for row in rows
        if row.what == "change" and row.difference and row.method is not None and row.simulated
    ]
    if changes:
        _, most, method, seen = max(changes, key=lambda change: change[0])
        params = {
            "location": {"name": most.location},
            "profile": {"name": most.profile, "lower": True},
            "method": {"n": float(method), "signed": True},
            "simulated": {"n": seen.mean, "signed": True},
        }
        found.append(TextRef(key="national.beside.most", params=params))
    found += planned_notes(planned, outcome)
    if len(rows) > LONGEST:
        found.append(
            TextRef(key="national.beside.longest", params={"n": len(rows) - LONGEST, "command": _COMMAND})
        )
    found.append(TextRef(key="national.beside.adds"))
    return found


def planned_notes(planned: Planned, outcome: Outcome) -> list[TextRef]:
    """Return what of a plan the method does otherwise, or does not know."""
    found = []
    if planned.choosing:
        names = {"names": list(planned.choosing), "lower": True}
        found.append(TextRef(key="national.beside.choosing", params={"profiles": names}))
    topped = [item.norm.id for item in outcome.norms if item.top_ups and item.norm.id in planned.topped_up]
    if topped:
        found.append(
            TextRef(key="national.beside.topped_up", params={"profiles": {"names": topped, "lower": True}})
        )
    if planned.without_receiver:
        names = {"names": list(planned.without_receiver), "lower": True}
        found.append(TextRef(key="national.beside.without_receiver", params={"profiles": names}))
    if planned.unknown:
        kinds = {"texts": [{"key": f"national.beside.action.{kind}"} for kind in planned.unknown]}
        found.append(TextRef(key="national.beside.unknown", params={"actions": kinds}))
    if planned.dated:
        found.append(TextRef(key="national.beside.dated"))
    return found
