"""Which part of the tables a page shows: the largest rows, both ends, and the columns that fit.

The report and the screens show the same part; the workbook holds everything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from zorgstroom.reporting.capacity import room_of
from zorgstroom.reporting.impact import Impact
from zorgstroom.reporting.views import TableView, Views
from zorgstroom.text.numbers import number

Item = TypeVar("Item")

#: Rows of the long tables that are printed; Excel holds all.
TABLE_ROWS = 15
#: Areas per end: who loses most travel time, and who gains most.
AREA_ROWS = 10
#: Kinds of care of which each has its largest streams printed.
FEW_PROFILES = 5
#: Figures that are printed: uncertain ones, and the organisation's own.
FIGURE_ROWS = 25
#: Things to heed that are listed; a national plan can have dozens of a kind.
MOST_LINES = 6
#: Places at the norm in every year that are listed one by one; more are counted.
NORM_LINES = 8
#: Conclusions, and figures behind them, that are printed.
CONCLUSION_ROWS = 40
#: Production: so many hospitals, of each these rows where all do not fit.
ACTIVITY_HOSPITALS = 8
KEY_ACTIVITY = ("admissions", "day_treatments", "bed_days", "or_hours", "first_visits")
#: Printed columns, where not all of a table fit a page.
_PRINTED: Mapping[str, tuple[str, ...]] = {
    "headline": ("indicator", "baseline", "plan", "difference", "agreed", "verdict", "confidence"),
    "locations": ("location", "number", "type", "in_region", "sent", "received", "net"),
    "workload": (
        "location",
        "or_hours_sent",
        "or_hours_received",
        "or_hours_net",
        "bed_days_sent",
        "bed_days_received",
        "bed_days_net",
    ),
    "profiles": (
        "profile", "patients", "longer", "shorter", "extra_minutes", "providers_baseline", "providers_plan",
    ),
    "flows": ("profile", "from", "to", "patients", "extra_minutes"),
    "areas": ("area", "inhabitants", "patients", "longer", "shorter", "extra_minutes", "travel_hours"),
    "wait_profiles": (
        "profile", "kind", "baseline", "plan", "difference", "verdict", "treeknorm", "within_baseline", "within_plan",
    ),
    "wait_locations": (
        "location", "kind", "baseline", "plan", "difference", "verdict", "within_baseline", "within_plan",
    ),
    "waits": ("location", "profile", "kind", "baseline", "plan", "difference", "verdict", "within_plan"),
    "pools": (
        "location", "pool", "unit", "capacity_baseline", "capacity_plan", "load_baseline", "load_plan", "room",
        "growing",
    ),
    "volumes": ("location", "profile", "baseline", "plan", "difference", "norm", "plan_met", "verdict"),
    "assumptions": ("figure", "value", "unit", "basis", "confidence", "source", "register"),
    "own": ("figure", "value", "unit", "basis", "default", "source"),
}  # fmt: skip

#: The same of tables that further parts of the analysis bring.
PRINTED_OF_SECTIONS: Mapping[str, tuple[str, ...]] = {
    "staff": (
        "location", "profession", "hours_difference", "fte_baseline", "fte_plan", "fte_difference", "assumed_lowest",
        "assumed_highest",
    ),
}  # fmt: skip


class Printed:
    """The tables of one document in one language, as they are shown on a page."""

    def __init__(self, views: Views) -> None:
        self.views = views
        self.impact: Impact = views.impact
        self.text = views.text

    def tables(self) -> dict[str, TableView]:
        """The tables as they are printed: the rows and columns that fit a page."""
        views, text, impact = self.views, self.text, self.impact
        waits, pools, areas = views.waits(), self._own_marked(views.pools()), views.areas()
        locations, assumptions = views.locations(), views.assumptions()
        ends = self.both_ends()
        chosen = {
            "locations": _rows(locations, ends, TABLE_ROWS),
            "workload": _rows(locations, ends, TABLE_ROWS, text("report.workload")),
            "flows": _rows(views.flows(), self.printed_flows(), TABLE_ROWS),
            "losers": _rows(areas, self.by_hours(1), AREA_ROWS, text("report.areas.losers")),
            "gainers": _rows(areas, self.by_hours(-1), AREA_ROWS, text("report.areas.gainers")),
            "wait_profiles": _rows(
                waits,
                _where(impact.waits, lambda row: not row.location),
                TABLE_ROWS,
                text("report.waits.profiles"),
            ),
            "wait_locations": _rows(
                waits,
                _where(impact.waits, lambda row: not row.profile),
                TABLE_ROWS,
                text("report.waits.locations"),
            ),
            "waits": _rows(
                waits,
                _where(impact.waits, lambda row: bool(row.location and row.profile)),
                TABLE_ROWS,
                text("report.waits.details"),
            ),
            "short": _rows(
                pools,
                _where(impact.pools, lambda row: room_of(row) < 0),
                TABLE_ROWS,
                text("report.pools.short"),
            ),
            "freed": _rows(pools, self.freed(), TABLE_ROWS, text("report.pools.freed")),
            "assumptions": _rows(
                assumptions,
                _where(impact.assumptions, lambda row: row.basis != "own"),
                FIGURE_ROWS,
            ),
            "own": _rows(
                assumptions,
                _where(impact.assumptions, lambda row: row.basis == "own"),
                FIGURE_ROWS,
                text("report.own"),
            ),
        }
        for view in views.all():
            whole = view.id in ("headline", "pool_totals", "conservation", "settings")
            most = CONCLUSION_ROWS if view.id in ("robustness", "drivers") else TABLE_ROWS
            chosen.setdefault(view.id, _rows(view, range(len(view.rows)), len(view.rows) if whole else most))
        activity = self.printed_activity()
        chosen["activity"] = _rows(views.activity(), activity, len(activity))
        chosen["volumes"] = _rows(views.volumes(), self.volumes_with_norm(), TABLE_ROWS)
        if all(row.capacity_plan == row.capacity_baseline for row in impact.pools):
            for name in ("short", "freed"):
                chosen[name] = _without(chosen[name], "capacity_plan")
        if not impact.identity.region:
            chosen["locations"] = _without(chosen["locations"], "in_region")
        like = {"losers": "areas", "gainers": "areas", "short": "pools", "freed": "pools"}
        return {name: columns_of(view, _PRINTED.get(like.get(name, name))) for name, view in chosen.items()}

    def notes(self) -> dict[str, str]:
        """How many rows of a shortened table are printed, and where the others are."""
        impact, views, sheet = self.impact, self.views, self.views.sheet
        sizes = {
            "waits": (sum(bool(row.location and row.profile) for row in impact.waits), TABLE_ROWS),
            "wait_profiles": (sum(not row.location for row in impact.waits), TABLE_ROWS),
            "wait_locations": (sum(not row.profile for row in impact.waits), TABLE_ROWS),
            "short": (sum(room_of(row) < 0 for row in impact.pools), TABLE_ROWS),
            "freed": (sum(room_of(row) > 0 for row in impact.pools), TABLE_ROWS),
            "volumes": (len(self.volumes_with_norm()), TABLE_ROWS),
            "activity": (len(impact.activity), len(self.printed_activity())),
            "assumptions": (sum(row.basis != "own" for row in impact.assumptions), FIGURE_ROWS),
            "own": (impact.identity.own_figures, FIGURE_ROWS),
            "profiles": (len(impact.profiles), TABLE_ROWS),
            "access": (len(impact.access), TABLE_ROWS),
            "robustness": (len(views.robustness().rows), CONCLUSION_ROWS),
            "drivers": (len(views.drivers().rows), CONCLUSION_ROWS),
        }
        sheets = {"wait_profiles": "waits", "wait_locations": "waits", "short": "pools", "freed": "pools"}
        notes = {"locations": ""}
        for name, (total, printed) in sizes.items():
            where = sheets.get(name, "assumptions" if name == "own" else name)
            parts = []
            if total > printed:
                numbers = {"n": self._number(printed), "total": self._number(total)}
                parts.append(self.text("report.more_in_excel", sheet=sheet(where), **numbers))
            if where in impact.left_out and name == where:
                parts.append(self.text("report.more_in_tables", n=self._number(impact.left_out[where])))
            notes[name] = " ".join(parts)
        if len(impact.locations) > TABLE_ROWS:
            hospitals = self._number(len(impact.locations))
            notes["locations"] = self.text("report.both_ends", total=hospitals, sheet=sheet("locations"))
        return notes

    def both_ends(self) -> list[int]:
        """Rows of the hospitals: all, or those that on balance lose most and those that gain most."""
        rows = self.impact.locations
        if len(rows) <= TABLE_ROWS:
            return list(range(len(rows)))
        return both_ends([row.net.mean for row in rows], TABLE_ROWS)

    def by_hours(self, sign: int) -> list[int]:
        """Rows of the areas whose inhabitants together travel longer (1) or shorter (-1), most hours first."""
        hours = [row.travel_hours.mean * sign if row.travel_hours else 0.0 for row in self.impact.areas]
        found = [index for index, value in enumerate(hours) if value > 0]
        return sorted(found, key=lambda index: -hours[index])

    def freed(self) -> list[int]:
        """Rows of the pools with capacity left over, those that empty most first."""
        pools = self.impact.pools
        found = _where(pools, lambda row: room_of(row) > 0)
        return sorted(found, key=lambda index: pools[index].load_plan - pools[index].load_baseline)

    def volumes_with_norm(self) -> list[int]:
        """Rows of the volumes: those with a norm, or all when none has."""
        volumes = self.impact.volumes
        return _where(volumes, lambda row: row.norm is not None) or list(range(len(volumes)))

    def printed_flows(self) -> list[int]:
        """Rows of the largest streams; of a plan about a few kinds of care, the largest of each."""
        rows = self.impact.flows
        profiles = list(dict.fromkeys(row.profile for row in rows))
        if len(rows) <= TABLE_ROWS or len(profiles) > FEW_PROFILES:
            return list(range(len(rows)))[:TABLE_ROWS]
        each = TABLE_ROWS // len(profiles)
        return [
            index
            for profile in profiles
            for index in [index for index, row in enumerate(rows) if row.profile == profile][:each]
        ]

    def printed_activity(self) -> list[int]:
        """Rows of the production: all, or of each of the first hospitals the rows that say most."""
        rows = self.impact.activity
        if len(rows) <= TABLE_ROWS:
            return list(range(len(rows)))
        shown = list(dict.fromkeys(row.location for row in rows))[:ACTIVITY_HOSPITALS]
        return _where(rows, lambda row: row.location in shown and row.indicator in KEY_ACTIVITY)

    def _own_marked(self, pools: TableView) -> TableView:
        """The capacities with the organisation's own ones marked: how each is known is a column too many here."""
        place = [column.id for column in pools.columns].index("pool")
        own = self.text("basis.own")
        rows = [
            (*row[:place], f"{row[place]} ({own})", *row[place + 1 :]) if known.own else row
            for row, known in zip(pools.rows, self.impact.pools, strict=True)
        ]
        return replace(pools, rows=tuple(rows))

    def _number(self, value: float) -> str:
        return number(value, self.views.language)


def first_lines(lines: Sequence[str], views: Views) -> list[str]:
    """Return the first sentences of a long list, and how many more there are where."""
    if len(lines) <= MOST_LINES + 1:
        return list(lines)
    left = number(len(lines) - MOST_LINES, views.language)
    return [*lines[:MOST_LINES], views.text("report.more_lines", n=left, sheet=views.sheet("texts"))]


def both_ends(values: Sequence[float], most: int) -> list[int]:
    """Return which values are furthest below and furthest above zero, from low to high: `most` at most.

    Each side gets half, and what the other side leaves.

    >>> both_ends([0.0, -5.0, 3.0, 1.0, 2.0], 3)
    [1, 4, 2]
    """
    ordered = sorted(range(len(values)), key=lambda index: values[index])
    low = [index for index in ordered if values[index] < 0]
    high = [index for index in ordered if values[index] >= 0]
    kept = max(most - len(high), (most + 1) // 2)
    low = low[:kept]
    return [*low, *high[max(0, len(high) - most + len(low)) :]]


def _where(rows: Sequence[Item], condition: Callable[[Item], bool]) -> list[int]:
    return [index for index, row in enumerate(rows) if condition(row)]


def _rows(view: TableView, chosen: Sequence[int], most: int, caption: str = "") -> TableView:
    """The first `most` of the chosen rows of a table, under a caption of its own."""
    rows = tuple(view.rows[index] for index in chosen[:most])
    return replace(view, rows=rows, caption=caption or view.caption)


def _without(view: TableView, column: str) -> TableView:
    return columns_of(view, [other.id for other in view.columns if other.id != column])


def columns_of(view: TableView, printed: Sequence[str] | None) -> TableView:
    """Return the columns of a table that are printed, in that order; None: all."""
    if printed is None:
        return view
    places = {column.id: index for index, column in enumerate(view.columns)}
    kept = [places[name] for name in printed if name in places]
    return replace(
        view,
        columns=tuple(view.columns[index] for index in kept),
        rows=tuple(tuple(row[index] for index in kept) for row in view.rows),
    )
