"""One week of a simulated year as a picture can show it: who comes where, who waits, who lies in a bed.

Pure functions on the table of journeys. The patients are simulated, and still only a part of them is told one by
one: minute, place and kind of arrival, nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zorgstroom.dataset.model import Dataset
from zorgstroom.places_document import (
    ArrivalKind,
    Side,
    SimulatedWeek,
    WeekArrival,
    WeekDay,
    WeekPlace,
)
from zorgstroom.planning.regions import parse_region
from zorgstroom.reporting.impact import Estimate, Identity
from zorgstroom.reporting.readings import Readings

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

DAY_MINUTES, WEEK_MINUTES = 24 * 60, 7 * 24 * 60
HOURS_PER_FRAME = 3
#: Arrivals that are told one by one.
MOST_ARRIVALS = 600
_KINDS: tuple[ArrivalKind, ...] = ("acute", "diverted", "planned", "visit")
_NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True, eq=False)
class _Arrivals:
    """Everybody who comes to a hospital, in order of time: arrays of one length."""

    minute: IntArray
    area: IntArray
    location: IntArray
    #: Position in `_KINDS`.
    kind: IntArray
    #: Whether the hospital is in the picture.
    shown: BoolArray

    def during(self, start: int, minutes: int) -> BoolArray:
        """Return who comes within so many minutes from `start` on."""
        return (self.minute >= start) & (self.minute < start + minutes)


@dataclass(frozen=True, eq=False)
class _Stays:
    """When a patient waits or lies in bed at a hospital: from the first minute up to the second."""

    location: IntArray
    start: IntArray
    end: IntArray

    def at(self, minute: int, locations: int) -> IntArray:
        """Return how many there are at a minute: int64[locations]."""
        there = (self.start <= minute) & (self.end > minute) & (self.location >= 0)
        return np.bincount(self.location[there], minlength=locations).astype(np.int64)


def simulated_week(
    dataset: Dataset,
    identity: Identity,
    journeys: pa.Table,
    comparison: pa.Table,
    side: Side,
    warmup_weeks: int,
    week: int | None,
) -> SimulatedWeek:
    """Return a week of the year whose journeys were kept; None: the one whose arrivals today are nearest to their mean.

    `week` counts from 1, the first after the warm-up; the caller knows that there is such a week.
    """
    region = parse_region(identity.region, dataset) if identity.region else None
    inside = (
        np.ones(len(dataset.locations), dtype=np.bool_) if region is None else dataset.locations_in(region)
    )
    table = journeys.filter(pc.equal(journeys["scenario"], side))
    arrivals = _arrivals(dataset, table, inside)
    begin = warmup_weeks * WEEK_MINUTES
    per_week = _per_week(arrivals, begin, identity.weeks)
    chosen = week
    if chosen is None:
        # By today, so that both sides show the same week.
        today = journeys.filter(pc.equal(journeys["scenario"], "baseline"))
        usual = _per_week(_arrivals(dataset, today, inside), begin, identity.weeks)
        chosen = int(np.abs(usual - usual.mean()).argmin()) + 1
    start = begin + (chosen - 1) * WEEK_MINUTES
    sampled = _sample(arrivals, start)
    areas, area_of = np.unique(arrivals.area[sampled], return_inverse=True)
    places = np.flatnonzero(
        inside & np.isin(np.arange(len(inside)), arrivals.location[arrivals.during(start, WEEK_MINUTES)])
    )
    position = {int(place): index for index, place in enumerate(places)}
    waiting, beds = _stays(dataset, table)
    moments = range(start, start + WEEK_MINUTES + 1, HOURS_PER_FRAME * 60)
    return SimulatedWeek(
        side=side,
        week=chosen,
        weeks=identity.weeks,
        years=identity.replications,
        region=identity.region,
        areas=[_area(dataset, int(row)) for row in areas],
        locations=[_location(dataset, int(row)) for row in places],
        arrivals=[
            WeekArrival(
                minute=int(arrivals.minute[row]) - start,
                area=int(area),
                location=position[int(arrivals.location[row])],
                kind=_KINDS[int(arrivals.kind[row])],
            )
            for row, area in zip(sampled.tolist(), area_of.tolist(), strict=True)
        ],
        arrivals_in_all=int(per_week[chosen - 1]),
        elsewhere=int((arrivals.during(start, WEEK_MINUTES) & ~arrivals.shown).sum()),
        hours_per_frame=HOURS_PER_FRAME,
        in_bed=[beds.at(minute, len(inside))[places].tolist() for minute in moments],
        waiting=[waiting.at(minute, len(inside))[places].tolist() for minute in moments],
        days=[_day(arrivals, waiting, beds, inside, start, day) for day in range(7)],
        arrivals_range=Estimate(
            mean=float(per_week.mean()), low=float(per_week.min()), high=float(per_week.max())
        ),
        waiting_at_end=_waiting_at_end(comparison, side),
    )


def _arrivals(dataset: Dataset, table: pa.Table, inside: BoolArray) -> _Arrivals:
    """Return everybody who is admitted or comes for a first visit."""
    flow, diverted = _text(table, "flow"), table["diversion"].to_numpy() > 0
    area = _codes(table, "area", dataset.area_index)
    admission, visit = _minutes(table, "admission_minute"), _minutes(table, "visit_minute")
    acute = flow == "acute"
    came, seen = admission != _NEVER, visit != _NEVER
    admitted = np.where(acute, np.where(diverted, 1, 0), 2)
    minute = np.concatenate([admission[came], visit[seen]])
    order = np.argsort(minute, kind="stable")
    location = np.concatenate(
        [
            _codes(table, "location", dataset.location_index)[came],
            _codes(table, "visit_location", dataset.location_index)[seen],
        ]
    )[order]
    return _Arrivals(
        minute=minute[order],
        area=np.concatenate([area[came], area[seen]])[order],
        location=location,
        kind=np.concatenate([admitted[came], np.full(int(seen.sum()), 3)])[order],
        shown=(location >= 0) & inside[location],
    )


def _per_week(arrivals: _Arrivals, begin: int, weeks: int) -> IntArray:
    """Return how many come to the hospitals of the picture in each week: int64[weeks]."""
    minutes = arrivals.minute[arrivals.shown & arrivals.during(begin, weeks * WEEK_MINUTES)]
    return np.bincount((minutes - begin) // WEEK_MINUTES, minlength=weeks).astype(np.int64)


def _sample(arrivals: _Arrivals, start: int) -> IntArray:
    """Return positions of the arrivals that are told one by one, in order of time."""
    rows = np.flatnonzero(arrivals.during(start, WEEK_MINUTES) & arrivals.shown & (arrivals.area >= 0))
    kept = rows[arrivals.kind[rows] == _KINDS.index("diverted")][:MOST_ARRIVALS]
    others = np.setdiff1d(rows, kept)
    room = MOST_ARRIVALS - len(kept)
    if len(others) > room:
        others = others[np.linspace(0, len(others) - 1, room).astype(np.int64)] if room else others[:0]
    return np.sort(np.concatenate([kept, others]))


def _stays(dataset: Dataset, table: pa.Table) -> tuple[_Stays, _Stays]:
    """Return who waits for treatment, and who lies in a bed overnight or by day."""
    location = _codes(table, "location", dataset.location_index)
    admission = _minutes(table, "admission_minute")
    listed = _minutes(table, "list_minute")
    waiting = _Stays(np.where(listed == _NEVER, -1, location), listed, admission)
    in_bed = _Stays(
        np.where(admission == _NEVER, -1, location), admission, _minutes(table, "discharge_minute")
    )
    return waiting, in_bed


def _day(
    arrivals: _Arrivals, waiting: _Stays, beds: _Stays, inside: BoolArray, start: int, day: int
) -> WeekDay:
    begin = start + day * DAY_MINUTES
    kinds = np.bincount(
        arrivals.kind[arrivals.during(begin, DAY_MINUTES) & arrivals.shown], minlength=len(_KINDS)
    )
    acute, diverted, planned, visits = (int(number) for number in kinds)
    end = begin + DAY_MINUTES
    return WeekDay(
        day=day + 1,
        acute=acute + diverted,
        diverted=diverted,
        planned=planned,
        visits=visits,
        waiting=int(waiting.at(end, len(inside))[inside].sum()),
        in_bed=int(beds.at(end, len(inside))[inside].sum()),
    )


def _waiting_at_end(comparison: pa.Table, side: Side) -> Estimate | None:
    row = Readings(comparison).at("list_treatment_end")
    return None if row is None else row.baseline if side == "baseline" else row.plan


def _text(table: pa.Table, column: str) -> npt.NDArray[np.object_]:
    return np.asarray(table[column].to_numpy(zero_copy_only=False))


def _codes(table: pa.Table, column: str, index: dict[str, int]) -> IntArray:
    """Return the position of each name; -1 for an empty or unknown one."""
    encoded = table[column].combine_chunks().dictionary_encode()
    positions = np.array([index.get(name, -1) for name in encoded.dictionary.to_pylist()] or [-1])
    return np.asarray(positions[encoded.indices.to_numpy()], dtype=np.int64)


def _minutes(table: pa.Table, column: str) -> IntArray:
    """Return the minutes; what did not happen is later than anything."""
    return np.asarray(pc.fill_null(table[column], _NEVER).to_numpy(), dtype=np.int64)


def _area(dataset: Dataset, row: int) -> WeekPlace:
    area = dataset.areas[row]
    return WeekPlace(id=area.id, name=area.name, latitude=area.latitude, longitude=area.longitude)


def _location(dataset: Dataset, row: int) -> WeekPlace:
    site = dataset.locations[row]
    return WeekPlace(id=site.id, name=site.name, latitude=site.latitude, longitude=site.longitude)
