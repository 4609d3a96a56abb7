"""Inhabitants too far from an emergency department or acute obstetrics, with the units a plan opens and closes."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import numpy as np

from zorgstroom.dataset.model import Dataset, Int64Array
from zorgstroom.planning.access import (
    ED_MINUTES,
    OBSTETRICS_MINUTES,
    emergency_sites,
    obstetrics_sites,
    people_beyond,
)
from zorgstroom.planning.plan import Plan
from zorgstroom_simulator.rows import Rows
from zorgstroom_simulator.scope import Scope

Unit = Literal["ed", "obstetrics"]
INDICATORS: dict[Unit, str] = {"ed": "beyond_45_ed", "obstetrics": "beyond_30_obstetrics"}


def add_unit_access(rows: Rows, scope: Scope, plan: Plan | None) -> None:
    """Add how many inhabitants live beyond the norm, in the region and per area, as a mean over the days."""
    for unit, indicator in INDICATORS.items():
        people = _person_days(scope, unit, plan)
        days = scope.calendar.days - scope.calendar.measured_from_day
        far = np.flatnonzero(scope.areas & (people > 0))
        rows.rows(indicator, {"area": far}, people[far], np.full(len(far), days, np.int64))
        rows.add(indicator, int(people[far].sum()), days)


def _person_days(scope: Scope, unit: Unit, plan: Plan | None) -> Int64Array:
    """Return persons beyond the norm x measured days, per area: int64[A]."""
    dataset, calendar = scope.dataset, scope.calendar
    sites = emergency_sites(dataset) if unit == "ed" else obstetrics_sites(dataset)
    changes = sorted(
        (change for change in (plan.units if plan else ()) if change.unit == unit),
        key=lambda change: change.start_day,
    )
    total = np.zeros(len(dataset.areas), np.int64)
    day = calendar.measured_from_day
    for change in changes:
        until = min(max(change.start_day, day), calendar.days)
        total += people(dataset, sites.tobytes(), unit, calendar.demand_year) * (until - day)
        day = until
        sites = sites.copy()
        sites[change.location] = change.opens
    return total + people(dataset, sites.tobytes(), unit, calendar.demand_year) * (calendar.days - day)


@lru_cache(maxsize=64)
def people(dataset: Dataset, sites: bytes, unit: Unit, year: int) -> Int64Array:
    """Return whole persons beyond the norm of a unit per area, `sites` being bool[L] as bytes: int64[A]."""
    beyond = people_beyond(
        dataset,
        np.frombuffer(sites, np.bool_),
        ED_MINUTES if unit == "ed" else OBSTETRICS_MINUTES,
        ambulance=unit == "ed",
        year=year,
    )
    return np.rint(beyond).astype(np.int64)
