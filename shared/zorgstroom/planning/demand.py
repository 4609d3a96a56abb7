"""Expected demand per area, care profile and age band, with the factors a scenario's horizon puts on it.

Decides how many patients are drawn, so it uses nothing but additions and products in a fixed order, like
`planning.expected.persons_per_year`: the same bits on every processor. Axes A areas, P profiles, B age bands.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zorgstroom.dataset.model import Dataset, Int64Array
from zorgstroom.domain.area import AGE_BANDS, Region
from zorgstroom.domain.calendar import YEAR_WEEKS, Calendar
from zorgstroom.domain.scenario import DemandFactor, Horizon

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ExpectedDemand:
    """What a year asks for: `by_age` float64[A, P, B] in cases (sessions, visits) x 1,000, persons float64[A, P]."""

    by_age: FloatArray
    persons: FloatArray


def expected_demand(dataset: Dataset, year: int, factors: Sequence[DemandFactor] = ()) -> ExpectedDemand:
    """Return the demand of a year; the factors multiply one after the other.

    Without factors `persons` is `planning.expected.persons_per_year`. Raises KeyError for a year without
    population, profile or region the dataset does not have: `planning.check` refuses those before.
    """
    rates = np.array([profile.rate_per_1000 for profile in dataset.profiles], dtype=np.float64)
    population = dataset.population[year].astype(np.float64)
    by_age = population[:, None, :] * rates[None, :, :]
    for factor in factors:
        by_age = by_age * _factor(dataset, factor)
    return ExpectedDemand(by_age, persons_of(dataset, by_age))


@dataclass(frozen=True, eq=False)
class LaterYear:
    """How the demand of a later year of a run differs from that of its first."""

    #: Number of the year, 2 for the second; its days of the run.
    number: int
    first_day: int
    until: int
    #: Cases a year x 1,000 that come besides: float64[A, P, B].
    more: FloatArray
    #: Of a million patients of the first year so many do not come: int64[A, P, B].
    fewer_permillion: Int64Array


def later_years(dataset: Dataset, calendar: Calendar, horizon: Horizon) -> tuple[LaterYear, ...]:
    """Return how demand goes on after the first 52 weeks: nothing, if every year is to be like the first.

    The factors of the horizon hold in every year. Raises KeyError for a year without population.
    """
    if horizon.demand_growth is None:
        return ()
    first = expected_demand(dataset, calendar.demand_year, horizon.demand_factors).by_age
    found = []
    for later in range(1, -(-calendar.weeks // YEAR_WEEKS)):
        by_age = expected_demand(dataset, calendar.demand_year + later, horizon.demand_factors).by_age
        less = np.divide(first - by_age, first, out=np.zeros(first.shape), where=first > 0)
        start = calendar.measured_from_day + later * YEAR_WEEKS * 7
        found.append(
            LaterYear(
                later + 1,
                start,
                min(start + YEAR_WEEKS * 7, calendar.days),
                np.maximum(by_age - first, 0.0),
                np.rint(np.maximum(less, 0.0) * 1_000_000).astype(np.int64),
            )
        )
    return tuple(found)


def persons_of(dataset: Dataset, by_age: FloatArray) -> FloatArray:
    """Return persons a year of cases x 1,000 by age: float64[A, P]; age band by age band, in order."""
    divisor = np.array([profile.sessions_per_person * profile.weight for profile in dataset.profiles])
    persons = np.zeros(by_age.shape[:2])
    for band in range(by_age.shape[2]):
        persons = persons + by_age[:, :, band]
    return np.asarray(persons / 1000.0 / divisor)


def _factor(dataset: Dataset, factor: DemandFactor) -> FloatArray:
    """Return what one factor multiplies demand by: float64[A, P, B]."""
    areas = np.ones(len(dataset.areas), np.bool_)
    if factor.within is not None:
        areas = dataset.areas_in(Region(*factor.within.kind_and_name()))
    profiles = np.ones(len(dataset.profiles), np.bool_)
    if factor.profiles is not None:
        profiles = np.zeros(len(dataset.profiles), np.bool_)
        profiles[[dataset.profile_index[name] for name in factor.profiles]] = True
    ages = np.array([factor.ages is None or band in factor.ages for band in AGE_BANDS])
    about = areas[:, None, None] & profiles[None, :, None] & ages[None, None, :]
    return np.where(about, factor.factor, 1.0)
