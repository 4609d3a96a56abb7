"""Kilometres by car of the region's inhabitants and their CO2: every trip there and back.

Counted are treatments, each session of care in sessions, first visits without further care, and the contacts around a
treatment where they are (near home under shared care). As if everybody comes alone by car: an upper side for who walks,
cycles or takes the bus, and without visitors. Kilometres by road: `zorgstroom.planning.travel.patient_hectometres`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from zorgstroom.dataset.model import Dataset, Int32Array, Int64Array
from zorgstroom.planning.travel import patient_hectometres
from zorgstroom_simulator.contacts import Contacts
from zorgstroom_simulator.demand import VISIT, profile_table
from zorgstroom_simulator.rows import Rows
from zorgstroom_simulator.scope import Cells, Outcome, Scope


@dataclass(frozen=True)
class CarTravel:
    """Trips of the region's inhabitants in the measured period: a row per kind of trip, with area and profile."""

    area: Int64Array
    profile: Int64Array
    #: Way by road there, in units of 100 m.
    hectometres: Int64Array
    #: Trips there and back, per mille.
    trips: Int64Array


def car_travel(scope: Scope, cells: Cells, visits: Cells, contacts: Contacts) -> CarTravel:
    """Return the trips of the region's inhabitants: to treatments, to other first visits, and to contacts."""
    each = trips_of(scope.dataset)[cells.profile]
    parts = (
        (cells.area, cells.profile, cells.location, cells.number * each * 1000),
        (visits.area, visits.profile, visits.location, visits.number * 1000),
        (contacts.area, contacts.profile, contacts.location, contacts.permille),
    )
    area, profile, location, trips = map(np.concatenate, zip(*parts, strict=True))
    mine = np.flatnonzero(scope.areas[area] & (trips > 0))
    area, location = area[mine], location[mine]
    way = road_hectometres(scope.dataset)[area, location].astype(np.int64)
    return CarTravel(area, profile[mine], way, trips[mine])


def other_visits(scope: Scope, outcome: Outcome) -> Cells:
    """Return the first visits without further care; of who is treated they are among the contacts before."""
    patients, journeys = outcome.queued, outcome.journeys
    rows = np.flatnonzero((patients.flow == VISIT) & scope.within(journeys.visit_minute))
    shape = len(scope.areas), len(scope.locations), len(scope.dataset.profiles)
    code = np.ravel_multi_index(
        (patients.area[rows], journeys.visit_location[rows], patients.profile[rows]), shape
    )
    places, inverse = np.unique(code, return_inverse=True)
    number = np.bincount(inverse, patients.weight[rows], minlength=len(places)).astype(np.int64)
    area, location, profile = np.unravel_index(places, shape)
    return Cells(area, location, profile, np.zeros_like(number), number)


def add_environment(rows: Rows, scope: Scope, travel: CarTravel) -> None:
    """Add kilometres and kg CO2 a year of the region's inhabitants."""
    places = {"profile": travel.profile, "area": travel.area}
    driven = rows.sums(2 * travel.hectometres * travel.trips, scope.calendar.weeks * 1000, places)
    grams = round(scope.dataset.parameter("car_kg_co2_per_km") * 1000)
    for indicator, factor in (("car_km", 52), ("car_co2", 52 * grams)):
        scaled = driven.times(factor)
        for by in ((), ("profile",), ("area",)):
            rows.part_of(indicator, scaled, by)


@lru_cache(maxsize=4)
def road_hectometres(dataset: Dataset) -> Int32Array:
    """Return the way by road from each area to each location in units of 100 m, worked out once: int32[A, L]."""
    return patient_hectometres(dataset)


@lru_cache(maxsize=4)
def trips_of(dataset: Dataset) -> Int64Array:
    """Return the trips of a simulated patient of each profile, contacts not included: int64[P]."""
    sessions = np.array([p.sessions_per_person if p.pathway == "sessions" else 1 for p in dataset.profiles])
    return np.asarray(sessions * profile_table(dataset).weight, dtype=np.int64)
