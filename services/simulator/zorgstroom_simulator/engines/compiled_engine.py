"""The compiled engine: the rules of `simpy_engine`, to the bit the same journeys, two orders of magnitude faster.

Columns instead of objects, a calendar instead of an event heap: every minute has a bucket per kind of event, and
whoever comes is read from the sorted table. What happens at one minute keeps the order of the model wherever order
can matter: patients who leave the IC go by number; all others at one minute do not meet each other.

Here the columns are laid out and the days are walked; the rules themselves are in `compiled_rules`.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from zorgstroom.domain.calendar import MINUTES_PER_DAY
from zorgstroom.domain.hospital import (
    IC_TYPES,
    OUTLIER_ORDER,
    TREATMENT_LISTS,
    WARD_GROUPS,
    ic_pool,
    ward_pool,
)
from zorgstroom_simulator.engines import Journeys, Network, NextFull, PatientTable, WhenFull
from zorgstroom_simulator.engines import layout as at
from zorgstroom_simulator.engines.calendar_tables import calendar_tables
from zorgstroom_simulator.engines.columns import addresses_of
from zorgstroom_simulator.engines.compiled_rules import (
    fill_beds,
    run_day,
    start_epoch,
    start_waiting_patients,
)
from zorgstroom_simulator.engines.conservation import check_conservation
from zorgstroom_simulator.engines.journeys import empty_journeys

#: Columns by number; see `layout`.
Columns = dict[int, np.ndarray]


def run(patients: PatientTable, network: Network) -> Journeys:
    """Simulate the whole horizon; see `zorgstroom_simulator.engines.Engine`."""
    return _Simulation(patients, network).run()


class _Simulation:
    """One run: walks the days, changes what the plan changes, counts at midnight."""

    def __init__(self, patients: PatientTable, network: Network) -> None:
        self.patients, self.network = patients, network
        self.journeys = empty_journeys(patients, network)
        columns = {
            at.RULES: _rules(network),
            **_patient_columns(patients),
            **_journey_columns(self.journeys),
            **_places(network),
            **_calendar(patients, network),
        }
        columns |= _queues(patients, network, columns)
        # Compiled code knows addresses only: these references keep the memory.
        self.columns = [columns[number] for number in range(at.COLUMNS)]
        self.world = addresses_of(self.columns)

    def run(self) -> Journeys:
        """Run to the end of the horizon and check that nobody is lost."""
        epochs = (self.patients.epochs // MINUTES_PER_DAY).tolist()
        changes = {step.day for step in self.network.steps} | set(epochs)
        arriving = start_waiting_patients(self.world)
        for day in range(self.network.days):
            self._count(day)
            if day in changes:
                self._change(day)
            arriving = run_day(self.world, day, bool(self.network.working_days[day]), arriving)
        self._count(self.network.days)
        journeys = replace(self.journeys, events=int(self.columns[at.EXECUTED][0]))
        check_conservation(self.patients, self.network, journeys)
        return journeys

    def _change(self, day: int) -> None:
        """Change capacities and who goes where at 00:00 of a day."""
        now = day * MINUTES_PER_DAY
        self.columns[at.EXECUTED][0] += 1
        for step in self.network.steps:
            if step.day == day:
                self._set_capacity(step.location, step.pool, step.capacity)
                fill_beds(self.world, step.location, now)
        epochs = self.patients.epochs.tolist()
        if now in epochs[1:]:
            self.columns[at.ASSIGNED][:] = self.patients.location[:, epochs.index(now)]
            start_epoch(self.world, now)

    def _set_capacity(self, location: int, pool: str, capacity: int) -> None:
        """Change a pool; nobody is sent away."""
        if pool in _WARD_POOLS:
            self.columns[at.BEDS][location, _WARD_POOLS[pool]] = capacity
        elif pool in _IC_POOLS:
            self.columns[at.IC_BEDS][location, _IC_POOLS[pool]] = capacity
        elif pool in _LISTS:
            self.columns[at.LIST_CAPACITY][location, _LISTS[pool]] = capacity
        elif pool == "day":
            self.columns[at.DAY_PLACES][location] = capacity
        else:
            self.columns[at.CLINIC_CAPACITY][location, int(pool.removeprefix("clinic:"))] = capacity

    def _count(self, moment: int) -> None:
        census = self.journeys.census
        locations, groups = self.network.ward_beds.shape
        census.lists[moment] = self.columns[at.TREATMENT + at.LENGTH].reshape(locations, -1)
        census.clinics[moment] = self.columns[at.WAITING]
        census.wards[moment] = self.columns[at.BEDS_USED]
        census.ics[moment] = self.columns[at.IC_USED]
        lines = self.columns[at.BED_LINES + at.LENGTH].reshape(locations, -1)
        census.ward_lines[moment] = lines[:, :groups]
        census.ic_lines[moment] = lines[:, groups:]


_WARD_POOLS = {ward_pool(group): index for index, group in enumerate(WARD_GROUPS)}
_IC_POOLS = {ic_pool(ic_type): index for index, ic_type in enumerate(IC_TYPES)}
_BUDGET = (at.BALANCE, at.FRACTION, at.FULL, at.KEPT)
_LISTS: dict[str, int] = {name: index for index, name in enumerate(TREATMENT_LISTS)}


def _rules(network: Network) -> np.ndarray:
    rules = network.rules
    numbers = {
        at.RULE_LOOK_AHEAD: rules.look_ahead,
        at.RULE_CHANGE_OVER: rules.change_over_minutes,
        at.RULE_RESERVE_PERMILLE: rules.acute_reserve_permille,
        at.RULE_RESERVE_MIN: rules.acute_reserve_min,
        at.RULE_IC_RESERVE: rules.ic_reserve,
        at.RULE_OUTLIER_PERMILLE: rules.outlier_permille,
        at.RULE_DIVERSION_DELAY: rules.diversion_delay_minutes,
        at.RULE_DISCHARGE_MINUTE: rules.discharge_minute,
        at.RULE_DAY_TURNS_PERMILLE: rules.day_turns_permille,
        at.RULE_WHEN_FULL: int(rules.when_full),
        at.RULE_NEXT_FULL: int(rules.next_full),
        at.RULE_PLANNING_MINUTE: rules.planning_minute,
        at.RULE_CLINIC_MINUTE: rules.clinic_minute,
        at.RULE_END: network.days * MINUTES_PER_DAY,
    }
    return np.array([numbers[number] for number in range(len(numbers))], np.int64)


def _patient_columns(patients: PatientTable) -> Columns:
    names = {
        at.MINUTE: ("minute", np.int64),
        at.ACUTE: ("acute", np.bool_),
        at.VISIT_ONLY: ("visit_only", np.bool_),
        at.STAGE: ("stage", np.int8),
        at.DIVERSIONS: ("diversions", np.int16),
        at.SPECIALTY: ("specialty", np.int16),
        at.WEIGHT: ("weight", np.int32),
        at.VISIT_DUE: ("visit_due", np.int64),
        at.TARGET: ("target_minutes", np.int64),
        at.TREATMENT_LIST: ("treatment_list", np.int8),
        at.CARE: ("care", np.int8),
        at.WARD_GROUP: ("ward_group", np.int8),
        at.IC_TYPE: ("ic_type", np.int8),
        at.URGENCY: ("urgency", np.int8),
        at.STAY_MINUTES: ("stay_minutes", np.int32),
        at.NIGHTS: ("nights", np.int32),
        at.PROCEDURE_MINUTES: ("procedure_minutes", np.int32),
        at.IC_MINUTES: ("ic_minutes", np.int32),
    }
    columns: Columns = {
        number: np.ascontiguousarray(getattr(patients, name), dtype=kind)
        for number, (name, kind) in names.items()
    }
    # A copy: every epoch writes its own.
    return columns | {at.ASSIGNED: np.array(patients.location[:, 0], np.int16)}


def _journey_columns(journeys: Journeys) -> Columns:
    return {
        at.STATE: journeys.state,
        at.VISIT_LOCATION: journeys.visit_location,
        at.VISIT_MINUTE: journeys.visit_minute,
        at.LIST_MINUTE: journeys.list_minute,
        at.AT: journeys.location,
        at.BED_MINUTE: journeys.bed_minute,
        at.ADMISSION: journeys.admission_minute,
        at.IC_LEAVE: journeys.ic_leave_minute,
        at.DISCHARGE: journeys.discharge_minute,
        at.BED_GROUP: journeys.ward_group,
        at.DIVERSION: journeys.diversion,
        at.BOARDED: journeys.boarded,
        at.OUTLIER: journeys.outlier,
        at.OVER_CAPACITY: journeys.over_capacity,
    }


def _places(network: Network) -> Columns:
    locations, lists = network.list_capacity.shape
    specialties = network.clinic_capacity.shape[1]
    copies = {
        at.BEDS: network.ward_beds,
        at.IC_BEDS: network.ic_beds,
        at.DAY_PLACES: network.day_places,
        at.LIST_CAPACITY: network.list_capacity,
        at.CLINIC_CAPACITY: network.clinic_capacity,
        at.TRANSFER_MINUTES: network.transfer_minutes,
    }
    return {
        at.QUEUED: np.array(network.queued, np.bool_),
        at.BEDS_USED: np.zeros(network.ward_beds.shape, np.int64),
        at.OUTLIERS: np.zeros(network.ward_beds.shape, np.int64),
        at.IC_USED: np.zeros(network.ic_beds.shape, np.int64),
        at.ACUTE_MINUTES: np.zeros((locations, lists), np.int64),
        at.ACUTE_DAY_PLACES: np.zeros(locations, np.int64),
        at.OUTLIER_GROUPS: np.array([WARD_GROUPS.index(group) for group in OUTLIER_ORDER], np.int64),
        **{part: np.zeros((locations, lists + 1 + specialties), np.int64) for part in _BUDGET},
        **{number: np.array(table, np.int64) for number, table in copies.items()},
    }


def _calendar(patients: PatientTable, network: Network) -> Columns:
    number = len(patients)
    following, after = calendar_tables(network.working_days, network.rules.work_up_working_days)
    return {
        at.BY_MINUTE: np.full((3, network.days * MINUTES_PER_DAY), at.NOBODY, np.int32),
        at.BY_DAY: np.full((2, network.days), at.NOBODY, np.int32),
        at.FOLLOWING: np.empty(number, np.int32),
        at.PREVIOUS: np.empty(number, np.int32),
        at.DATE: np.full(number, -1, np.int32),
        at.DATE_KIND: np.zeros(number, np.int8),
        at.NEXT_WORKING_DAY: np.array(following, np.int64),
        at.AFTER_WORK_UP: np.array(after, np.int64),
        at.BUFFER: np.empty(number, np.int32),
        at.EXECUTED: np.zeros(1, np.int64),
    }


def _queues(patients: PatientTable, network: Network, columns: Columns) -> Columns:
    locations, lists = network.list_capacity.shape
    line, first_line, line_wait = _clinic_lines(patients, network.clinic_capacity.shape[1])
    planned = int((~patients.acute).sum()) * len(patients.epochs)
    lines_for_beds = network.rules.when_full == WhenFull.WAIT or network.rules.next_full != NextFull.OVER
    in_line = len(patients) if lines_for_beds else 0
    units = network.ward_beds.shape[1] + network.ic_beds.shape[1]
    return {
        **_lists(at.TREATMENT, locations * lists, planned),
        **_lists(at.CLINIC, locations * len(line_wait), planned),
        **_lists(at.BED_LINES, locations * units, 2 * in_line),
        at.LINE: line,
        at.FIRST_LINE: first_line,
        at.LINE_WAIT: line_wait,
        at.DUE: np.empty(len(patients), np.int64),
        at.WAITING: np.zeros(network.clinic_capacity.shape, np.int64),
        at.JOINED: np.empty(in_line, np.int64),
    }


def _lists(family: int, number: int, most: int) -> Columns:
    """Return so many empty sorted lists, with memory for so many patients in all.

    A list that is full doubles into a new block, so its blocks together are less than eight times what it held at
    most. Memory that is not used is never taken.
    """
    return {
        family + at.POOL: np.empty(8 * most + 2 * at.FIRST_ROOM * number, np.int32),
        family + at.BLOCK: np.zeros(number, np.int64),
        family + at.ROOM: np.zeros(number, np.int64),
        family + at.FIRST: np.zeros(number, np.int64),
        family + at.LENGTH: np.zeros(number, np.int64),
        family + at.FREE: np.zeros(1, np.int64),
    }


def _clinic_lines(patients: PatientTable, specialties: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the line of each patient: int32[n]; the first line of each specialty; the published wait of each line.

    A clinic has a line for each published wait; see `simpy_engine._ClinicQueue`.
    """
    wait = np.maximum(patients.visit_due - patients.minute, 1)
    planned = np.flatnonzero(~patients.acute)
    longest = int(wait.max(initial=1)) + 1
    code = patients.specialty[planned].astype(np.int64) * longest + wait[planned]
    lines, inverse = np.unique(code, return_inverse=True)
    line = np.zeros(len(patients), np.int32)
    line[planned] = inverse
    first_line = np.searchsorted(lines, np.arange(specialties + 1) * longest)
    return line, first_line.astype(np.int64), lines % longest
