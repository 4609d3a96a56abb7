"""A country small enough to check by hand: four locations in a row, three areas, five profiles.

    Noord (area GM0001)   ---- 30 min ----   Midden (GM0002)   ---- 30 min ----   Zuid (GM0003)
    location NOORD (umc)                     MIDDEN (topklinisch), POLI           ZUID (algemeen)

Every figure follows from the arguments of `make_dataset`; nothing is random.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence

import numpy as np

from zorgstroom.dataset.loading import (
    DATA_FOLDER,
    DEFAULT_DATASET,
    read_fixed_shares,
    read_prices,
    read_staffing,
)
from zorgstroom.dataset.model import (
    DURATIONS,
    TARGET_FACTOR,
    BoolArray,
    Dataset,
    Figure,
    Int32Array,
    Int64Array,
    Source,
    Specialty,
    VolumeNorm,
    VolumeOutcome,
)
from zorgstroom.domain.area import AGE_BANDS, Area
from zorgstroom.domain.hospital import (
    HOSPITAL_TYPES,
    WARD_GROUPS,
    HospitalType,
    Location,
    Organisation,
    clinic_pool,
    ic_pool,
    ward_pool,
)
from zorgstroom.domain.profile import Profile
from zorgstroom.planning.durations import NIGHT_SCALE, gumbel_table, lognormal_quantiles, normal_table

#: Inhabitants per area and age band (AGE_BANDS).
INHABITANTS = {
    "GM0001": (15_000, 12_000, 25_000, 28_000, 12_000, 8_000),
    "GM0002": (18_000, 14_000, 30_000, 32_000, 14_000, 12_000),
    "GM0003": (7_000, 5_000, 11_000, 14_000, 7_000, 6_000),
}
#: Minutes by car from area (row) to NOORD, MIDDEN, ZUID, POLI, and between the locations.
TRAVEL_MINUTES = ((10, 30, 60, 32), (30, 10, 30, 12), (60, 30, 10, 31))
TRANSFER_MINUTES = ((0, 30, 60, 32), (30, 0, 30, 5), (60, 30, 0, 31), (32, 5, 31, 0))

#: Where key figures of staff and prices come from: they are about no place.
SHIPPED = DATA_FOLDER / DEFAULT_DATASET

#: Twice the risk of death at 10 a year and less, half way between at 20, level from 30 on.
OESOPHAGUS_CURVE = VolumeOutcome(
    "oesophagus",
    volumes=(10, 30),
    permille={"": (2000, 1000), "low": (1000, 1000), "high": (3000, 1000)},
    evidence="strong",
    outcome="death within 90 days",
    basis="estimated",
    confidence="low",
    source="S1",
    note="",
)

WORKING_DAYS = 250
YEAR_DAYS = 364
SPECIALTIES = (
    Specialty("surgery", "Chirurgie", "Surgery", 0.3, 3.0),
    Specialty("orthopaedics", "Orthopedie", "Orthopaedics", 0.3, 5.0),
    Specialty("internal", "Interne geneeskunde", "Internal medicine", 0.4, 4.0),
)

#: Model parameters; values as in the shipped dataset where tests depend on none in particular.
PARAMETERS: Mapping[str, tuple[float, str]] = {
    "t0": (3.0, "minutes"),
    "a1": (1.9, "minutes"),
    "a2": (-0.02, "minutes"),
    "a3": (0.0001, "minutes"),
    "kappa_patient": (0.93, "factor"),
    "kappa_rivm_car": (0.87, "factor"),
    "ambulance": (0.71, "factor"),
    "ambulance_fixed_minutes": (19, "minutes"),
    "beta_basic": (0.15, "per minute"),
    "beta_complex": (0.06, "per minute"),
    "beta_acute": (0.15, "per minute"),
    "ward_target_load": (0.70, "share"),
    "planner_look_ahead": (60, "working days"),
    "change_over_minutes": (15, "minutes"),
    "acute_reserve_share": (0.05, "share"),
    "acute_reserve_min": (1, "beds"),
    "ic_reserve": (1, "beds"),
    "outlier_max_share": (0.10, "share"),
    "diversion_max_candidates": (5, "locations"),
    "diversion_max_minutes": (60, "minutes"),
    "diversion_delay_minutes": (45, "minutes"),
    "work_up_days": (10, "days"),
    "small_clinic_visits": (250, "visits"),
    "observation_minutes": (480, "minutes"),
    "discharge_minute": (660, "minute of the day"),
    "day_turns": (1.6, "patients per place"),
    "target_cv": (0.6, "ratio"),
    "via_ed_share": (0.83, "share"),
    "treeknorm_first_visit_weeks": (4, "weeks"),
    "treeknorm_day_weeks": (6, "weeks"),
    "treeknorm_admission_weeks": (7, "weeks"),
    "zeeuws_vlaanderen_detour_minutes": (25, "minutes"),
    "road_detour_factor": (1.2, "factor"),
    "car_kg_co2_per_km": (0.2, "kg CO2 per km"),
}


def make_profile(identifier: str = "hip", **changes: object) -> Profile:
    """Return an elective surgical profile with operating room and two nights; name what differs."""
    profile = Profile(
        id=identifier,
        name_nl="Heupprothese",
        name_en="Hip replacement",
        group="basic_elective",
        pathway="care",
        specialty="orthopaedics",
        ward_group="surgical",
        ic_type=None,
        procedure_list="or",
        always_acute=False,
        weight=1,
        sessions_per_person=1,
        needs=frozenset(),
        choice_class="basic",
        complex=False,
        volume_per_year=0.0,
        rate_per_1000=(0.0, 0.1, 0.2, 2.0, 8.0, 12.0),
        acute_share=0.0,
        setting_shares={"overnight": 1.0, "observation": 0.0, "day": 0.0, "outpatient": 0.0},
        los_nights_mean=2.0,
        los_nights_sd=1.0,
        procedure_share=1.0,
        procedure_minutes_mean=90.0,
        procedure_minutes_sd=20.0,
        ic_probability=0.0,
        ic_days_mean=0.0,
        ic_days_sd=0.0,
        type_shares={"umc": 0.1, "topklinisch": 0.4, "algemeen": 0.5, "categoraal": 0.0},
        providers=3,
        wait_first_visit_weeks=5.0,
        wait_treatment_weeks=6.0,
        cost_eur=9800.0,
    )
    return dataclasses.replace(profile, **changes)  # type: ignore[arg-type]


def make_profiles() -> tuple[Profile, ...]:
    """Return the five profiles: complex, elective, acute, sessions and first visits."""
    return (
        make_profile(
            "oesophagus",
            name_nl="Slokdarmresectie",
            name_en="Oesophagectomy",
            group="complex_oncology",
            specialty="surgery",
            ic_type="adult",
            choice_class="complex",
            complex=True,
            rate_per_1000=(0.0, 0.0, 0.05, 0.4, 0.9, 0.5),
            acute_share=0.01,
            los_nights_mean=12.0,
            los_nights_sd=8.0,
            procedure_minutes_mean=360.0,
            procedure_minutes_sd=60.0,
            ic_probability=0.85,
            ic_days_mean=2.5,
            ic_days_sd=2.0,
            type_shares={"umc": 0.6, "topklinisch": 0.4, "algemeen": 0.0, "categoraal": 0.0},
            providers=2,
            wait_first_visit_weeks=2.0,
            wait_treatment_weeks=4.0,
            cost_eur=33000.0,
        ),
        make_profile("hip"),
        make_profile(
            "pneumonia",
            name_nl="Longontsteking",
            name_en="Pneumonia",
            group="acute_medical",
            specialty="internal",
            ward_group="medical",
            ic_type="adult",
            procedure_list="adm",
            choice_class="acute",
            needs=frozenset({"ed"}),
            rate_per_1000=(1.0, 0.4, 0.6, 2.0, 7.0, 20.0),
            acute_share=1.0,
            los_nights_mean=5.0,
            los_nights_sd=4.0,
            procedure_share=0.0,
            procedure_minutes_mean=0.0,
            procedure_minutes_sd=0.0,
            ic_probability=0.05,
            ic_days_mean=4.0,
            ic_days_sd=4.0,
            wait_first_visit_weeks=0.0,
            wait_treatment_weeks=0.0,
            cost_eur=6200.0,
        ),
        make_profile(
            "dialysis",
            name_nl="Dialyse",
            name_en="Dialysis",
            group="chronic",
            pathway="sessions",
            specialty="internal",
            ward_group="medical",
            procedure_list="adm",
            sessions_per_person=156,
            rate_per_1000=(0.0, 7.8, 15.6, 62.4, 156.0, 249.6),  # sessions, 156 per person
            setting_shares={"overnight": 0.0, "observation": 0.0, "day": 1.0, "outpatient": 0.0},
            los_nights_mean=0.0,
            los_nights_sd=0.0,
            procedure_share=0.0,
            procedure_minutes_mean=0.0,
            procedure_minutes_sd=0.0,
            wait_first_visit_weeks=0.0,
            wait_treatment_weeks=0.0,
            cost_eur=420.0,
        ),
        make_profile(
            "outpatient_first",
            name_nl="Eerste polikliniekbezoek",
            name_en="First outpatient visit",
            group="outpatient",
            pathway="visit",
            specialty="internal",
            ward_group="medical",
            procedure_list="adm",
            weight=10,
            rate_per_1000=(150.0, 150.0, 220.0, 320.0, 480.0, 560.0),
            setting_shares={"overnight": 0.0, "observation": 0.0, "day": 0.0, "outpatient": 1.0},
            los_nights_mean=0.0,
            los_nights_sd=0.0,
            procedure_share=0.0,
            procedure_minutes_mean=0.0,
            procedure_minutes_sd=0.0,
            providers=4,
            wait_first_visit_weeks=4.0,
            wait_treatment_weeks=0.0,
            cost_eur=450.0,
        ),
    )


def make_locations() -> tuple[Location, ...]:
    """Return a university, a top-clinical and a general hospital, and an outpatient clinic."""

    def location(
        identifier: str, name: str, kind: HospitalType, area: int, role: str = "klinisch", **changes: object
    ) -> Location:
        clinical = role == "klinisch"
        made = Location(
            id=identifier,
            name=name,
            organisation_id=f"ORG-{'MIDDEN' if identifier == 'POLI' else identifier}",
            type=kind,
            role=role,  # type: ignore[arg-type]
            place=("Noordstad", "Middenstad", "Zuiddorp")[area],
            gemeente_id=f"GM000{area + 1}",
            roaz="Noord" if area == 0 else "Zuid",
            province="Noordland" if area == 0 else "Zuidland",
            latitude=(52.9, 52.5, 52.1)[area],
            longitude=5.5 + (0.05 if identifier == "POLI" else 0.0),
            ed="24/7" if clinical else "geen",
            acute_obstetrics=clinical,
            ic_types=frozenset({"adult"}) if clinical else frozenset(),
            level1_trauma=kind == "umc",
            cardiac_surgery=kind == "umc",
        )
        return dataclasses.replace(made, **changes)  # type: ignore[arg-type]

    return (
        location("NOORD", "UMC Noord", "umc", 0),
        location("MIDDEN", "Ziekenhuis Midden", "topklinisch", 1),
        location("ZUID", "Ziekenhuis Zuid", "algemeen", 2),
        location("POLI", "Polikliniek Midden", "topklinisch", 1, role="poli"),
    )


def make_areas() -> tuple[Area, ...]:
    """Return the three areas; the first is a region of its own."""
    return tuple(
        Area(
            id=f"GM000{index + 1}",
            name=("Noordstad", "Middenstad", "Zuiddorp")[index],
            gemeente_id=f"GM000{index + 1}",
            roaz="Noord" if index == 0 else "Zuid",
            zorgkantoorregio="Noord" if index == 0 else "Zuid",
            province="Noordland" if index == 0 else "Zuidland",
            corop="Noord" if index == 0 else "Zuid",
            ggd="Noord" if index == 0 else "Zuid",
            latitude=(52.9, 52.5, 52.1)[index],
            longitude=5.5,
            spread_km=3.0,
            access_factor=1.0,
            urbanity=(2, 1, 4)[index],
            ses_score=(0.5, -1.0, 0.0)[index],
        )
        for index in range(3)
    )


def make_offers(locations: Sequence[Location], profiles: Sequence[Profile]) -> BoolArray:
    """Clinics only see first visits; oesophagus at UMC and top-clinical; all else at every hospital."""
    return np.array(
        [
            [
                profile.pathway == "visit"
                or (
                    location.role == "klinisch"
                    and (not profile.complex or location.type in ("umc", "topklinisch"))
                )
                for profile in profiles
            ]
            for location in locations
        ],
        dtype=np.bool_,
    )


def expected_volumes(
    profiles: Sequence[Profile],
    population: Int64Array,
    travel_hundredths: Int32Array,
    offers: BoolArray,
    parameters: Mapping[str, Figure],
) -> Int64Array:
    """Return yearly patients per location and profile, per mille, by a logit on travel alone."""
    volumes = np.zeros(offers.shape)
    for index, profile in enumerate(profiles):
        demand = population @ (np.array(profile.rate_per_1000) / 1000)
        beta = parameters[f"beta_{profile.choice_class}"].value
        weights = np.exp(-beta * travel_hundredths / 100) * offers[:, index]
        volumes[:, index] = demand @ (weights / weights.sum(axis=1, keepdims=True))
    return np.rint(volumes * 1000).astype(np.int64)


def derived_capacities(
    locations: Sequence[Location],
    profiles: Sequence[Profile],
    specialties: Sequence[Specialty],
    expected_volume: Int64Array,
    load: float,
) -> dict[tuple[str, str], int]:
    """Return capacities at which the expected work fills the share `load` (wards: 70%)."""
    capacities: dict[tuple[str, str], int] = {}
    for row, location in enumerate(locations):
        volumes = expected_volume[row] / 1000
        needed: dict[str, float] = {}
        for volume, profile in zip(volumes, profiles, strict=True):
            if profile.pathway == "sessions":
                continue
            first_visits = volume * (1 - profile.acute_share)
            if profile.pathway == "visit":
                for specialty in specialties:
                    pool = clinic_pool(specialty.id)
                    needed[pool] = needed.get(pool, 0) + first_visits * specialty.first_visit_share
                continue
            pool = clinic_pool(profile.specialty)
            needed[pool] = needed.get(pool, 0) + first_visits
            if location.role == "klinisch":
                work = {
                    ward_pool(profile.ward_group): volume * profile.los_nights_mean / YEAR_DAYS,
                    "day": volume * profile.setting_shares["day"],
                    profile.procedure_list: volume
                    * (profile.procedure_share * (profile.procedure_minutes_mean + 15))
                    if profile.procedure_list != "adm"
                    else volume * (1 - profile.acute_share),
                }
                if profile.ic_type:
                    work[ic_pool(profile.ic_type)] = (
                        volume * profile.ic_probability * profile.ic_days_mean / YEAR_DAYS
                    )
                for pool, amount in work.items():
                    needed[pool] = needed.get(pool, 0) + amount
        if location.role == "klinisch":
            for group in WARD_GROUPS:
                needed.setdefault(ward_pool(group), 0)
            for pool in ("or", "proc", "adm", "day"):
                needed.setdefault(pool, 0)
        for pool, amount in needed.items():
            if pool.startswith(("ward:", "ic:")):
                # Small pools need head room: two standard deviations above the mean besides the target.
                capacities[location.id, pool] = max(2, math.ceil(amount / 0.70 + 2 * math.sqrt(amount)))
            else:
                capacities[location.id, pool] = math.ceil(amount / WORKING_DAYS / load * 1000)
    return capacities


def _quantiles(profiles: Sequence[Profile]) -> dict[tuple[str, str], Int32Array]:
    tables = {TARGET_FACTOR: lognormal_quantiles(1.0, PARAMETERS["target_cv"][0], 1000)}
    for profile in profiles:
        moments = (
            (profile.los_nights_mean, profile.los_nights_sd, NIGHT_SCALE),
            (profile.procedure_minutes_mean, profile.procedure_minutes_sd, 1),
            (profile.ic_days_mean * 1440, profile.ic_days_sd * 1440, 1),
        )
        for duration, (mean, sd, scale) in zip(DURATIONS, moments, strict=True):
            tables[profile.id, duration] = lognormal_quantiles(mean, sd, scale)
    return tables


def _patterns() -> dict[tuple[str, str], Int64Array]:
    """Return demand that is flat over months, days and hours; referrals on weekdays in office hours."""
    flat = np.full(12, 1000, np.int64)
    hours = np.arange(24)
    return {
        ("acute", "month"): flat,
        ("acute", "weekday"): np.full(7, 1000, np.int64),
        ("acute", "hour"): np.full(24, 10, np.int64),
        ("referral", "month"): flat,
        ("referral", "weekday"): np.array([1000] * 5 + [0, 0], np.int64),
        ("referral", "hour"): np.where((hours >= 8) & (hours < 18), 10, 0).astype(np.int64),
    }


def _figures(profiles: Sequence[Profile]) -> tuple[Figure, ...]:
    figures = []
    for profile in profiles:
        figures += [
            Figure(
                profile.id,
                "volume_per_year",
                profile.volume_per_year,
                "patients a year",
                "known",
                "high",
                "S1",
            ),
            Figure(
                profile.id, "los_nights_mean", profile.los_nights_mean, "nights", "estimated", "medium", "S1"
            ),
            Figure(
                profile.id,
                "wait_treatment_weeks",
                profile.wait_treatment_weeks,
                "weeks",
                "assumed",
                "low",
                "",
            ),
        ]
        if profile.id == "oesophagus":
            figures.append(
                Figure(profile.id, "mortality_percent_mean", 2.5, "percent", "estimated", "low", "S1")
            )
    return tuple(figures)


def make_dataset(
    *,
    profiles: Sequence[Profile] | None = None,
    locations: Sequence[Location] | None = None,
    parameters: Mapping[str, float] | None = None,
    load: float = 0.85,
    offers: BoolArray | None = None,
    norm: int = 20,
    **changes: object,
) -> Dataset:
    """Return the small country.

    `load` is the expected load of clinics, operating rooms and lists; `parameters` overrides model
    parameters by id; `norm` is the yearly minimum for oesophagus; `changes` replaces whole fields.
    """
    chosen = tuple(profiles if profiles is not None else make_profiles())
    sites = tuple(locations if locations is not None else make_locations())
    areas = make_areas()
    population = np.array([INHABITANTS[area.id] for area in areas], dtype=np.int64)
    national = population.sum(axis=0)
    chosen = tuple(
        dataclasses.replace(
            profile, volume_per_year=float(national @ (np.array(profile.rate_per_1000) / 1000))
        )
        for profile in chosen
    )
    known = {
        name: Figure("model", name, value, unit, "assumed", "medium", "S1")
        for name, (value, unit) in PARAMETERS.items()
    }
    for name, value in (parameters or {}).items():
        known[name] = dataclasses.replace(known[name], value=value)
    positions = [("NOORD", "MIDDEN", "ZUID", "POLI").index(site.id) for site in sites]
    travel = np.array(TRAVEL_MINUTES, dtype=np.int32)[:, positions] * 100
    transfer = np.array(TRANSFER_MINUTES, dtype=np.int32)[np.ix_(positions, positions)] * 100
    offered = make_offers(sites, chosen) if offers is None else offers
    volumes = expected_volumes(chosen, population, travel, offered, known)
    gumbel, normal = gumbel_table(), normal_table()
    dataset = Dataset(
        id="small",
        version="1",
        digest="0" * 64,
        base_year=2025,
        areas=areas,
        organisations=tuple(
            Organisation(site.organisation_id, site.name, site.type) for site in sites if site.id != "POLI"
        ),
        locations=sites,
        profiles=chosen,
        specialties=SPECIALTIES,
        norms=(
            VolumeNorm(
                "SONCOS-oesophagus",
                "oesophagus",
                norm,
                "2019-01-01",
                "",
                "in_force",
                "high",
                "S1",
                "per location",
            ),
        ),
        sources=(Source("S1", "Voorbeeldcijfers", "Zorgstroom", "2025", "", "CC0", "2025-01-01"),),
        parameters=known,
        figures=_figures(chosen),
        case_mix={(kind, duration): 1000 for kind in HOSPITAL_TYPES for duration in DURATIONS},
        population={2021: population, 2023: population, 2025: population},
        travel_hundredths=travel,
        transfer_hundredths=transfer,
        offers=offered,
        attraction=np.zeros(offered.shape, dtype=np.int32),
        expected_volume=volumes,
        capacities=derived_capacities(sites, chosen, SPECIALTIES, volumes, load),
        quantiles=_quantiles(chosen),
        gumbel=gumbel,
        normal=normal,
        demand_patterns=_patterns(),
        staffing=read_staffing(SHIPPED),
        prices=read_prices(SHIPPED),
        fixed_shares=read_fixed_shares(SHIPPED),
        volume_outcome={"oesophagus": OESOPHAGUS_CURVE},
    )
    assert all(len(row) == len(AGE_BANDS) for row in INHABITANTS.values())
    return dataclasses.replace(dataset, **changes)  # type: ignore[arg-type]


def in_persons(dataset: Dataset) -> Dataset:
    """Return the dataset with volumes in simulated persons, as the shipped one has them: one for ten visits."""
    each = [profile.weight * profile.sessions_per_person for profile in dataset.profiles]
    return dataclasses.replace(dataset, expected_volume=dataset.expected_volume // np.array(each))
