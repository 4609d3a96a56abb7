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
from zorgstroom_simulator.engines.compiled_rules import (
    fill_beds,
    run_day,
    start_epoch,
    start_waiting_patients,
)
from zorgstroom_simulator.engines.conservation import check_conservation
from zorgstroom_simulator.engines.journeys import empty_journeys
from zorgstroom_simulator.engines.layout import KINDS, table_of

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
            **_patient_columns(patients),
            **_journey_columns(self.journeys),
            **_places(network),
            **_calendar(patients, network),
            **_queues(patients, network),
        }
        columns[at.RULES] = _rules(patients, network, lines=len(columns[at.LINE_WAIT]))
        # Compiled code knows addresses only: these references keep the memory.
        self.columns = columns
        self.first_clinic_list, self.first_bed_line = columns[at.RULES][
            [at.FIRST_CLINIC_LIST, at.FIRST_BED_LINE]
        ]
        self.table = table_of(columns)
        self.world = self.table.ctypes.data

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
        units = groups + self.network.ic_beds.shape[1]
        lengths = self.columns[at.LENGTH]
        lines = lengths[self.first_bed_line :].reshape(locations, units)
        census.lists[moment] = lengths[: self.first_clinic_list].reshape(census.lists[moment].shape)
        census.clinics[moment] = self.columns[at.WAITING]
        census.wards[moment] = self.columns[at.BEDS_USED]
        census.ics[moment] = self.columns[at.IC_USED]
        census.ward_lines[moment] = lines[:, :groups]
        census.ic_lines[moment] = lines[:, groups:]


_WARD_POOLS = {ward_pool(group): index for index, group in enumerate(WARD_GROUPS)}
_IC_POOLS = {ic_pool(ic_type): index for index, ic_type in enumerate(IC_TYPES)}
_BUDGET = (at.BALANCE, at.FRACTION, at.FULL, at.KEPT)
_LISTS: dict[str, int] = {name: index for index, name in enumerate(TREATMENT_LISTS)}


def _rules(patients: PatientTable, network: Network, lines: int) -> np.ndarray:
    rules = network.rules
    locations, lists = network.list_capacity.shape
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
        at.LOCATIONS: locations,
        at.LISTS: lists,
        at.SPECIALTIES: network.clinic_capacity.shape[1],
        at.GROUPS: network.ward_beds.shape[1],
        at.IC_TYPES: network.ic_beds.shape[1],
        at.PATIENTS: len(patients),
        at.DAYS: network.days,
        at.CALENDAR_DAYS: len(network.working_days),
        at.FIRST_CLINIC_LIST: locations * lists,
        at.FIRST_BED_LINE: locations * (lists + lines),
    }
    return np.array([numbers[number] for number in range(len(numbers))], np.int64)


def _patient_columns(patients: PatientTable) -> Columns:
    names = {
        at.MINUTE: "minute",
        at.ACUTE: "acute",
        at.VISIT_ONLY: "visit_only",
        at.STAGE: "stage",
        at.DIVERSIONS: "diversions",
        at.SPECIALTY: "specialty",
        at.WEIGHT: "weight",
        at.VISIT_DUE: "visit_due",
        at.TARGET: "target_minutes",
        at.TREATMENT_LIST: "treatment_list",
        at.CARE: "care",
        at.WARD_GROUP: "ward_group",
        at.IC_TYPE: "ic_type",
        at.URGENCY: "urgency",
        at.STAY_MINUTES: "stay_minutes",
        at.NIGHTS: "nights",
        at.PROCEDURE_MINUTES: "procedure_minutes",
        at.IC_MINUTES: "ic_minutes",
    }
    columns: Columns = {
        number: np.ascontiguousarray(getattr(patients, name), dtype=KINDS[number])
        for number, name in names.items()
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
        at.QUEUED: np.array(network.queued, np.int8),
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
    # A patient has one event to come, and leaves a node behind when an epoch takes his date away.
    nodes = number * len(patients.epochs)
    return {
        at.BY_MINUTE: np.full((3, network.days * MINUTES_PER_DAY), at.NOBODY, np.int32),
        at.BY_DAY: np.full((2, network.days), at.NOBODY, np.int32),
        at.NODE_PATIENT: np.empty(nodes, np.int32),
        at.NODE_NEXT: np.empty(nodes, np.int32),
        at.DATE: np.full(number, at.NOBODY, np.int32),
        at.NEXT_WORKING_DAY: np.array(following, np.int64),
        at.AFTER_WORK_UP: np.array(after, np.int64),
        at.BUFFER: np.empty(number, np.int32),
        at.FREE_NODE: np.full(1, at.NOBODY, np.int64),
        at.NEXT_NODE: np.zeros(1, np.int64),
        at.EXECUTED: np.zeros(1, np.int64),
    }


def _queues(patients: PatientTable, network: Network) -> Columns:
    locations, lists = network.list_capacity.shape
    line, first_line, line_wait = _clinic_lines(patients, network.clinic_capacity.shape[1])
    units = network.ward_beds.shape[1] + network.ic_beds.shape[1]
    number = locations * (lists + len(line_wait) + units)
    planned = len(patients) - int(np.count_nonzero(patients.acute))
    lines_for_beds = network.rules.when_full == WhenFull.WAIT or network.rules.next_full != NextFull.OVER
    # A planned patient joins a clinic and a treatment list, and one of them again when an epoch begins; anybody may
    # wait twice for a bed.
    joins = planned * (1 + len(patients.epochs)) + (2 * len(patients) if lines_for_beds else 0)
    # A list that is full doubles into a new block: its blocks together are less than eight times what it held at most.
    # Memory that is not used is never taken.
    pairs = 8 * joins + 2 * at.FIRST_ROOM * number
    return {
        at.ENTRIES: np.empty(2 * pairs, np.int64),
        **{part: np.zeros(number, np.int64) for part in (at.BLOCK, at.ROOM, at.FIRST, at.LENGTH, at.SORTED)},
        at.FREE: np.zeros(1, np.int64),
        at.INCOMING: np.empty(2 * at.MOST_UNSORTED, np.int64),
        at.LINE: line,
        at.FIRST_LINE: first_line,
        at.LINE_WAIT: line_wait,
        at.WAITING: np.zeros(network.clinic_capacity.shape, np.int64),
    }


def _clinic_lines(patients: PatientTable, specialties: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the line of each patient: int32[n]; the first line of each specialty; the published wait of each line.

    A clinic has a line for each published wait; see `simpy_engine._ClinicQueue`.
    """
    code = patients.visit_due - patients.minute
    np.maximum(code, 1, out=code)
    longest = int(code.max(initial=1)) + 1
    code += patients.specialty * np.int64(longest)
    planned = ~patients.acute
    if specialties * longest <= MOST_FLAGS:
        occurs = np.zeros(specialties * longest, np.bool_)
        occurs[code[planned]] = True
        lines = np.flatnonzero(occurs)
        # Only the places of lines are ever written or, below, read by who has one.
        number = np.zeros(len(occurs), np.int32)
        number[lines] = np.arange(len(lines))
        line = number[code]
    else:
        lines = np.unique(code[planned])
        line = np.searchsorted(lines, code).astype(np.int32)
    first_line = np.searchsorted(lines, np.arange(specialties + 1) * longest)
    return line, first_line.astype(np.int64), lines % longest


#: Possible combinations of specialty and published wait up to which a flag for each is the fastest way to find lines.
MOST_FLAGS = 2**27
