"""Figures of the whole country that one replication of the baseline gives: admissions, bed-days, IC, lists."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from zorgstroom.dataset.model import BoolArray, Int64Array
from zorgstroom.domain.area import AGE_BANDS
from zorgstroom.domain.calendar import MINUTES_PER_DAY
from zorgstroom.domain.hospital import HOSPITAL_TYPES, TREATMENT_LISTS, ic_pool
from zorgstroom.indicators.catalogue import CATALOGUE
from zorgstroom.planning.attraction import type_index
from zorgstroom_simulator.demand import OVERNIGHT
from zorgstroom_simulator.engines import NEVER, State
from zorgstroom_simulator.pathways import ADM
from zorgstroom_simulator.scope import Outcome, Scope
from zorgstroom_simulator.verification.admissions import Admissions
from zorgstroom_simulator.verification.sums import Sums

#: Profiles of births in hospital; the others are born at home or in a birth centre.
BIRTHS = ("childbirth_vaginal", "caesarean")
#: Profiles of a published group of diagnoses: pregnancy and birth, heart and vessels, injuries.
PREGNANCY = (*BIRTHS, "obstetric_acute")
CARDIOVASCULAR = (
    "aaa_elective", "aaa_acute", "carotid", "pad_revasc", "cardiac_surgery", "tavi", "pci", "ep_device", "stroke_evt",
    "stroke_ivt", "stroke_other", "heart_failure", "acute_cardiology", "cardiac_day", "varicose",
)  # fmt: skip
INJURIES = ("multitrauma", "trauma_other", "hip_fracture")
#: Age bands from 65.
OLD = (AGE_BANDS.index("65_74"), AGE_BANDS.index("75plus"))
#: Variance of the length of a list by chance, beside its length: no target of its own.
VARIANCE = "treatment_list_variance"


def count_country(scope: Scope, outcome: Outcome, indicators: pa.Table, admitted: Admissions) -> Sums:
    """Return the figures of the country; `indicators` is the table of `measure` for this outcome."""
    whole = _from_indicators(indicators)
    return {
        **_admissions(scope, outcome, admitted),
        **_groups(scope, admitted),
        **_intensive_care(scope, indicators, admitted),
        **_occupancy(scope, outcome),
        **whole,
        **_lists(scope, outcome),
        ("ed_admission_share", ""): (
            100 * _through_ed(scope, admitted),
            whole.get(("ed_visits", ""), (0.0, 0.0))[0],
        ),
    }


def _through_ed(scope: Scope, admitted: Admissions) -> float:
    """Return the admissions a year through an emergency department."""
    needs_ed = np.array(["ed" in profile.needs for profile in scope.dataset.profiles])[admitted.profile]
    acute = admitted.unplanned & admitted.in_bed & needs_ed
    return float(acute.sum()) * scope.dataset.parameter("via_ed_share") * 52 / scope.calendar.weeks


def of_profiles(scope: Scope, admitted: Admissions, names: tuple[str, ...]) -> BoolArray:
    """Return which admissions have one of these profiles; names the dataset does not have are left out."""
    mine = np.array([profile.id in names for profile in scope.dataset.profiles])
    return np.asarray(mine[admitted.profile])


def _admissions(scope: Scope, outcome: Outcome, admitted: Admissions) -> Sums:
    """Count admissions by night, urgency and age; per year of 52 weeks."""
    years = scope.calendar.weeks / 52
    overnight, number = admitted.overnight, admitted.number
    days = float(admitted.calendar_days[overnight].sum())
    acute, everything = float(admitted.acute[admitted.in_bed].sum()), float(number.sum())
    # Births in the policlinic meet no queue: they are among all patients, by the minute of arrival.
    births = np.array([profile.id in BIRTHS for profile in scope.dataset.profiles])
    arrived = scope.within(outcome.patients.minute)
    counts = {
        "clinical_admissions": float(overnight.sum()),
        "observations": float((admitted.in_bed & ~overnight).sum()),
        "acute_admissions": acute,
        "all_admissions": everything,
        "planned_admissions": everything - acute,
        "calendar_bed_days": days,
        "hospital_births": float((arrived & births[outcome.patients.profile]).sum()),
    }
    sums: Sums = {(name, ""): (count, years) for name, count in counts.items()}
    sums["mean_stay", ""] = days, float(overnight.sum())
    for index, band in enumerate(AGE_BANDS):
        sums[f"age_share_{band}", ""] = 100 * float(number[admitted.age_band == index].sum()), everything
    old = admitted.in_bed & np.isin(admitted.age_band, OLD)
    sums["unplanned_share_65plus", ""] = 100 * float(admitted.acute[old].sum()), float(old.sum())
    return sums


def _groups(scope: Scope, admitted: Admissions) -> Sums:
    """Count what is published of a group of diagnoses."""
    years = scope.calendar.weeks / 52
    number = admitted.number
    heart = of_profiles(scope, admitted, CARDIOVASCULAR)
    injured = of_profiles(scope, admitted, INJURIES) & admitted.in_bed
    multitrauma = of_profiles(scope, admitted, ("multitrauma",)) & admitted.in_bed
    level1 = np.array([location.level1_trauma for location in scope.dataset.locations])[admitted.location]
    clinical = heart & admitted.overnight
    return {
        ("pregnancy_admissions", ""): (float(number[of_profiles(scope, admitted, PREGNANCY)].sum()), years),
        ("cardiovascular_admissions", ""): (float(clinical.sum()), years),
        ("cardiovascular_bed_days", ""): (float(admitted.calendar_days[clinical].sum()), years),
        ("cardiovascular_day_admissions", ""): (float(number[heart & ~admitted.in_bed].sum()), years),
        ("injury_admissions", ""): (float(injured.sum()), years),
        ("injury_stay", ""): (float(admitted.calendar_days[injured].sum()), float(injured.sum())),
        ("injury_ic_share", ""): (100 * float((injured & admitted.needs_ic).sum()), float(injured.sum())),
        ("multitrauma_level1", ""): (100 * float((multitrauma & level1).sum()), float(multitrauma.sum())),
    }


def _intensive_care(scope: Scope, indicators: pa.Table, admitted: Admissions) -> Sums:
    """Count adult IC patients, why they are there and how long; a patient counts where he was admitted."""
    profiles = scope.dataset.profiles
    adult = np.array([profile.ic_type == "adult" for profile in profiles])[admitted.profile]
    on_ic = admitted.needs_ic & adult
    in_theatre = np.array([profile.procedure_list == "or" for profile in profiles])[admitted.profile]
    operated = on_ic & admitted.operated & in_theatre
    minutes, number = admitted.ic_minutes[on_ic].astype(np.float64), float(on_ic.sum())
    used, beds = 0.0, 0.0
    for row in indicators.to_pylist():
        if row["indicator"] == "occupancy" and row["pool"] == ic_pool("adult"):
            used, beds = used + row["total"], beds + row["count"]
    return {
        ("adult_ic_admissions", ""): (number, scope.calendar.weeks / 52),
        ("ic_medical", ""): (100 * float((on_ic & ~operated).sum()), number),
        ("ic_emergency_surgery", ""): (100 * float((operated & admitted.unplanned).sum()), number),
        ("ic_planned_surgery", ""): (100 * float((operated & ~admitted.unplanned).sum()), number),
        ("ic_mean_stay", ""): (float(minutes.sum()) / MINUTES_PER_DAY, number),
        ("ic_short_stay", ""): (100 * float((minutes <= MINUTES_PER_DAY).sum()), number),
        ("ic_occupancy_adult", ""): (100 * used, beds),
    }


def _occupancy(scope: Scope, outcome: Outcome) -> Sums:
    """Bed-days over operational beds, and nights on wards over staffed ward beds, per hospital type; percent."""
    dataset, patients, journeys = scope.dataset, outcome.queued, outcome.journeys
    kinds = type_index(dataset)
    days = scope.calendar.weeks * 7
    # The patients of a whole year come in 52 weeks; published beds are there for 365 days.
    year_days = scope.calendar.weeks / 52 * 365
    types = len(HOSPITAL_TYPES)
    admitted = scope.within(journeys.admission_minute) & (patients.setting == OVERNIGHT)
    bed_days = np.bincount(
        kinds[journeys.location[admitted]], patients.nights[admitted] + 1.0, minlength=types
    )
    on_ward = np.flatnonzero((journeys.ward_group >= 0) & (journeys.discharge_minute != NEVER))
    leaves_ic = journeys.ic_leave_minute[on_ward]
    start = np.where(leaves_ic == NEVER, journeys.admission_minute[on_ward], leaves_ic)
    first, last = (
        np.clip(minute, scope.start, scope.end) // MINUTES_PER_DAY
        for minute in (start, journeys.discharge_minute[on_ward])
    )
    nights = np.bincount(
        kinds[journeys.location[on_ward]], np.maximum(0, last - first).astype(np.float64), minlength=types
    )
    staffed = np.zeros(types)
    for (location, pool), beds in dataset.capacities.items():
        if pool.startswith("ward:"):
            staffed[kinds[dataset.location_index[location]]] += beds
    sums: Sums = {}
    for index, kind in enumerate(HOSPITAL_TYPES):
        operational = sum(o.beds or 0.0 for o in dataset.organisations if o.type == kind)
        sums[f"occupancy_operational_{kind}", ""] = 100 * float(bed_days[index]), operational * year_days
        sums[f"occupancy_staffed_{kind}", ""] = 100 * float(nights[index]), float(staffed[index]) * days
    return sums


def _from_indicators(indicators: pa.Table) -> Sums:
    """Day admissions, ED visits, first visits, diversions and the mean waits per profile."""
    sums: Sums = {}
    totals = {"day_treatments": "day_admissions", "ed_visits": "ed_visits", "first_visits": "first_visits"}
    waits = ("wait_first_visit", "wait_treatment")
    for row in indicators.to_pylist():
        plain = not (row["location"] or row["area"] or row["pool"] or row["band"])
        if not plain:
            continue
        if not row["profile"] and row["indicator"] in totals:
            scale = CATALOGUE[row["indicator"]].scale
            sums[totals[row["indicator"]], ""] = row["total"] / scale / row["count"], 1.0
        elif not row["profile"] and row["indicator"] == "diverted":
            # Per 1,000 acute admissions.
            sums["diverted_share", ""] = row["total"] / CATALOGUE["diverted"].scale / 10, float(row["count"])
        elif row["profile"] and row["indicator"] in waits:
            scale = CATALOGUE[row["indicator"]].scale
            sums[row["indicator"], row["profile"]] = row["total"] / scale, float(row["count"])
    return sums


def _lists(scope: Scope, outcome: Outcome) -> Sums:
    """Length of each treatment list at the end of the measured period, over its length at the start; its chance.

    A list at load 1.00 is a random walk: what comes varies as a compound Poisson process, in admissions or
    minutes, acute operations included; as a number on the list its variance is sum(need^2) / mean(need)^2.
    """
    journeys, table = outcome.journeys, outcome.table
    planned = (~table.acute & ~table.visit_only) & (journeys.list_minute != NEVER)
    queue = journeys.location.astype(np.int64) * len(TREATMENT_LISTS) + table.treatment_list
    size = len(scope.dataset.locations) * len(TREATMENT_LISTS)

    def waiting(minute: int) -> Int64Array:
        entered = planned & (journeys.list_minute < minute) & (journeys.state >= State.AWAITING_TREATMENT)
        still: BoolArray = (journeys.admission_minute == NEVER) | (journeys.admission_minute >= minute)
        return np.bincount(queue[entered & still], minlength=size)

    start, end = waiting(scope.start), waiting(scope.end)
    need = np.where(
        table.treatment_list == ADM, 1, table.procedure_minutes + outcome.network.rules.change_over_minutes
    )
    wanted = (table.treatment_list != ADM) & (table.procedure_minutes > 0) | (
        planned & (table.treatment_list == ADM)
    )
    comes = np.flatnonzero(wanted & scope.within(table.minute) & ~table.visit_only)
    of = outcome.first_choice[comes].astype(np.int64) * len(TREATMENT_LISTS) + table.treatment_list[comes]
    square = np.bincount(of, need[comes].astype(np.float64) ** 2, minlength=size)
    entered = np.flatnonzero(planned)
    mean = np.bincount(queue[entered], need[entered], minlength=size) / np.maximum(
        np.bincount(queue[entered], minlength=size), 1
    )
    sums: Sums = {("treatment_list", ""): (float(end.sum()), float(start.sum()))}
    for index in np.flatnonzero(start).tolist():
        place, number = divmod(index, len(TREATMENT_LISTS))
        name = f"{scope.dataset.locations[place].id} {TREATMENT_LISTS[number]}"
        sums["treatment_list_each", name] = float(end[index]), float(start[index])
        sums[VARIANCE, name] = float(square[index] / mean[index] ** 2), 1.0
    return sums
