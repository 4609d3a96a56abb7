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
from zorgstroom_simulator.scope import Outcome, Scope
from zorgstroom_simulator.stays import Stays, stays_of

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
    census, here, days = outcome.journeys.census, scope.locations, scope.calendar.days
    wards, ics = stays_of(scope, outcome)
    return Daily(
        beds={
            "ward": Filling(_total(census.wards, here), *_came(wards, here, days)),
            "ic": Filling(_total(census.ics, here), *_came(ics, here, days)),
        },
        treatment_lists=_total(census.lists, here),
        first_visits=_total(census.clinics, here),
    )


def _total(counts: npt.NDArray[np.int32], here: BoolArray) -> Int64Array:
    """Sum counts [D + 1, L, kinds] over these locations and all kinds."""
    return np.asarray(counts[:, here].sum(axis=(1, 2), dtype=np.int64))


def _came(stays: Stays, here: BoolArray, days: int) -> tuple[Int64Array, Int64Array]:
    """Return who came in per day, and for how many midnights those who came early enough were there."""
    mine = here[stays.location]
    planned, day = ~stays.acute[mine], stays.start[mine] // MINUTES_PER_DAY
    came = _by_day(planned, np.clip(day, 0, days - 1), days)
    early = day < (max(1, days - LONGEST) if days > 2 * LONGEST else max(1, days // 2))
    # Who leaves at 00:00 sharp is not there any more at that midnight.
    number = -(-stays.end[mine][early] // MINUTES_PER_DAY) - 1 - day[early]
    return came, _by_day(planned[early], np.clip(number, 0, LONGEST), LONGEST + 1)


def _by_day(planned: BoolArray, day: npt.NDArray[np.integer], days: int) -> Int64Array:
    """Count unplanned (0) and planned (1) per day or number of days: int64[2, days]."""
    return np.bincount(planned * days + day, minlength=2 * days).reshape(2, days)
