"""What is near whom today: per area the nearest site of a kind, the usual hospital, and who lives beyond a norm.

Pure functions on the dataset; axes A areas, L locations. Minutes are those of the model, one way by car.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from zorgstroom.dataset.model import BoolArray, Dataset, Int64Array
from zorgstroom.domain.area import Area, Region
from zorgstroom.domain.hospital import Location
from zorgstroom.indicators.equity import fifths
from zorgstroom.planning.access import (
    ED_MINUTES,
    OBSTETRICS_MINUTES,
    emergency_sites,
    obstetrics_sites,
    people_beyond,
)
from zorgstroom.planning.demand import expected_demand
from zorgstroom.planning.expected import FloatArray
from zorgstroom.planning.expected_today import expected_today


@dataclass(frozen=True)
class Near:
    """A location, and how far it is."""

    location: int
    minutes: float


@dataclass(frozen=True, eq=False)
class AreaFacts:
    """What is known of every area today; arrays and tuples in the order of the areas."""

    #: Fifth of the inhabitants of the country by socio-economic score, 1 (lowest) to 5.
    fifth: Int64Array
    #: Nearest location with an emergency department day and night, and with acute obstetrics; None if there is none.
    emergency: tuple[Near | None, ...]
    obstetrics: tuple[Near | None, ...]
    #: Where most patients who are treated go, and which part of them.
    usual: tuple[Near | None, ...]
    usual_share: FloatArray
    #: Inhabitants beyond the norms: 45 minutes by ambulance to an emergency department, 30 by car to obstetrics.
    beyond_emergency: FloatArray
    beyond_obstetrics: FloatArray


@lru_cache(maxsize=2)
def area_facts(dataset: Dataset) -> AreaFacts:
    """Return what is known of every area in the base year."""
    people = dataset.population[dataset.base_year].sum(axis=1)
    scores = np.array([area.ses_score for area in dataset.areas])
    emergency, obstetrics = emergency_sites(dataset), obstetrics_sites(dataset)
    going = _treated(dataset)
    total = going.sum(axis=1)
    first = going.argmax(axis=1)
    rows = np.arange(len(first))
    share = np.divide(going[rows, first], total, out=np.zeros(len(total)), where=total > 0)
    return AreaFacts(
        fifth=fifths(scores, people, np.ones(len(scores), dtype=np.bool_)),
        emergency=nearest(dataset, emergency),
        obstetrics=nearest(dataset, obstetrics),
        usual=tuple(
            Near(int(location), float(dataset.travel_hundredths[area, location]) / 100)
            if total[area]
            else None
            for area, location in enumerate(first)
        ),
        usual_share=share,
        beyond_emergency=people_beyond(dataset, emergency, ED_MINUTES, ambulance=True),
        beyond_obstetrics=people_beyond(dataset, obstetrics, OBSTETRICS_MINUTES, ambulance=False),
    )


def nearest(dataset: Dataset, sites: BoolArray) -> tuple[Near | None, ...]:
    """Return the nearest of the sites bool[L] for every area; None if there is none at all."""
    chosen = np.flatnonzero(sites)
    if not len(chosen):
        return (None,) * len(dataset.areas)
    minutes = dataset.travel_hundredths[:, chosen]
    best = minutes.argmin(axis=1)
    return tuple(
        Near(int(chosen[column]), float(minutes[area, column]) / 100) for area, column in enumerate(best)
    )


def with_emergency(locations: Sequence[Location]) -> BoolArray:
    """Return which of these locations have an emergency department day and night: bool[L]."""
    return np.array([location.ed == "24/7" for location in locations], dtype=np.bool_)


def _treated(dataset: Dataset) -> FloatArray:
    """Return expected patients a year who are treated, not only seen, by where they live and go: float64[A, L]."""
    flows = expected_today(dataset, dataset.base_year, ()).flows
    found = np.zeros((len(dataset.areas), len(dataset.locations)))
    for index, profile in enumerate(dataset.profiles):
        if profile.pathway != "visit":
            found += flows.once(index).sum(axis=0)
    return found


@dataclass(frozen=True, eq=False)
class DemandOfYear:
    """What a year asks for, by age band: inhabitants and expected treatments."""

    year: int
    inhabitants: Int64Array
    patients: FloatArray


def demand_course(dataset: Dataset, region: Region | None) -> tuple[DemandOfYear, ...]:
    """Return inhabitants and expected patients of every year from the base year on, by age band.

    Patients of care in which somebody is treated: first visits are no part of it. Who needs how much by age stays as
    it is; only the number of inhabitants changes.
    """
    inside = np.ones(len(dataset.areas), dtype=np.bool_) if region is None else dataset.areas_in(region)
    treated = np.array([profile.pathway != "visit" for profile in dataset.profiles])
    sessions = np.array([profile.sessions_per_person for profile in dataset.profiles])[treated]
    found = []
    for year in sorted(year for year in dataset.population if year >= dataset.base_year):
        by_age = expected_demand(dataset, year).by_age[inside][:, treated, :]
        found.append(
            DemandOfYear(
                year,
                dataset.population[year][inside].sum(axis=0),
                (by_age / sessions[None, :, None]).sum(axis=(0, 1)) / 1000,
            )
        )
    return tuple(found)


def areas_of(dataset: Dataset, place: str) -> tuple[int, ...]:
    """Return the positions of the area with this id, or of the areas of the gemeente with it; none if unknown."""

    def named(area: Area) -> bool:
        return place in (area.id, area.gemeente_id)

    exact = dataset.area_index.get(place)
    if exact is not None:
        return (exact,)
    return tuple(index for index, area in enumerate(dataset.areas) if named(area))
