"""Staff per hospital and profession: hours and FTE that care asks now, under the plan, and the difference."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from zorgstroom.domain.area import Region
from zorgstroom.domain.hospital import Confidence
from zorgstroom.indicators.catalogue import PROFESSIONS
from zorgstroom.planning.ranges import RELATIVE_RANGE
from zorgstroom.planning.staffing import fte_hours
from zorgstroom.reporting.assumptions import numbers
from zorgstroom.reporting.impact import Estimate, Section, SectionCell, SectionColumn, TextRef
from zorgstroom.reporting.readings import Reading, Readings

if TYPE_CHECKING:
    from zorgstroom.reporting.sections import Sources

#: FTE that is written as 0.0 is none.
SMALLEST_FTE = 0.05
#: What one hospital needs less and another more differs by more than this part: that is explained.
UNEQUAL = 0.1


def contribute(sources: Sources) -> Sequence[Section]:
    """Return the table of staff: all hospitals of the region together, then each the plan is about."""
    a_year = fte_hours(sources.dataset)
    rows = list(staff_rows(sources.readings, sources.touched, a_year, sources.region))
    columns = [
        SectionColumn(id="location"),
        SectionColumn(id="profession"),
        SectionColumn(id="hours_baseline", kind="spread"),
        SectionColumn(id="hours_plan", kind="spread"),
        SectionColumn(id="hours_difference", kind="difference"),
        SectionColumn(id="fte_baseline", kind="spread", decimals=1),
        SectionColumn(id="fte_plan", kind="spread", decimals=1),
        SectionColumn(id="fte_difference", kind="difference", decimals=1),
        SectionColumn(id="assumed_lowest", kind="number", decimals=1, unit="fte"),
        SectionColumn(id="assumed_highest", kind="number", decimals=1, unit="fte"),
    ]
    known = numbers()
    return (
        Section(
            id="staff",
            criterion="staff",
            columns=columns,
            rows=rows,
            sentences=sentences(sources.readings, sources.touched) if rows else [],
            table="comparison",
            assumptions=[known[f"staffing.{name}"] for name in sources.dataset.staffing],
            sources=sorted({figure.source for figure in sources.dataset.staffing.values()}),
        ),
    )


def everybody(region: Region | None) -> TextRef:
    """Return the name of all hospitals together that the run counts in full."""
    return TextRef(key="staff.all_locations" if region is None else "staff.all_of_region")


def staff_rows(
    readings: Readings, touched: Sequence[str], hours_a_year: int, region: Region | None
) -> Iterator[list[SectionCell]]:
    """Yield a row per place and profession that is there, all professions together first."""
    for location in ("", *touched):
        place = location or everybody(region)
        together = readings.at("staff_fte", location=location)
        if together is not None and _some(together):
            name = TextRef(key="staff.all_professions")
            yield [place, name, *_both(together, hours_a_year, 1.0)]
        for profession in PROFESSIONS:
            found = readings.at(f"staff_{profession}", location=location)
            if found is not None and _some(found):
                name = TextRef(key=f"national.profession.{profession}")
                yield [place, name, *_both(found, 1.0, 1 / hours_a_year)]


def sentences(readings: Readings, touched: Sequence[str]) -> list[TextRef]:
    """Say how many FTE fewer and more the hospitals of the plan need, where most changes, and how sure that is."""
    found = [row for location in touched if (row := readings.at("staff_fte", location=location)) is not None]
    changes = [row for row in found if abs(row.difference.mean) >= SMALLEST_FTE]
    assumed = TextRef(
        key="staff.sentence.assumed", params={"share": {"share": RELATIVE_RANGE["low"], "d": 0}}
    )
    if not changes:
        return [TextRef(key="staff.sentence.none"), assumed]
    fewer = -sum(row.difference.mean for row in changes if row.difference.mean < 0)
    more = sum(row.difference.mean for row in changes if row.difference.mean > 0)
    most = max(changes, key=lambda row: (abs(row.difference.mean), row.location))
    low, high = most.difference.low, most.difference.high
    fte = {"mean": most.difference.mean, "low": low, "high": high, "d": 1, "signed": True}
    unequal = abs(more - fewer) > UNEQUAL * max(more, fewer)
    return [
        TextRef(
            key="staff.sentence.shift",
            params={"fewer": {"n": fewer, "d": 1}, "more": {"n": more, "d": 1}},
        ),
        *([TextRef(key="staff.sentence.unequal")] if unequal else []),
        TextRef(key="staff.sentence.most", params={"location": {"name": most.location}, "fte": fte}),
        assumed,
    ]


def _some(reading: Reading) -> bool:
    return bool(reading.baseline.mean or reading.plan.mean)


def _both(reading: Reading, to_hours: float, to_fte: float) -> list[SectionCell]:
    """Return now, plan and difference in hours and in FTE, and how far the assumptions reach."""
    values = (reading.baseline, reading.plan, reading.difference)
    told: list[SectionCell] = [times(value, factor) for factor in (to_hours, to_fte) for value in values]
    return [*told, *assumed_ends(reading.difference.mean * to_fte, "low")]


def assumed_ends(mean: float, confidence: Confidence) -> tuple[float, float]:
    """Return the lowest and the highest by how sure the figures are that an amount moves along with.

    >>> assumed_ends(-100.0, "medium")
    (-115.0, -85.0)
    """
    reach = RELATIVE_RANGE[confidence]
    ends = sorted(round(mean * factor, 6) for factor in (1 - reach, 1 + reach))
    return ends[0], ends[1]


def times(value: Estimate, factor: float) -> Estimate:
    """Return an estimate in another unit; `factor` is above zero."""
    low, high = (None if end is None else end * factor for end in (value.low, value.high))
    return Estimate(mean=value.mean * factor, low=low, high=high)
