"""Day by day: how many beds are in use and patients on lists, and who came in; small enough to keep per replication.

What the warm-up check needs of a simulated year (`zorgstroom_simulator.settling`), of the locations that are measured
together: a few thousand whole numbers, whatever the number of patients.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zorgstroom.dataset.model import BoolArray, Int64Array
from zorgstroom.domain.calendar import MINUTES_PER_DAY
from zorgstroom_simulator.engines import NEVER, Care
from zorgstroom_simulator.scope import Outcome, Scope

#: Stays are told apart up to so many midnights.
LONGEST = 120
#: Kinds of beds whose filling is followed.
BEDS = ("ward", "ic")


@dataclass(frozen=True)
class Filling:
    """Beds of one kind: how many are in use, and who came in, unplanned (0) and planned (1)."""

    #: In use at 00:00 of each day and at the end: int64[D + 1].
    in_use: Int64Array
    #: Who came in on each day: int64[2, D].
    came: Int64Array
    #: Of those who came so early that they are gone: how many were there for so many midnights: int64[2, LONGEST + 1].
    midnights: Int64Array


@dataclass(frozen=True)
class Daily:
    """One scenario of one replication, day by day."""

    beds: dict[str, Filling]
    #: On the lists for treatment, and waiting for a first visit: int64[D + 1].
    treatment_lists: Int64Array
    first_visits: Int64Array

    def as_lists(self) -> dict[str, list[int]]:
        """Return all numbers by name, for JSON."""
        found = {"treatment_lists": self.treatment_lists.tolist(), "first_visits": self.first_visits.tolist()}
        for kind, filling in self.beds.items():
            found[f"{kind}.in_use"] = filling.in_use.tolist()
            found[f"{kind}.came"] = filling.came.ravel().tolist()
            found[f"{kind}.midnights"] = filling.midnights.ravel().tolist()
        return found


def from_lists(lists: dict[str, list[int]]) -> Daily:
    """Return what `Daily.as_lists` made lists of."""
    numbers = {name: np.array(values, dtype=np.int64) for name, values in lists.items()}
    beds = {
        kind: Filling(
            numbers[f"{kind}.in_use"],
            numbers[f"{kind}.came"].reshape(2, -1),
            numbers[f"{kind}.midnights"].reshape(2, -1),
        )
        for kind in BEDS
    }
    return Daily(beds, numbers["treatment_lists"], numbers["first_visits"])


def day_by_day(scope: Scope, outcome: Outcome) -> Daily:
    """Return the daily counts of the measured locations, the warm-up included."""
    census, journeys, table = outcome.journeys.census, outcome.journeys, outcome.table
    here = scope.locations
    in_bed = (journeys.bed_minute != NEVER) & here[journeys.location] & (journeys.location >= 0)
    on_ic = in_bed & (table.care == Care.IC_THEN_BED)
    moved = np.where(on_ic, journeys.ic_leave_minute, journeys.bed_minute)
    on_ward = in_bed & (journeys.ward_group >= 0) & (moved != NEVER)
    days = scope.calendar.days
    return Daily(
        beds={
            "ward": Filling(
                _total(census.wards, here),
                *_stays(table.acute, on_ward, moved, journeys.discharge_minute, days),
            ),
            "ic": Filling(
                _total(census.ics, here),
                *_stays(table.acute, on_ic, journeys.bed_minute, journeys.ic_leave_minute, days),
            ),
        },
        treatment_lists=_total(census.lists, here),
        first_visits=_total(census.clinics, here),
    )


def _total(counts: npt.NDArray[np.int32], here: BoolArray) -> Int64Array:
    """Sum counts [D + 1, L, kinds] over these locations and all kinds."""
    return np.asarray(counts[:, here].sum(axis=(1, 2), dtype=np.int64))


def _stays(
    acute: BoolArray, who: BoolArray, start: Int64Array, end: Int64Array, days: int
) -> tuple[Int64Array, Int64Array]:
    """Return who came in per day, and for how many midnights those who came early enough were there."""
    came = np.zeros((2, days), np.int64)
    midnights = np.zeros((2, LONGEST + 1), np.int64)
    last = max(1, days - LONGEST) if days > 2 * LONGEST else max(1, days // 2)
    for planned in (0, 1):
        mine = who & (acute != bool(planned))
        day = start[mine] // MINUTES_PER_DAY
        came[planned] = np.bincount(np.clip(day, 0, days - 1), minlength=days)
        early = day < last
        left = np.where(end[mine] == NEVER, days * MINUTES_PER_DAY, end[mine])[early]
        # Who leaves at 00:00 sharp is not there any more at that midnight.
        number = -(-left // MINUTES_PER_DAY) - 1 - day[early]
        midnights[planned] = np.bincount(np.clip(number, 0, LONGEST), minlength=LONGEST + 1)
    return came, midnights
