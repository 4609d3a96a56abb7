"""Kilometres by car of the region's inhabitants and their CO2: every trip there and back.

Counted are treatments, each session of care in sessions, first visits without further care, and the contacts around a
treatment where they are (near home under shared care). As if everybody comes alone by car: an upper side for who walks,
cycles or takes the bus, and without visitors. Kilometres by road: `zorgstroom.planning.travel.patient_hectometres`.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from zorgstroom.dataset.model import Dataset, Int32Array, Int64Array
from zorgstroom.planning.plan import Plan
from zorgstroom.planning.travel import patient_hectometres
from zorgstroom_simulator.contacts import contacts_around
from zorgstroom_simulator.demand import profile_table
from zorgstroom_simulator.rows import Rows
from zorgstroom_simulator.scope import Cells, Scope

#: There and back, of a year.
TRIPS_A_YEAR = 2 * 52


def add_environment(rows: Rows, scope: Scope, cells: Cells, plan: Plan | None) -> None:
    """Add kilometres and kg CO2 a year of the region's inhabitants; `cells` by `shared_care_days`."""
    dataset = scope.dataset
    around = contacts_around(dataset, cells, plan)
    area = np.concatenate([cells.area, around.area])
    profile = np.concatenate([cells.profile, around.profile])
    location = np.concatenate([cells.location, around.location])
    permille = np.concatenate([cells.number * _trips_permille(dataset)[cells.profile], around.permille])
    mine = np.flatnonzero(scope.areas[area] & (permille > 0))
    area, profile, location, permille = area[mine], profile[mine], location[mine], permille[mine]
    way = road_hectometres(dataset)[area, location].astype(np.int64) * permille
    driven = rows.sums(way, scope.calendar.weeks * 1000, {"profile": profile, "area": area})
    grams = round(dataset.parameter("car_kg_co2_per_km") * 1000)
    for indicator, factor in (("car_km", TRIPS_A_YEAR), ("car_co2", TRIPS_A_YEAR * grams)):
        scaled = driven.times(factor)
        for by in ((), ("profile",), ("area",)):
            rows.part_of(indicator, scaled, by)


@lru_cache(maxsize=4)
def road_hectometres(dataset: Dataset) -> Int32Array:
    """Return the way by road from each area to each location in units of 100 m, worked out once: int32[A, L]."""
    return patient_hectometres(dataset)


@lru_cache(maxsize=4)
def _trips_permille(dataset: Dataset) -> Int64Array:
    """Return trips per mille of a simulated patient of each profile, contacts not included: int64[P]."""
    sessions = np.array([p.sessions_per_person if p.pathway == "sessions" else 1 for p in dataset.profiles])
    return np.asarray(sessions * profile_table(dataset).weight * 1000, dtype=np.int64)
