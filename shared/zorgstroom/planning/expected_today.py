"""What is expected without a plan: who goes where, how far, and what that asks of every pool.

Depends on dataset and demand only, so it is made once and kept: the next plan on the same demand finds it ready.
Axes P profiles, A areas, L locations, Q pools, M measures, S specialties,
T treatment lists.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from zorgstroom.dataset.model import Dataset
from zorgstroom.domain.calendar import Calendar
from zorgstroom.domain.hospital import pool_ids
from zorgstroom.domain.scenario import DemandFactor, Scenario
from zorgstroom.planning.demand import expected_demand
from zorgstroom.planning.expected import FloatArray
from zorgstroom.planning.flows import BaselineFlows
from zorgstroom.planning.pool_work import Places, arrivals_of_profile

#: What is known of the travel of those who live in an area: patients a year, their minutes one way, and how many
#: of them travel more than 30 and more than 45 minutes.
TRAVELLERS, MINUTES, OVER_30, OVER_45 = range(4)
TRAVEL_MEASURES = 4


@dataclass(frozen=True, eq=False)
class ExpectedToday:
    """Expected numbers of a year as it is; of profiles whose patients are treated, not only seen."""

    pools: tuple[str, ...]
    #: Working days of the demand year.
    working_days: int
    #: Who goes where; what was asked for is kept in it.
    flows: BaselineFlows
    #: Work of every pool, and who go from clinics to treatment lists: float64[M, Q + S x T, L].
    work: FloatArray
    #: Persons a year per location: float64[P, L].
    persons: FloatArray
    #: Travel by where people live: float64[P, 4, A].
    travel: FloatArray


def expected_today(dataset: Dataset, year: int, factors: tuple[DemandFactor, ...]) -> ExpectedToday:
    """Return what is expected of a demand year with these factors on its demand, from what is kept if it is there.

    Raises KeyError for a year, profile or region the dataset does not have: `planning.check` refuses those before.
    """
    return _kept(dataset, year, tuple(factor.model_dump_json() for factor in factors))


def today_of(scenario: Scenario, dataset: Dataset) -> ExpectedToday:
    """Return what is expected at the horizon of a scenario without its plan."""
    year = scenario.horizon.demand_year or dataset.base_year
    return expected_today(dataset, year, tuple(scenario.horizon.demand_factors))


@lru_cache(maxsize=4)
def _kept(dataset: Dataset, year: int, factors: tuple[str, ...]) -> ExpectedToday:
    pools = pool_ids(specialty.id for specialty in dataset.specialties)
    places = Places(dataset, pools)
    working_days = int(Calendar(year, 0, 52).working_days().sum())
    demand = expected_demand(dataset, year, [DemandFactor.model_validate_json(text) for text in factors])
    flows = BaselineFlows(dataset, demand)
    work = places.zeros()
    persons = np.zeros((len(dataset.profiles), len(dataset.locations)))
    travel = np.zeros((len(dataset.profiles), TRAVEL_MEASURES, len(dataset.areas)))
    for profile in range(len(dataset.profiles)):
        going = flows.once(profile)
        by_need = going.sum(axis=1)
        places.add(work, arrivals_of_profile(dataset, profile, by_need.sum(axis=0), by_need[1], working_days))
        persons[profile] = by_need.sum(axis=0)
        travel[profile] = travel_of(dataset, going)
    for array in (work, persons, travel):
        array.flags.writeable = False
    return ExpectedToday(pools, working_days, flows, work, persons, travel)


def travel_of(dataset: Dataset, flows: FloatArray) -> FloatArray:
    """Return the travel of expected flows float64[2, A, L], by where people live: float64[4, A]."""
    going, hundredths = flows.sum(axis=0), dataset.travel_hundredths
    return np.stack(
        [
            going.sum(axis=1),
            np.einsum("al,al->a", going, hundredths) / 100,
            (going * (hundredths > 3000)).sum(axis=1),
            (going * (hundredths > 4500)).sum(axis=1),
        ]
    )
