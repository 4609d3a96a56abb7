"""Indicators from journeys: integer sums and counts, so that equal runs give equal bytes.

What is counted belongs to the measured period: volumes and waits by the moment of treatment or visit, lists by
day, pools by the minutes they were used. Rows without a location are about the region: travel about its
inhabitants, everything else about its locations.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from zorgstroom.dataset.model import BoolArray, Dataset, Int64Array
from zorgstroom.domain.calendar import MINUTES_PER_DAY, Calendar
from zorgstroom.domain.hospital import IC_TYPES, TREATMENT_LISTS, WARD_GROUPS, clinic_pool, ic_pool, ward_pool
from zorgstroom.indicators.catalogue import TRAVEL_BANDS
from zorgstroom.planning.norms import norm_in_force
from zorgstroom.tables import CONSERVATION, FLOWS, INDICATORS
from zorgstroom_simulator.demand import (
    ACUTE,
    DAY,
    ELECTIVE,
    OBSERVATION,
    OUTPATIENT,
    OVERNIGHT,
    SESSIONS,
    VISIT,
    WEEK_MINUTES,
    Int16Array,
    Patients,
)
from zorgstroom_simulator.engines import NEVER, Care, Journeys, Network, PatientTable, State
from zorgstroom_simulator.pathways import ADM

LEVELS = ("location", "profile", "area", "pool", "band")


@dataclass(frozen=True)
class Outcome:
    """Everything known about all patients of one scenario after the engine has run; rows as in `patients`."""

    patients: Patients
    #: Where the choice table sends him in each epoch, int16[n, E], and the minutes at which epochs start.
    chosen: npt.NDArray[np.int16]
    epochs: Int64Array
    #: Rows of `patients` that met queues, their table, and what happened to them.
    rows: Int64Array
    table: PatientTable
    journeys: Journeys
    network: Network

    @cached_property
    def queued(self) -> Patients:
        """The patients who met queues, in the order of `table` and `journeys`."""
        return self.patients.take(self.rows)


@dataclass(frozen=True)
class Scope:
    """What is measured: the period, the region's inhabitants and locations."""

    dataset: Dataset
    calendar: Calendar
    areas: BoolArray
    locations: BoolArray

    @property
    def start(self) -> int:
        """First measured minute."""
        return self.calendar.measured_from_day * MINUTES_PER_DAY

    @property
    def end(self) -> int:
        """First minute after the run."""
        return self.calendar.days * MINUTES_PER_DAY

    def within(self, minute: Int64Array) -> BoolArray:
        """Return which minutes are measured."""
        return np.asarray((minute >= self.start) & (minute < self.end))


class Rows:
    """Collects tidy rows of one scenario and replication."""

    def __init__(self, dataset: Dataset) -> None:
        self.names = {
            "location": [location.id for location in dataset.locations],
            "profile": [profile.id for profile in dataset.profiles],
            "area": [area.id for area in dataset.areas],
        }
        self.columns: dict[str, list[object]] = {
            name: [] for name in ("indicator", *LEVELS, "total", "count")
        }

    def add(self, indicator: str, total: int, count: int, **level: str) -> None:
        """Add one row; levels not named are empty."""
        self.columns["indicator"].append(indicator)
        for name in LEVELS:
            self.columns[name].append(level.get(name, ""))
        self.columns["total"].append(int(total))
        self.columns["count"].append(int(count))

    def sum(
        self,
        indicator: str,
        value: Int64Array,
        count: Int64Array | int,
        by: dict[str, npt.NDArray[np.int16]],
        **fixed: str,
    ) -> None:
        """Add a row per combination of the codes in `by` (positions of locations, profiles, areas).

        `count` per patient is summed along; a number is the count of every row.
        """
        names = list(by)
        shape = tuple(len(self.names[name]) for name in names)
        if names:
            code = np.ravel_multi_index([by[name].astype(np.int64) for name in names], shape)
        else:
            code, shape = np.zeros(len(value), np.int64), (1,)
        size = int(np.prod(shape))
        # Sums of integers below 2^53 are exact in float64.
        totals = np.bincount(code, value.astype(np.float64), minlength=size).astype(np.int64)
        present = np.bincount(code, minlength=size) > 0
        if isinstance(count, int):
            counts = np.full(size, count, np.int64)
        else:
            counts = np.bincount(code, count.astype(np.float64), minlength=size).astype(np.int64)
        for index in np.flatnonzero(present).tolist():
            places = np.unravel_index(index, shape) if names else ()
            level = {name: self.names[name][int(place)] for name, place in zip(names, places, strict=True)}
            self.add(indicator, int(totals[index]), int(counts[index]), **level, **fixed)

    def table(self, scenario: str, replication: int) -> pa.Table:
        """Return the rows as a table of `zorgstroom.tables.INDICATORS`."""
        n = len(self.columns["indicator"])
        data = {"scenario": [scenario] * n, "replication": [replication] * n, **self.columns}
        return pa.table(data, schema=INDICATORS)


def nearest_rank(values: Int64Array, percent: int) -> int:
    """Return the percentile by nearest rank: the smallest value with at least this share at or below it.

    >>> nearest_rank(np.array([10, 20, 30, 40]), 50)
    20
    """
    ordered = np.sort(values)
    return int(ordered[max(0, -(-percent * len(ordered) // 100) - 1)])


def measure(scope: Scope, outcome: Outcome, scenario: str, replication: int) -> pa.Table:
    """Return all indicators of one scenario in one replication."""
    rows = Rows(scope.dataset)
    treated = _treated(scope, outcome)
    _volumes(rows, scope, treated)
    _travel(rows, scope, treated)
    _first_visits(rows, scope, outcome)
    _treatment_waits(rows, scope, outcome)
    _lists(rows, scope, outcome)
    _beds(rows, scope, outcome)
    _rooms(rows, scope, outcome)
    _acute_flow(rows, scope, outcome)
    _activity(rows, scope, treated)
    return rows.table(scenario, replication)


@dataclass(frozen=True)
class _Treated:
    """Who was treated in the measured period, and where."""

    patients: Patients
    location: Int16Array
    journeys_row: Int64Array  # row in the journeys, -1: no queue


def _chosen_at(outcome: Outcome, minute: Int64Array, rows: Int64Array) -> Int16Array:
    """Return where the choice table sends these patients at these minutes."""
    epoch = np.maximum(np.searchsorted(outcome.epochs, minute, side="right") - 1, 0)
    return np.asarray(outcome.chosen[rows, epoch])


def _treated(scope: Scope, outcome: Outcome) -> _Treated:
    """Return everybody treated in the period: through queues, and at once (sessions, visits to the ED)."""
    patients = outcome.patients
    in_queue = np.zeros(len(patients), np.bool_)
    in_queue[outcome.rows] = True
    direct = np.flatnonzero(~in_queue & scope.within(patients.minute))
    done = np.flatnonzero(scope.within(outcome.journeys.admission_minute))
    rows = np.concatenate([outcome.rows[done], direct])
    location = np.concatenate(
        [outcome.journeys.location[done], _chosen_at(outcome, patients.minute[direct], direct)]
    )
    return _Treated(patients.take(rows), location, np.concatenate([done, np.full(len(direct), -1)]))


def _volumes(rows: Rows, scope: Scope, treated: _Treated) -> None:
    """Volume per location and profile; norms; share of volume at providers that meet their norm."""
    patients, weeks = treated.patients, scope.calendar.weeks
    local = scope.locations[treated.location]
    people = np.full(len(patients), 52, np.int64)
    location, profile = treated.location, patients.profile
    for by in ({}, {"location": location}, {"profile": profile}, {"location": location, "profile": profile}):
        rows.sum("volume", people[local], weeks, {name: code[local] for name, code in by.items()})

    volume = np.zeros(scope.dataset.offers.shape, np.int64)
    np.add.at(volume, (location, profile), 52)
    total = at_norm = 0
    for index, item in enumerate(scope.dataset.profiles):
        here = volume[scope.locations, index]
        if here.any():
            rows.add("providers", int((here > 0).sum()), 1, profile=item.id)
        norm = norm_in_force(scope.dataset, item.id, scope.calendar.demand_year)
        if norm is None:
            continue
        met = volume[:, index] >= norm.minimum * weeks
        for number in np.flatnonzero(scope.locations & (volume[:, index] > 0)).tolist():
            rows.add(
                "norm_met", int(met[number]), 1, location=scope.dataset.locations[number].id, profile=item.id
            )
        # The share is about the region's locations; patients of elsewhere are not simulated in full.
        total += int(here.sum())
        at_norm += int(here[met[scope.locations]].sum())
        if here.any():
            rows.add(
                "volume_at_norm", int(here[met[scope.locations]].sum()), int(here.sum()), profile=item.id
            )
    if total:
        rows.add("volume_at_norm", at_norm, total)


def _travel(rows: Rows, scope: Scope, treated: _Treated) -> None:
    """Minutes one way of treatments: the region's inhabitants, and everybody a location treats."""
    patients = treated.patients
    care = patients.flow != VISIT
    minutes = scope.dataset.travel_hundredths[patients.area, treated.location].astype(np.int64)
    one = np.ones(len(patients), np.int64)
    resident = care & scope.areas[patients.area]
    local = care & scope.locations[treated.location]
    for indicator, value in (
        ("travel_mean", minutes),
        ("travel_over_30", (minutes > 3000).astype(np.int64)),
        ("travel_over_45", (minutes > 4500).astype(np.int64)),
    ):
        for by in ({}, {"profile": patients.profile}, {"area": patients.area}):
            rows.sum(indicator, value[resident], one[resident], {n: c[resident] for n, c in by.items()})
    rows.sum("travel_mean", minutes[local], one[local], {"location": treated.location[local]})
    for name, percent in (("travel_median", 50), ("travel_p90", 90)):
        if resident.any():
            rows.add(name, nearest_rank(minutes[resident], percent), 1)
        for index in np.unique(patients.profile[resident]).tolist():
            of_profile = resident & (patients.profile == index)
            rows.add(
                name,
                nearest_rank(minutes[of_profile], percent),
                1,
                profile=scope.dataset.profiles[index].id,
            )


def _first_visits(rows: Rows, scope: Scope, outcome: Outcome) -> None:
    """Weeks from referral to first visit, and how many there were, at the region's locations."""
    journeys, patients = outcome.journeys, outcome.queued
    seen = np.flatnonzero(scope.within(journeys.visit_minute))
    seen = seen[scope.locations[journeys.visit_location[seen]]]
    weight = patients.weight[seen].astype(np.int64)
    wait = (journeys.visit_minute[seen] - patients.minute[seen]) * weight
    location, profile = journeys.visit_location[seen], patients.profile[seen]
    for by in ({}, {"location": location}, {"profile": profile}, {"location": location, "profile": profile}):
        rows.sum("wait_first_visit", wait, weight, by)
    for by in ({}, {"location": location}):
        rows.sum("first_visits", weight * 52, scope.calendar.weeks, by)


def _treatment_waits(rows: Rows, scope: Scope, outcome: Outcome) -> None:
    """Weeks from the treatment list to treatment, and the share within the Treeknorm."""
    journeys, patients = outcome.journeys, outcome.queued
    done = np.flatnonzero((patients.flow == ELECTIVE) & scope.within(journeys.admission_minute))
    done = done[scope.locations[journeys.location[done]]]
    wait = journeys.admission_minute[done] - journeys.list_minute[done]
    location, profile = journeys.location[done], patients.profile[done]
    one = np.ones(len(done), np.int64)
    parameter = scope.dataset.parameter
    norm = np.where(
        patients.setting[done] <= OBSERVATION,
        int(parameter("treeknorm_admission_weeks") * WEEK_MINUTES),
        int(parameter("treeknorm_day_weeks") * WEEK_MINUTES),
    )
    within = (wait <= norm).astype(np.int64)
    for by in ({}, {"location": location}, {"profile": profile}, {"location": location, "profile": profile}):
        rows.sum("wait_treatment", wait, one, by)
        rows.sum("within_treeknorm", within, one, by)
    if len(done):
        rows.add("wait_treatment_p90", nearest_rank(wait, 90), 1)
    for index in np.unique(profile).tolist():
        name = scope.dataset.profiles[index].id
        rows.add("wait_treatment_p90", nearest_rank(wait[profile == index], 90), 1, profile=name)


def _lists(rows: Rows, scope: Scope, outcome: Outcome) -> None:
    """Waiting lists: at the end, and grown from the first to the last quarter of the period."""
    journeys, table = outcome.journeys, outcome.table
    state, planned = journeys.state, ~table.acute
    weight = table.weight.astype(np.int64)
    local = scope.locations[journeys.location] & (journeys.location >= 0)
    profile = outcome.queued.profile
    for indicator, waiting in (
        ("list_first_visit_end", state == State.AWAITING_VISIT),
        ("list_treatment_end", state == State.AWAITING_TREATMENT),
    ):
        at_end = np.flatnonzero(waiting & local)
        location = journeys.location[at_end]
        by_profile = {"profile": profile[at_end]} if indicator == "list_treatment_end" else {}
        groups: list[dict[str, npt.NDArray[np.int16]]] = [{}, {"location": location}]
        if by_profile:
            groups += [by_profile, {"location": location, **by_profile}]
        for by in groups:
            rows.sum(indicator, weight[at_end], 1, by)

    joined = np.maximum(table.minute, 0)
    left = np.where(journeys.visit_minute == NEVER, scope.end, journeys.visit_minute)
    left = np.where(table.stage >= 2, joined, left)
    names = [specialty.id for specialty in scope.dataset.specialties]
    queue = table.specialty.astype(np.int64)
    _growth(rows, scope, outcome, planned, joined, left, weight, queue, [clinic_pool(name) for name in names])
    listed = planned & (journeys.list_minute != NEVER) & (state >= State.AWAITING_TREATMENT)
    joined = np.maximum(journeys.list_minute, 0)
    left = np.where(journeys.admission_minute == NEVER, scope.end, journeys.admission_minute)
    _growth(
        rows,
        scope,
        outcome,
        listed,
        joined,
        left,
        np.ones_like(weight),
        table.treatment_list.astype(np.int64),
        list(TREATMENT_LISTS),
    )


def _growth(
    rows: Rows,
    scope: Scope,
    outcome: Outcome,
    who: BoolArray,
    joined: Int64Array,
    left: Int64Array,
    weight: Int64Array,
    queue: Int64Array,
    pools: list[str],
) -> None:
    """Add mean list of the last quarter minus that of the first, and who joined, per location and list."""
    first_day, days = scope.calendar.measured_from_day, scope.calendar.days
    quarter = max(1, (days - first_day) // 4)
    count, kinds = len(scope.dataset.locations), len(pools)
    growth = np.zeros((count, kinds), np.int64)
    arrivals = np.zeros((count, kinds), np.int64)
    bounds = [*outcome.epochs.tolist(), scope.end]
    for epoch in range(len(outcome.epochs)):
        start = np.maximum(joined, bounds[epoch])
        stop = np.minimum(left, bounds[epoch + 1])
        here = np.flatnonzero(who & (stop > start) & (joined < scope.end))
        location = outcome.chosen[outcome.rows[here], epoch]
        # Days whose 00:00 falls in [start, stop).
        from_day = -(-start[here] // MINUTES_PER_DAY)
        to_day = -(-stop[here] // MINUTES_PER_DAY)
        for sign, lower, upper in ((1, days - quarter, days), (-1, first_day, first_day + quarter)):
            overlap = np.clip(np.minimum(to_day, upper) - np.maximum(from_day, lower), 0, None)
            np.add.at(growth, (location, queue[here]), sign * overlap * weight[here])
        new = here[scope.within(joined[here]) & (start[here] == joined[here])]
        np.add.at(arrivals, (outcome.chosen[outcome.rows[new], epoch], queue[new]), weight[new])
    for number in np.flatnonzero(scope.locations).tolist():
        for kind, pool in enumerate(pools):
            if arrivals[number, kind]:
                name = scope.dataset.locations[number].id
                rows.add("list_growth", int(growth[number, kind]), quarter, location=name, pool=pool)
                rows.add("list_arrivals", int(arrivals[number, kind]) * 52, scope.calendar.weeks,
                         location=name, pool=pool)  # fmt: skip


def _capacity_over_period(
    scope: Scope, network: Network, capacity: int, location: int, pool: str
) -> tuple[int, int]:
    """Return (capacity x days, capacity x working days) of a pool over the period, with the plan's changes."""
    first, last = scope.calendar.measured_from_day, scope.calendar.days
    daily = np.full(last, capacity, np.int64)
    for step in network.steps:
        if step.location == location and step.pool == pool:
            daily[max(step.day, 0) :] = step.capacity
    period = daily[first:last]
    return int(period.sum()), int(period[network.working_days[first:last]].sum())


def _beds(rows: Rows, scope: Scope, outcome: Outcome) -> None:
    """Occupancy and peaks of ward groups and ICs, and their expected load."""
    journeys, table, network = outcome.journeys, outcome.table, outcome.network
    horizon = scope.end
    leaves = np.where(journeys.discharge_minute == NEVER, horizon, journeys.discharge_minute)
    care = table.care
    ic_end = np.where(journeys.ic_leave_minute == NEVER, horizon, journeys.ic_leave_minute)
    in_bed = journeys.bed_minute != NEVER
    on_ward = in_bed & (journeys.ward_group >= 0)
    ward_start = np.where(care == Care.IC_THEN_BED, ic_end, journeys.bed_minute)
    on_ic = in_bed & (care == Care.IC_THEN_BED)

    arrives = scope.within(table.minute)
    chosen = _chosen_at(outcome, table.minute, outcome.rows)
    expected_ic = table.ic_minutes.astype(np.int64)
    hours = np.where(table.acute, table.minute % MINUTES_PER_DAY, network.rules.planning_minute)
    stay = table.nights.astype(np.int64) * MINUTES_PER_DAY + network.rules.discharge_minute - hours
    stay = np.where(table.observation, network.rules.observation_minutes, stay) - expected_ic
    expected_ward = np.where(care >= Care.BED, stay, 0)

    total = {"used": 0, "capacity": 0}
    for number in np.flatnonzero(scope.locations).tolist():
        name = scope.dataset.locations[number].id
        here = journeys.location == number
        sent = arrives & (chosen == number)
        for group, group_name in enumerate(WARD_GROUPS):
            pool = ward_pool(group_name)
            mine = np.flatnonzero(here & on_ward & (journeys.ward_group == group))
            capacity, _ = _capacity_over_period(
                scope, network, int(network.ward_beds[number, group]), number, pool
            )
            expected = int(expected_ward[sent & (table.ward_group == group)].sum())
            used = _bed_pool(rows, scope, name, pool, ward_start[mine], leaves[mine], capacity, expected)
            total["used"] += used
            total["capacity"] += capacity * MINUTES_PER_DAY
        for kind, kind_name in enumerate(IC_TYPES):
            pool = ic_pool(kind_name)
            mine = np.flatnonzero(here & on_ic & (table.ic_type == kind))
            capacity, _ = _capacity_over_period(
                scope, network, int(network.ic_beds[number, kind]), number, pool
            )
            expected = int(expected_ic[sent & (table.ic_type == kind)].sum())
            _bed_pool(rows, scope, name, pool, journeys.bed_minute[mine], ic_end[mine], capacity, expected)
    if total["capacity"]:
        rows.add("occupancy", total["used"], total["capacity"], pool="ward")


def _bed_pool(
    rows: Rows,
    scope: Scope,
    location: str,
    pool: str,
    start: Int64Array,
    end: Int64Array,
    capacity_days: int,
    expected: int,
) -> int:
    """Add occupancy, peak and load of one pool of beds; return the minutes used in the period."""
    inside = np.clip(np.minimum(end, scope.end) - np.maximum(start, scope.start), 0, None)
    used = int(inside.sum())
    if capacity_days == 0:
        return used
    rows.add("occupancy", used, capacity_days * MINUTES_PER_DAY, location=location, pool=pool)
    rows.add("load", expected, capacity_days * MINUTES_PER_DAY, location=location, pool=pool)
    rows.add("peak_p95", nearest_rank(daily_peaks(start, end, scope), 95), 1, location=location, pool=pool)
    return used


def daily_peaks(start: Int64Array, end: Int64Array, scope: Scope) -> Int64Array:
    """Return the most beds in use at once on each measured day; who leaves at a minute makes room at that minute."""
    first, days = scope.calendar.measured_from_day, scope.calendar.days
    starts, ends = np.sort(start), np.sort(end)
    midnights = np.arange(first, days, dtype=np.int64) * MINUTES_PER_DAY
    peaks = np.searchsorted(starts, midnights, side="right") - np.searchsorted(ends, midnights, side="right")
    measured = scope.within(starts)
    moments = starts[measured]
    # The last of several arrivals at one minute sees them all.
    occupied = np.searchsorted(starts, moments, side="right") - np.searchsorted(ends, moments, side="right")
    np.maximum.at(peaks, moments // MINUTES_PER_DAY - first, occupied)
    return np.asarray(peaks, dtype=np.int64)


def _rooms(rows: Rows, scope: Scope, outcome: Outcome) -> None:
    """Use and expected load of operating rooms, procedure rooms, planned admissions, day places and clinics."""
    journeys, table, network = outcome.journeys, outcome.table, outcome.network
    patients = outcome.queued
    change_over = network.rules.change_over_minutes
    in_room = table.procedure_minutes > 0
    minutes = np.where(in_room, table.procedure_minutes.astype(np.int64) + change_over, 0)
    planned = ~table.acute & ~table.visit_only
    treated = scope.within(journeys.admission_minute)
    arrives = scope.within(table.minute)
    chosen = _chosen_at(outcome, table.minute, outcome.rows)
    turns = network.rules.day_turns_permille
    for number in np.flatnonzero(scope.locations).tolist():
        name = scope.dataset.locations[number].id
        here, sent = treated & (journeys.location == number), arrives & (chosen == number)
        for index, pool in enumerate(TREATMENT_LISTS):
            mine = (table.treatment_list == index) & (planned if index == ADM else in_room)
            work = np.ones_like(minutes) if index == ADM else minutes
            _, capacity = _capacity_over_period(
                scope, network, int(network.list_capacity[number, index]), number, pool
            )
            _room(rows, name, pool, int(work[here & mine].sum()), int(work[sent & mine].sum()), capacity)
        day = table.care == Care.DAY_PLACE
        _, capacity = _capacity_over_period(scope, network, int(network.day_places[number]), number, "day")
        _room(rows, name, "day", int((here & day).sum()), int((sent & day).sum()), capacity * turns // 1000)
        seen = scope.within(journeys.visit_minute) & (journeys.visit_location == number)
        first_visit = sent & ~table.acute
        for specialty, item in enumerate(scope.dataset.specialties):
            if network.clinic_capacity[number, specialty] < 0:
                continue
            engine_pool = f"clinic:{specialty}"
            _, capacity = _capacity_over_period(
                scope, network, int(network.clinic_capacity[number, specialty]), number, engine_pool
            )
            of_specialty = patients.specialty == specialty
            _room(
                rows, name, clinic_pool(item.id), int(patients.weight[seen & of_specialty].sum()),
                int(patients.weight[first_visit & of_specialty].sum()), capacity,
            )  # fmt: skip


def _room(rows: Rows, location: str, pool: str, used: int, expected: int, capacity_permille: int) -> None:
    if capacity_permille > 0:
        rows.add("occupancy", used * 1000, capacity_permille, location=location, pool=pool)
        rows.add("load", expected * 1000, capacity_permille, location=location, pool=pool)


def _acute_flow(rows: Rows, scope: Scope, outcome: Outcome) -> None:
    """Diversions, boarding and outliers per 1,000 acute admissions, by location of first choice."""
    journeys, table = outcome.journeys, outcome.table
    acute = np.flatnonzero(table.acute & (table.care >= Care.BED) & scope.within(table.minute))
    first = _chosen_at(outcome, table.minute, outcome.rows)[acute]
    local = scope.locations[first]
    acute, first = acute[local], first[local]
    one = np.ones(len(acute), np.int64)
    for indicator, happened in (
        ("diverted", journeys.diversion[acute] > 0),
        ("boarded", journeys.boarded[acute]),
        ("outliers", journeys.outlier[acute]),
    ):
        for by in ({}, {"location": first}):
            rows.sum(indicator, happened.astype(np.int64) * 1000, one, by)


def _activity(rows: Rows, scope: Scope, treated: _Treated) -> None:
    """Admissions, day treatments, bed days, IC days, operating hours, ED visits and sessions per location."""
    dataset, patients = scope.dataset, treated.patients
    location = treated.location
    sessions = np.array([profile.sessions_per_person for profile in dataset.profiles], np.int64)
    day_sessions = np.array(
        [p.pathway == "sessions" and p.setting_shares["day"] > 0.5 for p in dataset.profiles]
    )
    is_session = patients.flow == SESSIONS
    inpatient = (patients.setting <= OBSERVATION) & ~is_session & (patients.flow != VISIT)
    acute_bed = (patients.flow == ACUTE) & inpatient
    via_ed = round(dataset.parameter("via_ed_share") * 1000)
    ed_visit = (patients.flow == ACUTE) & (patients.setting == OUTPATIENT)
    needs_ed = np.array(["ed" in profile.needs for profile in dataset.profiles])[patients.profile]
    counted = {
        "admissions": inpatient.astype(np.int64),
        "day_treatments": np.where(
            is_session & day_sessions[patients.profile],
            sessions[patients.profile],
            ((patients.setting == DAY) & ~is_session).astype(np.int64),
        ),
        "bed_days": bed_days(patients),
        "or_hours": room_minutes(dataset, patients, "or"),
        "procedure_hours": room_minutes(dataset, patients, "proc"),
        "sessions": np.where(is_session, sessions[patients.profile], 0),
    }
    local = scope.locations[location]
    weeks = scope.calendar.weeks
    for by in ({}, {"location": location[local]}):
        for indicator, value in counted.items():
            rows.sum(indicator, value[local] * 52, weeks, by)
        rows.sum("ic_days", patients.ic_minutes[local].astype(np.int64) * 52, weeks * MINUTES_PER_DAY, by)
        ed = np.where(ed_visit & needs_ed, 1000, np.where(acute_bed & needs_ed, via_ed, 0)).astype(np.int64)
        rows.sum("ed_visits", ed[local] * 52, weeks * 1000, by)


def bed_days(patients: Patients) -> Int64Array:
    """Return the calendar days in a bed of every patient: the nights and the day of leaving, or one day."""
    inpatient = (patients.setting <= OBSERVATION) & (patients.flow != SESSIONS) & (patients.flow != VISIT)
    days = np.where(patients.setting == OVERNIGHT, patients.nights.astype(np.int64) + 1, 1)
    return np.where(inpatient, days, 0)


def room_minutes(dataset: Dataset, patients: Patients, pool: str) -> Int64Array:
    """Return the minutes in a room of every patient: ``or`` operating rooms, ``proc`` procedure rooms."""
    here = np.array([profile.procedure_list == pool for profile in dataset.profiles])[patients.profile]
    minutes = patients.procedure_minutes.astype(np.int64)
    return np.where(here & (patients.flow <= ELECTIVE), minutes, 0)


def conservation(outcome: Outcome, scenario: str, replication: int) -> pa.Table:
    """Return where everybody is at the end: arrived + seeded = treated + in treatment + waiting, exactly."""
    state, seeded = outcome.journeys.state, outcome.table.minute < 0
    direct = len(outcome.patients) - len(outcome.rows)
    return pa.table(
        {
            "scenario": [scenario],
            "replication": [replication],
            "arrived": [int((~seeded).sum()) + direct],
            "seeded": [int(seeded.sum())],
            "treated": [int((state == State.DONE).sum()) + direct],
            "in_treatment": [int((state == State.IN_TREATMENT).sum())],
            "waiting": [
                int(((state == State.AWAITING_VISIT) | (state == State.WORK_UP)
                     | (state == State.AWAITING_TREATMENT)).sum())
            ],
        },
        schema=CONSERVATION,
    )  # fmt: skip


def flows(scope: Scope, baseline: Outcome, plan: Outcome, replication: int) -> tuple[pa.Table, pa.Table]:
    """Return who goes elsewhere than today, from the choice tables: (flows, indicator rows of the travel bands).

    About everybody who arrives in the measured period, by where the choice table sends him then; diversions of
    full hospitals are not in it.
    """
    patients = baseline.patients
    rows = np.flatnonzero(scope.within(patients.minute))
    before = _chosen_at(baseline, patients.minute[rows], rows)
    after = _chosen_at(plan, patients.minute[rows], rows)
    moved = before != after
    rows, before, after = rows[moved], before[moved], after[moved]
    travel = scope.dataset.travel_hundredths
    area, profile = patients.area[rows], patients.profile[rows]
    extra = travel[area, after].astype(np.int64) - travel[area, before]
    weight = patients.weight[rows].astype(np.int64)

    code = np.ravel_multi_index(
        (profile, area, before, after),
        (len(scope.dataset.profiles), *travel.shape, travel.shape[1]),
    ) if len(rows) else np.zeros(0, np.int64)  # fmt: skip
    unique, inverse = np.unique(code, return_inverse=True)
    people = np.bincount(inverse, weight, minlength=len(unique)).astype(np.int64)
    minutes = np.bincount(inverse, weight * extra, minlength=len(unique)).astype(np.int64)
    mover = patients.take(rows)
    in_bed = np.bincount(inverse, bed_days(mover), minlength=len(unique)).astype(np.int64)
    in_room = np.bincount(inverse, room_minutes(scope.dataset, mover, "or"), minlength=len(unique)).astype(
        np.int64
    )
    first = np.zeros(len(unique), np.int64)
    first[inverse[::-1]] = np.arange(len(rows))[::-1]
    dataset = scope.dataset
    table = pa.table(
        {
            "replication": [replication] * len(unique),
            "profile": [dataset.profiles[index].id for index in profile[first].tolist()],
            "area": [dataset.areas[index].id for index in area[first].tolist()],
            "from_location": [dataset.locations[index].id for index in before[first].tolist()],
            "to_location": [dataset.locations[index].id for index in after[first].tolist()],
            "patients": people,
            "extra_travel_hundredths": minutes,
            "bed_days": in_bed,
            "or_minutes": in_room,
        },
        schema=FLOWS,
    )
    bands = Rows(dataset)
    bounds = np.array([lower for _, lower in TRAVEL_BANDS], np.int64)
    band = np.searchsorted(bounds, extra, side="right") - 1
    per_year = weight * 52
    for number, (label, _) in enumerate(TRAVEL_BANDS):
        mine = band == number
        if mine.any():
            bands.sum("extra_travel_band", per_year[mine], scope.calendar.weeks, {}, band=label)
            bands.sum(
                "extra_travel_band",
                per_year[mine],
                scope.calendar.weeks,
                {"profile": profile[mine]},
                band=label,
            )
    return table, bands.table("plan", replication)
