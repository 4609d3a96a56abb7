"""Indicators from journeys: integer sums and counts, so that equal runs give equal bytes.

What is counted belongs to the measured period: volumes and waits by the moment of treatment or visit, lists by
day, pools by the minutes they were used. Rows without a location are about the region: travel about its
inhabitants, everything else about its locations.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from zorgstroom.dataset.model import BoolArray, Dataset, Int64Array
from zorgstroom.domain.area import Area
from zorgstroom.domain.hospital import Location
from zorgstroom.domain.profile import SETTINGS, Profile
from zorgstroom.indicators.catalogue import TRAVEL_BANDS
from zorgstroom.planning.norms import norm_in_force
from zorgstroom.planning.plan import Plan
from zorgstroom.tables import CONSERVATION, FLOWS
from zorgstroom_simulator.activity import add_activity, count_activity
from zorgstroom_simulator.contacts import add_contacts, contacts_around, shared_care_days
from zorgstroom_simulator.demand import (
    ELECTIVE,
    OBSERVATION,
    OVERNIGHT,
    VISIT_PATHWAY,
    WEEK_MINUTES,
    Int16Array,
    Patients,
    profile_table,
)
from zorgstroom_simulator.engines import Care, State
from zorgstroom_simulator.environment import add_environment, car_travel, other_visits
from zorgstroom_simulator.equity import add_burden, add_equity
from zorgstroom_simulator.finance import add_finance, add_travel_cost
from zorgstroom_simulator.handover import add_handed_over, add_lists_at_end
from zorgstroom_simulator.pools import add_beds, add_growth, add_rooms, count_work
from zorgstroom_simulator.quality import add_quality
from zorgstroom_simulator.queues import Queues, clinic_queues, treatment_queues
from zorgstroom_simulator.rows import Rows, Sums, nearest_rank, nearest_ranks_of_counts
from zorgstroom_simulator.scope import Cells, Outcome, Scope
from zorgstroom_simulator.staff import add_staff
from zorgstroom_simulator.treatments import Treatments, count_treatments
from zorgstroom_simulator.unit_access import add_unit_access


def measure(scope: Scope, outcome: Outcome, scenario: str, replication: int, plan: Plan | None) -> pa.Table:
    """Return all indicators of one scenario in one replication; `plan` is None for the baseline."""
    rows = Rows(scope.dataset)
    treated = count_treatments(scope, outcome, shared_care_days(plan))
    clinics, lists = clinic_queues(scope, outcome), treatment_queues(scope, outcome)
    work = count_work(scope, outcome)
    _volumes(rows, scope, treated)
    _travel(rows, scope, treated.cells)
    contacts = contacts_around(scope.dataset, treated.cells, plan)
    add_contacts(rows, scope, contacts, plan)
    travel = car_travel(scope, treated.cells, other_visits(scope, outcome), contacts)
    add_environment(rows, scope, travel)
    add_travel_cost(rows, scope, travel)
    add_quality(rows, scope, treated)
    activity = count_activity(scope.dataset, treated, contacts, clinics.served)
    add_activity(rows, scope, treated, activity)
    add_staff(rows, scope, activity)
    add_finance(rows, scope, activity)
    _first_visits(rows, scope, clinics)
    _treatment_waits(rows, scope, outcome, lists)
    _acute_flow(rows, scope, outcome)
    add_lists_at_end(rows, scope, outcome)
    add_handed_over(rows, scope, outcome)
    add_growth(rows, scope, clinics, lists)
    add_beds(rows, scope, outcome, work)
    add_rooms(rows, scope, outcome, work, clinics)
    add_unit_access(rows, scope, plan)
    add_equity(rows, scope, outcome, treated.cells)
    return rows.table(scenario, replication)


def measure_strain(scope: Scope, outcome: Outcome, scenario: str, replication: int) -> pa.Table:
    """Return of `measure` only how acute patients find a bed and how long planned ones wait, and on what list."""
    rows = Rows(scope.dataset)
    _treatment_waits(rows, scope, outcome, treatment_queues(scope, outcome))
    _acute_flow(rows, scope, outcome)
    add_lists_at_end(rows, scope, outcome)
    return rows.table(scenario, replication)


def _volumes(rows: Rows, scope: Scope, treated: Treatments) -> None:
    """Volume per location and profile; norms; share of volume at providers that meet their norm."""
    dataset, weeks = scope.dataset, scope.calendar.weeks
    volume = treated.number.sum(axis=(2, 3)) * 52
    local = volume * scope.locations[:, None]
    rows.margins_of("volume", Sums(("location", "profile"), local, weeks, local))
    total = at_norm = 0
    for index, item in enumerate(dataset.profiles):
        here = volume[scope.locations, index]
        if here.any():
            rows.add("providers", int((here > 0).sum()), 1, profile=item.id)
        norm = norm_in_force(dataset, item.id, scope.calendar.first_measured_year)
        if norm is None:
            continue
        met = volume[:, index] >= norm.minimum * weeks
        for number in np.flatnonzero(scope.locations & (volume[:, index] > 0)).tolist():
            rows.add("norm_met", int(met[number]), 1, location=dataset.locations[number].id, profile=item.id)
        # The share is about the region's locations; patients of elsewhere are not simulated in full.
        total += int(here.sum())
        at_norm += int(here[met[scope.locations]].sum())
        if here.any():
            rows.add(
                "volume_at_norm", int(here[met[scope.locations]].sum()), int(here.sum()), profile=item.id
            )
    if total:
        rows.add("volume_at_norm", at_norm, total)


def _travel(rows: Rows, scope: Scope, cells: Cells) -> None:
    """Minutes one way of treatments: the region's inhabitants, and everybody a location treats."""
    dataset = scope.dataset
    care = profile_table(dataset).pathway[cells.profile] != VISIT_PATHWAY
    minutes = dataset.travel_hundredths[cells.area, cells.location].astype(np.int64)
    local = care & scope.locations[cells.location]
    rows.sum(
        "travel_mean",
        (minutes * cells.number)[local],
        cells.number[local],
        {"location": cells.location[local]},
    )
    resident = care & scope.areas[cells.area]
    minutes, number = minutes[resident], cells.number[resident]
    area, profile = cells.area[resident], cells.profile[resident]
    if not len(number):
        return
    for indicator, value in (
        ("travel_mean", minutes * number),
        ("travel_over_30", (minutes > 3000) * number),
        ("travel_over_45", (minutes > 4500) * number),
    ):
        sums = rows.sums(value, number, {"profile": profile, "area": area})
        for by in ((), ("profile",), ("area",)):
            rows.part_of(indicator, sums, by)
    percents = {"travel_median": 50, "travel_p90": 90}
    whole = nearest_ranks_of_counts(minutes, number, np.zeros_like(profile), (*percents.values(),))
    each = nearest_ranks_of_counts(minutes, number, profile, (*percents.values(),))
    for name, of_all, of_profiles in zip(percents, whole[:, 0].tolist(), each, strict=True):
        rows.add(name, of_all, 1)
        rows.rows(name, {"profile": np.unique(profile)}, of_profiles, 1)


def _first_visits(rows: Rows, scope: Scope, clinics: Queues) -> None:
    """Weeks from referral to first visit, and how many there were, at the region's locations."""
    here = scope.locations[:, None]
    waited, seen = clinics.waited * here, clinics.served * here
    rows.margins_of("wait_first_visit", Sums(("location", "profile"), waited, seen, seen))
    each = seen.sum(axis=1)
    rows.margins_of("first_visits", Sums(("location",), each * 52, scope.calendar.weeks, each))


def _treatment_waits(rows: Rows, scope: Scope, outcome: Outcome, lists: Queues) -> None:
    """Weeks from the treatment list to treatment, and the share within the Treeknorm."""
    journeys, patients = outcome.journeys, outcome.queued
    done = np.flatnonzero((patients.flow == ELECTIVE) & scope.within(journeys.admission_minute))
    done = done[scope.locations[journeys.location[done]]]
    if not len(done):
        return
    here = scope.locations[:, None]
    waited, treated = lists.waited * here, lists.served * here
    rows.margins_of("wait_treatment", Sums(("location", "profile"), waited, treated, treated))
    wait, profile = journeys.admission_minute[done] - journeys.list_minute[done], patients.profile[done]
    weeks = [
        scope.dataset.parameter(
            "treeknorm_admission_weeks" if setting <= OBSERVATION else "treeknorm_day_weeks"
        )
        for setting in range(len(SETTINGS))
    ]
    norm = np.array([int(number * WEEK_MINUTES) for number in weeks], wait.dtype)
    places = {"location": journeys.location[done], "profile": profile}
    in_time = (wait <= norm[patients.setting[done]]).astype(np.int8)
    within = rows.sums(in_time, 1, places)
    rows.margins_of("within_treeknorm", replace(within, counts=within.number))
    rows.add("wait_treatment_p90", nearest_rank(wait, 90), 1)
    order = np.argsort(profile, kind="stable")
    profiles, starts = np.unique(profile[order], return_index=True)
    each = [nearest_rank(mine, 90) for mine in np.split(wait[order], starts[1:])]
    rows.rows("wait_treatment_p90", {"profile": profiles}, np.array(each, np.int64), 1)


def _acute_flow(rows: Rows, scope: Scope, outcome: Outcome) -> None:
    """Diversions, boarding and outliers per 1,000 acute admissions, by location of first choice."""
    journeys, table = outcome.journeys, outcome.table
    acute = np.flatnonzero(table.acute & (table.care >= Care.BED) & scope.within(table.minute))
    first = outcome.first_choice[acute]
    local = scope.locations[first]
    acute, first = acute[local], first[local]
    number = np.bincount(first, minlength=len(scope.locations))
    for indicator, happened in (
        ("diverted", journeys.diversion[acute] > 0),
        ("boarded", journeys.boarded[acute]),
        ("outliers", journeys.outlier[acute]),
    ):
        times = np.bincount(first[happened], minlength=len(number))
        rows.margins_of(indicator, Sums(("location",), times * 1000, number, number))


def conservation(outcome: Outcome, scenario: str, replication: int) -> pa.Table:
    """Return where everybody is at the end: arrived + seeded = treated + in treatment + waiting, exactly."""
    seeded = int(np.count_nonzero(outcome.table.minute < 0))
    direct = len(outcome.patients) - outcome.queues

    def number(*states: State) -> int:
        return sum(int(np.count_nonzero(outcome.journeys.state == state)) for state in states)

    return pa.table(
        {
            "scenario": [scenario],
            "replication": [replication],
            "arrived": [len(outcome.patients) - seeded],
            "seeded": [seeded],
            "treated": [number(State.DONE) + direct],
            "in_treatment": [number(State.IN_TREATMENT)],
            "waiting": [number(State.AWAITING_VISIT, State.WORK_UP, State.AWAITING_TREATMENT)],
        },
        schema=CONSERVATION,
    )


def count_replaced(scope: Scope, patients: Patients, location: Int16Array, replication: int) -> pa.Table:
    """Return the rows about patients whom the plan has helped elsewhere, by where they would have gone today."""
    rows = Rows(scope.dataset)
    mine = np.flatnonzero(scope.within(patients.minute) & scope.locations[location])
    weight = patients.weight[mine].astype(np.int64) * 52
    places = {"location": location[mine], "profile": patients.profile[mine]}
    rows.margins("replaced", weight, scope.calendar.weeks, places)
    return rows.table("plan", replication)


def flows(
    scope: Scope, plan: Outcome, baseline: Int16Array, in_both: BoolArray, replication: int
) -> tuple[pa.Table, pa.Table]:
    """Return who goes elsewhere than today, from the choice tables: (flows, indicator rows of the travel bands).

    About everybody who comes in both scenarios and arrives in the measured period, by where the choice table
    sends him then; `baseline` int16[n] is where he goes today. Diversions of full hospitals are not in it.
    """
    dataset, patients = scope.dataset, plan.patients
    chosen = plan.chosen_at(patients.minute, slice(None))
    rows = np.flatnonzero((chosen != baseline) & in_both & scope.within(patients.minute))
    before, after = baseline[rows], chosen[rows]
    travel = dataset.travel_hundredths
    mover = patients.take(rows)
    area, profile = mover.area, mover.profile
    extra = travel[area, after].astype(np.int64) - travel[area, before]
    weight = mover.weight.astype(np.int64)

    shape = (len(dataset.profiles), *travel.shape, travel.shape[1])
    code = np.zeros(len(rows), np.int64)
    for place, size in zip((profile, area, before, after), shape, strict=True):
        code = code * size + place
    unique, inverse = np.unique(code, return_inverse=True)
    places = np.unravel_index(unique, shape)

    def summed(value: npt.NDArray[np.integer]) -> Int64Array:
        return np.bincount(inverse, value, minlength=len(unique)).astype(np.int64)

    ids = (rows_ids(dataset.profiles), rows_ids(dataset.areas), *[rows_ids(dataset.locations)] * 2)
    names = ("profile", "area", "from_location", "to_location")
    table = pa.table(
        {
            "replication": pa.repeat(pa.scalar(replication, pa.int32()), len(unique)),
            **{name: of.take(pa.array(place)) for name, of, place in zip(names, ids, places, strict=True)},
            "patients": summed(weight),
            "extra_travel_hundredths": summed(weight * extra),
            "bed_days": summed(bed_days(mover)),
            "or_minutes": summed(operating_minutes(dataset, mover)),
            "ic_minutes": summed(intensive_minutes(mover)),
        },
        schema=FLOWS,
    )
    bands = Rows(dataset)
    bounds = np.array([lower for _, lower in TRAVEL_BANDS], np.int64)
    band = np.searchsorted(bounds, extra, side="right") - 1
    for number, (label, _) in enumerate(TRAVEL_BANDS):
        mine = band == number
        bands.margins(
            "extra_travel_band",
            weight[mine] * 52,
            scope.calendar.weeks,
            {"profile": profile[mine]},
            band=label,
        )
    add_burden(bands, scope, mover, extra)
    return table, bands.table("plan", replication)


def rows_ids(items: Sequence[Area] | Sequence[Location] | Sequence[Profile]) -> pa.Array:
    """Return the ids of areas, locations or profiles, in their order."""
    return pa.array([item.id for item in items], pa.string())


def bed_days(patients: Patients) -> Int64Array:
    """Return the calendar days touched by the overnight stay of every patient: nights and the day of leaving."""
    overnight = (patients.setting == OVERNIGHT) & (patients.flow <= ELECTIVE)
    return np.where(overnight, patients.nights.astype(np.int64) + 1, 0)


def operating_minutes(dataset: Dataset, patients: Patients) -> Int64Array:
    """Return the minutes in an operating room of every patient."""
    here = np.array([profile.procedure_list == "or" for profile in dataset.profiles])[patients.profile]
    minutes = patients.procedure_minutes.astype(np.int64)
    return np.where(here & (patients.flow <= ELECTIVE), minutes, 0)


def intensive_minutes(patients: Patients) -> Int64Array:
    """Return the minutes on an IC of every patient."""
    on_ic = patients.needs_ic & (patients.flow <= ELECTIVE)
    return np.where(on_ic, patients.ic_minutes.astype(np.int64), 0)
