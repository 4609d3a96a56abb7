"""What shocks do to today and to a plan: lines with intervals, and which locations break."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from zorgstroom.indicators.catalogue import CATALOGUE
from zorgstroom.reporting.impact import Estimate, Section, SectionCell, SectionColumn, TextRef
from zorgstroom.reporting.intervals import count, estimate
from zorgstroom.reporting.readings import is_clear

if TYPE_CHECKING:
    from zorgstroom.reporting.sections import Sources

OUTAGE, CALM = "outage:", "_calm"
SIDES = ("baseline", "plan")
#: A location breaks when a shock has so many more of its 1,000 acute patients sent on, or boarded above capacity.
BREAKS_DIVERTED, BREAKS_BOARDED = 50, 10
BREAKS: Mapping[str, float] = {"diverted": BREAKS_DIVERTED, "boarded": BREAKS_BOARDED}

#: Values by replication, of one (shock, side, indicator, location).
Values = Mapping[tuple[str, str, str, str], Mapping[int, float]]


@dataclass(frozen=True)
class ShockLine:
    """What a shock does to one indicator of the region."""

    shock: str
    indicator: str
    #: Today without the shock.
    today: Estimate
    #: What the shock adds today, and under the plan.
    added_today: Estimate
    added_plan: Estimate
    #: How much more it adds under the plan than today.
    difference: Estimate

    @property
    def clear(self) -> bool:
        """Whether the plan clearly bears it otherwise than today."""
        return is_clear(self.difference)


@dataclass(frozen=True)
class Broken:
    """A location that breaks under a shock."""

    shock: str
    side: str
    location: str
    indicator: str
    #: How much the shock adds, per 1,000 acute patients.
    added: Estimate


def shock_lines(table: pa.Table) -> list[ShockLine]:
    """Return a line per shock and indicator, from the table of `zorgstroom.tables.RESILIENCE`."""
    values = _values(table)
    lines = []
    for shock, indicator in dict.fromkeys((key[0], key[2]) for key in values if key[0]):
        before = [_without(values, shock, side, indicator, "") for side in SIDES]
        under = [values.get((shock, side, indicator, ""), {}) for side in SIDES]
        shared = sorted(set.intersection(*(set(found) for found in (*before, *under))))
        if not shared:
            continue
        today = [before[0][number] for number in shared]
        added_today, added_plan = (
            [after[number] - calm[number] for number in shared]
            for after, calm in zip(under, before, strict=True)
        )
        differences = [after - before for before, after in zip(added_today, added_plan, strict=True)]
        lines.append(
            ShockLine(
                shock,
                indicator,
                count(today),
                estimate(added_today),
                estimate(added_plan),
                estimate(differences),
            )
        )
    order = [*BREAKS, *(name for name in CATALOGUE if name not in BREAKS)]
    return sorted(lines, key=lambda line: (line.shock, order.index(line.indicator)))


def broken(table: pa.Table) -> list[Broken]:
    """Return the locations that break under each shock, today and under the plan, the worst first.

    Not the location that fails itself: that is the shock. With three replications or more only what is no chance.
    """
    values = _values(table)
    found = []
    for (shock, side, indicator, location), after in values.items():
        limit = BREAKS.get(indicator)
        if not shock or side not in SIDES or not location or limit is None or shock == f"{OUTAGE}{location}":
            continue
        before = _without(values, shock, side, indicator, location)
        added = [after[number] - before[number] for number in sorted(after) if number in before]
        if not added:
            continue
        spread = estimate(added)
        if spread.mean >= limit and (spread.low is None or spread.low > 0):
            found.append(Broken(shock, side, location, indicator, spread))
    return sorted(found, key=lambda item: (item.shock, item.side, -item.added.mean, item.location))


def _without(values: Values, shock: str, side: str, indicator: str, location: str) -> Mapping[int, float]:
    """Return the same side without the shock: in its own week, where it is told of that."""
    calm = values.get((shock, f"{side}{CALM}", indicator, location))
    return values.get(("", side, indicator, location), {}) if calm is None else calm


def _values(table: pa.Table) -> Values:
    values: dict[tuple[str, str, str, str], dict[int, float]] = {}
    for row in table.to_pylist():
        if row["count"]:
            scale = CATALOGUE[row["indicator"]].scale
            key = row["shock"], row["side"], row["indicator"], row["location"]
            values.setdefault(key, {})[row["replication"]] = row["total"] / row["count"] / scale
    return values


def shock_name(shock: str) -> TextRef:
    """Return what a shock is called."""
    if shock.startswith(OUTAGE):
        params = {"location": {"name": shock.removeprefix(OUTAGE)}}
        return TextRef(key="stress.shock.outage", params=params)
    return TextRef(key=f"stress.shock.{shock}")


def contribute(sources: Sources) -> Sequence[Section]:
    """Return what shocks do, where the run was asked for them."""
    table = sources.tables.get("resilience")
    return () if table is None else (section(table),)


def section(table: pa.Table) -> Section:
    """Return the lines as a table, and in words which locations break under the plan and not today."""
    rows: list[list[SectionCell]] = [
        [
            shock_name(line.shock),
            TextRef(key=f"indicator.{line.indicator}"),
            line.today,
            line.added_today,
            line.added_plan,
            line.difference,
        ]
        for line in shock_lines(table)
    ]
    return Section(
        id="resilience",
        criterion="redistribution",
        columns=[
            SectionColumn(id="stress_shock"),
            SectionColumn(id="stress_outcome"),
            SectionColumn(id="stress_today", kind="spread", decimals=1),
            SectionColumn(id="stress_added_today", kind="difference", decimals=1),
            SectionColumn(id="stress_added_plan", kind="difference", decimals=1),
            SectionColumn(id="stress_difference", kind="difference", decimals=1),
        ],
        rows=rows,
        sentences=[*sentences(table), TextRef(key="stress.broken_means")],
        table="resilience",
    )


def sentences(table: pa.Table) -> list[TextRef]:
    """Return per shock which locations break under the plan, and whether they would today."""
    places: dict[tuple[str, str], list[str]] = {}
    for item in broken(table):
        mine = places.setdefault((item.shock, item.side), [])
        if item.location not in mine:
            mine.append(item.location)
    found = []
    for shock in dict.fromkeys(line.shock for line in shock_lines(table)):
        name = shock_name(shock)
        params = {"shock": {"key": name.key, "params": name.params}}
        today, plan = (places.get((shock, side), []) for side in ("baseline", "plan"))
        if not plan and not today:
            found.append(TextRef(key="stress.nobody", params=params))
            continue
        for side, names in (("today", today), ("plan", plan)):
            key = f"stress.breaks_{side}" if names else f"stress.nobody_{side}"
            more = {"names": {"names": names}} if names else {}
            found.append(TextRef(key=key, params=params | more))
    return found
