"""The baseline of a dataset, derived: who offers what, how attractive a location is, how much capacity it has.

Public sources give no offers, flows or capacities per location for all care; what is derived here is a model
estimate, marked as such, and never a finding about a named hospital. Own figures replace it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zorgstroom.dataset.model import QUANTILE_POINTS, BoolArray, Dataset, Int32Array
from zorgstroom.domain.calendar import MINUTES_PER_DAY, Calendar
from zorgstroom.domain.hospital import HOSPITAL_TYPES, Location, clinic_pool, ic_pool, ward_pool
from zorgstroom.domain.profile import Profile
from zorgstroom.planning.durations import NIGHT_SCALE
from zorgstroom.planning.expected import UTILITY_SCALE, FloatArray, choice_shares, persons_per_year, utility
from zorgstroom.planning.plan import needed_pools, obstacles

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
WORKING_HOURS_START = 7 * 60


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


@dataclass(frozen=True)
class Expected:
    """Expected persons a year per location and profile: float64[L, P]; who needs an IC goes where it is."""

    persons: FloatArray
    #: Those among them who need an IC.
    need_ic: FloatArray


def ic_share(profile: Profile) -> float:
    """Return the share of a profile's persons who need an IC: some of those with an overnight stay or observation."""
    if profile.ic_type is None or profile.pathway != "care":
        return 0.0
    return profile.ic_probability * (
        profile.setting_shares["overnight"] + profile.setting_shares["observation"]
    )


def fit_attraction(dataset: Dataset, offers: BoolArray) -> tuple[Int32Array, Expected, list[str]]:
    """Fit the attraction of the hospital types to their known shares, per profile.

    Contraction mapping (Berry 1994): add log(known / modelled share) until every share is within 0.1%. Returns
    attraction int32[L, P] at scale 65536, the resulting expected persons of the base year, and the shares that
    no location can take (spread over the other types).
    """
    attraction = np.zeros(offers.shape, dtype=np.int32)
    expected = Expected(np.zeros(offers.shape), np.zeros(offers.shape))
    homeless: list[str] = []
    persons = persons_per_year(dataset, dataset.base_year)
    types = np.array([HOSPITAL_TYPES.index(location.type) for location in dataset.locations])
    for index, profile in enumerate(dataset.profiles):
        offering = offers[:, index]
        present = np.array([bool((offering & (types == kind)).any()) for kind in range(len(HOSPITAL_TYPES))])
        known = np.array([profile.type_shares[kind] for kind in HOSPITAL_TYPES])
        homeless += [
            f"{profile.id}:{kind}"
            for kind, has, part in zip(HOSPITAL_TYPES, present, known, strict=True)
            if part > 0 and not has
        ]
        present &= known > 0
        known = np.where(present, known, 0.0)
        known = known / known.sum()
        level = np.zeros(len(HOSPITAL_TYPES))
        base = utility(dataset, index, dataset.travel_hundredths) / UTILITY_SCALE
        with_ic = offering & np.array(
            [profile.ic_type in location.ic_types for location in dataset.locations]
        )
        in_need = persons[:, index] * ic_share(profile)
        for _ in range(500):
            score = base + level[types]
            to_ic = in_need @ choice_shares(score, with_ic[None, :])
            flows = (persons[:, index] - in_need) @ choice_shares(score, offering[None, :]) + to_ic
            modelled = np.bincount(types, flows, minlength=len(HOSPITAL_TYPES)) / max(flows.sum(), 1e-12)
            ratio = np.divide(known, modelled, out=np.ones_like(known), where=present & (modelled > 0))
            if np.abs(ratio - 1).max() < 0.001:
                break
            level += np.log(ratio)
        level -= level[present].max(initial=0.0)
        attraction[:, index] = np.rint(np.where(offering, level[types], 0.0) * UTILITY_SCALE).astype(np.int32)
        expected.persons[:, index] = flows
        expected.need_ic[:, index] = to_ic
    return attraction, expected, homeless


def derive_capacities(dataset: Dataset, expected: Expected) -> dict[tuple[str, str], int]:
    """Return capacity per (location id, pool) for the expected persons.

    Rooms, planned admissions and clinics get exactly the expected work (load 1.00): real waits come from a
    backlog at full load. Staffed beds get load / 0.70, at least load + 2 sqrt(load) and 2; day places likewise.
    Pools that only care the location could start would use are there, and empty.
    """
    work = expected_work(dataset, expected)
    capacities: dict[tuple[str, str], int] = {}
    target = dataset.parameter("ward_target_load")
    for location in dataset.locations:
        for pool, load in work[location.id].items():
            if pool.startswith(("ward:", "ic:")):
                capacities[location.id, pool] = max(
                    2, math.ceil(max(load / target, load + 2 * math.sqrt(load)))
                )
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


def expected_work(dataset: Dataset, expected: Expected) -> dict[str, dict[str, float]]:
    """Return the expected work per location and pool: mean occupied beds, and units per working day.

    Minutes of operations include change-over. Pools without work are left out, except that a location with a
    ward has every ward group it takes acute patients or stays for.
    """
    calendar = Calendar(dataset.base_year, 0, 52)
    working_days = int(calendar.working_days().sum())
    minutes_of_year = 364 * MINUTES_PER_DAY
    change_over = dataset.parameter("change_over_minutes")
    small = dataset.parameter("small_clinic_visits")
    arrival = _mean_minute_of_day(dataset)
    result: dict[str, dict[str, float]] = {}
    for row, location in enumerate(dataset.locations):
        work: dict[str, float] = {}

        def add(pool: str, amount: float, work: dict[str, float] = work) -> None:
            if amount > 0:
                work[pool] = work.get(pool, 0.0) + amount

        for index, profile in enumerate(dataset.profiles):
            persons, need_ic = float(expected.persons[row, index]), float(expected.need_ic[row, index])
            if persons <= 0 or profile.pathway == "sessions":
                continue
            if profile.pathway == "visit":
                visits = persons * profile.weight
                for specialty in dataset.specialties:
                    add(clinic_pool(specialty.id), visits * specialty.first_visit_share / working_days)
                continue
            acute = 1.0 if profile.always_acute else profile.acute_share
            elective = 1.0 - acute
            stay = _Stay(dataset, profile, location)
            add(clinic_pool(profile.specialty), persons * elective / working_days)
            # Everybody else, as if nobody had gone elsewhere for an IC.
            others = (persons - need_ic) / (1 - ic_share(profile)) if need_ic < persons else 0.0
            ward_only = others * (1 - profile.ic_probability if profile.ic_type else 1.0)
            until_eleven = dataset.parameter("discharge_minute")
            admitted_at = acute * arrival + elective * WORKING_HOURS_START
            overnight = ward_only * profile.setting_shares["overnight"]
            bed_minutes = overnight * (stay.nights * MINUTES_PER_DAY + until_eleven - admitted_at)
            after_ic = stay.nights_with_ic * MINUTES_PER_DAY + until_eleven - admitted_at - stay.ic_minutes
            bed_minutes += need_ic * after_ic
            observed = ward_only * profile.setting_shares["observation"]
            bed_minutes += observed * dataset.parameter("observation_minutes")
            add(ward_pool(profile.ward_group), bed_minutes / minutes_of_year)
            if profile.ic_type:
                add(ic_pool(profile.ic_type), need_ic * stay.ic_minutes / minutes_of_year)
            add("day", others * profile.setting_shares["day"] / working_days)
            rooms = profile.procedure_list
            if rooms != "adm":
                minutes = profile.procedure_share * (stay.procedure_minutes + change_over)
                add(rooms, persons * minutes / working_days)
            without_room = 1.0 if rooms == "adm" else 1.0 - profile.procedure_share
            add("adm", persons * elective * without_room / working_days)
        result[location.id] = {
            pool: amount
            for pool, amount in sorted(work.items())
            if not (pool.startswith("clinic:") and amount * working_days < small)
        }
    return result


class _Stay:
    """Mean nights (without and with an IC), IC minutes and procedure minutes at a location, with case mix."""

    def __init__(self, dataset: Dataset, profile: Profile, location: Location) -> None:
        def scaled(duration: str) -> npt.NDArray[np.float64]:
            permille = dataset.case_mix.get((location.type, duration), 1000)
            table = dataset.quantiles.get((profile.id, duration))
            return np.zeros(QUANTILE_POINTS) if table is None else table.astype(np.float64) * permille / 1000

        nights = np.maximum(1, np.floor(scaled("nights") / NIGHT_SCALE + 0.5))
        ic_minutes = np.maximum(scaled("ic_minutes"), 1)
        self.nights = float(nights.mean())
        self.ic_minutes = float(ic_minutes.mean())
        # Nights and IC days are independent: average the longer of both over all pairs of points of a grid.
        ic_nights = np.ceil(ic_minutes / MINUTES_PER_DAY) + 1
        step = QUANTILE_POINTS // 256
        pairs = np.maximum(nights[None, step // 2 :: step], ic_nights[step // 2 :: step, None])
        self.nights_with_ic = float(pairs.mean())
        self.procedure_minutes = float(np.maximum(scaled("procedure_minutes"), 1).mean())


def _mean_minute_of_day(dataset: Dataset) -> float:
    """Return the mean minute of the day at which acute patients arrive."""
    hours = dataset.demand_patterns["acute", "hour"].astype(np.float64)
    return float((hours * (np.arange(24) * 60 + 30)).sum() / hours.sum())
