"""The baseline beside published figures: what a simulated year gives for each target.

Indicators give most of it; what statistics count differently (nights, births, lists at their start) is counted here.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import pyarrow as pa

from zorgstroom.dataset.model import BoolArray, Dataset, Int64Array
from zorgstroom.domain.calendar import MINUTES_PER_DAY
from zorgstroom.domain.hospital import HOSPITAL_TYPES, TREATMENT_LISTS
from zorgstroom.indicators.catalogue import CATALOGUE
from zorgstroom.planning.access import (
    ED_MINUTES,
    OBSTETRICS_MINUTES,
    emergency_sites,
    obstetrics_sites,
    people_beyond,
)
from zorgstroom.planning.attraction import type_index
from zorgstroom.planning.targets import Observation
from zorgstroom_simulator.demand import ACUTE, ELECTIVE, OBSERVATION, OVERNIGHT
from zorgstroom_simulator.engines import NEVER, State
from zorgstroom_simulator.pathways import ADM
from zorgstroom_simulator.scope import Outcome, Scope

#: Profiles of births in hospital; the others are born at home or in a birth centre.
BIRTHS = ("childbirth_vaginal", "caesarean")
#: A list shorter than this at its start is not judged.
SMALL_LIST = 100
#: Profiles with fewer planned patients a year than this have no mean wait worth judging.
FEW_PATIENTS = 50

#: Sums over replications: {(target, subject): (numerator, denominator)}; the model's figure is their quotient.
Sums = dict[tuple[str, str], tuple[float, float]]
#: Variance of the length of a list by chance, beside its length: no target of its own.
VARIANCE = "treatment_list_variance"


def observe(scope: Scope, outcome: Outcome, indicators: pa.Table) -> Sums:
    """Return what one replication of the baseline gives for the targets, as sums to be added over replications.

    `indicators` is the table of `measure` for this outcome.
    """
    return {
        **_admissions(scope, outcome),
        **_occupancy(scope, outcome),
        **_from_indicators(indicators),
        **_lists(scope, outcome),
    }


def combine_sums(replications: Iterable[Sums]) -> Sums:
    """Return the sums of several replications together."""
    together: Sums = {}
    for sums in replications:
        for key, (numerator, denominator) in sums.items():
            before = together.get(key, (0.0, 0.0))
            together[key] = (before[0] + numerator, before[1] + denominator)
    return together


def observations(dataset: Dataset, year: int, sums: Sums) -> list[Observation]:
    """Return the model's figures, with what each should be where that differs per profile."""
    published = {
        "wait_first_visit": {p.id: p.wait_first_visit_weeks for p in dataset.profiles},
        "wait_treatment": {p.id: p.wait_treatment_weeks for p in dataset.profiles},
    }
    found = []
    for (target, subject), (numerator, denominator) in sums.items():
        expected = published.get(target, {}).get(subject)
        too_few = target in published and (not expected or denominator < FEW_PATIENTS)
        too_short = target == "treatment_list_each" and denominator < SMALL_LIST
        if denominator > 0 and not too_few and not too_short:
            number = round(denominator) if target in published or target.startswith("treatment_list") else 0
            variance = (
                sums.get((VARIANCE, subject), (0.0, 0.0))[0] if target == "treatment_list_each" else 0.0
            )
            chance = math.sqrt(variance) / denominator
            found.append(Observation(target, subject, numerator / denominator, expected, number, chance))
    # The norm of 45 minutes by ambulance is for both; the published figure by car is for obstetrics.
    departments, units = emergency_sites(dataset), obstetrics_sites(dataset)
    beyond = {
        "people_beyond_45_ed": people_beyond(dataset, departments, ED_MINUTES, ambulance=True, year=year),
        "people_beyond_45_obstetrics": people_beyond(dataset, units, ED_MINUTES, ambulance=True, year=year),
        "people_beyond_30_obstetrics": people_beyond(
            dataset, units, OBSTETRICS_MINUTES, ambulance=False, year=year
        ),
    }
    staffed = sum(beds for (_, pool), beds in dataset.capacities.items() if pool.startswith(("ward:", "ic:")))
    return [
        *found,
        *(Observation(target, "", float(people.sum())) for target, people in beyond.items()),
        Observation("staffed_beds", "", float(staffed)),
    ]


def _admissions(scope: Scope, outcome: Outcome) -> Sums:
    """Count admissions of the measured period by night, urgency and IC; per year of 52 weeks."""
    dataset, patients, journeys = scope.dataset, outcome.queued, outcome.journeys
    years = scope.calendar.weeks / 52
    admitted = scope.within(journeys.admission_minute)
    overnight = admitted & (patients.setting == OVERNIGHT) & (patients.flow <= ELECTIVE)
    observed = admitted & (patients.setting == OBSERVATION) & (patients.flow <= ELECTIVE)
    births = np.array([profile.id in BIRTHS for profile in dataset.profiles])
    adult = np.array([profile.ic_type == "adult" for profile in dataset.profiles])
    # Mother and child come as acute patients do; statistics count their planned admissions as planned.
    acute = (overnight | observed) & (patients.flow == ACUTE)
    as_registered = np.array([p.acute_share if p.always_acute else 1.0 for p in dataset.profiles])
    calendar_days = int(patients.nights[overnight].astype(np.int64).sum() + overnight.sum())
    # Births in the policlinic meet no queue: they are among all patients, by the minute of arrival.
    everybody = outcome.patients
    arrived = scope.within(everybody.minute)
    counts = {
        "clinical_admissions": overnight.sum(),
        "observations": observed.sum(),
        "acute_admissions": as_registered[patients.profile[acute]].sum(),
        "calendar_bed_days": calendar_days,
        "adult_ic_admissions": (admitted & patients.needs_ic & adult[patients.profile]).sum(),
        "hospital_births": (arrived & births[everybody.profile]).sum(),
    }
    sums: Sums = {(name, ""): (float(count), years) for name, count in counts.items()}
    sums["mean_stay", ""] = float(calendar_days), float(overnight.sum())
    return sums


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
    """Day admissions, ED visits, first visits and the mean waits per profile."""
    sums: Sums = {}
    totals = {"day_treatments": "day_admissions", "ed_visits": "ed_visits", "first_visits": "first_visits"}
    waits = ("wait_first_visit", "wait_treatment")
    for row in indicators.to_pylist():
        plain = not (row["location"] or row["area"] or row["pool"] or row["band"])
        if plain and not row["profile"] and row["indicator"] in totals:
            scale = CATALOGUE[row["indicator"]].scale
            sums[totals[row["indicator"]], ""] = row["total"] / scale / row["count"], 1.0
        elif plain and row["profile"] and row["indicator"] in waits:
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
