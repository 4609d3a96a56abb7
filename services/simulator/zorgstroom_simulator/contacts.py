"""Outpatient contacts around a treatment: at the hospital that treats, or near home where a plan shares care.

Everybody treated along a care pathway has contacts before and after (they can be near home) and contacts that
stay with the hospital that treats, so many of each per patient of his profile; numbers per mille, in integers.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from zorgstroom.dataset.model import BoolArray, Dataset, Int64Array
from zorgstroom.planning.plan import Plan
from zorgstroom.planning.travel import patient_hectometres
from zorgstroom_simulator.randomness import name_hashes
from zorgstroom_simulator.rows import Rows
from zorgstroom_simulator.scope import Cells, Scope


def shared_care_days(plan: Plan | None) -> Int64Array:
    """Return the days at which it changes where contacts are, the first 0: int64[S]."""
    if plan is None or not plan.shared_care:
        return np.zeros(1, np.int64)
    # Where the nearest clinic is depends on who offers what.
    days = {0, *(care.start_day for care in plan.shared_care), *(day for day, _ in plan.offers)}
    return np.array(sorted(days), np.int64)


@dataclass(frozen=True)
class Contacts:
    """Contacts per mille of treatments, where they are: a row per cell of treatments and phase that has any."""

    area: Int64Array
    profile: Int64Array
    location: Int64Array
    #: Where the treatment is.
    treated_at: Int64Array
    #: `BEFORE`, `AFTER` or `CENTRE`.
    phase: Int64Array
    permille: Int64Array


def add_contacts(rows: Rows, scope: Scope, around: Contacts, plan: Plan | None) -> None:
    """Add contacts per location and their travel by the region's inhabitants."""
    dataset = scope.dataset
    area, profile, location, permille = around.area, around.profile, around.location, around.permille
    local = scope.locations[location]
    count = scope.calendar.weeks * 1000
    rows.margins("contacts", permille[local] * 52, count, {"location": location[local]})
    if plan is not None and plan.shared_care:
        add_shared(rows, scope, around)
    resident = scope.areas[area]
    area, profile, location, permille = (part[resident] for part in (area, profile, location, permille))
    minutes = dataset.travel_hundredths[area, location].astype(np.int64) * permille
    sums = rows.sums(minutes, permille, {"profile": profile, "area": area})
    for by in ((), ("profile",), ("area",)):
        rows.part_of("contact_travel", sums, by)


def add_shared(rows: Rows, scope: Scope, contacts: Contacts) -> None:
    """Add the contacts that are near home instead of at the hospital that treats, and the travel that saves.

    What locations hand over and receive is of everybody who is simulated, so that as much comes as goes; travel is
    there and back, of the region's inhabitants.
    """
    moved = np.flatnonzero(contacts.location != contacts.treated_at)
    area, profile = contacts.area[moved], contacts.profile[moved]
    centre, nearby = contacts.treated_at[moved], contacts.location[moved]
    permille, count = contacts.permille[moved] * 52, scope.calendar.weeks * 1000
    for indicator, at in (("contacts_handed_over", centre), ("contacts_received", nearby)):
        rows.margins(indicator, permille, count, {"location": at, "profile": profile})
    home = scope.areas[area]
    places = {"profile": profile[home], "area": area[home]}
    rows.margins("contacts_nearby", permille[home], count, places)
    for indicator, distance in (
        ("contact_hours_saved", scope.dataset.travel_hundredths),
        ("contact_km_saved", patient_hectometres(scope.dataset)),
    ):
        saved = distance[area, centre].astype(np.int64) - distance[area, nearby]
        rows.margins(indicator, (2 * permille * saved)[home], count, places)


BEFORE, AFTER, CENTRE = range(3)


def contacts_around(dataset: Dataset, cells: Cells, plan: Plan | None) -> Contacts:
    """Return the contacts around treatments and where they are; `cells` by `shared_care_days`."""
    phases = range(3)
    permille = np.concatenate(
        [cells.number * _per_patient(dataset)[phase][cells.profile] for phase in phases]
    )
    some = permille > 0
    return Contacts(
        area=np.tile(cells.area, 3)[some],
        profile=np.tile(cells.profile, 3)[some],
        location=np.concatenate([_places(dataset, cells, plan, phase) for phase in phases])[some],
        treated_at=np.tile(cells.location, 3)[some],
        phase=np.repeat(phases, len(cells.number))[some],
        permille=permille[some],
    )


@lru_cache(maxsize=4)
def _per_patient(dataset: Dataset) -> Int64Array:
    """Return contacts per mille of a treated patient, before, after and at the centre: int64[3, P]."""
    contacts = [
        (p.precare_contacts, p.aftercare_contacts, p.centre_contacts) if p.pathway == "care" else (0, 0, 0)
        for p in dataset.profiles
    ]
    return np.asarray(np.rint(np.array(contacts).T * 1000), dtype=np.int64)


def _places(dataset: Dataset, cells: Cells, plan: Plan | None, phase: int) -> Int64Array:
    """Return where the contacts of one phase are: the nearest clinic where care is shared, else where treated."""
    places = cells.location.copy()
    if plan is None or phase == CENTRE:
        return places
    days = shared_care_days(plan)
    for stretch, day in enumerate(days.tolist()):
        offers = [offering for start, offering in plan.offers if start <= day][-1]
        for care in plan.shared_care:
            if care.start_day > day or not (care.before if phase == BEFORE else care.after):
                continue
            mine = np.flatnonzero(
                (cells.stretch == stretch) & (cells.profile == care.profile) & care.locations[cells.location]
            )
            nearest = _nearest_clinic(dataset, offers, dataset.profiles[care.profile].specialty)
            if nearest is None:
                continue
            travel = dataset.travel_hundredths
            area, treated = cells.area[mine], cells.location[mine]
            closer = travel[area, nearest[area]] < travel[area, treated]
            places[mine] = np.where(closer, nearest[area], treated)
    return places


def _nearest_clinic(dataset: Dataset, offers: BoolArray, specialty: str) -> Int64Array | None:
    """Return the nearest location with a clinic of the specialty from each area: int64[A]; None: there is none.

    It has one if it provides care of the specialty, or first visits of it (a clinic pool) and is open at all.
    """
    of_specialty = np.array([p.specialty == specialty and p.pathway == "care" for p in dataset.profiles])
    pool = f"clinic:{specialty}"
    with_pool = np.array([(location.id, pool) in dataset.capacities for location in dataset.locations])
    able = offers[:, of_specialty].any(axis=1) | (with_pool & offers.any(axis=1))
    # Equally near: the smaller noise key, as in the choice table.
    order = np.argsort(name_hashes([location.id for location in dataset.locations]))
    clinics = order[able[order]]
    if not len(clinics):
        return None
    return np.asarray(clinics[dataset.travel_hundredths[:, clinics].argmin(axis=1)], dtype=np.int64)
