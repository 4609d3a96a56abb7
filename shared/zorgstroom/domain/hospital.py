"""Hospitals: organisations, their locations, and the pools of capacity a location owns."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

HospitalType = Literal["umc", "topklinisch", "algemeen", "categoraal"]
HOSPITAL_TYPES: tuple[HospitalType, ...] = ("umc", "topklinisch", "algemeen", "categoraal")

#: ``klinisch`` everything; ``deels`` day care, dialysis, visits, no ward, IC or acute; ``poli`` first visits only.
LocationRole = Literal["klinisch", "deels", "poli"]
LOCATION_ROLES: tuple[LocationRole, ...] = ("klinisch", "deels", "poli")

#: Emergency department: day and night, part of the day, none.
EdHours = Literal["24/7", "beperkt", "geen"]

WardGroup = Literal["surgical", "medical", "heart_lung", "neuro", "mother", "child"]
WARD_GROUPS: tuple[WardGroup, ...] = ("surgical", "medical", "heart_lung", "neuro", "mother", "child")
#: Where an acute patient may lie when his own group is full, in this order; never mother or child.
OUTLIER_ORDER: tuple[WardGroup, ...] = ("medical", "surgical", "heart_lung", "neuro")

IcType = Literal["adult", "picu", "nicu"]
IC_TYPES: tuple[IcType, ...] = ("adult", "picu", "nicu")

#: Planned treatment lists: operating rooms, other procedure rooms, admissions without a room.
TreatmentList = Literal["or", "proc", "adm"]
TREATMENT_LISTS: tuple[TreatmentList, ...] = ("or", "proc", "adm")

Confidence = Literal["high", "medium", "low"]
#: Known from a source, estimated from one, assumed without one, or derived by the model from other figures.
Basis = Literal["known", "estimated", "assumed", "derived"]


@dataclass(frozen=True)
class Organisation:
    """A hospital organisation (one board, one or more locations)."""

    id: str
    name: str
    type: HospitalType
    #: Operational beds of all its locations together; None where they are not known.
    beds: float | None = None


@dataclass(frozen=True)
class Location:
    """A hospital site."""

    id: str
    name: str
    organisation_id: str
    type: HospitalType
    role: LocationRole
    place: str
    gemeente_id: str
    roaz: str
    province: str
    latitude: float
    longitude: float
    ed: EdHours
    acute_obstetrics: bool
    ic_types: frozenset[IcType]
    level1_trauma: bool
    cardiac_surgery: bool


def ward_pool(group: str) -> str:
    """Return the pool id of a ward group."""
    return f"ward:{group}"


def ic_pool(ic_type: str) -> str:
    """Return the pool id of an IC type."""
    return f"ic:{ic_type}"


def clinic_pool(specialty: str) -> str:
    """Return the pool id of a specialty's first visits."""
    return f"clinic:{specialty}"


def pool_ids(specialties: Iterable[str]) -> tuple[str, ...]:
    """Return the id of every pool there can be, with a clinic for each of these specialties."""
    return (
        *map(ward_pool, WARD_GROUPS),
        *map(ic_pool, IC_TYPES),
        "day",
        *TREATMENT_LISTS,
        *map(clinic_pool, specialties),
    )


#: Unit of a pool by its first part; capacities are whole numbers of this unit.
POOL_UNITS = {
    "ward": "staffed beds",
    "ic": "staffed beds",
    "day": "places per mille per working day",
    "or": "minutes per mille per working day",
    "proc": "minutes per mille per working day",
    "adm": "admissions per mille per working day",
    "clinic": "first visits per mille per working day",
}
