"""Units people use for capacity, and what they are in the unit of a pool."""

from __future__ import annotations

from dataclasses import dataclass

from zorgstroom.dataset.model import Dataset, OwnKind
from zorgstroom.domain.profile import Profile

#: Working days of an ordinary week.
DAYS_PER_WEEK = 5


@dataclass(frozen=True)
class Measure:
    """How a capacity is stated; `unit` is the key of its name in the catalogue (``own.unit...``)."""

    kind: OwnKind
    unit: str
    #: Units of the pool (`domain.hospital.POOL_UNITS`) in one stated unit.
    pool_units: int
    whole: bool
    #: More than any hospital has: beyond it a figure is a mistake.
    maximum: float


_PER_WEEK = 1000 // DAYS_PER_WEEK
_MEASURES = {
    "ward": Measure("beds", "beds", 1, True, 2_000),
    "ic": Measure("beds", "beds", 1, True, 500),
    "day": Measure("beds", "places", 1000, False, 1_000),
    "or": Measure("rooms", "hours_per_week", 60 * _PER_WEEK, False, 10_000),
    "proc": Measure("rooms", "hours_per_week", 60 * _PER_WEEK, False, 10_000),
    "adm": Measure("rooms", "admissions_per_week", _PER_WEEK, False, 10_000),
    "clinic": Measure("rooms", "visits_per_week", _PER_WEEK, False, 50_000),
}
#: More weeks than anybody waits.
LONGEST_WAIT = 260.0


def measure_of(pool: str) -> Measure:
    """Return how the capacity of a pool is stated."""
    return _MEASURES[pool.partition(":")[0]]


def capacity_of(pool: str, value: float) -> int:
    """Return a stated capacity in the unit of the pool, rounded half up.

    >>> capacity_of("or", 40.0), capacity_of("ward:surgical", 24.0)
    (480000, 24)
    """
    return int(value * measure_of(pool).pool_units + 0.5)


def stated(pool: str, capacity: int) -> float:
    """Return a capacity of a pool in the unit people use.

    >>> stated("clinic:surgery", 4000)
    20.0
    """
    return capacity / measure_of(pool).pool_units


def volume_unit(profile: Profile) -> str:
    """Return the unit of a yearly volume: visits for first visits, else patients."""
    return "visits_per_year" if profile.pathway == "visit" else "patients_per_year"


def volume_of(dataset: Dataset, location: int, profile: int) -> float:
    """Return the expected yearly volume of a profile at a location, in its unit."""
    return int(dataset.expected_volume[location, profile]) * dataset.profiles[profile].weight / 1000


def maximum_of(kind: OwnKind, subject: str) -> float:
    """Return the largest figure that can be right; a volume is held against the country elsewhere."""
    if kind in ("beds", "rooms"):
        return measure_of(subject).maximum
    return LONGEST_WAIT if kind == "waits" else 1e7
