"""The baseline of a dataset, derived: who offers what, how attractive a location is, how much capacity it has.

Public sources give no offers, flows or capacities per location for all care; what is derived here is a model
estimate, marked as such, and never a finding about a named hospital. Own figures replace it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from zorgstroom.dataset.model import BoolArray, Dataset
from zorgstroom.domain.calendar import Calendar
from zorgstroom.domain.hospital import HOSPITAL_TYPES, Location
from zorgstroom.domain.profile import Profile
from zorgstroom.planning.ability import needed_pools, obstacles
from zorgstroom.planning.attraction import Expected
from zorgstroom.planning.expected import FloatArray, choice_shares
from zorgstroom.planning.wards import planned_beds, staffed_beds, ward_beds
from zorgstroom.planning.work import work_of_profile

#: Categorical hospitals offer what they are for; by location id. Everything else follows from type and facilities.
CATEGORICAL_OFFERS: Mapping[str, tuple[str, ...]] = {
    "AVL": (
        "oesophagus",
        "stomach",
        "pancreas",
        "liver",
        "rectum",
        "colon",
        "lung",
        "breast",
        "prostate_rarp",
        "bladder_cystectomy",
        "kidney",
        "ovarian_crs",
        "head_neck",
        "sarcoma",
        "endocrine",
        "chemo_day",
        "elective_surgery_other",
        "elective_medical_clinical",
        "infusion_day",
        "other_day_surgery",
        "urology_common",
        "outpatient_first",
    ),
    "PMC": ("chemo_day", "elective_medical_clinical", "acute_internal", "outpatient_first"),
    "OZR": ("cataract", "other_day_surgery", "outpatient_first"),
    "SMK": ("hip_replacement", "knee_replacement", "arthroscopy", "other_day_surgery", "outpatient_first"),
    "KEMP": ("elective_medical_clinical", "outpatient_first"),
    "SEIN-HE": ("elective_medical_clinical", "outpatient_first"),
    "SEIN-ZW": ("elective_medical_clinical", "outpatient_first"),
}
#: Care of which the few centres are publicly known (NZa, impactanalyse aangeboren hartafwijkingen, 2022).
KNOWN_PROVIDERS: Mapping[str, tuple[str, ...]] = {"congenital_heart": ("EMC", "LUMC", "UMCG", "UMCU-WKZ")}
#: A profile of which this share or more of the patients needs an IC is only offered where that IC is.
IC_NEEDED_FROM = 0.10


def able(location: Location, profile: Profile) -> bool:
    """Return whether the baseline may place a profile at a location: its facilities and IC."""
    ic = (
        profile.ic_type is None
        or profile.ic_probability < IC_NEEDED_FROM
        or profile.ic_type in location.ic_types
    )
    return ic and not obstacles(location, profile)


def able_matrix(dataset: Dataset) -> BoolArray:
    """Return which location is able to provide which profile: bool[L, P]; categorical hospitals by their table."""
    return np.array(
        [
            [
                profile.id in CATEGORICAL_OFFERS.get(location.id, ())
                if location.type == "categoraal"
                else able(location, profile)
                for profile in dataset.profiles
            ]
            for location in dataset.locations
        ],
        dtype=np.bool_,
    )


def derive_offers(dataset: Dataset) -> BoolArray:
    """Return the baseline offers bool[L, P]: the known number of providers, placed where most people are near.

    Providers are divided over the hospital types by the types' share of the patients. Within a type the
    locations with the largest catchment come first, one per organisation before a second one.
    """
    possible = able_matrix(dataset)
    catchment = _catchment(dataset)
    offers = np.zeros_like(possible)
    for index, profile in enumerate(dataset.profiles):
        if profile.id in KNOWN_PROVIDERS:
            offers[[dataset.location_index[name] for name in KNOWN_PROVIDERS[profile.id]], index] = True
            continue
        wanted = _providers_per_type(dataset, profile, possible[:, index])
        for kind, number in wanted.items():
            of_type = [
                row
                for row, location in enumerate(dataset.locations)
                if location.type == kind and possible[row, index]
            ]
            offers[_ranked(dataset, of_type, catchment)[:number], index] = True
    return offers


def _catchment(dataset: Dataset) -> FloatArray:
    """Return inhabitants for whom a location is attractive by travel time alone: float64[L]."""
    inhabitants = dataset.population[dataset.base_year].sum(axis=1).astype(np.float64)
    hospital = np.array([location.role == "klinisch" for location in dataset.locations])
    minutes = dataset.travel_hundredths / 100.0
    shares = choice_shares(-dataset.parameter("beta_basic") * minutes, hospital[None, :])
    return np.asarray(inhabitants @ shares)


def _ranked(dataset: Dataset, rows: list[int], catchment: FloatArray) -> list[int]:
    """Return rows by catchment, an organisation's second location after every organisation's first."""
    by_size = sorted(rows, key=lambda row: (-catchment[row], dataset.locations[row].id))
    turn: dict[str, int] = {}
    keyed = []
    for row in by_size:
        organisation = dataset.locations[row].organisation_id
        turn[organisation] = turn.get(organisation, -1) + 1
        keyed.append((turn[organisation], -catchment[row], row))
    return [row for _, _, row in sorted(keyed)]


def _providers_per_type(dataset: Dataset, profile: Profile, possible: BoolArray) -> dict[str, int]:
    """Divide the number of providers over the types; what a type cannot place goes to the others."""
    room = {
        kind: sum(
            1 for row, location in enumerate(dataset.locations) if location.type == kind and possible[row]
        )
        for kind in HOSPITAL_TYPES
    }
    share = {kind: profile.type_shares[kind] if room[kind] else 0.0 for kind in HOSPITAL_TYPES}
    number: dict[str, int] = {kind: 1 if share[kind] > 0 else 0 for kind in HOSPITAL_TYPES}
    target = min(
        profile.providers or sum(room.values()), sum(room[kind] for kind in share if share[kind] > 0)
    )
    while sum(number.values()) < target:
        open_types = [kind for kind in HOSPITAL_TYPES if share[kind] > 0 and number[kind] < room[kind]]
        # Highest averages (D'Hondt): the type whose providers would each have most patients gets the next.
        best = max(open_types, key=lambda kind: share[kind] / (number[kind] + 1))
        number[best] += 1
    return number


def derive_capacities(
    dataset: Dataset, expected: Expected, year: int | None = None
) -> dict[tuple[str, str], int]:
    """Return capacity per (location id, pool) for the expected persons of a year (default: the base year).

    Rooms, planned admissions and clinics get exactly the expected work (load 1.00): real waits come from a
    backlog at full load. Staffed beds get load / 0.70, at least load + 2 sqrt(load) and 2; day places likewise;
    wards with many planned patients more, for the mornings of working days (`planning.wards`).
    Pools that only care the location could start would use are there, and empty.
    """
    work = expected_work(dataset, expected, year)
    planned = planned_beds(dataset, expected, _working_days(dataset, year))
    capacities: dict[tuple[str, str], int] = {}
    target = dataset.parameter("ward_target_load")
    reserve, least = dataset.parameter("acute_reserve_share"), int(dataset.parameter("acute_reserve_min"))
    for row, location in enumerate(dataset.locations):
        for pool, load in work[location.id].items():
            if pool.startswith("ward:"):
                capacities[location.id, pool] = ward_beds(
                    load, planned.get(pool), row, target, reserve, least
                )
            elif pool.startswith("ic:"):
                capacities[location.id, pool] = staffed_beds(load, target)
            elif pool == "day":
                places = load / dataset.parameter("day_turns")
                room = math.ceil(max(places / target, places + 2 * math.sqrt(places)))
                capacities[location.id, pool] = room * 1000
            else:
                capacities[location.id, pool] = math.ceil(load * 1000)
        # What else it would need for care it could start: nothing yet, for a plan to give.
        for profile in dataset.profiles:
            if not obstacles(location, profile):
                for pool in needed_pools(location, profile):
                    capacities.setdefault((location.id, pool), 0)
    return capacities


def expected_work(
    dataset: Dataset, expected: Expected, year: int | None = None
) -> dict[str, dict[str, float]]:
    """Return the expected work per location and pool: mean occupied beds, and units per working day of the year.

    Minutes of operations include change-over. Pools without work are left out, as are clinics too small for a
    queue.
    """
    working_days = _working_days(dataset, year)
    small = dataset.parameter("small_clinic_visits")
    work: dict[str, FloatArray] = {}
    for index in range(len(dataset.profiles)):
        persons, need_ic = expected.persons[:, index], expected.need_ic[:, index]
        for pool, amount in work_of_profile(dataset, index, persons, need_ic, working_days).items():
            work[pool] = work.get(pool, np.zeros(len(dataset.locations))) + amount
    result: dict[str, dict[str, float]] = {}
    for row, location in enumerate(dataset.locations):
        result[location.id] = {
            pool: float(amount[row])
            for pool, amount in sorted(work.items())
            if amount[row] > 0 and not (pool.startswith("clinic:") and amount[row] * working_days < small)
        }
    return result


def _working_days(dataset: Dataset, year: int | None) -> int:
    """Return the working days of a measured year."""
    return int(Calendar(dataset.base_year if year is None else year, 0, 52).working_days().sum())
